"""Depth, curve, cost and order-flow imbalance of an order book, in whole ticks and fractions.

Written from models/README.md for comparison; limits are exact (integers), so "a level exactly on
the limit counts" needs no luck with rounding.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import log
from operator import mul

from schemas.units import CURVE_BP

CURVE = tuple(Fraction(x) for x in CURVE_BP)
Level = tuple[int, float]  # price in ticks, size
Levels = tuple[Sequence[Level], Sequence[Level]]  # bids and asks, best first


@dataclass(frozen=True)
class Walk:
    """One side, best first: twice the distance from mid in ticks, prices, running sums."""

    distances: list[int]
    prices: list[float]
    usd: list[float]
    base: list[float]


@dataclass(frozen=True)
class Frame:
    """A frame of a book: how it was told ("snapshot" or "change"), the book before and after."""

    how: str
    before: Levels | None
    after: Levels


def walk(levels: Sequence[Level], twice_mid: int, decimals: int, bids: bool) -> Walk:
    """`levels` best first; `twice_mid` = bid + ask in ticks, a whole number."""
    sign, unit = (-1 if bids else 1), 10.0**decimals
    ticks, sizes = zip(*levels, strict=True) if levels else ((), ())
    prices = [px / unit for px in ticks]
    return Walk(
        [sign * (2 * px - twice_mid) for px in ticks],
        prices,
        list(accumulate(map(mul, prices, sizes))),
        list(accumulate(sizes)),
    )


def depth_usd(side: Walk, twice_mid: int, x: Fraction) -> float | None:
    """USD within x bp of mid; None when the furthest known level is nearer than x.

    Twice the limit in ticks is twice_mid·x/10^4; the tolerance of 1e-6 tick is 2/10^6 of that.
    """
    if not side.distances:
        return None
    p, q = x.numerator, x.denominator
    farthest_counted = (twice_mid * p * 100 + 2 * q) // (q * 10**6)
    nearest_full = -((2 * q - twice_mid * p * 100) // (q * 10**6))
    if side.distances[-1] < nearest_full:
        return None
    counted = bisect_right(side.distances, farthest_counted)
    return side.usd[counted - 1] if counted else 0.0


def curve_usd(side: Walk, twice_mid: int) -> list[float | None]:
    """`depth_usd` at the 48 distances of the depth curve."""
    return [depth_usd(side, twice_mid, x) for x in CURVE]


def distance_bp(side: Walk, twice_mid: int) -> float:
    """Distance of the furthest known level, bp of mid."""
    return side.distances[-1] / twice_mid * 1e4


def cost_bp(side: Walk, twice_mid: int, mid: float, usd: float) -> tuple[float | None, bool]:
    """Cost of taking `usd` from this side in bp of mid, and whether the side held less."""
    held = side.usd[-1]
    if held >= usd:
        last = bisect_left(side.usd, usd)
        before_usd, before_base = (side.usd[last - 1], side.base[last - 1]) if last else (0.0, 0.0)
        base = before_base + (usd - before_usd) / side.prices[last]
        return abs(usd / base / mid - 1) * 1e4, False
    points = [
        (x, d) for x, d in zip(CURVE_BP, curve_usd(side, twice_mid), strict=True) if d is not None
    ][-3:]
    if len(points) < 3 or points[0][1] <= 0:
        return None, True
    (x1, d1), _, (x3, d3) = points
    slope = log(d3 / d1) / log(x3 / x1)
    furthest, more = distance_bp(side, twice_mid), usd / held
    if slope <= 0 or furthest * more ** (1 / slope) > 2000:
        return None, True
    cost_held = abs(held / side.base[-1] / mid - 1) * 1e4
    power = 1 + 1 / slope
    return (cost_held * held + furthest * held * (more**power - 1) / power) / usd, True


def level_ofi(before: tuple[Level, Level], after: tuple[Level, Level], unit: float = 1.0) -> float:
    """Order-flow imbalance of one level over one frame, in quote currency.

    (bid, ask) before and after; `unit` is ticks per unit of price.
    """
    (old_bid, old_bid_sz), (old_ask, old_ask_sz) = before
    (bid, bid_sz), (ask, ask_sz) = after
    total = 0.0
    if bid >= old_bid:
        total += bid * bid_sz
    if bid <= old_bid:
        total -= old_bid * old_bid_sz
    if ask <= old_ask:
        total -= ask * ask_sz
    if ask >= old_ask:
        total += old_ask * old_ask_sz
    return total / unit


def frame_ofi(before: Levels, after: Levels, levels: int, unit: float = 1.0) -> list[float]:
    """`level_ofi` for level 1 … `levels`; 0 where a level is missing before or after."""
    result = [0.0] * levels
    for m in range(min(levels, *(len(side) for book in (before, after) for side in book))):
        result[m] = level_ofi((before[0][m], before[1][m]), (after[0][m], after[1][m]), unit)
    return result


def interval_ofi(
    told: str, frames: Sequence[Frame], levels: int, unit: float = 1.0
) -> list[float] | None:
    """Order-flow imbalance by level of an interval during which the book was known.

    A stream told as "changes" has told all that happened: `frame_ofi` of each change, nothing of a
    snapshot. Of one told "whole" nobody has seen what happened between its frames: None.
    """
    if told == "whole":
        return None
    result = [0.0] * levels
    for frame in frames:
        if frame.how == "change" and frame.before is not None:
            change = frame_ofi(frame.before, frame.after, levels, unit)
            result = [total + part for total, part in zip(result, change, strict=True)]
    return result
