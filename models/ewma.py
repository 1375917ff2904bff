r"""Debiased exponentially weighted mean of r², and the volatility it implies.

Each step S ← d·S, W ← d·W with d = 2^(−step/half-life); with a return also S += (1 − d)·x and
W += (1 − d). The estimate is S/W (without W the first minutes lean towards the seed). The kernel
keeps m = S/W and W, which is the same number:

    W ← d·W             m unchanged                        a step without a return
    W′ = d·W + (1 − d)  m ← (d·W/W′)·m + ((1 − d)/W′)·x    a step with one

so that a silence of years, which takes S and W below the smallest float, still leaves m, and
nothing is subtracted.
With x = r²/step_s, m is a variance per second and the annual volatility is sqrt(m·YEAR_S).

RiskMetrics 1996. Hull, Risk Management and Financial Institutions, question 10.19: price 300 then
298, vol 1.3 % a day, λ = 0.94 gives 1.271 %.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from schemas.kernel import compiled
from schemas.units import YEAR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray


def decay_rates(half_lives_s: tuple[float, ...], step_s: float) -> "NDArray[np.float64]":
    """ln(1/d) of each half-life for one step, per step; half-lives must be above 0."""
    return np.array([math.log(2.0) * step_s / half_life for half_life in half_lives_s])


def ewma_plain(
    value: float,
    steps: int,
    rates: "NDArray[np.float64]",
    means: "NDArray[np.float64]",
    weights: "NDArray[np.float64]",
) -> None:
    """Move all means by `steps` steps, the last with `value` (negative: missing), in place.

    `rates`, `means` and `weights` have one entry a half-life; both states start at 0.
    """
    for k in range(rates.size):
        weights[k] *= math.exp(-rates[k] * steps)
        if value >= 0.0:
            gain = -math.expm1(-rates[k])
            total = weights[k] + gain
            means[k] = weights[k] / total * means[k] + gain / total * value
            weights[k] = total


ewma = compiled(ewma_plain)


def annual_vol_plain(variance_per_s: float) -> float:
    """Annual volatility (1.0 = 100 %) of a variance per second."""
    return math.sqrt(variance_per_s * YEAR_S)


annual_vol = compiled(annual_vol_plain)
