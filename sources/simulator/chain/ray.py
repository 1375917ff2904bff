"""Fixed-point arithmetic of a lending market: ray (1e27), wad (1e18), percent (1e4), half up."""

from typing import Final

RAY: Final = 10**27
WAD: Final = 10**18
PERCENT: Final = 10_000
YEAR_S: Final = 365 * 86_400


def ray_mul(a: int, b: int) -> int:
    """a·b."""
    return (a * b + RAY // 2) // RAY


def ray_div(a: int, b: int) -> int:
    """a/b."""
    return (a * RAY + b // 2) // b


def percent_mul(a: int, percent: int) -> int:
    """a·percent, percent in 1e-4."""
    return (a * percent + PERCENT // 2) // PERCENT


def percent_div(a: int, percent: int) -> int:
    """a/percent."""
    return (a * PERCENT + percent // 2) // percent


def wad_div(a: int, b: int) -> int:
    """a/b as a wad."""
    return (a * WAD + b // 2) // b


def linear(rate: int, seconds: int) -> int:
    """Growth of deposits: 1 + rate·t, rate per year."""
    return RAY + rate * seconds // YEAR_S


def compounded(rate: int, seconds: int) -> int:
    """Growth of debt: the first terms of (1 + rate/year)^t."""
    if not seconds:
        return RAY
    two = ray_mul(rate, rate) // (YEAR_S * YEAR_S)
    three = ray_mul(two, rate) // YEAR_S
    second = seconds * (seconds - 1) * two // 2
    third = seconds * (seconds - 1) * max(0, seconds - 2) * three // 6
    return RAY + rate * seconds // YEAR_S + second + third
