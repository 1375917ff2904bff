"""Ticks and curves of one instrument on small books: what each column and flag says."""

import pytest
from msgspec.structs import replace

from schemas.market import DepthCurve, Tick
from schemas.quality import Quality
from schemas.units import COST_USD
from tests.blank_row import blank_row
from tests.compare import assert_rows_equal
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
    with_book,
)
from tests.reference.book_numbers import cost_bp, walk


def test_nothing_is_said_before_anything_is_seen() -> None:
    assert state_of().tick(T) == (None, None)


def test_a_whole_tick_and_its_curve() -> None:
    """Bid 100x30, ask 101x10: microprice 100.75."""
    state = with_book([*BOOK, (1, 1, 990, 1.0, 1), (1, -1, 1030, 1.0, 1)])
    state.fold_fills(fills(T - S // 5, (100.5, 2.0, 1), (100.0, 1.0, -1), (99.0, 5.0, 0)))
    state.fold_marks(marks(T - S // 2, mark=101.0, index=100.0, funding_rate=8e-4, oi_base=10.0))
    state.instrument = replace(INSTRUMENT, funding_interval_h=8.0)
    tick, curve = state.tick(T)
    mid = 100.5
    expected = blank_row(
        Tick,
        ts=T,
        **NAMES,
        bid_px=100.0,
        bid_sz=30.0,
        ask_px=101.0,
        ask_sz=10.0,
        book_seq=1,
        mid_px=mid,
        microprice=100.75,
        spread_bp=1 / mid * 1e4,
        imbalance=0.75,
        bid_depth_usd_5bp=0.0,
        bid_depth_usd_10bp=0.0,
        bid_depth_usd_25bp=0.0,
        bid_depth_usd_50bp=3000.0,
        bid_depth_usd_100bp=3000.0,
        ask_depth_usd_5bp=0.0,
        ask_depth_usd_10bp=0.0,
        ask_depth_usd_25bp=0.0,
        ask_depth_usd_50bp=1010.0,
        ask_depth_usd_100bp=1010.0,
        ask_depth_usd_200bp=1010.0,
        ofi_usd=0.0,
        ofi_levels_usd=(0.0,) * 10,
        buy_usd=201.0,
        sell_usd=100.0,
        buy_count=1,
        sell_count=1,
        last_trade_px=100.0,
        mark_px=101.0,
        index_px=100.0,
        funding_rate=8e-4,
        funding_interval_h=8.0,
        funding_rate_1h=1e-4,
        basis=101.0 / 100.0 - 1.0,
        oi_base=10.0,
        oi_usd=1010.0,
        book_age_ms=100.0,
        trade_age_ms=200.0,
        mark_age_ms=500.0,
        quality=Quality.ok,
        flags=("extrapolated", "partial"),
    )
    assert tick is not None
    bids = walk([(1000, 30.0), (990, 1.0)], 2010, 1, bids=True)
    asks = walk([(1010, 10.0), (1030, 1.0)], 2010, 1, bids=False)
    costs = {
        f"{trade}_cost_bp_{name}": cost_bp(side, 2010, mid, usd)[0]
        for trade, side in (("buy", asks), ("sell", bids))
        for name, usd in zip(("10k", "100k", "1m"), COST_USD, strict=True)
    }
    assert_rows_equal([tick], [replace(expected, **costs)], rel=1e-12)
    assert curve is not None
    assert (curve.ts, curve.mid_px, curve.quality, curve.flags) == (
        T,
        mid,
        Quality.ok,
        ("partial",),
    )
    edge = (mid - 99.0) / mid * 1e4
    assert curve.visible_bp == curve.complete_bp == pytest.approx(edge, rel=1e-9)
    # distances 23 … 29 are 41, 48, 57, 67, 78, 92, 109 bp
    assert curve.bid_usd[23:30] == pytest.approx((0.0, 0.0, 3000.0, 3000.0, 3000.0, 3000.0, 3000.0))
    assert curve.bid_usd[-1] is None
    assert curve.ask_usd[23:30] == pytest.approx((0.0, 0.0, 1010.0, 1010.0, 1010.0, 1010.0, 1010.0))


def test_a_new_interval_starts_with_every_tick() -> None:
    state = with_book(BOOK)
    state.fold_book(at(rows_of([(2, 1, 1000, 34.0, 0)]), T - 5), None)
    state.fold_fills(fills(T - 4, (100.0, 2.0, 1)))
    first = ticked(state)
    assert (first.ofi_usd, first.buy_usd, first.buy_count) == (400.0, 200.0, 1)
    second = ticked(state, T + S)
    assert (second.ofi_usd, second.buy_usd, second.buy_count) == (0.0, 0.0, 0)
    assert (second.last_trade_px, second.trade_age_ms) == (100.0, 1000.000004)


def test_every_tick_has_its_curve() -> None:
    state = with_book(BOOK)
    curves = [state.tick(T + k * S // 4)[1] for k in range(1, 5)]
    assert [curve and curve.ts for curve in curves] == [T + k * S // 4 for k in range(1, 5)]


@pytest.mark.parametrize("bid", [1010, 1011], ids=["locked", "crossed"])
def test_a_crossed_book_keeps_only_its_best_prices(bid: int) -> None:
    state = with_book([*BOOK, (2, 1, bid, 1.0, 0)])
    tick, curve = state.tick(T)
    assert curve is None
    expected = blank_row(
        Tick, ts=T, **NAMES, bid_px=bid / 10, bid_sz=1.0, ask_px=101.0, ask_sz=10.0, book_seq=2,
        ofi_usd=bid / 10, ofi_levels_usd=(bid / 10, *[0.0] * 9), book_age_ms=100.0,
        quality=Quality.degraded, flags=("crossed",),
    )  # fmt: skip
    assert_rows_equal([tick], [expected], rel=1e-12)


@pytest.mark.parametrize("left", ["bid", "ask", "none"])
def test_a_side_without_levels_is_null(left: str) -> None:
    gone = [(2, 1, 1000, 0.0, 0)] * (left != "bid") + [(2, -1, 1010, 0.0, 0)] * (left != "ask")
    state = with_book([*BOOK, *gone])
    tick, curve = state.tick(T)
    best = {"bid": {"bid_px": 100.0, "bid_sz": 30.0}, "ask": {"ask_px": 101.0, "ask_sz": 10.0}}
    assert curve is None
    assert tick == blank_row(
        Tick, ts=T, **NAMES, **best.get(left, {}), book_seq=2, ofi_usd=0.0,
        ofi_levels_usd=(0.0,) * 10, book_age_ms=100.0, quality=Quality.degraded,
    )  # fmt: skip


def test_marks_without_an_index_or_an_interval_give_no_ratio() -> None:
    state = state_of()
    state.fold_marks(marks(T - S, mark=101.0, funding_rate=8e-4))
    tick = ticked(state)
    assert (tick.mark_px, tick.basis, tick.funding_rate, tick.funding_rate_1h) == (
        101.0, None, 8e-4, None
    )  # fmt: skip
    state.fold_marks(marks(T, interval_h=4.0, index=100.0))
    tick = ticked(state, T + S)
    assert (tick.funding_interval_h, tick.funding_rate_1h) == (4.0, 2e-4)
    assert tick.basis == pytest.approx(0.01, rel=1e-12)


def test_depth_past_the_snapshot_is_a_lower_bound() -> None:
    wide = [(1, side, 10_000 - side * (1 + k * 30), 1.0, 1) for side in (1, -1) for k in range(8)]
    state = with_book(wide)  # up to 211 bp
    tick, curve = state.tick(T)
    assert tick is not None
    assert isinstance(curve, DepthCurve)
    assert (tick.flags, curve.flags) == (("extrapolated",), ("partial",))
    moved = [(2, 1, 10_200, 1.0, 0), (2, -1, 10_203, 1.0, 0)]
    moved += [
        (2, -1, px, 0.0, 0) for px in (10_001, 10_031, 10_061, 10_091, 10_121, 10_151, 10_181)
    ]
    state.fold_book(at(rows_of(moved), T), None)
    tick, curve = state.tick(T + S)
    assert tick is not None
    assert isinstance(curve, DepthCurve)
    assert tick.flags == ("extrapolated", "partial")
    assert curve.complete_bp == pytest.approx((10_211 / 10_201.5 - 1) * 1e4, rel=1e-9)


def test_a_move_past_the_snapshot_makes_what_is_complete_negative() -> None:
    moved = [(2, 1, 1015, 1.0, 0), (2, -1, 1010, 0.0, 0), (2, -1, 1020, 1.0, 0)]
    _, curve = with_book([*BOOK, *moved]).tick(T)
    assert curve is not None
    assert curve.complete_bp == pytest.approx((1010 / 1017.5 - 1) * 1e4, rel=1e-9)
