"""Books as the kernels hold them, made from plain levels; rows as a session gives them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from models.book import BookArrays, fold
from models.ladder import put
from models.market import MarketState, Stretch
from schemas.instrument import Instrument, infer
from schemas.market import Tick

Level = tuple[int, float]  # price in ticks, size
Row = tuple[int, int, int, float, int]  # line, side, ticks, size, is_snapshot

INSTRUMENT = infer("binance-usdm", "BTCUSDT", "perpetual", 1)
NAMES = {"venue": "binance-usdm", "instrument": "binance-usdm:BTCUSDT", "asset": "BTC"}
S = 1_000_000_000
T = 1_700_000_000 * S
# bid 100 x 30, ask 101 x 10, tenths
BOOK: list[Row] = [(1, 1, 1000, 30.0, 1), (1, -1, 1010, 10.0, 1)]


def ladder_of(levels: Iterable[tuple[int, float]], room: int = 64) -> tuple[Any, Any, int]:
    """Keys, sizes and slots used after putting (key, size) in the given order."""
    keys, sizes = np.zeros(room, np.int64), np.zeros(room)
    count = hint = 0
    for key, size in levels:
        count, hint, _ = put(keys, sizes, count, hint, key, size)
    return keys, sizes, count


def sides_of(bids: Sequence[Level], asks: Sequence[Level]) -> tuple[Any, Any, Any]:
    """keys[2, n], sizes[2, n], counts of a book."""
    room = max(len(bids), len(asks)) + 1
    ladders = [
        ladder_of(bids, room),
        ladder_of([(-px, size) for px, size in asks], room),
    ]
    return (
        np.stack([keys for keys, _, _ in ladders]),
        np.stack([sizes for _, sizes, _ in ladders]),
        np.array([count for _, _, count in ladders], np.int64),
    )


def rows_of(rows: Sequence[Row], last_id: Sequence[int] | None = None) -> Stretch:
    """Book rows; a frame's id is its line unless given by row; received 1000 ns a line."""
    line, side, px, size, snapshot = zip(*rows, strict=True)
    return Stretch.whole(
        np.array(line, np.int64),
        np.array(line, np.int64) * 1000,
        {
            "venue_ns": np.zeros(len(rows), np.int64),
            "last_id": np.array(line if last_id is None else last_id, np.int64),
            "side": np.array(side, np.int8),
            "px_ticks": np.array(px, np.int64),
            "size": np.array(size, float),
            "is_snapshot": np.array(snapshot, np.int8),
        },
    )


def tops_of(tops: Sequence[tuple[int, int, float, float, float, float]]) -> Stretch:
    """Tickers: line, id, bid, its size, ask, its size."""
    line, number, *best = zip(*tops, strict=True)
    names = ("bid_px", "bid_sz", "ask_px", "ask_sz")
    return Stretch.whole(
        np.array(line, np.int64),
        np.array(line, np.int64) * 1000,
        {
            "venue_ns": np.zeros(len(tops), np.int64),
            "id": np.array(number, np.int64),
            **{name: np.array(values, float) for name, values in zip(names, best, strict=True)},
        },
    )


def state_of(
    *, instrument: Instrument = INSTRUMENT, listed: bool = True, stale_ns: int = 10**10
) -> MarketState:
    """An instrument about which nothing is known."""
    return MarketState(instrument, listed=listed, stale_book_ns=stale_ns)


def fold_rows(
    book: BookArrays, rows: Stretch | None, tops: Stretch | None, scale: float, kernel: Any = fold
) -> None:
    """Fold with a given kernel, compiled or plain."""
    book.make_room(0 if rows is None else len(rows.order))
    none = tops_of([(0, 0, 0.0, 0.0, 0.0, 0.0)])
    b = rows_of([(0, 1, 0, 0.0, 0)]) if rows is None else rows
    t = none if tops is None else tops
    n, m = (0 if x is None else len(x.order) for x in (rows, tops))
    book_columns = ("last_id", "side", "px_ticks", "size", "is_snapshot")
    top_columns = ("id", "bid_px", "bid_sz", "ask_px", "ask_sz")
    kernel(
        book.state, book.keys, book.sizes, book.ring_id, book.ring, book.levels, book.counts,
        book.ofi, book.top, scale,
        0, n, b.order, b.received_ns, *(b.columns[name] for name in book_columns),
        0, m, t.order, t.received_ns, *(t.columns[name] for name in top_columns),
    )  # fmt: skip


def levels_of(book: BookArrays) -> tuple[dict[int, float], dict[int, float]]:
    """Live levels of both sides, sizes by price in ticks."""
    sides = []
    for s in range(2):
        keys = book.keys[s, : book.state[s]].tolist()
        sizes = book.sizes[s, : book.state[s]].tolist()
        sides.append({abs(k): size for k, size in zip(keys, sizes, strict=True) if size})
    return sides[0], sides[1]


def at(part: Stretch, received_ns: int, venue_ns: int = 0) -> Stretch:
    """The same rows received at one time."""
    stamps = np.full(len(part.order), received_ns, np.int64)
    return Stretch.whole(
        part.order, stamps, part.columns | {"venue_ns": np.full_like(stamps, venue_ns)}
    )


def fills(received_ns: int, *rows: tuple[float, float, int], line: int = 9) -> Stretch:
    px, size, taker = np.array(rows, float).T
    stamps = np.full(len(rows), received_ns, np.int64)
    return Stretch.whole(
        np.full(len(rows), line, np.int64),
        stamps,
        {"venue_ns": stamps * 0, "px": px, "size_base": size, "taker": taker.astype(np.int8)},
    )


def marks(received_ns: int, **values: float) -> Stretch:
    names = ("mark", "index", "funding_rate", "interval_h", "oi_base")
    columns = {name: np.array([values.get(name, np.nan)]) for name in names}
    stamps = np.array([received_ns], np.int64)
    return Stretch.whole(np.array([9]), stamps, columns | {"venue_ns": stamps * 0})


def with_book(rows: list[Row], received_ns: int = T - S // 10, **options: Any) -> MarketState:
    state = state_of(**options)
    state.fold_book(at(rows_of(rows), received_ns), None)
    return state


def ticked(state: MarketState, ts: int = T) -> Tick:
    tick, _ = state.tick(ts)
    assert tick is not None
    return tick
