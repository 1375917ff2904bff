"""What logs of known contracts mean (EVM), and readings that say the same at a block.

Addresses are text, `0x` and lower case; amounts are exact integers of the least unit; rates and
indices are ray (1e27) integers where the contract's are; thresholds and bonuses are basis points.
The contract that emitted it stands in `Log.address`.
"""

from msgspec import Struct

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


# -- lending: accounts -----------------------------------------------------------------------------


class ScaledMint(Struct, frozen=True, gc=False, tag=True):
    """Aave aToken or debt token: `value` includes `balance_increase`, interest since last time."""

    account: str
    value: int
    balance_increase: int
    index: int


class ScaledBurn(Struct, frozen=True, gc=False, tag=True):
    """Aave aToken or debt token: `value` is what was burnt beyond `balance_increase`."""

    account: str
    value: int
    balance_increase: int
    index: int


class ScaledTransfer(Struct, frozen=True, gc=False, tag=True):
    """Aave aToken BalanceTransfer: a scaled amount moved."""

    sender: str
    recipient: str
    scaled: int
    index: int


class CollateralUse(Struct, frozen=True, gc=False, tag=True):
    """Aave: an account uses a reserve as collateral, or no more."""

    reserve: str
    account: str
    used: bool


class EModeSet(Struct, frozen=True, gc=False, tag=True):
    """Aave: an account chose an e-mode category (0: none)."""

    account: str
    category: int


class LiquidationCall(Struct, frozen=True, gc=False, tag=True):
    """Aave v2 and v3."""

    collateral: str
    debt: str
    account: str
    debt_to_cover: int
    collateral_seized: int
    liquidator: str
    receive_a_token: bool


class DeficitCreated(Struct, frozen=True, gc=False, tag=True):
    """Aave: debt without collateral was written off; `covered`: somebody has paid it."""

    account: str
    debt: str
    amount: int
    covered: bool = False


class CometSupply(Struct, frozen=True, gc=False, tag=True):
    """Compound v3: base token came in for an account (repays first). Negative: withdrawn."""

    account: str
    amount: int


class CometCollateral(Struct, frozen=True, gc=False, tag=True):
    """Compound v3: collateral of an account rose by `amount` (negative: fell)."""

    account: str
    asset: str
    amount: int


class AbsorbDebt(Struct, frozen=True, gc=False, tag=True):
    """Compound v3: an account's debt was absorbed. USD with 8 decimals."""

    absorber: str
    account: str
    base_paid: int
    usd_e8: int


class AbsorbCollateral(Struct, frozen=True, gc=False, tag=True):
    """Compound v3: an account's collateral was seized."""

    absorber: str
    account: str
    asset: str
    amount: int
    usd_e8: int


class LiquidateBorrow(Struct, frozen=True, gc=False, tag=True):
    """Compound v2: emitted by the debt's cToken."""

    liquidator: str
    account: str
    repaid: int
    collateral_token: str  # cToken
    seized_tokens: int


class AccountReading(Struct, frozen=True, gc=False, tag=True):
    """An account's whole state on a market: Aave scaled balances, or Comet's principal.

    `collateral` and `debt`: (reserve, scaled amount); for Comet `debt` is of the base token, a
    negative principal as positive; a positive one stands in `collateral` under the base token.
    """

    account: str
    collateral: tuple[tuple[str, int], ...]
    debt: tuple[tuple[str, int], ...]
    used: tuple[str, ...]  # reserves that count as collateral
    emode: int = 0


# -- lending: reserves -----------------------------------------------------------------------------


class ReserveData(Struct, frozen=True, gc=False, tag=True):
    """Aave ReserveDataUpdated: rates per year and indices, ray. The block's time is theirs."""

    reserve: str
    liquidity_rate: int
    stable_rate: int
    variable_rate: int
    liquidity_index: int
    variable_index: int


class ReserveReading(Struct, frozen=True, gc=False, tag=True):
    """A whole Aave reserve: tokens, decimals, configuration. Indices come as ReserveData."""

    reserve: str
    symbol: str
    decimals: int
    a_token: str
    debt_token: str
    ltv_bp: int
    threshold_bp: int
    bonus_bp: int  # 10500: 5 % more than is repaid
    protocol_fee_bp: int  # of the bonus
    supply_cap: int  # whole tokens; 0: none
    borrow_cap: int
    debt_ceiling: int  # of isolation mode, USD with two decimals; 0: not isolated
    active: bool
    frozen: bool
    paused: bool


class EModeReading(Struct, frozen=True, gc=False, tag=True):
    """A whole e-mode category: its own parameters and which reserves it takes."""

    category: int
    ltv_bp: int
    threshold_bp: int
    bonus_bp: int
    label: str
    collateral: tuple[str, ...]
    borrowable: tuple[str, ...]


class AssetPrice(Struct, frozen=True, gc=False, tag=True):
    """What the market's own oracle says an asset is worth, USD with 8 decimals."""

    asset: str
    price_e8: int


class CometReading(Struct, frozen=True, gc=False, tag=True):
    """A Comet market: base token, indices (1e15) and rates (per second, 1e18) at its last accrual.

    `assets`: (asset, decimals, borrow factor, liquidate factor, liquidation factor, supply cap),
    factors with 18 decimals.
    """

    base: str
    base_decimals: int
    supply_index: int
    borrow_index: int
    supply_rate: int
    borrow_rate: int
    accrued_at_s: int
    assets: tuple[tuple[str, int, int, int, int, int], ...]


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
