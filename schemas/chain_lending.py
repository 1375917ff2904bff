"""What logs and readings of lending markets mean (EVM): accounts, reserves, liquidations.

As in `chain_event`: addresses are text, `0x` and lower case, amounts exact integers of the least
unit, rates and indices ray (1e27) where the contract's are, thresholds and bonuses basis points.
"""

from msgspec import Struct

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
