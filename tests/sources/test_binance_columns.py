"""Rows of both decoders end up in line order; rows of one symbol are found together."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.binance_columns import Slow, group_books, grouped, mix, scan_lines
from sources.symbols import Symbols
from tests.sources.talk import START, depth, indexed, text, ticker, trade, wire

MARK = {"e": "markPriceUpdate", "E": 1, "s": "A", "p": "1.5", "i": "2", "r": "0.1", "T": 3}
MS = 1_000_000


def scanned(*payloads: str, names: str = "A"):
    symbols = Symbols()
    for name in names:
        symbols.add(name, 1)
    lines = indexed(text(*payloads), first_line=10)
    skip = np.zeros(len(lines), np.int8)
    return scan_lines(lines, skip, 1, symbols), lines


def test_slow_rows_are_put_among_the_fast_ones() -> None:
    a = {"symbol": "A"}
    c, lines = scanned(
        depth(5, 6, 4, bids=[("1.5", "1")], asks=[("2.5", "2")], **a), "-", ticker(1, "1.0", **a),
        trade(1, "1.0", **a), wire(MARK), "-", depth(9, 9, 6, bids=[("1.0", "3")], **a),
        ticker(3, "1.0", **a), trade(3, "1.0", **a), wire(MARK),
    )  # fmt: skip
    at = lines.received_ns.tolist()
    slow = Slow(
        frames=[(1, 0, 7, 8, 6, 77), (5, 0, 1, 2, 3, 78)],
        rows=[([1], [11], [0.5]), ([-1, 1], [12, 13], [0.25, 0.125])],
        tops=[((0, at[1], 11, 0, 2), (1.0, 2.0, 3.0, 4.0))],
        fills=[((0, at[5], 15, 0, 2, 4), (7.0, 8.0), 0)],
        marks=[((0, at[5], 15, 0, -1), (9.0, 0.0, 0.0))],
    )
    c = mix(c, slow, lines.received_ns, lines.first_line)
    assert c.frames.T.tolist() == [
        [0, 0, 5, 6, 4, 0, 2, MS], [1, 0, 7, 8, 6, 3, 4, 77], [5, 0, 1, 2, 3, 4, 6, 78],
        [6, 0, 9, 9, 6, 2, 3, MS],
    ]  # fmt: skip
    assert c.rows.T.tolist() == [
        [at[0], 10, MS, 5, 6, 15], [at[0], 10, MS, 5, 6, 25], [at[6], 16, MS, 9, 9, 10],
        [at[1], 11, 77, 7, 8, 11], [at[5], 15, 78, 1, 2, 12], [at[5], 15, 78, 1, 2, 13],
    ]  # fmt: skip
    assert (c.side.tolist(), c.size.tolist()) == (
        [1, -1, 1, 1, -1, 1], [1.0, 2.0, 3.0, 0.5, 0.25, 0.125],
    )  # fmt: skip
    assert (c.top[2].tolist(), c.top_px[0].tolist()) == ([11, 12, 17], [1.0, 1.0, 1.0])
    assert c.top_px[3].tolist() == [4.0, 2.0, 2.0]
    assert (c.fill[2].tolist(), c.fill_px[0].tolist()) == ([13, 15, 18], [1.0, 7.0, 1.0])
    assert c.taker.tolist() == [-1, 0, -1]
    assert (c.mark[2].tolist(), c.mark_px[0].tolist()) == ([14, 15, 19], [1.5, 9.0, 1.5])
    assert at[0] == START


def test_nothing_slow_changes_nothing() -> None:
    c, lines = scanned(trade(1, "1.0", symbol="A"))
    assert mix(c, Slow(), lines.received_ns, 1) is c


def test_no_lines() -> None:
    c, _ = scanned()
    arrays = (c.code, c.frames, c.rows, c.side, c.size, c.top, c.fill, c.taker, c.mark)
    assert [array.shape[-1] for array in arrays] == [0] * 9


def test_there_is_room_for_the_shortest_levels() -> None:
    levels = [("1", "0")] * 500
    c, _ = scanned(*[depth(1, 2, bids=levels, asks=levels, symbol="A")] * 3)
    assert (c.code.tolist(), c.rows.shape) == ([1, 1, 1], (6, 3000))


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=30))
def test_rows_by_symbol(symbols: list[int]) -> None:
    array = np.array(symbols, np.int64)
    lines = np.arange(len(symbols))
    cuts, (found, twice) = grouped(array, lines, np.stack([lines, 2 * lines]))
    expected = {s: [k for k, x in enumerate(symbols) if x == s] for s in sorted(set(symbols))}
    assert {symbol: found[begin:end].tolist() for symbol, begin, end in cuts} == expected
    assert twice.tolist() == [found.tolist(), (2 * found).tolist()]
    assert not symbols or not (found.flags.writeable or twice.flags.writeable)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=12))
def test_frames_and_their_rows_by_symbol(frames: list[tuple[int, int]]) -> None:
    said = [
        depth(k, k + 1, bids=[(str(10 * k + n), "1") for n in range(rows)], symbol="ABC"[symbol])
        for k, (symbol, rows) in enumerate(frames, start=1)
    ]
    c, _ = scanned(*said, names="ABC")
    expected: dict[int, list[tuple[int, list[int]]]] = {}
    for k, (symbol, rows) in enumerate(frames, start=1):
        expected.setdefault(symbol, []).append((k, [10 * (10 * k + n) for n in range(rows)]))
    cuts = group_books(c)
    begins, ends = c.frames[5].tolist(), c.frames[6].tolist()
    found = {
        symbol: [
            (c.frames.item(2, k), c.rows[5, begins[k] : ends[k]].tolist())
            for k in range(begin, end)
        ]
        for symbol, begin, end in cuts
    }
    assert found == expected
    for _, begin, end in cuts:  # the rows of a symbol are one piece
        assert ends[begin : end - 1] == begins[begin + 1 : end]
