"""An account's own state on a venue: equity, margin and positions, as the venue states them.

Every number is in the quote of the account's collateral ("usd" in the names); None is unknown,
never zero.
"""

from msgspec import Struct


class AccountPosition(Struct, frozen=True, gc=False):
    """One open position."""

    instrument: str  # C1
    size_base: float  # signed, base coin
    entry_px: float | None
    value_usd: float | None  # |size| · mark
    unrealised_usd: float | None
    liquidation_px: float | None  # the venue's own figure; None where it states none
    margin_used_usd: float | None
    leverage: float
    cross: bool  # shares the account's margin; else isolated
    max_leverage: float | None  # maintenance is half of the initial margin at this leverage


class AccountState(Struct, frozen=True, gc=False):
    """State of one account on one of a venue's dexes ("" for the main one).

    `maintenance_usd` is of the cross positions alone: the venue liquidates them when
    `cross_equity_usd` falls below it. `equity_usd` also holds the margin of isolated positions,
    which cannot serve the cross ones: never compare the two.
    """

    venue: str
    account: str  # address, lower case
    dex: str
    connection: str
    received_ns: int
    line: int
    venue_ns: int  # 0: the form has no stamp
    equity_usd: float | None  # the whole account
    cross_equity_usd: float | None  # without isolated margin
    maintenance_usd: float | None
    margin_used_usd: float | None  # the whole account
    withdrawable_usd: float | None
    positions: tuple[AccountPosition, ...]
