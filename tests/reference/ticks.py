"""Ticks and depth curves of a Binance recording, straight from models/README.md and C2.

`reference_rows` reads the whole recording first (which symbols exist, whether fills come as
`trade`), then folds line by line. Plain Python on purpose; imports only the row structs.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from schemas.instrument import VENUES, Instrument, infer, instrument_name
from schemas.market import DepthCurve, Tick
from schemas.units import NS_PER_S, floor_ns
from tests.reference.binance_dict import DictBook, Line, Recording, decimals_of, read_lines
from tests.reference.binance_frames import events_of, first_price, kind_of
from tests.reference.market_state import MarketState

SCANNED_LINES = 20_000
LOSSES = ("start", "close", "overflow")  # control lines that lose every book of the connection


def reference_rows(
    recording: Recording,
    grid_ns: int,
    *,
    venue: str | None = None,
    stale_book_s: float = 10.0,
    hole_s: float = 60.0,
    funding_interval_h: float | None = None,
) -> tuple[list[Tick], list[DepthCurve]]:
    """All ticks and depth curves of one recording, in order of (ts, instrument).

    The venue is taken from the file name `<venue>__<label>.gz` unless given.
    """
    lines = list(read_lines(recording))
    gc.freeze()  # 100,000 parsed frames need no looking at while rows are made: 3 times faster
    try:
        return fold(
            lines,
            grid_ns,
            venue=venue or venue_of(recording),
            stale_book_s=stale_book_s,
            hole_s=hole_s,
            funding_interval_h=funding_interval_h,
        )
    finally:
        gc.unfreeze()


def fold(
    lines: Sequence[Line],
    grid_ns: int,
    *,
    venue: str,
    stale_book_s: float,
    hole_s: float,
    funding_interval_h: float | None,
) -> tuple[list[Tick], list[DepthCurve]]:
    """`reference_rows` of lines already taken apart."""
    known = metadata(lines, venue, funding_interval_h)
    markets = {symbol: market(lines, symbol, known, stale_book_s) for symbol in sorted(known)}
    foreign = not any(line.control and line.control.get("k") == "recording" for line in lines)
    ticks: list[Tick] = []
    curves: list[DepthCurve] = []
    for kind, at, line in schedule(lines, grid_ns, hole_s * NS_PER_S if foreign else None):
        if kind == "item":
            for state in markets.values():
                tick, curve = state.item(at)
                ticks += [tick] if tick else []
                curves += [curve] if curve else []
        elif kind == "loss":
            for state in markets.values():
                if state.met:
                    state.lose()
        elif line is not None:
            for symbol, event in events_of(line):
                state = markets[symbol]
                if kind == "line":
                    state.on_line(line, event)
                elif kind_of(event) == "depth":  # time_back
                    state.lose()
                state.met = True
    return ticks, curves


def schedule(
    lines: Sequence[Line], grid_ns: int, hole_ns: float | None
) -> Iterator[tuple[str, int, Line | None]]:
    """What happens in order: `item` at a grid time, `loss`, `line`, `time_back`.

    At a hole or a `start` the loss comes first, then one item for all grid times skipped.
    """
    clock: int | None = None  # the largest stamp so far
    last = 0  # last grid time
    for line in lines:
        at = line.received_ns
        if at is None:
            continue
        word = line.control.get("k") if line.control else None
        if clock is None:
            last = floor_ns(at, grid_ns)
            yield "item", last, None
        elif at < clock:
            yield "time_back", clock, line
            continue
        elif word == "start" or (hole_ns is not None and at - clock > hole_ns):
            yield "loss", at, None
            if floor_ns(at, grid_ns) > last:
                last = floor_ns(at, grid_ns)
                yield "item", last, None
        for grid in range(last + grid_ns, at + 1, grid_ns):
            last = grid
            yield "item", grid, None
        clock = at
        if word in LOSSES and word != "start":
            yield "loss", at, None
        if line.frame is not None:
            yield "line", at, line


def venue_of(recording: Recording) -> str:
    """The venue in a recording's file name."""
    if isinstance(recording, (str, Path)):
        venue = Path(recording).name.partition("__")[0]
        if venue in VENUES:
            return venue
    message = "say which venue the lines are from"
    raise ValueError(message)


def metadata(
    lines: Sequence[Line], venue: str, funding_interval_h: float | None
) -> dict[str, tuple[Instrument, bool]]:
    """Instrument and "listed" of every symbol that occurs, or stands in the `recording` line."""
    header: Mapping[str, Any] = next(
        (line.control for line in lines if line.control and line.control.get("k") == "recording"),
        {},
    )
    stated: dict[str, dict[str, Any]] = {}
    for entry in header.get("instruments", []):
        fields = {"name": entry} if isinstance(entry, str) else dict(entry)
        stated[fields["name"].rpartition(":")[2]] = fields
    decimals: dict[str, int] = {}
    first_line: dict[str, int] = dict.fromkeys(stated, 0)
    for line in lines:
        for symbol, event in events_of(line):
            first_line.setdefault(symbol, line.number)
            price = None if symbol in decimals else first_price(event)
            if price is not None:
                decimals[symbol] = decimals_of(price)
    found = {}
    for symbol, number in first_line.items():
        fields = stated.get(symbol, {})
        places = fields.get("price_decimals", decimals.get(symbol, 0))
        kind = "spot" if venue == "binance-spot" else "perpetual"
        inferred = infer(venue, symbol, kind, places)
        assert inferred.name == instrument_name(venue, symbol)
        instrument = replace(
            inferred,
            asset=fields.get("asset", inferred.asset),
            funding_interval_h=fields.get("funding_interval_h") or funding_interval_h,
        )
        found[symbol] = (instrument, number <= SCANNED_LINES)
    return found


def market(
    lines: Sequence[Line],
    symbol: str,
    known: Mapping[str, tuple[Instrument, bool]],
    stale_book_s: float,
) -> MarketState:
    """An instrument about which nothing is known yet."""
    instrument, listed = known[symbol]
    book = DictBook(instrument.venue != "binance-spot", instrument.price_decimals)
    fills = any(
        name == symbol and kind_of(event) == "trade"
        for line in lines
        for name, event in events_of(line)
    )
    return MarketState(instrument, book, listed, not fills, stale_book_s * NS_PER_S)
