"""Ticks and square root prices: published values, the definition to 120 digits, exact inverse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pools import tick_math
from models.pools.tick_math import (
    MAX_SQRT_PRICE,
    MAX_TICK,
    MIN_SQRT_PRICE,
    MIN_TICK,
    Q96,
    sqrt_price_at,
    tick_at,
)
from tests.models.pools.profiles import root
from tests.reference import pool_v3

# The contract's own test results.
PUBLISHED = {
    -887_272: 4295128739, -887_271: 4295343490, -738_203: 7409801140451,
    -500_000: 1101692437043807371, -250_000: 295440463448801648376846,
    -50_000: 6504256538020985011912221507, -5_000: 61703726247759831737814779831,
    -1_000: 75364347830767020784054125655, -50: 79030349367926598376800521322, 0: Q96,
    50: 79426470787362580746886972461, 1_000: 83290069058676223003182343270,
    5_000: 101729702841318637793976746270, 50_000: 965075977353221155028623082916,
    250_000: 21246587762933397357449903968194344,
    500_000: 5697689776495288729098254600827762987878,
    738_203: 847134979253254120489401328389043031315994541,
    887_271: 1461373636630004318706518188784493106690254656249,
    887_272: 1461446703485210103287273052203988822378723970342,
}  # fmt: skip


@pytest.mark.parametrize(("tick", "price"), PUBLISHED.items())
def test_published_prices(tick: int, price: int) -> None:
    assert sqrt_price_at(tick) == price


@pytest.mark.parametrize(
    ("bit", "factor"),
    [(0, 0xFFFCB933BD6FAD37AA2D162D1A594001), (1, 0xFFF97272373D413259A46990580E213A),
     (5, 0xFF973B41FA98C081472E6896DFB254C0), (12, 0xD097F3BDFD2022B8845AD8F792AA5825),
     (15, 0x31BE135F97D08FD981231505542FCFA6), (17, 0x5D6AF8DEDB81196699C329225EE604),
     (19, 0x48A170391F7DC42444E8FA2)],
)  # fmt: skip
def test_published_factors(bit: int, factor: int) -> None:
    """2^128 · 1.0001^(−2^bit/2) as it stands in the contract: the nearest integer, no other."""
    assert tick_math._FACTORS[bit] == factor


def test_published_bounds() -> None:
    assert (MIN_TICK, MAX_TICK) == (-887_272, 887_272)
    assert sqrt_price_at(MIN_TICK) == MIN_SQRT_PRICE
    assert sqrt_price_at(MAX_TICK) == MAX_SQRT_PRICE
    assert tick_at(MIN_SQRT_PRICE) == MIN_TICK
    assert tick_at(MAX_SQRT_PRICE - 1) == MAX_TICK - 1


@pytest.mark.parametrize(
    ("price", "tick"),
    [(root(1, 1), 0), (root(10, 1), 23_027), (root(1, 10), -23_028), (root(1 << 127, 1), 880_340),
     (root(59, 10**40), -880_303), (root(5, 2), 9_163), (root(2, 5), -9_164)],
)  # fmt: skip
def test_published_ticks(price: int, tick: int) -> None:
    assert tick_at(price) == tick


ticks = st.integers(MIN_TICK, MAX_TICK)


@settings(deadline=None)
@given(ticks)
def test_a_price_is_its_definition_rounded(tick: int) -> None:
    exact = pool_v3.sqrt_price_x96(tick)
    assert abs(sqrt_price_at(tick) - exact) <= 1 + exact * 2.0**-59


@settings(deadline=None)
@given(st.integers(MIN_TICK, MAX_TICK - 1))
def test_prices_rise_and_ticks_are_their_inverse(tick: int) -> None:
    price, above = sqrt_price_at(tick), sqrt_price_at(tick + 1)
    assert price < above
    assert tick_at(price) == tick_at(above - 1) == tick
    if tick > MIN_TICK:
        assert tick_at(price - 1) == tick - 1


@settings(deadline=None)
@given(st.integers(32, 160).flatmap(lambda bits: st.integers(1 << 31, 1 << bits)))
def test_the_tick_of_any_price(price: int) -> None:
    if not MIN_SQRT_PRICE <= price < MAX_SQRT_PRICE:
        with pytest.raises(ValueError, match="outside"):
            tick_at(price)
        return
    tick = tick_at(price)
    assert sqrt_price_at(tick) <= price < sqrt_price_at(tick + 1)


@pytest.mark.parametrize("tick", [MIN_TICK - 1, MAX_TICK + 1])
def test_no_tick(tick: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        sqrt_price_at(tick)


@pytest.mark.parametrize("price", [0, -1, MIN_SQRT_PRICE - 1, MAX_SQRT_PRICE, 1 << 200])
def test_no_price(price: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        tick_at(price)
