"""Lines of one connection through the session and the market step, in memory, without an engine."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from flows.events import is_event
from flows.market import MarketItem, MarketLogic
from schemas.instrument import Instrument
from schemas.market import GridItem
from sources.connection import Connection
from sources.lines import Lines, index_lines
from sources.registry import session_for

NAME = "recording"
STALE_NS = 10_000_000_000


def indexed(lines: Sequence[bytes]) -> Lines:
    """Raw lines as a source has them."""
    return index_lines(np.frombuffer(b"".join(lines), np.uint8), 1)


def connection_of(venue: str, grid: int) -> Connection:
    """A fresh connection `recording` of a venue with everything inferred."""
    session = session_for(venue, NAME, lambda instrument: instrument)
    return Connection(NAME, session, grid_ns=grid, hole_ns=60_000_000_000, foreign=True)


def deleted(lines: Lines, index: int) -> Lines:
    """The same without one line (its bytes stay, unused)."""
    arrays = (lines.start, lines.stop, lines.past, lines.received_ns, lines.kind)
    return Lines(lines.buffer, *(np.delete(array, index) for array in arrays), lines.first_line)


def listed(lines: Lines, venue: str) -> list[Instrument]:
    """Instruments of the first lines."""
    scout = connection_of(venue, 1_000_000_000)
    scout.take(lines.part(0, min(len(lines), 2000)))
    return list(scout.session.instruments().values())


def keyed_items(
    lines: Lines, venue: str, grid: int, instruments: Sequence[Instrument], most: int = 4096
) -> tuple[Connection, list[tuple[str, Any]]]:
    """Items for the market step; instruments are listed beforehand, as a replay does."""
    connection = connection_of(venue, grid)
    connection.session.list_instruments(instruments)
    connection.session.prefer_trades([instrument.name for instrument in instruments])
    items = connection.open(int(lines.received_ns[0]))
    for begin in range(0, len(lines), most):
        items += connection.take(lines.part(begin, min(begin + most, len(lines))))
    return connection, [item for item in items if not is_event(item)]


def step(logic: MarketLogic, items: Iterable[tuple[str, Any]]) -> list[MarketItem]:
    """Items of one instrument through its market step."""
    return logic.on_batch([item for _, item in items])[0]


def market_of(*names: str, resumed: tuple[Any, ...] | None = None) -> MarketLogic:
    """The market step for instruments of the connection `recording`."""
    return MarketLogic(dict.fromkeys(names, (NAME,)), STALE_NS, resumed)


def market_over(lines: Sequence[bytes], venue: str, grid: int) -> list[MarketItem]:
    """The market step of the only instrument over some lines."""
    whole = indexed(lines)
    instruments = listed(whole, venue)
    _, items = keyed_items(whole, venue, grid, instruments)
    return step(market_of(*(i.name for i in instruments)), items)


def grid_items(items: Iterable[MarketItem]) -> list[GridItem]:
    """Grid items alone."""
    return [item for item in items if isinstance(item, GridItem)]
