"""What calldata of known contracts asks for (EVM): the intent of a transaction that waits.

Addresses are text, `0x` and lower case; amounts are exact integers of the least unit, None where
only execution decides ("all that is there"). `to` is the contract that the call goes to.
"""

from msgspec import Struct

NATIVE = "0x0000000000000000000000000000000000000000"  # the chain's own coin as a token


class Swap(Struct, frozen=True, gc=False, tag=True):
    """A swap along a path, in the order in which tokens flow, whatever the form it came in.

    Exact in: `amount_in` is given and `limit` the least that must come out; exact out:
    `amount_out` is given and `limit` the most that may go in.
    """

    to: str
    protocol: str  # uniswap-v2, uniswap-v3, uniswap-v4, 1inch-v6
    path: tuple[str, ...]  # tokens, first in to last out; empty: the call does not say
    fees_e6: tuple[int, ...]  # of each hop, 1e-6; empty for v2 and where unknown
    pools: tuple[str, ...]  # where the call names pools and no tokens
    amount_in: int | None
    amount_out: int | None
    limit: int | None
    recipient: str
    deadline_s: int | None


class Liquidation(Struct, frozen=True, gc=False, tag=True):
    """A call that liquidates accounts of a lending market."""

    to: str
    protocol: str  # aave-v2, aave-v3 (the calls are the same: "aave"), compound-v2, compound-v3
    collateral: str | None
    debt: str | None
    accounts: tuple[str, ...]
    repay: int | None  # None: as much as is allowed
    receive_a_token: bool = False


class Lend(Struct, frozen=True, gc=False, tag=True):
    """Supply, withdraw, borrow, repay on a lending market. `amount` None: all."""

    to: str
    protocol: str
    action: str  # supply, withdraw, borrow, repay
    asset: str | None
    amount: int | None
    account: str | None  # None: the sender's own


class OracleReport(Struct, frozen=True, gc=False, tag=True):
    """A Chainlink transmission: the next answer is the upper median of the observations."""

    to: str  # aggregator
    ocr: int  # 1 or 2
    secondary: bool  # feeds the proxy of private auctions
    observations: tuple[int, ...]
    answer: int
    config_digest: str
    epoch_round: int
    observed_at_s: int | None  # OCR2 alone
    signatures: int


class ParameterCall(Struct, frozen=True, gc=False, tag=True):
    """A call that changes a protocol's parameters, or its code, perhaps inside others."""

    to: str
    name: str  # of the function


class TokenMove(Struct, frozen=True, gc=False, tag=True):
    """Transfer of a token, wrapping and unwrapping included."""

    to: str  # token
    action: str  # transfer, approve, wrap, unwrap
    recipient: str | None
    amount: int | None


Call = Swap | Liquidation | Lend | OracleReport | ParameterCall | TokenMove
