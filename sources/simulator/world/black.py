"""Black's formula by its own arithmetic: price and greeks of an option on a forward.

Prices are undiscounted and in quote; greeks are for one coin: gamma per 1 USD, vega per vol
point, theta per day, rho per percentage point (of a position in coin it is 0).
"""

from dataclasses import dataclass
from math import erf, exp, log, pi, sqrt
from typing import Final

DAYS: Final = 365.0
_LEAST_VEGA: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Valued:
    """An option's value and what it does when something moves."""

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float


def normal(x: float) -> float:
    """The normal distribution function."""
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


def value(forward: float, strike: float, years: float, vol: float, *, call: bool) -> Valued:
    """Value an option; `vol` is annual, 1.0 = 100 %."""
    spread = vol * sqrt(years)
    d1 = log(forward / strike) / spread + 0.5 * spread
    d2 = d1 - spread
    density = exp(-0.5 * d1 * d1) / sqrt(2.0 * pi)
    price = forward * normal(d1) - strike * normal(d2)
    delta = normal(d1)
    if not call:
        price += strike - forward
        delta -= 1.0
    return Valued(
        max(price, 0.0),
        delta,
        density / (forward * spread),
        forward * density * sqrt(years) / 100.0,
        -0.5 * forward * density * vol / sqrt(years) / DAYS,
    )


def implied(
    price: float, forward: float, strike: float, years: float, guess: float, *, call: bool
) -> float:
    """The volatility that gives a price; 0 when none does."""
    intrinsic = max(0.0, forward - strike if call else strike - forward)
    if price <= intrinsic or price >= (forward if call else strike):
        return 0.0
    low, high, vol = 1e-3, 10.0, guess
    for _ in range(40):
        found = value(forward, strike, years, vol, call=call)
        off = found.price - price
        if abs(off) < 1e-7 * forward:
            break
        if off > 0.0:
            high = vol
        else:
            low = vol
        step = vol - off / (100.0 * found.vega) if found.vega > _LEAST_VEGA else 0.0
        vol = step if low < step < high else 0.5 * (low + high)
    return vol
