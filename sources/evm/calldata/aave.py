"""Calls of Aave's pools: liquidations (v1 too), supply, withdraw, borrow, repay (v2 and v3).

The short forms of v3 on rollups pack everything into 32 bytes and number the reserves: which asset
a number means, only the pool tells, so assets are None there. Amounts are of 128 bits in them, all
ones meaning everything. Sources: the pools' interfaces; CalldataLogic of v3.
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas.chain_call import Lend, Liquidation
from sources.evm.calldata.sent import Reader, Said, Sent, all_or, by_selector, nothing

PROTOCOL: Final = "aave"
_SHORT: Final = (1 << 128) - 1
_ACCOUNT: Final = (1 << 160) - 1


def _lend(action: str, account_at: int | None) -> Reader:
    """Asset and amount come first; the account stands at a place, or is the sender."""

    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        asset, amount, *_ = arguments
        account = None if account_at is None else arguments[account_at]
        yield Lend(sent.to, PROTOCOL, action, asset, all_or(amount), account)

    return read


def _liquidation(sent: Sent, arguments: Any) -> Iterator[Said]:
    collateral, debt, account, repay, as_a_token = arguments
    repaid = all_or(repay)
    yield Liquidation(sent.to, PROTOCOL, collateral, debt, (account,), repaid, as_a_token)


def _lend_packed(action: str) -> Reader:
    # Bits from the lowest: reserve 16, amount 128, then mode, deadline, referral.
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        amount = _number(arguments[0]) >> 16 & _SHORT
        yield Lend(sent.to, PROTOCOL, action, None, _all_or_short(amount), None)

    return read


def _liquidation_packed(sent: Sent, arguments: Any) -> Iterator[Said]:
    # First word: collateral 16, debt 16, account 160; second: amount 128, as aToken 1.
    first, second = map(_number, arguments)
    account = f"0x{first >> 32 & _ACCOUNT:040x}"
    repay, as_a_token = _all_or_short(second & _SHORT), bool(second >> 128 & 1)
    yield Liquidation(sent.to, PROTOCOL, None, None, (account,), repay, as_a_token)


def _number(packed: bytes) -> int:
    return int.from_bytes(packed, "big")


def _all_or_short(amount: int) -> int | None:
    return None if amount == _SHORT else amount


_SUPPLY: Final = "(address,uint256,address,uint16)"
_PERMIT: Final = "uint256,uint8,bytes32,bytes32"
_ADVICE: Final = (  # of accounts, about how their balances count
    "setUserUseReserveAsCollateral(address,bool)",
    "setUserUseReserveAsCollateralOnBehalfOf(address,bool,address)",
    "setUserUseReserveAsCollateral(bytes32)",
    "setUserEMode(uint8)",
    "setUserEModeOnBehalfOf(uint8,address)",
    "approvePositionManager(address,bool)",
)

KNOWN: Final = by_selector(
    {
        "liquidationCall(address,address,address,uint256,bool)": _liquidation,
        f"supply{_SUPPLY}": _lend("supply", account_at=2),
        f"deposit{_SUPPLY}": _lend("supply", account_at=2),
        f"supplyWithPermit(address,uint256,address,uint16,{_PERMIT})": _lend("supply", 2),
        "withdraw(address,uint256,address)": _lend("withdraw", account_at=None),
        "borrow(address,uint256,uint256,uint16,address)": _lend("borrow", account_at=4),
        "repay(address,uint256,uint256,address)": _lend("repay", account_at=3),
        f"repayWithPermit(address,uint256,uint256,address,{_PERMIT})": _lend("repay", 3),
        "repayWithATokens(address,uint256,uint256)": _lend("repay", account_at=None),
        "liquidationCall(bytes32,bytes32)": _liquidation_packed,
        "supply(bytes32)": _lend_packed("supply"),
        "supplyWithPermit(bytes32,bytes32,bytes32)": _lend_packed("supply"),
        "withdraw(bytes32)": _lend_packed("withdraw"),
        "borrow(bytes32)": _lend_packed("borrow"),
        "repay(bytes32)": _lend_packed("repay"),
        "repayWithPermit(bytes32,bytes32,bytes32)": _lend_packed("repay"),
        "repayWithATokens(bytes32)": _lend_packed("repay"),
    }
    | dict.fromkeys(_ADVICE, nothing)
)
