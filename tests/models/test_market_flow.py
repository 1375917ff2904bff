"""The order flow of a tick against its definition: books of changes, and books told whole."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chunk import SNAPSHOT, WHOLE
from schemas.quality import Quality
from schemas.units import OFI_LEVELS
from tests.models.books import BOOK, Row, S, T, at, fills, rows_of, state_of, ticked
from tests.reference.book_numbers import Frame, Levels, interval_ofi

NOTHING = (0.0,) * OFI_LEVELS


def told(line: int, book: Levels, kind: int) -> list[Row]:
    """The rows of a frame that tells all levels of a book."""
    sides = zip((1, -1), book, strict=True)
    return [(line, side, px, size, kind) for side, levels in sides for px, size in levels]


def changed(line: int, before: Levels, after: Levels) -> list[Row]:
    """The rows of a frame that tells how one book becomes another."""
    rows: list[Row] = []
    for side, was, now in zip((1, -1), before, after, strict=True):
        old, new = dict(was), dict(now)
        rows += [(line, side, px, 0.0, 0) for px in old if px not in new]
        rows += [(line, side, px, size, 0) for px, size in now if old.get(px) != size]
    return rows or [(line, 0, 0, 0.0, 0)]


SIZES = st.sampled_from([1.0, 2.5, 4.0])
BIDS = st.dictionaries(st.integers(980, 1000), SIZES, min_size=1, max_size=12)
ASKS = st.dictionaries(st.integers(1001, 1020), SIZES, min_size=1, max_size=12)
BOOKS = st.tuples(BIDS, ASKS).map(
    lambda sides: (sorted(sides[0].items(), reverse=True), sorted(sides[1].items()))
)
HOWS = st.sampled_from(["change", "change", "change", "snapshot"])


@settings(deadline=None)  # the kernel may have to be compiled
@given(st.lists(st.lists(st.tuples(HOWS, BOOKS), max_size=4), min_size=1, max_size=5), BOOKS)
def test_changes_and_the_snapshots_among_them(
    intervals: Sequence[Sequence[tuple[str, Levels]]], first: Levels
) -> None:
    state, line, book = state_of(), 1, first
    state.fold_book(at(rows_of(told(line, first, SNAPSHOT)), T), None)
    assert ticked(state).ofi_levels_usd == NOTHING
    for number, interval in enumerate(intervals, start=1):
        frames = []
        for how, after in interval:
            line += 1
            fresh = how == "snapshot"
            rows = told(line, after, SNAPSHOT) if fresh else changed(line, book, after)
            state.fold_book(at(rows_of(rows), T), None)
            frames.append(Frame(how, book, after))
            book = after
        expected = interval_ofi("changes", frames, OFI_LEVELS, 10.0)
        assert expected is not None
        tick = ticked(state, T + number)
        assert tick.ofi_levels_usd == pytest.approx(expected, abs=1e-9)
        assert tick.ofi_usd == tick.ofi_levels_usd[0]
        assert "sampled" not in tick.flags


@settings(deadline=None)  # the kernel may have to be compiled
@given(st.lists(st.lists(BOOKS, max_size=3), min_size=1, max_size=5), BOOKS)
def test_a_book_told_whole_has_no_flow_in_any_interval(
    intervals: Sequence[Sequence[Levels]], first: Levels
) -> None:
    state, line = state_of(), 1
    state.fold_book(at(rows_of(told(line, first, WHOLE)), T), None)
    state.fold_fills(fills(T, (100.0, 2.0, 1), (100.0, 1.0, -1)))
    for number, books in enumerate([[first], *intervals]):
        for after in books[number == 0 :]:
            line += 1
            state.fold_book(at(rows_of(told(line, after, WHOLE)), T), None)
        frames = [Frame("snapshot", None, after) for after in books]
        assert interval_ofi("whole", frames, OFI_LEVELS, 10.0) is None
        tick = ticked(state, T + number)
        assert (tick.ofi_usd, tick.ofi_levels_usd) == (None, ())
        assert "sampled" in tick.flags
        assert tick.quality is Quality.ok
        assert (tick.buy_usd, tick.sell_usd) == ((200.0, 100.0) if number == 0 else (0.0, 0.0))


def test_a_crossed_book_told_whole_and_one_without_a_side() -> None:
    crossed = [(1, 1, 1020, 30.0, WHOLE), (1, -1, 1010, 10.0, WHOLE)]
    for rows, flags in ((crossed, ("crossed", "sampled")), (crossed[:1], ("sampled",))):
        state = state_of()
        state.fold_book(at(rows_of(rows), T - S // 10), None)
        tick = ticked(state)
        assert (tick.ofi_usd, tick.ofi_levels_usd, tick.flags) == (None, (), flags)
        assert (tick.bid_px, tick.quality) == (102.0, Quality.degraded)


def test_the_kind_of_a_book_is_that_of_its_last_snapshot() -> None:
    """A channel of changes takes over from one of whole books, and survives a restart."""
    state = state_of()
    state.fold_book(at(rows_of([(1, *row[1:4], WHOLE) for row in BOOK]), T), None)
    assert ticked(state).ofi_usd is None
    state = type(state).restore(state.snapshot(), stale_book_ns=10**10)
    assert ticked(state, T + 1).ofi_usd is None
    rows = [(2, *row[1:4], SNAPSHOT) for row in BOOK]
    state.fold_book(at(rows_of([*rows, (3, 1, 1000, 34.0, 0)]), T + 1), None)
    tick = ticked(state, T + 2)
    assert (tick.ofi_usd, "sampled" in tick.flags) == (400.0, False)
    state.lose()
    lost = ticked(state, T + 3)
    assert (lost.ofi_usd, lost.ofi_levels_usd, lost.flags) == (None, (), ("gap",))


def test_the_curve_says_nothing_of_the_flow() -> None:
    state = state_of()
    state.fold_book(at(rows_of([(1, *row[1:4], WHOLE) for row in BOOK]), T), None)
    _, curve = state.tick(T)
    assert curve is not None
    assert curve.flags == ("partial",)
