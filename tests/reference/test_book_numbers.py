"""Published and hand-computed values of order-flow imbalance, depth, curve and cost."""

from fractions import Fraction
from math import log

import pytest

from schemas.units import CURVE_BP
from tests.reference.book_numbers import (
    cost_bp,
    curve_usd,
    depth_usd,
    distance_bp,
    frame_ofi,
    level_ofi,
    walk,
)


@pytest.mark.parametrize(
    ("bid", "ask", "base_coins"),
    [
        ((100, 14.0), (101, 8.0), 4.0),  # bid size 10 → 14
        ((100, 10.0), (101, 3.0), 5.0),  # ask size 8 → 3
        ((101, 4.0), (101, 8.0), 4.0),  # bid up to a new level with 4
        ((99, 7.0), (101, 8.0), -10.0),  # bid down from size 10
    ],
)
def test_ofi_in_coins(bid: tuple, ask: tuple, base_coins: float) -> None:
    """Cont, Kukanov and Stoikov (2014), one event at a time; all prices near 1 USD."""
    scale = 10**9  # so that a tick more or less of price does not show
    before = ((scale + 100, 10.0), (scale + 101, 8.0))
    after = ((scale + bid[0], bid[1]), (scale + ask[0], ask[1]))
    assert level_ofi(before, after, unit=scale) == pytest.approx(base_coins, rel=1e-6)


def test_ofi_in_usd_weighs_each_side_by_its_price() -> None:
    assert level_ofi(((100, 10.0), (101, 8.0)), ((102, 3.0), (103, 2.0))) == 102 * 3 + 101 * 8
    assert level_ofi(((100, 10.0), (101, 8.0)), ((99, 3.0), (100, 2.0))) == -100 * 10 - 100 * 2
    same = ((100, 10.0), (101, 8.0))
    assert level_ofi(same, same) == 0


def test_levels_that_are_missing_contribute_nothing() -> None:
    before = ([(10, 1.0), (9, 1.0)], [(11, 1.0)])
    after = ([(10, 3.0), (9, 5.0)], [(11, 1.0), (12, 1.0)])
    assert frame_ofi(before, after, 3) == [20.0, 0.0, 0.0]


BIDS = [(1000, 1.0), (999, 2.0), (998, 3.0)]  # tenths


def test_sell_four_of_six() -> None:
    """100x1, 99.9x2, 99.8x3, mid 100.05: VWAP 99.9, 14.99 bp."""
    side = walk(BIDS, 2001, 1, bids=True)
    cost, further = cost_bp(side, 2001, 100.05, 4 * 99.9)
    assert not further
    assert cost == pytest.approx((1 - 99.9 / 100.05) * 1e4, rel=1e-12)
    assert round(cost or 0, 2) == 14.99


def test_a_level_exactly_on_the_limit_counts() -> None:
    # mid 1000.0: 999.5 is exactly 5 bp away, 999.0 exactly 10 bp
    bids = walk([(9999, 1.0), (9995, 1.0), (9990, 1.0)], 20_000, 1, bids=True)
    asks = walk([(10_001, 1.0), (10_005, 1.0), (10_010, 1.0)], 20_000, 1, bids=False)
    assert depth_usd(bids, 20_000, Fraction(5)) == pytest.approx(999.9 + 999.5)
    assert depth_usd(asks, 20_000, Fraction(5)) == pytest.approx(1000.1 + 1000.5)
    assert depth_usd(bids, 20_000, Fraction(4999, 1000)) == pytest.approx(999.9)
    assert depth_usd(bids, 20_000, Fraction(10)) == pytest.approx(999.9 + 999.5 + 999.0)
    assert depth_usd(bids, 20_000, Fraction(10001, 1000)) is None
    assert depth_usd(asks, 20_000, Fraction(11)) is None
    assert depth_usd(bids, 20_000, Fraction(1, 2)) == 0.0
    # 1e-6 tick of tolerance, and no more: 10 bp is 10 ticks here
    assert depth_usd(bids, 20_000, Fraction(10) - Fraction(9, 10**7)) is not None
    inside, outside = Fraction(5) - Fraction(9, 10**7), Fraction(5) - Fraction(11, 10**7)
    assert depth_usd(bids, 20_000, inside) == pytest.approx(1999.4)
    assert depth_usd(bids, 20_000, outside) == pytest.approx(999.9)


def test_curve_is_depth_at_its_distances() -> None:
    asks = [(100_000 + 10 * k, 1.0) for k in range(1, 201)]  # a level every bp up to 200 bp
    side = walk(asks, 200_000, 1, bids=False)
    expected = [
        sum(10_000 + k for k in range(1, 201) if k <= x) if x <= 200 else None for x in CURVE_BP
    ]
    assert curve_usd(side, 200_000) == [None if x is None else pytest.approx(x) for x in expected]
    assert distance_bp(side, 200_000) == pytest.approx(200)


def test_cost_past_the_book_follows_its_last_slope() -> None:
    """D(x) = a·x in the book, so twice the amount reaches twice as far: cost near a·2x/2."""
    asks = [(10_000_000 + 100 * k, 1 / (10_000_000 + 100 * k)) for k in range(1, 10_001)]
    side = walk(asks, 20_000_000, 0, bids=False)  # 1 USD at every 0.1 bp up to 1000 bp
    held, mid = side.usd[-1], 10_000_000.0
    assert held == pytest.approx(10_000)
    cost, further = cost_bp(side, 20_000_000, mid, 1.5 * held)
    assert further
    visible = [(x, int(x * 10 + 1e-9)) for x in CURVE_BP if x <= 1000][-3:]
    g = log(visible[2][1] / visible[0][1]) / log(visible[2][0] / visible[0][0])
    held_cost, _ = cost_bp(side, 20_000_000, mid, held)
    more = (1.5 ** (1 + 1 / g) - 1) / (1 + 1 / g)
    assert cost == pytest.approx(((held_cost or 0) + 1000 * more) / 1.5, rel=1e-9)
    assert cost == pytest.approx(750, rel=0.05)
    assert cost_bp(side, 20_000_000, mid, 2.5 * held) == (None, True)  # past 2000 bp


def test_no_cost_without_three_points_or_a_slope() -> None:
    near = walk([(10_001, 1.0)], 20_000, 0, bids=False)  # 1 bp: one point
    assert cost_bp(near, 20_000, 10_000.0, 1e6) == (None, True)
    flat = walk([(10_001, 1.0), (10_100, 1e-300)], 20_000, 0, bids=False)  # nothing at the end
    assert cost_bp(flat, 20_000, 10_000.0, 1e6) == (None, True)
