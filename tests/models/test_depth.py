"""Depth, curve and cost of a book: published values, exact limits, an independent integral."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from models.depth import BAND_AT, COSTS, CURVE_AT, LIMITS_BP, extrapolate, measure
from schemas.units import COST_USD, CURVE_BP, DEPTH_BANDS_BP
from tests.models.books import Level, ladder_of, sides_of
from tests.reference.book_numbers import cost_bp, curve_usd, depth_usd, walk

KERNELS = pytest.mark.parametrize("kernel", [measure, measure.py_func], ids=["compiled", "plain"])


def measured(
    bids: Sequence[Level],
    asks: Sequence[Level],
    *,
    decimals: int = 0,
    limits: Sequence[float] | None = None,
    amounts: Sequence[float] = COST_USD,
    kernel: Callable = measure,
) -> tuple[np.ndarray, np.ndarray, float, bool]:
    """depth[2, limits], cost[2, amounts], visible bp, extended."""
    keys, sizes, counts = sides_of(bids, asks)
    at = LIMITS_BP if limits is None else np.array(limits, float)
    curve_at = CURVE_AT if limits is None else np.arange(len(at))
    depth, cost = np.full((2, len(at)), -1.0), np.full((2, len(amounts)), np.nan)
    visible, extended = kernel(
        keys, sizes, counts, 10.0**decimals, at, curve_at, np.array(amounts, float), depth, cost
    )
    return depth, cost, visible, bool(extended)


def test_the_distances_hold_the_bands_and_the_curve() -> None:
    assert LIMITS_BP[BAND_AT].tolist() == list(map(float, DEPTH_BANDS_BP))
    assert LIMITS_BP[CURVE_AT].tolist() == list(CURVE_BP)
    assert np.all(np.diff(LIMITS_BP) > 0)
    assert COSTS.tolist() == list(COST_USD)


def test_sell_four_of_six() -> None:
    """100x1, 99.9x2, 99.8x3, mid 100.05: VWAP 99.9, 14.99 bp."""
    bids, asks = [(1000, 1.0), (999, 2.0), (998, 3.0)], [(1001, 1.0)]
    _, cost, _, extended = measured(bids, asks, decimals=1, amounts=[4 * 99.9])
    assert cost[0, 0] == pytest.approx((1 - 99.9 / 100.05) * 1e4, rel=1e-12)
    assert round(cost[0, 0], 2) == 14.99
    assert extended  # the asks hold only 100.1 USD


# mid 1000.0; 1 bp is one tick. Levels at exactly 1, 5, 10 bp on both sides.
BIDS = [(9999, 1.0), (9995, 2.0), (9990, 4.0)]
ASKS = [(10_001, 1.0), (10_005, 2.0), (10_010, 4.0)]


@KERNELS
def test_limits_are_exact(kernel: Callable) -> None:
    limits = [0.5, 1 - 2e-6, 1, 5 - 2e-6, 5 - 5e-7, 5, 9.9, 10 - 5e-7, 10, 10 + 5e-7, 10 + 2e-6]
    depth, _, visible, _ = measured(BIDS, ASKS, decimals=1, limits=limits, kernel=kernel)
    bid1, bid2, bid3 = 999.9, 999.9 + 2 * 999.5, 999.9 + 2 * 999.5 + 4 * 999.0
    ask1, ask2, ask3 = 1000.1, 1000.1 + 2 * 1000.5, 1000.1 + 2 * 1000.5 + 4 * 1001.0
    none = math.nan
    assert depth[0].tolist() == pytest.approx(
        [0, 0, bid1, bid1, bid2, bid2, bid2, bid3, bid3, bid3, none], nan_ok=True, rel=1e-12
    )
    assert depth[1].tolist() == pytest.approx(
        [0, 0, ask1, ask1, ask2, ask2, ask2, ask3, ask3, ask3, none], nan_ok=True, rel=1e-12
    )
    assert visible == pytest.approx(10.0, rel=1e-12)


def test_limits_hold_where_one_bp_is_no_binary_number() -> None:
    """A level at exactly x bp of mid counts, for a thousand mids."""
    for mid in range(20_000, 20_000 * 1001, 20_000):
        for x in DEPTH_BANDS_BP:
            step = mid * x // 10_000
            bids, asks = [(mid - 1, 1.0), (mid - step, 1.0)], [(mid + 1, 1.0), (mid + step, 1.0)]
            depth, _, _, _ = measured(bids, asks, limits=[float(x)], amounts=[])
            assert depth[0, 0] == (mid - 1) + (mid - step)
            assert depth[1, 0] == (mid + 1) + (mid + step)


LEVELS = st.lists(
    st.tuples(st.integers(1, 400), st.floats(0.01, 50)),
    min_size=1,
    max_size=25,
    unique_by=lambda level: level[0],
)


def book_of(bids: list, asks: list) -> tuple[list[Level], list[Level]]:
    """Levels at distances in ticks from 10,000."""
    return (
        sorted(((10_000 - d, size) for d, size in bids), reverse=True),
        sorted((10_000 + d, size) for d, size in asks),
    )


AMOUNTS = [10.0, 1e3, 1e4, 1e5, 3e5, 1e6, 3e6, 1e7]


@KERNELS
@given(bids=LEVELS, asks=LEVELS)
@settings(max_examples=150, deadline=None)
def test_any_book_equals_the_reference(kernel: Callable, bids: list, asks: list) -> None:
    bid_levels, ask_levels = book_of(bids, asks)
    twice_mid = bid_levels[0][0] + ask_levels[0][0]
    depth, cost, visible, extended = measured(
        bid_levels, ask_levels, decimals=1, amounts=AMOUNTS, kernel=kernel
    )
    further = False
    edges = []
    for s, levels in enumerate((bid_levels, ask_levels)):
        side = walk(levels, twice_mid, 1, bids=s == 0)
        bands = [depth_usd(side, twice_mid, Fraction(x)) for x in DEPTH_BANDS_BP]
        for ours, theirs in (
            (depth[s, BAND_AT], bands),
            (depth[s, CURVE_AT], curve_usd(side, twice_mid)),
        ):
            expected = [math.nan if x is None else x for x in theirs]
            assert ours.tolist() == pytest.approx(expected, rel=1e-12, nan_ok=True)
        for q, amount in enumerate(AMOUNTS):
            try:
                value, more = cost_bp(side, twice_mid, twice_mid / 20, amount)
            except OverflowError:  # a slope near 0 reaches past any price
                value, more = None, True
            further |= more
            expected_cost = math.nan if value is None else value
            assert cost[s, q] == pytest.approx(expected_cost, rel=1e-9, abs=1e-9, nan_ok=True)
        edges.append(side.distances[-1] / twice_mid * 1e4)
    assert extended == further
    assert visible == pytest.approx(min(edges), rel=1e-9)


@given(bids=LEVELS, asks=LEVELS)
@settings(max_examples=150, deadline=None)
def test_depth_never_falls_with_distance_nor_cost_with_amount(bids: list, asks: list) -> None:
    amounts = np.geomspace(10, 1e8, 60)
    depth, cost, _, _ = measured(*book_of(bids, asks), decimals=1, amounts=amounts)
    for side in (*depth, *cost):
        known = side[~np.isnan(side)]
        assert np.isnan(side[len(known) :]).all()  # unknown from some point on
        assert (np.diff(known) >= -1e-9 * np.abs(known[1:])).all()


def test_plain_and_compiled_agree_to_the_bit() -> None:
    random = np.random.default_rng(11)
    for _ in range(40):
        bids, asks = (
            [(int(d), float(z)) for d, z in zip(random.choice(500, 60, replace=False) + 1,
                                               random.exponential(3, 60), strict=True)]
            for _ in range(2)
        )  # fmt: skip
        book = book_of(bids, asks)
        one = measured(*book, decimals=1, amounts=AMOUNTS)
        other = measured(*book, decimals=1, amounts=AMOUNTS, kernel=measure.py_func)
        for a, b in zip(one, other, strict=True):
            assert np.allclose(a, b, rtol=1e-14, atol=0, equal_nan=True)


def test_tombstones_do_not_count() -> None:
    keys, sizes, counts = sides_of(BIDS, ASKS)
    spoiled = []
    for s in range(2):
        levels = list(
            zip(keys[s, : counts[s]].tolist(), sizes[s, : counts[s]].tolist(), strict=True)
        )
        extra = [(levels[0][0] - 500, 3.0), (levels[1][0] + 1, 9.0)]
        spoiled.append(ladder_of([*levels, *extra, *[(key, 0.0) for key, _ in extra]], 8))
    for s in range(2):
        assert spoiled[s][2] > counts[s]
    depth, cost = np.zeros((2, len(LIMITS_BP))), np.zeros((2, len(COSTS)))
    visible, extended = measure(
        np.stack([k for k, _, _ in spoiled]), np.stack([z for _, z, _ in spoiled]),
        np.array([c for _, _, c in spoiled]), 10.0, LIMITS_BP, CURVE_AT, COSTS, depth, cost,
    )  # fmt: skip
    plain = measured(BIDS, ASKS, decimals=1)
    assert np.array_equal(depth, plain[0], equal_nan=True)
    assert np.array_equal(cost, plain[1], equal_nan=True)
    assert (visible, extended) == (plain[2], plain[3])


def test_a_cost_past_the_book_equals_the_integral_of_its_marginal_price() -> None:
    """D(x) = a·x^g past the edge: the last USD at D = q pays edge·(q/V)^(1/g) over mid."""
    random = np.random.default_rng(2)
    for _ in range(20):
        asks = [(10_000_000 + 500 * (k + 1), float(random.uniform(0.5, 3))) for k in range(400)]
        bids = [(10_000_000 - 500, 1.0)]
        depth, _, _, _ = measured(bids, asks)
        held = sum(px * size for px, size in asks)
        base = sum(size for _, size in asks)
        mid = (bids[0][0] + asks[0][0]) / 2
        visible = [(x, d) for x, d in zip(LIMITS_BP, depth[1], strict=True) if not np.isnan(d)]
        points = [(x, d) for x, d in visible if x in CURVE_BP][-3:]
        slope = math.log(points[2][1] / points[0][1]) / math.log(points[2][0] / points[0][0])
        edge = (asks[-1][0] / mid - 1) * 1e4
        own = (held / base / mid - 1) * 1e4
        for more in (1.0 + 1e-9, 1.5, 3.0, 7.0):
            _, cost, _, extended = measured(bids, asks, amounts=[more * held])
            beyond, _ = quad(lambda q, e=edge, g=slope: e * q ** (1 / g), 1.0, more, epsabs=1e-12)
            assert extended
            assert cost[1, 0] == pytest.approx((own + beyond) / more, rel=1e-9)
        # There is no price past 2000 bp.
        most = (2000 / edge) ** slope
        _, cost, _, _ = measured(bids, asks, amounts=[most * held * f for f in (0.999, 1.001)])
        assert np.isnan(cost[1]).tolist() == [False, True]


def test_a_cost_needs_three_points_and_a_slope() -> None:
    def past(depth: list[float], total: float = 100.0) -> float:
        limits = np.array([1.0, 2.0, 4.0, 8.0])
        return extrapolate(200.0, total, 3.0, 8.0, limits, np.array(depth), np.arange(4))

    nan = math.nan
    assert np.isnan(past([10.0, 20.0, nan, nan]))  # two points
    assert np.isnan(past([0.0, 0.0, 20.0, nan]))  # nothing at the nearest of three
    assert np.isnan(past([10.0, 20.0, 20.0, 20.0]))  # no slope
    assert np.isnan(past([10.0, 20.0, 40.0, 80.0], total=0.0))
    # g = 1: 8 bp·2 at the end of 200 USD, 3 bp for the first hundred, 12 bp on average after
    assert past([10.0, 20.0, 40.0, 80.0]) == pytest.approx((3 * 100 + 12 * 100) / 200)


def test_prices_up_to_2_to_the_53_ticks() -> None:
    top = 2**53
    depth, cost, visible, _ = measured([(top - 2, 1.0)], [(top, 1.0)], amounts=[1.0])
    assert visible == pytest.approx(1 / top * 1e4, rel=1e-6)
    assert cost[:, 0].tolist() == pytest.approx([1 / top * 1e4] * 2, abs=2.3e-12)
    assert np.isnan(depth).all()
