"""Folding frames and tickers: order-flow imbalance, the self-check, and the levels themselves."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import book as slots
from models.book import BookArrays, flow, fold
from schemas.units import OFI_LEVELS
from tests.models.books import Level, Row, fold_rows, levels_of, rows_of, tops_of
from tests.reference.book_numbers import frame_ofi

SNAPSHOT: list[Row] = [(1, 1, 1000, 30.0, 1), (1, -1, 1010, 10.0, 1), (1, 1, 990, 1.0, 1)]


def folded(rows: list[Row], tops: list | None = None, scale: float = 1.0) -> BookArrays:
    book = BookArrays()
    fold_rows(book, rows_of(rows), tops_of(tops) if tops else None, scale)
    return book


def counters(book: BookArrays) -> dict[str, int]:
    names = ("KNOWN", "SEQ", "CHECKED", "MISMATCHES", "LOST_NS", "LOST_LINE")
    return {name: int(book.state[getattr(slots, name)]) for name in names}


# -- order-flow imbalance ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "coins"),
    [
        ((2, 1, 100, 14.0, 0), 4.0),  # bid size 10 → 14
        ((2, -1, 103, 3.0, 0), 5.0),  # ask size 8 → 3
        ((2, 1, 101, 4.0, 0), 4.0),  # bid up to a new level with 4
        ((2, 1, 100, 0.0, 0), -10.0),  # bid down from size 10
    ],
)
def test_published_cases(row: Row, coins: float) -> None:
    """Cont, Kukanov and Stoikov (2014), eq. 4, at prices so near 1 that USD are coins."""
    unit = 10**9
    start = [(1, 1, 100, 10.0, 1), (1, 1, 99, 7.0, 1), (1, -1, 103, 8.0, 1)]
    shifted = [
        (line, side, unit + px, size, first) for line, side, px, size, first in [*start, row]
    ]
    assert folded(shifted, scale=float(unit)).ofi[0] == pytest.approx(coins, rel=1e-6)


def test_each_side_is_weighed_by_its_price() -> None:
    rows = [(2, 1, 1000, 34.0, 0), (2, -1, 1010, 0.0, 0), (2, -1, 1030, 4.0, 0)]
    book = folded([*SNAPSHOT, *rows])
    assert book.ofi.tolist() == [4 * 1000.0 + 10 * 1010.0, *[0.0] * 9]


def test_the_frame_after_a_snapshot_has_no_before() -> None:
    again = [(3, 1, 500, 1.0, 1), (3, -1, 501, 1.0, 1), (3, 1, 500, 9.0, 0)]
    book = folded([*SNAPSHOT, (2, 1, 1000, 31.0, 0), *again, (4, 1, 500, 10.0, 0)])
    assert book.ofi[0] == 1000.0 + 500.0
    assert levels_of(book) == ({500: 10.0}, {501: 1.0})


SIDES = st.lists(
    st.tuples(st.integers(1, 12), st.floats(0.5, 9)), max_size=6, unique_by=lambda x: x[0]
)


@given(before=st.tuples(SIDES, SIDES), after=st.tuples(SIDES, SIDES))
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("kernel", [flow, flow.py_func], ids=["compiled", "plain"])
def test_flow_equals_the_reference(kernel: Callable, before: tuple, after: tuple) -> None:
    def arrays(book: tuple[list[Level], list[Level]]) -> tuple[np.ndarray, np.ndarray, tuple]:
        levels, counts = np.zeros((2, 2, OFI_LEVELS)), np.zeros(2, np.int64)
        ordered = sorted(book[0], reverse=True), sorted((100 + px, s) for px, s in book[1])
        for s, side in enumerate(ordered):
            counts[s] = len(side)
            for m, (px, size) in enumerate(side):
                levels[s, :, m] = px, size
        return levels, counts, ordered

    (was, was_counts, was_levels), (now, now_counts, now_levels) = arrays(before), arrays(after)
    ofi = np.zeros(OFI_LEVELS)
    kernel(was, was_counts, now, now_counts, ofi)
    expected = frame_ofi(was_levels, now_levels, OFI_LEVELS)
    assert ofi.tolist() == pytest.approx(expected, abs=1e-9)


# -- frames -----------------------------------------------------------------------------------

FRAMES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from([1, -1, 0]), st.integers(1, 60), st.sampled_from([0.0, 1.0, 2.5])
        ),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=30,
)


def truth_of(frames: list[list[tuple[int, int, float]]], snapshots: set[int]) -> tuple:
    """Levels by dict, and the imbalance by the reference, frame by frame."""
    book: tuple[dict[int, float], dict[int, float]] = ({}, {})
    known, before, ofi = False, None, [0.0] * OFI_LEVELS
    for number, frame in enumerate(frames):
        if number in snapshots:
            book, known, before = ({}, {}), True, None
        if not known:
            continue
        for side, px, size in frame:
            if side:
                book[0 if side > 0 else 1][px] = size
        best = (
            sorted(((px, size) for px, size in book[0].items() if size), reverse=True)[:OFI_LEVELS],
            sorted((px, size) for px, size in book[1].items() if size)[:OFI_LEVELS],
        )
        if before is not None:
            change = frame_ofi(before, best, OFI_LEVELS)
            ofi = [total + part for total, part in zip(ofi, change, strict=True)]
        before = best
    live = tuple({px: size for px, size in side.items() if size} for side in book)
    return live, ofi


@given(frames=FRAMES, snapshots=st.sets(st.integers(0, 29), max_size=3), cut=st.integers(0, 30))
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("kernel", [fold, fold.py_func], ids=["compiled", "plain"])
def test_any_frames_equal_a_dict(
    kernel: Callable, frames: list, snapshots: set[int], cut: int
) -> None:
    """Unsorted levels, deletes of absent ones, crossed and one-sided books, in two batches."""
    book = BookArrays()
    for begin, end in ((0, cut), (cut, len(frames))):
        rows = [
            (number + 1, side, px, size, int(number in snapshots))
            for number in range(begin, min(end, len(frames)))
            for side, px, size in frames[number]
        ]
        if rows:
            fold_rows(book, rows_of(rows), None, 1.0, kernel)
    live, ofi = truth_of(frames, snapshots)
    assert levels_of(book) == live
    assert book.ofi.tolist() == pytest.approx(ofi, abs=1e-9)
    best = (max(live[0], default=None), min(live[1], default=None))
    if book.state[slots.KNOWN]:
        ours = [book.levels[s, 0, 0] if book.counts[s] else None for s in range(2)]
        assert tuple(ours) == best


def test_inserts_all_over_a_large_book_spread_the_tombstones() -> None:
    random = np.random.default_rng(5)
    book, truth = BookArrays(), ({}, {})
    frames = [[(1, side, 10**6 - side * (1 + k), 1.0, 1) for side in (1, -1) for k in range(3000)]]
    for line in range(2, 200):
        frames.append([])
        for _ in range(40):
            side = int(random.choice([1, -1]))
            px = 10**6 - side * int(random.integers(1, 40_000))
            frames[-1].append((line, side, px, float(random.choice([0.0, 1.0, 3.0])), 0))
    spreads = 0
    for frame in frames:
        before = int(book.state[slots.MOVED])
        fold_rows(book, rows_of(frame), None, 1.0)
        spreads += int(book.state[slots.MOVED]) < before
        for _, side, px, size, _ in frame:
            truth[side < 0][px] = size
    assert spreads > 2
    live = tuple({px: size for px, size in side.items() if size} for side in truth)
    assert levels_of(book) == live
    assert book.keys.shape[1] > 4096  # grown


def test_an_empty_snapshot_is_a_known_book_without_levels() -> None:
    book = folded([*SNAPSHOT, (2, 0, 0, 0.0, 1)])
    assert counters(book)["KNOWN"] == 1
    assert levels_of(book) == ({}, {})
    assert book.counts.tolist() == [0, 0]
    fold_rows(book, rows_of([(3, 1, 7, 1.0, 0)]), None, 1.0)
    assert levels_of(book) == ({7: 1.0}, {})


def test_a_frame_without_levels_carries_the_id_on() -> None:
    book = folded([*SNAPSHOT, (2, 0, 0, 0.0, 0)])
    assert counters(book)["SEQ"] == 2
    assert levels_of(book) == ({1000: 30.0, 990: 1.0}, {1010: 10.0})
    assert book.state[slots.BOOK_NS] == 2000


def test_rows_before_a_snapshot_change_nothing() -> None:
    book = folded([(1, 1, 5, 1.0, 0), (2, -1, 6, 1.0, 0)])
    assert counters(book) == dict.fromkeys(counters(book), 0)
    assert levels_of(book) == ({}, {})


def test_edges_are_the_furthest_levels_of_the_last_snapshot() -> None:
    book = folded([*SNAPSHOT, (2, 1, 900, 1.0, 0), (2, -1, 2000, 1.0, 0)])
    assert (book.state[slots.EDGE_BID], book.state[slots.EDGE_ASK]) == (990, 1010)


# -- self-check -------------------------------------------------------------------------------


def top(line: int, number: int, bid_sz: float = 30.0, bid: float = 1000.0) -> tuple:
    return (line, number, bid, bid_sz, 1010.0, 10.0)


def test_a_frame_is_compared_with_the_last_ticker_at_or_below_its_id() -> None:
    tops = [top(2, 20), top(3, 29, 31.0), top(4, 31, 99.0)]
    rows = [*SNAPSHOT, (5, 1, 1000, 31.0, 0)]
    book = BookArrays()
    fold_rows(book, rows_of(rows, [10, 10, 10, 30]), tops_of(tops), 1.0)
    assert counters(book) == {
        "KNOWN": 1, "SEQ": 30, "CHECKED": 1, "MISMATCHES": 0, "LOST_NS": 0, "LOST_LINE": 0
    }  # fmt: skip
    assert book.state[slots.RING_COUNT] == 2  # the one at 20 can never be needed again


@pytest.mark.parametrize("wrong", [(31.0, 1000.0), (30.0, 999.0)], ids=["size", "price"])
def test_a_mismatch_makes_the_book_unknown_until_the_next_snapshot(wrong: tuple) -> None:
    rows = [*SNAPSHOT, (5, 1, 990, 2.0, 0), (6, 1, 990, 3.0, 0)]
    ids = [10, 10, 10, 30, 31]
    book = BookArrays()
    fold_rows(book, rows_of(rows, ids), tops_of([top(4, 30, *wrong)]), 1.0)
    assert counters(book) == {
        "KNOWN": 0, "SEQ": 30, "CHECKED": 1, "MISMATCHES": 1, "LOST_NS": 5000, "LOST_LINE": 5
    }  # fmt: skip
    again = [(7, side, px, size, 1) for _, side, px, size, _ in SNAPSHOT]
    fold_rows(book, rows_of(again, [40, 40, 40]), tops_of([top(8, 41)]), 1.0)
    assert counters(book)["KNOWN"] == 1
    assert levels_of(book) == ({1000: 30.0, 990: 1.0}, {1010: 10.0})


def test_nothing_is_said_while_no_ticker_has_passed_the_frame() -> None:
    tops = [top(2, 20, 99.0)]  # wrong, but a later one at or below 30 may still come
    book = BookArrays()
    fold_rows(book, rows_of([*SNAPSHOT, (5, 1, 990, 2.0, 0)], [10, 10, 10, 30]), tops_of(tops), 1.0)
    assert (counters(book)["CHECKED"], counters(book)["KNOWN"]) == (0, 1)


def test_the_ring_forgets_the_oldest_tickers() -> None:
    count = slots.RING + 88
    tops = [top(2 + k, 100 + k, 30.0 if k >= 200 else 1.0) for k in range(count)]
    late = 2 + count
    book = BookArrays()
    rows = [*SNAPSHOT, (late, 1, 990, 2.0, 0), (late + 1, 1, 990, 3.0, 0)]
    fold_rows(book, rows_of(rows, [10, 10, 10, 150, 320]), tops_of(tops), 1.0)
    # At 150 the ring begins with 188: nothing can be said. At 320 the ticker of 320 agrees.
    assert counters(book)["CHECKED"] == 1
    assert counters(book)["MISMATCHES"] == 0
    assert book.state[slots.RING_COUNT] == count - 220
    assert book.ring_id[book.state[slots.RING_FIRST]] == 320


def test_ids_that_start_anew_empty_the_ring() -> None:
    tops = [top(2, 1000, 1.0), top(3, 5), top(4, 31)]
    book = BookArrays()
    fold_rows(book, rows_of([*SNAPSHOT, (5, 1, 990, 2.0, 0)], [1, 1, 1, 30]), tops_of(tops), 1.0)
    assert counters(book)["CHECKED"] == 1
    assert counters(book)["KNOWN"] == 1


def test_an_empty_side_disagrees_with_any_ticker() -> None:
    rows = [*SNAPSHOT, (5, -1, 1010, 0.0, 0)]
    book = BookArrays()
    fold_rows(book, rows_of(rows, [10, 10, 10, 30]), tops_of([top(2, 30)]), 1.0)
    assert counters(book)["MISMATCHES"] == 1


def test_the_last_ticker_is_kept_as_it_is() -> None:
    book = BookArrays()
    assert all(math.isnan(x) for x in book.top)
    fold_rows(book, None, tops_of([top(1, 5), top(2, 6, 4.0, 998.5)]), 1.0)
    assert book.top.tolist() == [998.5, 4.0, 1010.0, 10.0]
    assert book.state[slots.TOP_NS] == 2000


def test_prices_of_any_scale_equal_their_decimals() -> None:
    random = np.random.default_rng(7)
    for decimals in range(9):
        ticks = random.integers(1, 2**53, 50).tolist()
        for px in ticks:
            text = f"{px:0{decimals + 1}d}"
            value = float(f"{text[: len(text) - decimals]}.{text[len(text) - decimals :] or 0}")
            book = folded([(1, 1, px, 1.0, 1)], scale=10.0**decimals)
            assert book.levels[0, 0, 0] == value
