"""Ticks of a book that is lost, stale, restored or not yet there, and of events out of order."""

import pickle

import numpy as np
import pytest
from msgspec.structs import replace

from models.market import MarketState
from schemas.errors import BrokenInvariant
from schemas.market import Tick
from schemas.quality import Quality
from tests.blank_row import blank_row
from tests.models.books import (
    BOOK,
    INSTRUMENT,
    NAMES,
    S,
    T,
    at,
    fills,
    marks,
    rows_of,
    state_of,
    ticked,
    tops_of,
    with_book,
)


def test_a_book_that_is_too_old_is_stale() -> None:
    state = with_book(BOOK, received_ns=T - 10 * S)
    assert ticked(state).quality is Quality.ok
    assert ticked(state, T + 1_000).quality is Quality.stale
    assert ticked(state, T + 1_000).microprice == 100.75


def test_a_lost_book_is_a_gap_until_the_next_snapshot() -> None:
    state = with_book(BOOK)
    state.lose()
    first, second = ticked(state), ticked(state, T + S)
    lost = blank_row(Tick, **NAMES, ts=T, book_age_ms=100.0, quality=Quality.gap, flags=("gap",))
    assert first == lost
    assert second == replace(lost, ts=T + S, book_age_ms=1100.0, flags=())
    state.fold_book(at(rows_of([(2, 1, 1000, 1.0, 0)]), T + S), None)  # no snapshot, no book
    assert ticked(state, T + 2 * S) == replace(lost, ts=T + 2 * S, book_age_ms=2100.0, flags=())
    again = [(3, side, px, size, 1) for _, side, px, size, _ in BOOK]
    state.fold_book(at(rows_of(again), T + 2 * S), None)
    found = ticked(state, T + 3 * S)
    assert (found.quality, found.bid_px, found.flags) == (
        Quality.ok, 100.0, ("extrapolated", "partial")
    )  # fmt: skip


def test_a_loss_and_a_snapshot_within_one_interval_leave_the_flag() -> None:
    state = with_book(BOOK)
    state.lose()
    again = [(3, side, px, size, 1) for _, side, px, size, _ in BOOK]
    state.fold_book(at(rows_of(again), T - 1), None)
    assert (ticked(state).quality, ticked(state, T + S).flags) == (
        Quality.ok, ("extrapolated", "partial")
    )  # fmt: skip
    state.lose()
    state.fold_book(at(rows_of(again), T + S), None)
    assert ticked(state, T + 2 * S).flags == ("extrapolated", "gap", "partial")


def test_a_failed_self_check_is_told_and_loses_the_book() -> None:
    state = with_book(BOOK)
    tops = at(tops_of([(2, 3, 100.0, 31.0, 101.0, 10.0)]), T - 50)
    rows = at(rows_of([(3, 1, 999, 1.0, 0)]), T - 40)
    assert state.fold_book(rows, tops) == (T - 40, 3)
    tick = ticked(state)
    assert (tick.quality, tick.flags, tick.bid_px) == (Quality.gap, ("gap",), None)
    assert (tick.top_bid_px, tick.top_bid_sz, tick.top_ask_px, tick.top_ask_sz) == (
        100.0, 31.0, 101.0, 10.0
    )  # fmt: skip


def test_a_ticker_alone_is_unsynchronised() -> None:
    state = state_of(listed=False)
    state.fold_book(None, at(tops_of([(1, 5, 100.0, 31.0, 101.0, 10.0)]), T - S))
    assert ticked(state) == blank_row(
        Tick, ts=T, **NAMES, top_bid_px=100.0, top_bid_sz=31.0, top_ask_px=101.0, top_ask_sz=10.0,
        top_age_ms=1000.0, quality=Quality.warming, flags=("unlisted", "unsynchronised"),
    )  # fmt: skip


def test_latency_is_that_of_the_last_event_with_a_venue_time() -> None:
    state = state_of()
    ms = 1_000_000
    state.fold_fills(replace(fills(T - 9 * ms, (1.0, 1.0, 1), line=5)))
    assert ticked(state).latency_ms is None
    early, late = T - 8 * ms, T - 7 * ms
    state.fold_book(at(rows_of(BOOK), late, T - 5 * ms), None)
    assert ticked(state).latency_ms == -2.0
    older = fills(early, (1.0, 1.0, 1))
    older.columns = {**older.columns, "venue_ns": np.array([early - ms])}
    state.fold_fills(older)  # folded later, received earlier
    assert ticked(state).latency_ms == -2.0
    same = fills(late, (1.0, 1.0, 1))  # the same stamp, a later line
    same.columns = {**same.columns, "venue_ns": np.array([late - 3 * ms])}
    state.fold_fills(same)
    assert ticked(state).latency_ms == 3.0


def test_book_rows_need_a_price_scale() -> None:
    state = state_of(instrument=replace(INSTRUMENT, price_decimals=None))
    state.fold_book(None, at(tops_of([(1, 5, 100.0, 31.0, 101.0, 10.0)]), T - S))
    with pytest.raises(BrokenInvariant, match="price scale"):
        state.fold_book(rows_of(BOOK), None)


def test_a_restored_state_says_the_same() -> None:
    state = with_book([*BOOK, (2, 1, 999, 1.0, 0)])
    state.fold_fills(fills(T - 4, (100.0, 2.0, 1)))
    state.fold_marks(marks(T - 3, mark=101.0, index=100.0))
    packed = pickle.loads(pickle.dumps(state.snapshot()))
    restored = MarketState.restore(packed, stale_book_ns=10 * S)
    assert restored.tick(T) == state.tick(T)
    state.lose()
    other = MarketState.restore(state.snapshot(), stale_book_ns=10 * S)
    assert other.tick(T + S) == state.tick(T + S)
    with pytest.raises(BrokenInvariant, match="version 99"):
        MarketState.restore((99, *packed[1:]), stale_book_ns=1)
