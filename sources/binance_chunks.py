"""A batch of Binance columns → chunks by instrument: tickers, fills, marks, forced orders."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from schemas.chunk import Array, Chunk
from schemas.instrument import instrument_name
from sources.binance_columns import INTERVAL, OPEN_INTEREST, Columns, by_symbol
from sources.binance_scan import AGG_TRADE, TRADE
from sources.binance_slow import Forced
from sources.frozen import frozen

NameOf = Callable[[int], str]


def top_chunks(c: Columns, name_of: NameOf, connection: str) -> list[Chunk]:
    """Tickers."""
    chunks: list[Chunk] = []
    for symbol, index in by_symbol(c.top[0]):
        ints, numbers = c.top[:, index], c.top_px[:, index]
        columns = {"venue_ns": ints[3], "id": ints[4], "bid_px": numbers[0]}
        columns |= {"bid_sz": numbers[1], "ask_px": numbers[2], "ask_sz": numbers[3]}
        chunks.append(_chunk(name_of(symbol), "top", ints[1], ints[2], columns, connection))
    return chunks


def fill_chunks(
    c: Columns,
    name_of: NameOf,
    connection: str,
    single_fills: set[int],
    counts: Counter[str],
) -> list[Chunk]:
    """Fills. `trade` and `aggTrade` tell the same ones: from the first `trade` on, only it counts.

    single_fills: symbols known to have `trade`; grows.
    """
    chunks: list[Chunk] = []
    for symbol, index in by_symbol(c.fill[0]):
        ints, numbers, taker = c.fill[:, index], c.fill_px[:, index], c.taker[index]
        single = ints[5] == TRADE
        if symbol in single_fills or single.any():
            keep = single
            if symbol not in single_fills:
                keep = single | (np.arange(len(single)) < int(single.argmax()))
                single_fills.add(symbol)
            if not keep.all():
                counts["aggTrade_beside_trade"] += int((ints[5, ~keep] == AGG_TRADE).sum())
                ints, numbers, taker = ints[:, keep], numbers[:, keep], taker[keep]
                if not len(taker):
                    continue
        columns = {"venue_ns": ints[3], "id": ints[4], "px": numbers[0]}
        columns |= {"size_base": numbers[1], "taker": taker}
        chunks.append(_chunk(name_of(symbol), "trade", ints[1], ints[2], columns, connection))
    return chunks


def mark_chunks(c: Columns, name_of: NameOf, connection: str) -> list[Chunk]:
    """Marks; an answer travels as a mark row with only `oi_base` or only `interval_h` set."""
    chunks: list[Chunk] = []
    for symbol, index in by_symbol(c.mark[0]):
        ints, numbers = c.mark[:, index], c.mark_px[:, index]
        answer = ints[4] < 0
        columns = {
            "venue_ns": ints[3],
            "mark": np.where(answer, np.nan, numbers[0]),
            "index": np.where(answer, np.nan, numbers[1]),
            "funding_rate": np.where(answer, np.nan, numbers[2]),
            "interval_h": np.where(ints[4] == INTERVAL, numbers[0], np.nan),
            "next_funding_ns": np.where(answer, 0, ints[4]),
            "oi_base": np.where(ints[4] == OPEN_INTEREST, numbers[0], np.nan),
        }
        chunks.append(_chunk(name_of(symbol), "mark", ints[1], ints[2], columns, connection))
    return chunks


def forced_chunks(
    forced: Sequence[Forced], venue: str, connection: str, clock_ns: Array, first_line: int
) -> list[Chunk]:
    """Forced orders; the venue pushes at most one per symbol and second, so they are thinned."""
    chunks: list[Chunk] = []
    for symbol in dict.fromkeys(order.symbol for order in forced):
        mine = [order for order in forced if order.symbol == symbol]
        index = np.array([order.index for order in mine])
        columns = {
            "venue_ns": np.array([order.venue_ns for order in mine]),
            "px": np.array([order.px for order in mine]),
            "size_base": np.array([order.size_base for order in mine]),
            "position_side": np.array([order.position_side for order in mine], np.int8),
            "thinned": np.ones(len(mine), np.int8),
        }
        name = instrument_name(venue, symbol)
        chunks.append(
            _chunk(name, "liquidation", clock_ns[index], first_line + index, columns, connection)
        )
    return chunks


def _chunk(
    name: str,
    kind: str,
    received_ns: Array,
    line: Array,
    columns: dict[str, Array],
    connection: str,
) -> Chunk:
    arrays = {key: frozen(column) for key, column in columns.items()}
    return Chunk(name, kind, frozen(received_ns), frozen(line), arrays, connection)
