"""Amounts and prices after amounts: published values, rational arithmetic, known positions."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pools.sqrt_price import (
    amount0_between,
    amount1_between,
    price_after_in,
    price_after_out,
    ratio_down,
    ratio_up,
)
from models.pools.tick_math import MAX_SQRT_PRICE, MIN_SQRT_PRICE, Q96
from tests.models.pools.profiles import E18, root


def test_published_amounts() -> None:
    one, other = root(1, 1), root(121, 100)
    assert amount0_between(one, other, E18, True) == 90909090909090910
    assert amount0_between(other, one, E18, False) == 90909090909090909
    assert amount1_between(one, other, E18, True) == 100000000000000000
    assert amount1_between(other, one, E18, False) == 99999999999999999
    assert amount0_between(one, one, E18, True) == amount1_between(one, other, 0, True) == 0


def test_published_prices() -> None:
    one, tenth = root(1, 1), E18 // 10
    assert price_after_in(one, E18, tenth, False) == 87150978765690771352898345369
    assert price_after_in(one, E18, tenth, True) == 72025602285694852357767227579
    assert price_after_in(one, 10 * E18, 1 << 100, True) == 624999999995069620
    assert price_after_in(one, 1, (1 << 255) - 1, True) == 1
    assert price_after_in(1, 1, 1 << 255, True) == 1
    assert price_after_out(one, E18, tenth, False) == 88031291682515930659493278152
    assert price_after_out(one, E18, tenth, True) == 71305346262837903834189555302


def test_a_published_product_beyond_160_bits() -> None:
    price, liquidity = (
        1025574284609383690408304870162715216695788925244,
        (50015962439936049619261659728067971248),
    )
    after = price_after_in(price, liquidity, 406, True)
    assert after == 1025574284609383582644711336373707553698163132913
    assert amount0_between(price, after, liquidity, True) == 406


@pytest.mark.parametrize(
    ("amount", "down"), [(4, False), (5, False), (262144, True), (1 << 255, True)]
)
def test_more_than_was_ever_there(amount: int, down: bool) -> None:
    with pytest.raises(ValueError, match="more than the liquidity"):
        price_after_out(20282409603651670423947251286016, 1024, amount, down)


@pytest.mark.parametrize("down", [True, False])
def test_nothing_moves_nothing(down: bool) -> None:
    assert price_after_in(Q96, E18, 0, down) == price_after_out(Q96, E18, 0, down) == Q96


prices = st.integers(MIN_SQRT_PRICE, MAX_SQRT_PRICE - 1)
liquidities = st.integers(1, (1 << 128) - 1)


@settings(deadline=None)
@given(prices, prices, liquidities)
def test_amounts_are_the_exact_ones_rounded(one: int, other: int, liquidity: int) -> None:
    exact0 = abs(Fraction(liquidity << 96, one) - Fraction(liquidity << 96, other))
    exact1 = Fraction(liquidity * abs(one - other), Q96)
    for exact, between in ((exact0, amount0_between), (exact1, amount1_between)):
        down, up = between(one, other, liquidity, False), between(other, one, liquidity, True)
        assert down <= exact <= up
        assert up - down == (exact.denominator != 1)


@settings(deadline=None)
@given(prices, liquidities, st.integers(0, 1 << 128), st.booleans())
def test_the_price_after_lies_at_most_a_unit_on_the_pools_side(
    price: int, liquidity: int, amount: int, down: bool
) -> None:
    if down and amount * price + (liquidity << 96) >= 1 << 256:
        return  # the contract's coarser formula, see below
    after = price_after_in(price, liquidity, amount, down)
    if down:
        exact = 1 / (Fraction(1, price) + Fraction(amount, liquidity << 96))
        assert 0 <= after - exact < 1
    else:
        exact = price + Fraction(amount << 96, liquidity)
        assert 0 <= exact - after < 1


@settings(deadline=None)
@given(prices, liquidities, st.integers(0, 1 << 110), st.booleans())
def test_the_price_after_an_amount_went_out(
    price: int, liquidity: int, amount: int, down: bool
) -> None:
    if down:
        exact = price - Fraction(amount << 96, liquidity)
    else:
        inverse = Fraction(1, price) - Fraction(amount, liquidity << 96)
        exact = 1 / inverse if inverse > 0 else Fraction(0)
    if exact <= (1 if down else 0):
        return
    after = price_after_out(price, liquidity, amount, down)
    assert 0 <= (exact - after if down else after - exact) < 1


def test_the_coarser_formula_beyond_256_bits() -> None:
    """L·2^96 / (⌊L·2^96/√P⌋ + amount), rounded up: above the exact price, never below."""
    price, liquidity, amount = (1 << 159) + 12_345, (1 << 127) - 1, (1 << 100) + 7
    scaled = liquidity << 96
    coarse = ceil(Fraction(scaled, scaled // price + amount))
    exact = 1 / (Fraction(1, price) + Fraction(amount, scaled))
    assert price_after_in(price, liquidity, amount, True) == coarse > exact + 1


def test_ratios() -> None:
    assert (ratio_down(7, 3, 2), ratio_up(7, 3, 2), ratio_up(8, 3, 2)) == (10, 11, 12)
    huge = (1 << 256) - 1
    assert ratio_down(huge, huge, huge) == ratio_up(huge, huge, huge) == huge


# "Liquidity Math in Uniswap v3" (Elsts): ETH with 18 decimals, USDC with 6.
def usdc_root(price: int, over: int = 1) -> int:
    return root(price * 10**6, over * E18)


def liquidity_of(ether: int, low: int, high: int) -> int:
    return ether * low * high // (high - low) >> 96


def test_usdc_beside_two_ether() -> None:
    liquidity = liquidity_of(2 * E18, usdc_root(2000), usdc_root(2500))
    usdc = amount1_between(usdc_root(1500), usdc_root(2000), liquidity, True)
    assert usdc / 1e6 == pytest.approx(5076.10, abs=0.02)
    assert usdc / 1e6 == pytest.approx(5076.1024, abs=1e-4)


def test_the_lower_end_of_a_range_and_what_it_holds_later() -> None:
    liquidity = liquidity_of(2 * E18, usdc_root(2000), usdc_root(3000))
    low = price_after_out(usdc_root(2000), liquidity, 4000 * 10**6, True)
    assert (low / Q96) ** 2 * 1e12 == pytest.approx(1333.3333, abs=1e-4)
    ether = amount0_between(usdc_root(2500), usdc_root(3000), liquidity, False)
    usdc = amount1_between(low, usdc_root(2500), liquidity, False)
    assert ether / 1e18 == pytest.approx(0.84936, abs=5e-6)
    assert usdc / 1e6 == pytest.approx(6572.90, abs=0.02)
