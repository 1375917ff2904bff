"""Signature ratio: realised variance at the base step over that at five minutes.

With T the last multiple of 300 s, the ratio of Σ r² of base returns to Σ r² of returns between
samples on multiples of 300 s, both over (T − 4 h, T]. Far above 1 the base returns see the
bid-ask bounce more than the price (Zhang, Mykland, Aït-Sahalia 2005). Null until spanned, when
either has under 80 % of its returns, or when the lower sum is 0.

Four hours of seconds would need a long ring, so each five minutes are one bucket, and the 48 are
summed anew whenever T moves: nothing drifts.
"""

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from schemas.kernel import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

COARSE_S: Final = 300
SPAN: Final = 48  # buckets in four hours
SLOTS: Final = SPAN + 1  # and the open one
FINE: Final = 0  # columns of a bucket: Σ r² of base returns, their count,
FINE_COUNT: Final = 1
COARSE: Final = 2  # r² of the one return over 300 s, and whether it is there
COARSE_COUNT: Final = 3


def new_buckets() -> "NDArray[np.float64]":
    """Empty buckets (49, 4); bucket j holds (300(j−1) s, 300j s] in slot j mod 49."""
    return np.zeros((SLOTS, 4))


def open_bucket_plain(last_s: int, now_s: int, buckets: "NDArray[np.float64]") -> int:
    """Empty the slots of buckets begun after `last_s` (negative: none yet); the slot of `now_s`."""
    index = (now_s + COARSE_S - 1) // COARSE_S
    begun = SLOTS
    if last_s >= 0:
        begun = min(SLOTS, index - (last_s + COARSE_S - 1) // COARSE_S)
    for j in range(begun):
        buckets[(index - j) % SLOTS] = 0.0
    return index % SLOTS


open_bucket = compiled(open_bucket_plain)


def signature_plain(now_s: int, first_s: int, step_s: int, buckets: "NDArray[np.float64]") -> float:
    """The ratio as of `now_s`, NaN when null; `first_s`: first present sample, negative: none."""
    end = now_s // COARSE_S
    if first_s < 0 or end * COARSE_S - first_s < SPAN * COARSE_S:
        return math.nan
    fine = 0.0
    fine_count = 0.0
    coarse = 0.0
    coarse_count = 0.0
    for j in range(SPAN):
        slot = (end - j) % SLOTS
        fine += buckets[slot, FINE]
        fine_count += buckets[slot, FINE_COUNT]
        coarse += buckets[slot, COARSE]
        coarse_count += buckets[slot, COARSE_COUNT]
    fine_missed = 5.0 * fine_count * step_s < 4.0 * SPAN * COARSE_S
    if fine_missed or 5.0 * coarse_count < 4.0 * SPAN or coarse <= 0.0:
        return math.nan
    return fine / coarse


signature = compiled(signature_plain)
