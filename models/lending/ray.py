"""Integer arithmetic of lending contracts: wads, rays, basis points, interest.

All arguments and results are non-negative Python integers of any size; a contract that would
overflow 256 bits reverts instead, which is not imitated. Division by zero raises ZeroDivisionError:
callers check prices and indices first. Sources: Aave's WadRayMath, PercentageMath and MathUtils.
"""

from typing import Final

WAD: Final = 10**18
RAY: Final = 10**27
BP: Final = 10_000  # basis points in one
YEAR_S: Final = 31_536_000  # 365 days, whatever the calendar says


def half_up(numerator: int, denominator: int) -> int:
    """numerator/denominator, halves up: (a + ⌊b/2⌋) div b, as all versions before 3.5 do it.

    >>> half_up(5, 10), half_up(4, 10), half_up(1, 3)
    (1, 0, 0)
    """
    return (numerator + denominator // 2) // denominator


def ceiling(numerator: int, denominator: int) -> int:
    """numerator/denominator, up.

    >>> ceiling(1, 10), ceiling(10, 10)
    (1, 1)
    """
    return -(-numerator // denominator)


def ray_mul(a: int, b: int) -> int:
    """a·b of rays (or an amount and a ray), halves up."""
    return half_up(a * b, RAY)


def ray_div(a: int, b: int) -> int:
    """a/b as a ray (an amount over an index: a scaled amount), halves up."""
    return half_up(a * RAY, b)


def ray_mul_floor(a: int, b: int) -> int:
    """a·b of rays, down."""
    return a * b // RAY


def ray_mul_ceil(a: int, b: int) -> int:
    """a·b of rays, up."""
    return ceiling(a * b, RAY)


def ray_div_floor(a: int, b: int) -> int:
    """a/b as a ray, down."""
    return a * RAY // b


def ray_div_ceil(a: int, b: int) -> int:
    """a/b as a ray, up."""
    return ceiling(a * RAY, b)


def wad_div(a: int, b: int) -> int:
    """a/b as a wad, halves up."""
    return half_up(a * WAD, b)


def percent_mul(value: int, bp: int) -> int:
    """A share of a value in basis points, halves up.

    >>> percent_mul(80882352, 10500)
    84926470
    """
    return half_up(value * bp, BP)


def percent_div(value: int, bp: int) -> int:
    """The value of which `value` is a share in basis points, halves up.

    >>> percent_div(84926470, 10500)
    80882352
    """
    return half_up(value * BP, bp)


def linear_interest(rate: int, elapsed_s: int) -> int:
    """Growth of what suppliers own: 1 + rate·t/year, ray. `rate` per year, ray."""
    return RAY + rate * elapsed_s // YEAR_S


def compounded_per_second(rate: int, elapsed_s: int) -> int:
    """Growth of debt, ray, as v2 has it: three terms of (1 + r)^t, r = ⌊rate/year⌋ per second.

    >>> compounded_per_second(5 * 10**17, 1729942300 - 1629942200)
    1000000001585491184589599100
    """
    per_second = rate // YEAR_S
    square = ray_mul(per_second, per_second)
    return _binomial(per_second * elapsed_s, square, ray_mul(square, per_second), elapsed_s)


def compounded_per_year(rate: int, elapsed_s: int) -> int:
    """Growth of debt, ray, as v3.0 to v3.3 have it: the same terms, divided by the year later."""
    square = ray_mul(rate, rate) // (YEAR_S * YEAR_S)
    cube = ray_mul(square, rate) // YEAR_S
    return _binomial(rate * elapsed_s // YEAR_S, square, cube, elapsed_s)


def compounded_series(rate: int, elapsed_s: int) -> int:
    """Growth of debt, ray, as v3.4 and later have it: 1 + x + x²/2 + x³/6 with x = rate·t/year."""
    x = rate * elapsed_s // YEAR_S
    return RAY + x + ray_mul(x, x // 2 + ray_mul(x, x // 6))


def _binomial(first: int, square: int, cube: int, elapsed_s: int) -> int:
    if elapsed_s == 0:
        return RAY
    pairs = elapsed_s * (elapsed_s - 1)
    triples = pairs * max(elapsed_s - 2, 0)
    return RAY + first + pairs * square // 2 + triples * cube // 6
