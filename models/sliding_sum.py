"""Sums over the last n of a stream, O(1) a step, without drift.

One ring holds the newest values; several windows of different length share it. A window's sum
adds what enters and takes away what leaves, in double-double form (Knuth's two-sum: the pair
hi + lo carries the rounding error of every addition), so its error is about 1e-32 of the largest
sum it ever had. A plain running sum keeps 1e-16 of it, which is everything once a jump has left a
nearly empty window. An integer counts the values above zero: when none is left the sum is set to
exactly 0.

Neumaier 1974; Dekker 1971; Knuth, TAOCP 2, 4.2.2.
"""

from typing import TYPE_CHECKING, Final

import numpy as np

from schemas.kernel import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

ABSENT: Final = -1.0  # a missing value in the ring; values themselves are ≥ 0
PRESENT: Final = 0  # columns of `counts`: values that are there
MOVING: Final = 1  # … and values above 0


def new_ring(size: int) -> "NDArray[np.float64]":
    """A ring of `size` missing values."""
    return np.full(size, ABSENT)


def add_plain(total: "NDArray[np.float64]", value: float) -> None:
    """Add `value` to the double-double `total` (2,) in place."""
    high = total[0] + value
    part = high - total[0]
    error = (total[0] - (high - part)) + (value - part)
    low = total[1] + error
    total[0] = high + low
    total[1] = low - (total[0] - high)


add = compiled(add_plain)


def slide_plain(
    value: float,
    steps: int,
    ring: "NDArray[np.float64]",
    head: int,
    lengths: "NDArray[np.int64]",
    totals: "NDArray[np.float64]",
    counts: "NDArray[np.int64]",
) -> int:
    """Move all windows by `steps` values, the last being `value`, those before it missing.

    `value` ≥ 0, or negative when missing. `lengths` (w,) are at most the size of the ring;
    `totals` (w, 2) double-double sums and `counts` (w, 2) change in place. Returns the new head.
    """
    size = ring.size
    if steps > size:  # everything leaves
        ring[:] = ABSENT
        totals[:] = 0.0
        counts[:] = 0
        steps = 1
    for left in range(steps, 0, -1):
        entering = value if left == 1 else ABSENT
        for w in range(lengths.size):
            leaving = ring[(head - lengths[w]) % size]
            if leaving >= 0.0:
                counts[w, PRESENT] -= 1
                if leaving > 0.0:
                    counts[w, MOVING] -= 1
                    add(totals[w], -leaving)
            if counts[w, MOVING] == 0:
                totals[w, 0] = 0.0
                totals[w, 1] = 0.0
            if entering >= 0.0:
                counts[w, PRESENT] += 1
                if entering > 0.0:
                    counts[w, MOVING] += 1
                    add(totals[w], entering)
        ring[head] = entering
        head = (head + 1) % size
    return head


slide = compiled(slide_plain)
