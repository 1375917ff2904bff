"""OKX rows that are no books → our rows: fills, tops, marks, forced orders, option quotes.

Each function takes the data of a frame and gives all of its rows or raises Refused. `look` tells
an instrument as far as known, `sized` one whose contract is known; neither announces it.
"""

from collections import Counter
from collections.abc import Callable
from math import nan
from typing import Final

from msgspec import Raw

from schemas.chunk import COLUMNS
from schemas.control import Reason
from schemas.instrument import Instrument
from schemas.units import NS_PER_S
from sources import okx_wire as wire
from sources import wire_numbers as numbers
from sources.assumed import decided
from sources.okx_contracts import base_size
from sources.wire_numbers import Refused

Row = tuple[str, str, tuple[float, ...]]  # symbol, kind, values in the order of COLUMNS[kind]
Look = Callable[[str], Instrument]

# Fills of another `source` (1: against liquidity that is in no book) are no ordinary flow.
ORDINARY_SOURCE: Final = "0"
# Ids of a top are compared with the book's, and these need not count the same frames.
NO_ID: Final = -1

_NS_PER_HOUR: Final = 3600 * NS_PER_S
_SIDES: Final = {"buy": 1, "sell": -1}
_POSITIONS: Final = {"long": 1, "short": -1}


def fills(data: Raw, sized: Look) -> list[Row]:
    """`trades`."""
    rows: list[Row] = []
    for fill in wire.rows(wire.FILLS, data):
        taker = _side(fill.side)
        number = wire.identifier(fill.tradeId)
        px, contracts = numbers.price(fill.px), numbers.size(fill.sz)
        ordinary = fill.source == ORDINARY_SOURCE and contracts > 0.0
        venue_ns = wire.stamp_ns(fill.ts)
        size = base_size(sized(fill.instId), contracts, px)
        rows.append((fill.instId, "trade", (venue_ns, number, px, size, taker * ordinary)))
    return rows


def tops(data: Raw, symbol: str, sized: Look) -> list[Row]:
    """`bbo-tbt`; an empty side has no price and size 0. Of an option: `quote`."""
    rows: list[Row] = []
    for top in wire.rows(wire.BOOKS, data):
        venue_ns, instrument = wire.stamp_ns(top.ts), sized(symbol)
        bid, bid_sz = _best(instrument, top.bids)
        ask, ask_sz = _best(instrument, top.asks)
        if instrument.kind == "option":
            quote = {"bid_px": bid, "bid_sz": bid_sz, "ask_px": ask, "ask_sz": ask_sz}
            rows.append((symbol, "quote", _values("quote", venue_ns, **quote)))
        else:
            rows.append((symbol, "top", (venue_ns, NO_ID, bid, bid_sz, ask, ask_sz)))
    return rows


def _best(instrument: Instrument, levels: list[wire.Level]) -> tuple[float, float]:
    if not levels:
        return nan, 0.0
    return priced(instrument, levels[0])


def priced(instrument: Instrument, level: wire.Level) -> tuple[float, float]:
    """A level as (price, size in base coin). Raises Refused."""
    if len(level) < 2:
        raise Refused(Reason.missing_field, "a level needs price and size")
    px = numbers.price(level[0])
    return px, base_size(instrument, numbers.size(level[1]), px)


def marks(data: Raw, look: Look) -> list[Row]:
    """`mark-price`; of an option the price in what it settles in."""
    rows: list[Row] = []
    for mark in wire.rows(wire.MARKS, data):
        venue_ns, px = wire.stamp_ns(mark.ts), numbers.price(mark.markPx)
        option = look(mark.instId).kind == "option"
        kind, values = ("quote", {"mark_px": px}) if option else ("mark", {"mark": px})
        rows.append((mark.instId, kind, _values(kind, venue_ns, **values)))
    return rows


def fundings(data: Raw, look: Look) -> list[Row]:
    """`funding-rate`: the rate that is paid at fundingTime, and hours to the one after it."""
    rows: list[Row] = []
    for funding in wire.rows(wire.FUNDINGS, data):
        next_ns, after_ns = map(wire.stamp_ns, (funding.fundingTime, funding.nextFundingTime))
        if next_ns and after_ns and after_ns <= next_ns:
            raise Refused(Reason.bad_time, "nextFundingTime is not after fundingTime")
        hours = (after_ns - next_ns) / _NS_PER_HOUR if next_ns and after_ns else nan
        look(funding.instId)
        values = _values(
            "mark", wire.stamp_ns(funding.ts), funding_rate=numbers.number(funding.fundingRate),
            interval_h=hours, next_funding_ns=next_ns,
        )  # fmt: skip
        rows.append((funding.instId, "mark", values))
    return rows


def open_interests(data: Raw, look: Look) -> list[Row]:
    """`open-interest`: one-sided, in coins."""
    rows: list[Row] = []
    for interest in wire.rows(wire.OPEN_INTERESTS, data):
        kind = "quote" if look(interest.instId).kind == "option" else "mark"
        venue_ns, coins = wire.stamp_ns(interest.ts), numbers.size(interest.oiCcy)
        rows.append((interest.instId, kind, _values(kind, venue_ns, oi_base=coins)))
    return rows


def indices(data: Raw) -> list[tuple[str, int, float]]:
    """`index-tickers`: (index, venue_ns, price)."""
    return [
        (index.instId, wire.stamp_ns(index.ts), numbers.price(index.idxPx))
        for index in wire.rows(wire.INDICES, data)
    ]


def index_row(symbol: str, venue_ns: int, px: float) -> Row:
    """The index of a market, in the market's own row."""
    return symbol, "mark", _values("mark", venue_ns, index=px)


def liquidations(
    data: Raw,
    look: Look,
    sized: Look,
    counts: Counter[str],
    *,
    chosen: bool = False,
    thinned: bool,
) -> list[Row]:
    """`liquidation-orders`, at the bankruptcy price; those of margin accounts only count.

    The channel speaks of all contracts of a type: when some were `chosen`, the others only count.
    thinned: not all of them are published.
    """
    rows: list[Row] = []
    for liquidated in wire.rows(wire.LIQUIDATIONS, data):
        symbol = liquidated.instId
        if look(symbol).kind == "spot":
            counts["margin_liquidation"] += len(liquidated.details)
            continue
        if chosen and look(symbol).source == "inferred":
            counts["liquidation_of_another"] += len(liquidated.details)
            continue
        seconds = set()
        for closed in liquidated.details:
            position = -_side(closed.side)  # buying closes a short
            if _POSITIONS.get(closed.posSide, position) != position:
                raise Refused(Reason.wrong_type, f"{closed.side} closes no {closed.posSide}")
            px, contracts = numbers.price(closed.bkPx), numbers.size(closed.sz)
            if contracts <= 0.0:
                raise Refused(Reason.bad_size, "a liquidation of nothing")
            venue_ns = wire.stamp_ns(closed.ts)
            seconds.add(venue_ns // NS_PER_S)
            size = base_size(sized(symbol), contracts, px)
            rows.append((symbol, "liquidation", (venue_ns, px, size, position, int(thinned))))
        counts[decided("liquidations_thinned")] += len(liquidated.details)
        # More than one a second would mean that they are thinned no longer.
        counts["liquidations_of_one_second"] += len(liquidated.details) - len(seconds)
    return rows


def summaries(data: Raw, look: Look) -> list[Row]:
    """`opt-summary`: volatilities, the forward, and the greeks in USD."""
    rows: list[Row] = []
    for summary in wire.rows(wire.SUMMARIES, data):
        look(summary.instId)
        values = _values(
            "quote", wire.stamp_ns(summary.ts),
            bid_iv=_iv(summary.bidVol), ask_iv=_iv(summary.askVol), mark_iv=_iv(summary.markVol),
            underlying_px=numbers.price(summary.fwdPx) if summary.fwdPx else nan,
            delta=numbers.number(summary.deltaBS or summary.deltaBs),
            gamma=numbers.number(summary.gammaBS or summary.gammaBs),
            vega=numbers.number(summary.vegaBS or summary.vegaBs),
            theta=numbers.number(summary.thetaBS or summary.thetaBs),
        )  # fmt: skip
        rows.append((summary.instId, "quote", values))
    return rows


def _values(kind: str, venue_ns: int, **known: float) -> tuple[float, ...]:
    """A row of `mark` or `quote` in order; what is not known is NaN, a time 0."""
    known = {"venue_ns": venue_ns, "next_funding_ns": 0} | known
    return tuple(known.get(name, nan) for name in COLUMNS[kind])


def _side(text: str) -> int:
    side = _SIDES.get(text)
    if side is None:
        raise Refused(Reason.missing_field, f"a side is buy or sell, not {text[:40]!r}")
    return side


def _iv(text: str) -> float:
    """A volatility as a fraction; the venue says 0 or nothing where there is no quote."""
    value = numbers.number(text)
    if value < 0.0:
        raise Refused(Reason.bad_number, f"volatility {text} is negative")
    return value or nan
