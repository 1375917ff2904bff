r"""Density of a Student-t with five degrees of freedom and a scale.

    ln f(r; s) = lnΓ(3) − lnΓ(5/2) − ½ ln(5π s²) − 3 ln(1 + r²/(5 s²))

Variance 5/3·s², median of |r| 0.7267·s. Five degrees, not infinity: with Gaussian states one
outlier moves P(stress) to 1, here the log-likelihood ratio of two states is at most 6 ln(s₂/s₁).
"""

import math
from typing import TYPE_CHECKING, Final

from schemas.kernel import compiled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEGREES: Final = 5.0
VARIANCE: Final = 5.0 / 3.0  # of a t5 with scale 1
MEDIAN: Final = 0.7267  # of its absolute value
LOG_NORM: Final = math.lgamma(3.0) - math.lgamma(2.5) - 0.5 * math.log(5.0 * math.pi)


def log_densities_plain(
    value: float, scales: "NDArray[np.float64]", out: "NDArray[np.float64]"
) -> None:
    """Write ln f(value; s) for every scale s > 0 into `out`, same shape as `scales`."""
    for k in range(scales.size):
        ratio = value / scales[k]
        out[k] = LOG_NORM - math.log(scales[k]) - 3.0 * math.log1p(ratio * ratio / DEGREES)


log_densities = compiled(log_densities_plain)
