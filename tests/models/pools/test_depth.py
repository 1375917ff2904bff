"""Amounts that move the price by a distance: brute force, exact swaps, the polygon recording."""

import csv
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.pools import v2, v3
from models.pools.depth import quote_amounts, visible_bp
from models.pools.pool import Pool
from models.pools.sqrt_price import amount0_between, amount1_between
from models.pools.tick_math import MAX_TICK, MIN_TICK, Q96, sqrt_price_at
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated
from schemas.units import CURVE_BP
from tests.models.pools.profiles import (
    E18,
    Ranges,
    positions_of,
    profiles,
    root,
    state_of,
    v2_pool,
    v3_pool,
)
from tests.reference import pool_v3
from tests.shared import shared_file

orders = st.booleans()  # whether the asset is token0


def other_way(pool: Pool, asset_is_token0: bool) -> Pool:
    make = v3_pool if pool.protocol == "uniswap-v3" else v2_pool
    more = {"tick_spacing": pool.tick_spacing} if pool.protocol == "uniswap-v3" else {}
    return make(pool.fee_e6, asset_is_token0=asset_is_token0, **more)


@pytest.mark.parametrize("asset_is_token0", [True, False])
@pytest.mark.parametrize("selling", [True, False])
def test_brute_force(asset_is_token0: bool, selling: bool) -> None:
    """Ranges with a gap around, integrated in 40,000 steps of the price."""
    ranges = ((-1200, 1200, 5 * E18), (-600, -120, 9 * E18), (60, 300, 4 * E18))
    pool = v3_pool(asset_is_token0=asset_is_token0)
    state = state_of(ranges, root(1001, 1000))
    amounts = quote_amounts(pool, state, selling, False)
    for at in (0, 20, 30, 36, 40, 44, 47):
        moved = 1 - CURVE_BP[at] * 1e-4 if selling else 1 + CURVE_BP[at] * 1e-4
        multiple = moved if asset_is_token0 else 1 / moved
        start = state.sqrt_price_x96 / Q96
        exact = pool_v3.integrate(positions_of(ranges), start, multiple, 40_000)
        assert amounts[at] == pytest.approx(exact[asset_is_token0], rel=2e-4)


@settings(deadline=None, max_examples=150)
@given(profiles(), orders, st.booleans())
def test_a_swap_to_the_price_trades_the_amount(
    profile: tuple[Pool, Ranges, Concentrated], asset_is_token0: bool, selling: bool
) -> None:
    pool, _, state = profile
    pool = other_way(pool, asset_is_token0)
    down = selling == asset_is_token0
    amounts = quote_amounts(pool, state, selling, False)
    assert all(a <= b for a, b in pairwise(amounts))
    for at in range(0, 48, 5):
        moved = 1 - CURVE_BP[at] * 1e-4 if selling else 1 + CURVE_BP[at] * 1e-4
        ratio = moved if asset_is_token0 else 1 / moved
        limit = int(state.sqrt_price_x96 * ratio**0.5)
        if limit == state.sqrt_price_x96:
            continue
        trade = v3.swap_in(pool, state, down, v3.MOST_AMOUNT, limit)
        assert trade.after.sqrt_price_x96 == limit
        quote = trade.amount_out if selling else trade.amount_in - trade.fee
        rounding = 2 * (len(state.ticks) + 10 + abs(trade.after.tick - state.tick) // 256)
        most = max(state.nets) * len(state.nets)
        unit = most / Q96 if asset_is_token0 else most * Q96 / limit**2
        assert amounts[at] == pytest.approx(quote, rel=1e-11, abs=rounding + 4 * unit)


@settings(deadline=None, max_examples=150)
@given(profiles(), orders, st.booleans(), st.booleans(), st.data())
def test_past_what_was_read_there_is_none(
    profile: tuple[Pool, Ranges, Concentrated],
    asset_is_token0: bool,
    selling: bool,
    taker: bool,
    data: st.DataObject,
) -> None:
    pool, ranges, state = profile
    pool = other_way(pool, asset_is_token0)
    spacing = pool.tick_spacing
    low = state.tick // spacing * spacing - spacing * data.draw(st.integers(0, 12))
    high = (state.tick // spacing + 1) * spacing + spacing * data.draw(st.integers(0, 12))
    part = state_of(ranges, state.sqrt_price_x96, state.tick, (low, high))
    all_, some = (quote_amounts(pool, each, selling, taker) for each in (state, part))
    seen = sum(each is not None for each in some)
    assert some == all_[:seen] + (None,) * (48 - seen)
    edge = visible_bp(pool, part, taker)
    assert sum(bp < edge * (1 - 1e-9) for bp in CURVE_BP) <= seen
    both = [quote_amounts(pool, part, side, taker) for side in (True, False)]
    nearer = min(sum(each is not None for each in side) for side in both)
    assert nearer <= sum(bp <= edge * (1 + 1e-9) + 1e-9 for bp in CURVE_BP)


@settings(deadline=None)
@given(
    st.integers(10**12, 10**32), st.integers(10**12, 10**32), orders, st.booleans(),
    st.sampled_from((0, 500, 3_000, 10_000)),
)  # fmt: skip
def test_a_v2_swap_of_the_amount_moves_the_price_so_far(
    reserve0: int, reserve1: int, asset_is_token0: bool, selling: bool, fee: int
) -> None:
    pool, state = v2_pool(fee, asset_is_token0=asset_is_token0), Reserves(reserve0, reserve1)
    assume(0.001 < state.price(pool) < 1000)
    amounts = quote_amounts(pool, state, selling, False)
    assert all(a < b for a, b in pairwise(amounts))
    down = selling == asset_is_token0
    for at in (10, 25, 40, 47):
        if selling:
            trade = v2.swap_out(pool, state, down, max(1, round(amounts[at])))
        else:
            gross = round(amounts[at] / (1 - fee * 1e-6))
            trade = v2.swap_in(pool, state, down, max(1, gross))
        moved = trade.after.price(pool) / state.price(pool) - 1
        want = CURVE_BP[at] * (-1e-4 if selling else 1e-4)
        assert moved == pytest.approx(want, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("asset_is_token0", [True, False])
@pytest.mark.parametrize("selling", [True, False])
@pytest.mark.parametrize("kind", ["v2", "v3"])
def test_a_takers_distance_is_the_margin_that_a_small_trade_gets(
    kind: str, selling: bool, asset_is_token0: bool
) -> None:
    """After the amount, one more small trade gets the price at that distance, the fee included."""
    if kind == "v2":
        pool, own = v2_pool(asset_is_token0=asset_is_token0), v2
        state = Reserves(10**30, 2 * 10**30)
    else:
        pool, own = v3_pool(asset_is_token0=asset_is_token0), v3
        state = state_of(((-9_000, 15_000, 10**30), (6_900, 7_500, 10**30)), root(2, 1))
    down = selling == asset_is_token0
    mid, keep = state.price(pool), 1 - pool.fee_e6 * 1e-6
    small = 10**22
    amounts = quote_amounts(pool, state, selling, True)
    for at, bp in enumerate(CURVE_BP):
        if bp < 29:
            assert amounts[at] == 0
            continue
        if bp < 35:
            continue
        if selling:
            one = own.swap_out(pool, state, down, round(amounts[at]))
            two = own.swap_out(pool, state, down, round(amounts[at]) + small)
        else:
            gross = round(amounts[at] / keep)
            one = own.swap_in(pool, state, down, gross)
            two = own.swap_in(pool, state, down, gross + small)
        got, paid = two.amount_out - one.amount_out, two.amount_in - one.amount_in
        price = got / paid if selling else paid / got
        want = mid * (1 - bp * 1e-4 if selling else 1 + bp * 1e-4)
        assert price == pytest.approx(want, rel=1e-6)


def test_gaps_and_edges() -> None:
    gap = state_of(((-6000, -600, E18), (600, 6000, E18)), root(1, 1))
    for asset_is_token0 in (True, False):
        pool = v3_pool(asset_is_token0=asset_is_token0)
        for selling in (True, False):
            amounts = quote_amounts(pool, gap, selling, False)
            near = [amounts[at] for at, bp in enumerate(CURVE_BP) if bp < 580]
            assert near == [0] * len(near)
            assert amounts[-1] > 0
    outside = Concentrated(root(4, 1), 13_863, 5, (0, 60), (7, -7), 0, 60)
    assert quote_amounts(v3_pool(), outside, True, False) == (None,) * 48
    assert visible_bp(v3_pool(), outside, False) == 0.0
    untrue = Concentrated(Q96, 0, 5 * E18, (-60, 60), (9 * E18, -9 * E18))
    amounts = quote_amounts(v3_pool(), untrue, True, False)
    assert amounts[-1] is None and amounts[0] > 0


def test_how_far_is_seen() -> None:
    state = Concentrated(Q96, 0, 5, (), (), -100, 200)
    low, high = 1.0001**-100, 1.0001**200
    assert visible_bp(v3_pool(), state, False) == pytest.approx((1 - low) * 1e4)
    token1 = v3_pool(asset_is_token0=False)
    assert visible_bp(token1, state, False) == pytest.approx((1 / low - 1) * 1e4)
    near = visible_bp(v3_pool(), state, True)
    assert near == pytest.approx(min(1 - low * 0.997, high / 0.997 - 1) * 1e4)
    whole = Concentrated(Q96, 0, 5, (), (), MIN_TICK, MAX_TICK)
    assert visible_bp(v3_pool(), whole, False) == pytest.approx(1e4)
    assert visible_bp(v2_pool(), Reserves(1, 1), False) == 1e4


def test_a_day_of_a_real_pool() -> None:
    """USDC/WETH on polygon, by minute: while liquidity is constant, what came in moved the price.

    Ticks are whole, so a minute's net amounts are only bounded; some minutes also saw liquidity
    that came and went. Nine of ten must lie within.
    """
    path = shared_file("data/pools/uniswap_v3_polygon_usdc_weth_2023-08-17.csv")
    with path.open(newline="") as file:
        rows = [
            {k: int(v) for k, v in row.items() if k != "timestamp"} for row in csv.DictReader(file)
        ]
    fits = []
    for before, row in pairwise(rows):
        start, end, liquidity = before["closeTick"], row["closeTick"], row["currentLiquidity"]
        ticks = {row["lowestTick"] // 10, row["highestTick"] // 10, start // 10}
        if len(ticks) > 1 or liquidity != before["currentLiquidity"]:
            continue
        most, least = (sqrt_price_at(start), sqrt_price_at(end + 1)), (
            sqrt_price_at(start + 1), sqrt_price_at(end))  # fmt: skip
        for name, between, sign in (("1", amount1_between, 1), ("0", amount0_between, -1)):
            bounds = sorted(
                sign * (1 if b > a else -1) * between(a, b, liquidity, True)
                for a, b in (most, least)
            )
            net = row[f"netAmount{name}"] - row[f"inAmount{name}"] * 0.0005
            fits.append(bounds[0] - 1 <= net <= bounds[1] + 1)
    assert len(fits) > 1_500
    assert sum(fits) > 0.9 * len(fits)
