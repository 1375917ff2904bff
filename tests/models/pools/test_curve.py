"""A pool as a book: mid, USD by distance, cost in bp; against amounts, books and exact quotes."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import depth as book_depth
from models.pools import v2, v3
from models.pools.curve import PoolCurve, cost_bp, curve_of
from models.pools.depth import quote_amounts
from models.pools.pool import Pool
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated
from schemas.units import COST_USD, CURVE_BP
from tests.models.pools.profiles import (
    E18,
    Ranges,
    full,
    profiles,
    root,
    state_of,
    v2_pool,
    v3_pool,
)

E6 = 10**6
# USDC (6 decimals) and WETH (18) at 2,000, in both orders: 2,000,000 USDC against 1,000 WETH.
WETH_FIRST = {"decimals0": 18, "decimals1": 6, "asset_is_token0": True}
USDC_FIRST = {"decimals0": 6, "decimals1": 18, "asset_is_token0": False}
BIG = 2_000_000 * E6, 1_000 * E18


def test_a_v2_pool_by_hand() -> None:
    """Without fee, price · (1 − d) takes R·(1 − √(1 − d)) and price · (1 + d) R·(√(1 + d) − 1)."""
    curve = curve_of(v2_pool(0, **WETH_FIRST), Reserves(BIG[1], BIG[0]), 1.0)
    assert curve.mid_px == 2000.0
    assert curve.visible_bp == 10_000.0
    for at, bp in enumerate(CURVE_BP):
        d = bp * 1e-4
        assert curve.bid_usd[at] == pytest.approx(2e6 * (1 - (1 - d) ** 0.5), rel=1e-9)
        assert curve.ask_usd[at] == pytest.approx(2e6 * ((1 + d) ** 0.5 - 1), rel=1e-9)
    # 10,000 USD: in R_in = 2,000,000 a share of 0.5 % of the reserve.
    assert curve.buy_cost_bp[0] == pytest.approx(50.0, rel=1e-6)
    assert curve.sell_cost_bp[0] == pytest.approx(50.0, rel=1e-6)
    assert curve.buy_cost_bp[2] == pytest.approx(5000.0, rel=1e-6)
    assert curve.sell_cost_bp[2] == pytest.approx(5000.0, rel=1e-6)


@pytest.mark.parametrize("taker", [False, True])
@pytest.mark.parametrize("kind", ["v2", "v3"])
def test_the_order_of_the_tokens_changes_nothing(kind: str, taker: bool) -> None:
    if kind == "v2":
        one = curve_of(v2_pool(**WETH_FIRST), Reserves(BIG[1], BIG[0]), 0.999, taker=taker)
        other = curve_of(v2_pool(**USDC_FIRST), Reserves(*BIG), 0.999, taker=taker)
    else:
        ranges = ((-1200, 900, 5), (-300, 240, 9))
        base = -200_280  # about 2,000 USDC per WETH, raw
        lifted = tuple((base + a, base + b, n * 10**16) for a, b, n in ranges)
        turned = tuple((-b, -a, n) for a, b, n in lifted)
        price = root(2000 * E6 * 99, E18 * 98)
        one = curve_of(v3_pool(**WETH_FIRST), state_of(lifted, price), 0.999, taker=taker)
        other = curve_of(
            v3_pool(**USDC_FIRST), state_of(turned, (1 << 192) // price), 0.999, taker=taker
        )
    assert 1900 < one.mid_px < 2100
    assert one.mid_px == pytest.approx(other.mid_px, rel=1e-12)
    for name in ("bid_usd", "ask_usd", "sell_cost_bp", "buy_cost_bp"):
        for a, b in zip(getattr(one, name), getattr(other, name), strict=True):
            assert (a is None) == (b is None)
            assert a is None or a == pytest.approx(b, rel=1e-6, abs=1e-5)
    assert one.visible_bp == pytest.approx(other.visible_bp, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(profiles(), st.booleans(), st.floats(1e-3, 1e5), st.booleans())
def test_usd_is_the_amount_in_quote_times_its_price(
    profile: tuple[Pool, Ranges, Concentrated], asset_is_token0: bool, usd: float, taker: bool
) -> None:
    pool, _, state = profile
    pool = v3_pool(pool.fee_e6, pool.tick_spacing, asset_is_token0=asset_is_token0)
    curve = curve_of(pool, state, usd, taker=taker)
    keep = 1 - pool.fee_e6 * 1e-6 if taker else 1
    for selling, side in ((True, curve.bid_usd), (False, curve.ask_usd)):
        amounts = quote_amounts(pool, state, selling, taker)
        want = [a / 10**18 * usd / (1 if selling else keep) for a in amounts]
        assert side == pytest.approx(want, rel=1e-9)
        assert all(a <= b for a, b in pairwise(side))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 30_000), st.integers(10**18, 10**22), st.sampled_from(("v2", "v3")))
def test_cost_is_at_least_the_fee_and_rises(fee: int, liquidity: int, kind: str) -> None:
    pool: Pool
    state: Reserves | Concentrated
    if kind == "v2":
        pool, state = v2_pool(fee), Reserves(liquidity, liquidity)
    else:
        pool, state = v3_pool(fee), state_of(((-full(60), full(60), liquidity),), root(1, 1))
    curve = curve_of(pool, state, 3e5)
    for costs in (curve.sell_cost_bp, curve.buy_cost_bp):
        known = [cost for cost in costs if cost is not None]
        assert all(cost >= fee * 0.01 * (1 - 1e-9) for cost in known)
        assert known == sorted(known)
        assert costs[: len(known)] == tuple(known)  # None only past some amount


@pytest.mark.parametrize("selling", [True, False])
@pytest.mark.parametrize("kind", ["v2", "v3"])
def test_cost_is_that_of_the_swap_itself(kind: str, selling: bool) -> None:
    """100,000 USD with the quote at 0.5 USD: 200,000 tokens."""
    quote = 200_000 * E18
    if kind == "v2":
        pool, state, own = v2_pool(), Reserves(10**24, 3 * 10**24), v2
    else:
        pool, own = v3_pool(), v3
        state = state_of(((8_000, 15_000, 10**24), (10_980, 11_040, 10**24)), root(3, 1))
    if selling:
        asset = own.swap_out(pool, state, True, quote).amount_in
        want = (1 - quote / asset / state.price(pool)) * 1e4
    else:
        asset = own.swap_in(pool, state, False, quote).amount_out
        want = (quote / asset / state.price(pool) - 1) * 1e4
    cost = cost_bp(pool, state, state.price(pool), selling, 100_000.0, 0.5)
    assert cost == pytest.approx(want, rel=1e-9)
    curve = curve_of(pool, state, 0.5)
    assert (curve.sell_cost_bp if selling else curve.buy_cost_bp)[1] == cost


def test_a_pool_is_the_book_of_its_ranges() -> None:
    """Cut into levels, a pool gives the same depth and cost as `models.depth` on that book.

    No fee: a level holds what lies between two prices half a basis point apart, at their geometric
    mean. Ticks of the book are 1e-12. The pool says None where the book would extrapolate.
    """
    ranges = ((-2400, 2400, 900_000 * E18), (-300, 180, 2_000_000 * E18))
    state = state_of(ranges, root(1, 1))
    curve = curve_of(v3_pool(0), state, 1.0, taker=True)
    keys, sizes = np.zeros((2, 4800), np.int64), np.zeros((2, 4800))
    for side, sign in ((0, 1), (1, -1)):
        for at in range(4800):
            near, far = (1.00005 ** (-sign * (k / 2)) for k in (4799 - at, 4800 - at))
            middle = (near * far) ** 0.5
            liquidity = sum(
                n for low, high, n in ranges if 1.0001 ** (low / 2) < middle < 1.0001 ** (high / 2)
            )
            keys[side, at] = sign * round(near * far * 1e12)
            sizes[side, at] = liquidity * abs(1 / far - 1 / near) / E18
    found = np.full((2, len(book_depth.LIMITS_BP)), np.nan)
    cost = np.full((2, 3), np.nan)
    book_depth.measure(
        keys, sizes, np.array([4800, 4800]), 1e12, book_depth.LIMITS_BP, book_depth.CURVE_AT,
        book_depth.COSTS, found, cost,
    )  # fmt: skip
    for row, side in ((0, curve.bid_usd), (1, curve.ask_usd)):
        for at, bp in enumerate(CURVE_BP):
            if bp > 1:  # within a level of half a bp
                want = found[row, book_depth.CURVE_AT[at]]
                assert side[at] == pytest.approx(want, rel=0.6 / bp + 1e-6)
    for row, costs in ((0, curve.sell_cost_bp), (1, curve.buy_cost_bp)):
        assert costs[:2] == pytest.approx(cost[row, :2], rel=1e-3)
        assert costs[2] is None


def test_what_was_not_read_is_none() -> None:
    state = state_of(((-6000, 6000, 1000 * E18),), root(1, 1), known=(-600, 600))
    curve = curve_of(v3_pool(500), state, 1000.0)
    assert [usd is None for usd in curve.bid_usd] == [
        bp > (1 - 1.0001**-600) * 1e4 for bp in CURVE_BP
    ]
    assert [usd is None for usd in curve.ask_usd] == [
        bp > (1.0001**600 - 1) * 1e4 for bp in CURVE_BP
    ]
    assert curve.visible_bp == pytest.approx((1 - 1.0001**-600) * 1e4)
    assert curve.sell_cost_bp[2] is None
    assert curve.buy_cost_bp[0] is not None


def test_no_price_no_curve() -> None:
    assert curve_of(v2_pool(), Reserves(0, 5), 1.0) is None
    empty = curve_of(v3_pool(), Concentrated(root(1, 1), 0, 0, (), ()), 1.0)
    none = (None,) * len(COST_USD)
    assert empty == PoolCurve(1.0, (0.0,) * 48, (0.0,) * 48, pytest.approx(1e4), none, none)


@pytest.mark.parametrize("usd", [0.0, -1.0, float("nan"), float("inf")])
def test_no_price_of_the_quote(usd: float) -> None:
    with pytest.raises(ValueError, match="no price"):
        curve_of(v2_pool(), Reserves(5, 5), usd)


@pytest.mark.parametrize("usd", [1e-290, 1e-60, 1e60])
def test_absurd_prices_of_the_quote_give_no_cost(usd: float) -> None:
    curve = curve_of(v3_pool(), state_of(((-60, 60, E18),), root(1, 1)), usd)
    assert curve.sell_cost_bp == curve.buy_cost_bp == (None, None, None)
