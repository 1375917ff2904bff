r"""Realised variance from window sums: coverage rule and annualisation.

RV_H = Σ r² over the steps in (g − H, g] · YEAR_S/H, an annual variance. The windows and their sums
are in `models.sliding_sum`. The share of missing returns decides what is shown:

    below 20 %    the plain sum
    20 … 50 %     the sum divided by the share present; the row is `degraded`
    above 50 %    null, as before the window has been spanned once

Andersen, Bollerslev, Diebold, Labys 2003. E RV = σ²H and Var RV = 2σ⁴H²/n on Brownian motion.
"""

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from models.sliding_sum import PRESENT
from schemas.kernel import compiled
from schemas.units import YEAR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

BASE_HORIZONS_S: Final = (60, 300, 1800)  # from returns on the base step
MINUTE_HORIZONS_S: Final = (14_400, 86_400)  # from returns between whole minutes
MINUTE_S: Final = 60


def window_lengths(horizons_s: tuple[int, ...], unit_s: int) -> "NDArray[np.int64]":
    """Steps of `unit_s` in each horizon; 0 where the step does not divide it (never shown)."""
    return np.array([h // unit_s if h % unit_s == 0 else 0 for h in horizons_s], np.int64)


def realised_plain(
    elapsed_s: int,
    lengths: "NDArray[np.int64]",
    unit_s: int,
    totals: "NDArray[np.float64]",
    counts: "NDArray[np.int64]",
    out: "NDArray[np.float64]",
) -> bool:
    """Write the annual variance of each window into `out` (NaN: null); True when one is scaled.

    `elapsed_s`: seconds since the first present sample, negative before it. `totals` and `counts`
    as in `models.sliding_sum.slide`.
    """
    scaled = False
    for w in range(lengths.size):
        steps = lengths[w]
        missing = steps - counts[w, PRESENT]
        if steps == 0 or elapsed_s < steps * unit_s or 2 * missing > steps:
            out[w] = math.nan
            continue
        total = max(totals[w, 0] + totals[w, 1], 0.0)
        if 5 * missing >= steps:
            total *= steps / (steps - missing)
            scaled = True
        out[w] = total * (YEAR_S / (steps * unit_s))
    return scaled


realised = compiled(realised_plain)
