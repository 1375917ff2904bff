"""Log returns between neighbouring samples on a regular grid of whole seconds.

A *chain* turns prices at multiples of `unit_s` into returns r = ln(p/q). A return exists only when
both samples are there, they are neighbours, and no gap lies between them (0.5 of the model sheet:
a return that would jump over a hole is missing, never zero).

r is computed as log1p((p − q)/q): p − q is exact for neighbouring prices, so that one tick at a
price of 1e8 keeps all its digits, where ln(p/q) keeps six.
"""

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from schemas.kernel import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAST: Final = 0  # columns of `links`: index of the last sample, −1 before the first
BROKEN: Final = 1  # 1 when a gap was seen after the last sample
MISSING: Final = 0.0  # a price that is not known; real prices are above 0


def new_links(chains: int) -> "NDArray[np.int64]":
    """The integer state of some chains that have seen nothing, shape (chains, 2)."""
    links = np.zeros((chains, 2), np.int64)
    links[:, LAST] = -1
    return links


def log_return_plain(price: float, before: float) -> float:
    """ln(price/before) of two positive prices; finite for every pair of finite prices."""
    change = (price - before) / before
    if -0.5 < change < 1.0:
        return math.log1p(change)
    return math.log(price) - math.log(before)


log_return = compiled(log_return_plain)


def sample_plain(
    now_s: int,
    unit_s: int,
    price: float,
    broken: bool,
    link: "NDArray[np.int64]",
    before: "NDArray[np.float64]",
) -> tuple[int, float]:
    """Move one chain to `now_s`: (samples passed since the last call, return of the last one).

    `price` is what was seen at `now_s` (0: nothing). It is a sample only when `now_s` is a
    multiple of `unit_s`; samples passed without a call are missing. The return is NaN when
    missing. `link` (2,) and `before` (1,) are the chain's state and change in place. A chain
    begins with its first call, which passes one sample or none.
    """
    if broken:
        link[BROKEN] = 1
    index = now_s // unit_s
    on_sample = now_s % unit_s == 0
    first = link[LAST] < 0
    passed = index - link[LAST]
    if first:
        passed = 1 if on_sample else 0
    value = math.nan
    if passed > 0 or first:
        if on_sample:
            neighbours = passed == 1 and link[BROKEN] == 0
            if neighbours and before[0] > 0.0 and price > 0.0:
                value = log_return(price, before[0])
            before[0] = price
        else:
            before[0] = MISSING
        link[LAST] = index
        link[BROKEN] = 0
    return passed, value


sample = compiled(sample_plain)
