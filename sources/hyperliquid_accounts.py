"""Hyperliquid account states: `clearinghouseState` of stream and REST → AccountState."""

from math import isnan
from typing import Final

from schemas.account import AccountPosition, AccountState
from schemas.control import Reason
from schemas.instrument import instrument_name
from sources import hyperliquid_wire as wire
from sources import wire_numbers as numbers
from sources.hyperliquid_listing import VENUE, qualified
from sources.wire_numbers import Refused

Place = tuple[str, int, int]  # connection, received_ns, line

_HEX: Final = frozenset("0123456789abcdef")
_ADDRESS_DIGITS: Final = 40


def address(text: str) -> str:
    """An address in lower case. Raises Refused for what is none."""
    lower = text.lower()
    if lower[:2] != "0x" or len(lower) != _ADDRESS_DIGITS + 2 or not _HEX.issuperset(lower[2:]):
        raise Refused(Reason.missing_field, f"{text[:60]!r} is no account address")
    return lower


def account_state(user: str, dex: str, state: wire.State, place: Place) -> AccountState:
    """The state of one account on one dex. Raises Refused."""
    connection, received_ns, line = place
    whole = state.marginSummary or wire.Margin()
    cross = state.crossMarginSummary or wire.Margin()
    return AccountState(
        venue=VENUE,
        account=address(user),
        dex=dex,
        connection=connection,
        received_ns=received_ns,
        line=line,
        venue_ns=numbers.stamp_ns(state.time or 0),
        equity_usd=_known(whole.accountValue),
        cross_equity_usd=_known(cross.accountValue),
        maintenance_usd=_known(state.crossMaintenanceMarginUsed),
        margin_used_usd=_known(whole.totalMarginUsed),
        withdrawable_usd=_known(state.withdrawable),
        positions=tuple(_position(dex, held.position) for held in state.assetPositions),
    )


def _position(dex: str, position: wire.Position) -> AccountPosition:
    size_base = _known(position.szi)
    if size_base is None:
        raise Refused(Reason.bad_size, f"a position in {position.coin[:60]} without a size")
    numbers.size(str(abs(size_base)))
    leverage = float(position.leverage.value)
    most = None if position.maxLeverage is None else float(position.maxLeverage)
    if leverage <= 0.0 or (most is not None and most <= 0.0):
        raise Refused(Reason.bad_number, f"leverage {leverage} of at most {most}")
    return AccountPosition(
        instrument=instrument_name(VENUE, qualified(dex, position.coin)),
        size_base=size_base,
        entry_px=_price(position.entryPx),
        value_usd=_known(position.positionValue),
        unrealised_usd=_known(position.unrealizedPnl),
        liquidation_px=_reachable(position.liquidationPx),
        margin_used_usd=_known(position.marginUsed),
        leverage=leverage,
        cross=position.leverage.type == "cross",
        max_leverage=most,
    )


def _known(text: str | None) -> float | None:
    """A finite number, None where the venue says nothing."""
    value = numbers.number(text or "")
    return None if isnan(value) else value


def _price(text: str | None) -> float | None:
    return numbers.price(text) if text else None


def _reachable(text: str | None) -> float | None:
    """A liquidation price; one at or below zero is none: no price gets there."""
    value = _known(text)
    return value if value is not None and value > 0.0 else None
