"""What logs of known contracts mean (EVM), and readings that say the same at a block.

Addresses are text, `0x` and lower case; amounts are exact integers of the least unit; rates and
indices are ray (1e27) integers where the contract's are; thresholds and bonuses are basis points.
The contract that emitted it stands in `Log.address`.
"""

from msgspec import Struct

from schemas.chain_lending import (
    AbsorbCollateral,
    AbsorbDebt,
    AccountReading,
    AssetPrice,
    CollateralUse,
    CometCollateral,
    CometReading,
    CometSupply,
    DeficitCreated,
    EModeReading,
    EModeSet,
    LiquidateBorrow,
    LiquidationCall,
    ReserveData,
    ReserveReading,
    ScaledBurn,
    ScaledMint,
    ScaledTransfer,
)

__all__ = [
    "AbsorbCollateral",
    "AbsorbDebt",
    "AccountReading",
    "AnswerUpdated",
    "AssetPrice",
    "AuthorityChange",
    "CollateralUse",
    "CometCollateral",
    "CometReading",
    "CometSupply",
    "DeficitCreated",
    "EModeReading",
    "EModeSet",
    "Event",
    "FeedState",
    "LiquidateBorrow",
    "LiquidationCall",
    "NewTransmission",
    "ParameterChange",
    "ReserveData",
    "ReserveReading",
    "ScaledBurn",
    "ScaledMint",
    "ScaledTransfer",
    "SecondaryRound",
    "Transfer",
    "V2Sync",
    "V3Burn",
    "V3Initialize",
    "V3Mint",
    "V3State",
    "V3Swap",
]

# -- tokens ----------------------------------------------------------------------------------------


class Transfer(Struct, frozen=True, gc=False, tag=True):
    """ERC-20 Transfer: `amount` moved."""

    sender: str
    recipient: str
    amount: int


# -- pools -----------------------------------------------------------------------------------------


class V2Sync(Struct, frozen=True, gc=False, tag=True):
    """Uniswap v2: both reserves after whatever happened."""

    reserve0: int
    reserve1: int


class V3Initialize(Struct, frozen=True, gc=False, tag=True):
    """Uniswap v3: the first price of a pool, √(token1/token0)·2^96."""

    sqrt_price_x96: int
    tick: int


class V3Swap(Struct, frozen=True, gc=False, tag=True):
    """Uniswap v3: amounts as the pool sees them (positive came in), and its state after."""

    amount0: int
    amount1: int
    sqrt_price_x96: int
    liquidity: int  # in range
    tick: int


class V3Mint(Struct, frozen=True, gc=False, tag=True):
    """Uniswap v3: liquidity added to [tick_lower, tick_upper)."""

    tick_lower: int
    tick_upper: int
    liquidity: int
    amount0: int
    amount1: int


class V3Burn(Struct, frozen=True, gc=False, tag=True):
    """Uniswap v3: liquidity taken from [tick_lower, tick_upper)."""

    tick_lower: int
    tick_upper: int
    liquidity: int
    amount0: int
    amount1: int


class V3State(Struct, frozen=True, gc=False, tag=True):
    """A reading of a whole v3 pool: price, tick, liquidity in range, net liquidity by tick."""

    sqrt_price_x96: int
    tick: int
    liquidity: int
    ticks: tuple[tuple[int, int], ...]  # (tick, liquidity_net), rising


# -- Chainlink -------------------------------------------------------------------------------------


class AnswerUpdated(Struct, frozen=True, gc=False, tag=True):
    """An aggregator's new answer, in units of 10^-decimals."""

    answer: int
    round_id: int
    updated_at_s: int


class NewTransmission(Struct, frozen=True, gc=False, tag=True):
    """OCR: what was transmitted; `epoch_round` is None for OCR1 contexts that hold none."""

    round_id: int
    answer: int
    transmitter: str
    observations: tuple[int, ...]
    epoch_round: int | None
    config_digest: str


class SecondaryRound(Struct, frozen=True, gc=False, tag=True):
    """A feed with a private auction: the secondary proxy has taken this round."""

    round_id: int


class FeedState(Struct, frozen=True, gc=False, tag=True):
    """A reading of a Chainlink proxy: whose logs to look for, and the latest round."""

    aggregator: str
    phase_id: int
    decimals: int
    description: str
    round_id: int  # the aggregator's own
    answer: int
    updated_at_s: int


# -- code risk -------------------------------------------------------------------------------------


class ParameterChange(Struct, frozen=True, gc=False, tag=True):
    """A protocol's parameter changed. Text as the event has it; `old` None: it does not say.

    `about`: the reserve, category, … ("" for the whole protocol).
    """

    name: str  # "liquidation_threshold", "supply_cap", "frozen", …
    about: str
    old: str | None
    new: str
    unit: str  # "bp", "ray", "tokens", "bool", "address", …


class AuthorityChange(Struct, frozen=True, gc=False, tag=True):
    """Who or what governs a contract changed: implementation, admin, owner, role, guardian.

    `kind`: upgraded, admin_changed, ownership_transferred, role_granted, role_revoked, paused,
    unpaused.
    """

    kind: str
    old: str | None
    new: str


Event = (
    Transfer | V2Sync | V3Initialize | V3Swap | V3Mint | V3Burn | V3State
    | AnswerUpdated | NewTransmission | SecondaryRound | FeedState
    | ScaledMint | ScaledBurn | ScaledTransfer | CollateralUse | EModeSet | LiquidationCall
    | DeficitCreated | CometSupply | CometCollateral | AbsorbDebt | AbsorbCollateral
    | LiquidateBorrow | AccountReading | ReserveData | ReserveReading | EModeReading | AssetPrice
    | CometReading | ParameterChange | AuthorityChange
)  # fmt: skip
