"""A batch of Binance columns → chunks by instrument: tickers, fills, marks, forced orders."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from schemas.chunk import Array, Chunk
from schemas.instrument import instrument_name
from sources.binance_columns import INTERVAL, OPEN_INTEREST, Columns, grouped
from sources.binance_scan import AGG_TRADE, TRADE
from sources.binance_slow import Forced
from sources.frozen import frozen

NameOf = Callable[[int], str]


def top_chunks(c: Columns, name_of: NameOf, connection: str) -> list[Chunk]:
    """Tickers."""
    cuts, (ints, numbers) = grouped(c.top[0], c.top, c.top_px)
    return [
        Chunk(
            name_of(symbol), "top", ints[1, a:b], ints[2, a:b],
            {"venue_ns": ints[3, a:b], "id": ints[4, a:b], "bid_px": numbers[0, a:b],
             "bid_sz": numbers[1, a:b], "ask_px": numbers[2, a:b], "ask_sz": numbers[3, a:b]},
            connection,
        )
        for symbol, a, b in cuts
    ]  # fmt: skip


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
    cuts, (all_ints, all_numbers, takers) = grouped(c.fill[0], c.fill, c.fill_px, c.taker)
    for symbol, begin, end in cuts:
        ints, numbers, taker = all_ints[:, begin:end], all_numbers[:, begin:end], takers[begin:end]
        single = ints[5] == TRADE
        if symbol in single_fills or single.any():
            keep = single
            if symbol not in single_fills:
                keep = single | (np.arange(len(single)) < int(single.argmax()))
                single_fills.add(symbol)
            if not keep.all():
                counts["aggTrade_beside_trade"] += int((ints[5, ~keep] == AGG_TRADE).sum())
                if not keep.any():
                    continue
                ints, numbers = frozen(ints[:, keep]), frozen(numbers[:, keep])
                taker = frozen(taker[keep])
        columns = {"venue_ns": ints[3], "id": ints[4], "px": numbers[0]}
        columns |= {"size_base": numbers[1], "taker": taker}
        chunks.append(Chunk(name_of(symbol), "trade", ints[1], ints[2], columns, connection))
    return chunks


def mark_chunks(c: Columns, name_of: NameOf, connection: str) -> list[Chunk]:
    """Marks; an answer travels as a mark row with only `oi_base` or only `interval_h` set."""
    chunks: list[Chunk] = []
    cuts, (all_ints, all_numbers) = grouped(c.mark[0], c.mark, c.mark_px)
    for symbol, begin, end in cuts:
        ints, numbers = all_ints[:, begin:end], all_numbers[:, begin:end]
        answer = ints[4] < 0
        columns = {
            "venue_ns": ints[3],
            "mark": frozen(np.where(answer, np.nan, numbers[0])),
            "index": frozen(np.where(answer, np.nan, numbers[1])),
            "funding_rate": frozen(np.where(answer, np.nan, numbers[2])),
            "interval_h": frozen(np.where(ints[4] == INTERVAL, numbers[0], np.nan)),
            "next_funding_ns": frozen(np.where(answer, 0, ints[4])),
            "oi_base": frozen(np.where(ints[4] == OPEN_INTEREST, numbers[0], np.nan)),
        }
        chunks.append(Chunk(name_of(symbol), "mark", ints[1], ints[2], columns, connection))
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
        received_ns, line = frozen(clock_ns[index]), frozen(first_line + index)
        arrays = {key: frozen(column) for key, column in columns.items()}
        chunks.append(Chunk(name, "liquidation", received_ns, line, arrays, connection))
    return chunks
