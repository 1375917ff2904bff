"""Lending arithmetic: published integers, and rounding against exact fractions."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.lending import ray
from models.lending.health import health_factor
from models.lending.version import V2, V3_0, V3_3, V3_4, V3_5, Version

AMOUNTS = st.integers(0, 1 << 128)
POSITIVE = st.integers(1, 1 << 128)
RATES = st.integers(0, 5 * ray.RAY)
SECONDS = st.integers(0, 10 * ray.YEAR_S)


def nearest(value: Fraction) -> int:
    """Halves up."""
    return math.floor(value + Fraction(1, 2))


def test_a_balance_of_aave_utilities() -> None:
    """Scaled balance 161316503206059870, 1918 s after an update."""
    index = V2.income_index(
        1001723339432542553527150680, 22461916953455574582370088, 1609675535 - 1609673617
    )
    assert ray.ray_mul(161316503206059870, index) == 161594727054623229
    assert V3_3.balance(161316503206059870, index) == 161594727054623229


def test_a_compounded_rate_of_aave_utilities() -> None:
    seconds = 1729942300 - 1629942200
    assert ray.compounded_per_second(5 * 10**17, seconds) == 1000000001585491184589599100


def test_a_health_factor_of_aave_utilities() -> None:
    """Collateral 10^17, debt 5·10^16, threshold 50 %: one."""
    for version in (V2, V3_0, V3_3, V3_5):
        assert health_factor(version, 10**17, 10**17 * 5000, 5 * 10**16) == 10**18


@settings(deadline=None)
@given(AMOUNTS, POSITIVE)
def test_rounding_is_that_of_fractions(a: int, b: int) -> None:
    product, quotient = Fraction(a * b, ray.RAY), Fraction(a * ray.RAY, b)
    assert ray.ray_mul(a, b) == nearest(product)
    assert ray.ray_mul_floor(a, b) == math.floor(product)
    assert ray.ray_mul_ceil(a, b) == math.ceil(product)
    assert ray.ray_div(a, b) == nearest(quotient)
    assert ray.ray_div_floor(a, b) == math.floor(quotient)
    assert ray.ray_div_ceil(a, b) == math.ceil(quotient)
    assert ray.wad_div(a, b) == nearest(Fraction(a * ray.WAD, b))
    assert ray.percent_mul(a, b) == nearest(Fraction(a * b, 10_000))
    assert ray.percent_div(a, b) == nearest(Fraction(a * 10_000, b))
    assert ray.ceiling(a, b) == math.ceil(Fraction(a, b))


@pytest.mark.parametrize("version", [V2, V3_0, V3_4], ids=lambda version: version.name)
@settings(deadline=None)
@given(RATES, SECONDS)
def test_compounding_lies_between_linear_and_exponential(
    version: Version, rate: int, seconds: int
) -> None:
    """Each form of it, also beyond a year; exact to 10^-9 up to a day."""
    growth = version.debt_index(ray.RAY, rate, seconds)
    x = Fraction(rate * seconds, ray.RAY * ray.YEAR_S)
    assert growth >= ray.RAY + rate // ray.YEAR_S * seconds
    if x < 100:
        assert growth / ray.RAY <= math.exp(x) * (1 + 1e-12)
    if seconds <= 86_400 and x < Fraction(1, 100):
        assert growth / ray.RAY == pytest.approx(math.exp(x), rel=1e-7)


@pytest.mark.parametrize("version", [V2, V3_0, V3_4], ids=lambda version: version.name)
def test_no_time_is_no_interest(version: Version) -> None:
    for index in (ray.RAY, 1234567890123456789012345678):
        assert version.income_index(index, ray.RAY, 0) == index
        assert version.debt_index(index, ray.RAY, 0) == index


def test_one_and_two_seconds_have_no_third_term() -> None:
    rate = ray.YEAR_S * 10**20  # 10^-7 per second
    assert ray.compounded_per_second(rate, 1) == ray.RAY + 10**20
    assert ray.compounded_per_second(rate, 2) == ray.RAY + 2 * 10**20 + 10**13
    assert ray.compounded_per_year(rate, 2) == ray.RAY + 2 * 10**20 + 10**13
    assert ray.compounded_series(rate, 2) == ray.RAY + 2 * 10**20 + 2 * 10**13 + 1333333
