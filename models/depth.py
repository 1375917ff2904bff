"""Depth, cost and curve of a book, measured from mid in one walk per side.

Distances are compared in ticks with a tolerance of 1e-6 tick, so that a level exactly on a limit
counts whatever the rounding of 1e-4 · mid. Definitions: README, "Ticks".
"""

from typing import Final

import numpy as np

from schemas.kernel import compiled
from schemas.units import COST_USD, CURVE_BP, DEPTH_BANDS_BP

_LIMITS_BP = np.array(sorted({*map(float, DEPTH_BANDS_BP), *CURVE_BP}))
LIMITS_BP: Final = _LIMITS_BP
BAND_AT: Final = np.searchsorted(_LIMITS_BP, np.array(DEPTH_BANDS_BP, float))
CURVE_AT: Final = np.searchsorted(_LIMITS_BP, np.array(CURVE_BP))
COSTS: Final = np.array(COST_USD)
_TOLERANCE_TICKS = 1e-6
_FURTHEST_BP = 2000.0


def extrapolate_plain(amount, total, cost_bp, edge_bp, limits_bp, depth, curve_at):  # type: ignore[no-untyped-def]
    """Cost in bp of `amount` USD on a side that holds only `total`, or NaN.

    The last three visible curve points (x, D) give the slope g = ln(D3/D1)/ln(x3/x1); past the
    edge the distance reached by q USD is edge·(q/total)^(1/g).
    """
    last = -1
    for k in range(len(curve_at)):
        if not np.isnan(depth[curve_at[k]]):
            last = k
    if last < 2 or total <= 0.0:
        return np.nan
    near, far = curve_at[last - 2], curve_at[last]
    if not depth[near] > 0.0 or depth[far] <= depth[near]:
        return np.nan
    slope = np.log(depth[far] / depth[near]) / np.log(limits_bp[far] / limits_bp[near])
    ratio = amount / total
    if edge_bp * ratio ** (1.0 / slope) > _FURTHEST_BP:
        return np.nan
    beyond = edge_bp * total * (ratio ** (1.0 + 1.0 / slope) - 1.0) / (1.0 + 1.0 / slope)
    return (cost_bp * total + beyond) / amount


extrapolate = compiled(extrapolate_plain)


def first_plain(keys, low, high, floor):  # type: ignore[no-untyped-def]
    """First index in [low, high) whose key is at least `floor`."""
    while low < high:
        middle = (low + high) >> 1
        if float(keys[middle]) < floor:
            low = middle + 1
        else:
            high = middle
    return low


first_at_least = compiled(first_plain)


def total_plain(keys, sizes, begin, end):  # type: ignore[no-untyped-def]
    """Σ key·size over [begin, end), one by one: tombstones must not change a digit of it."""
    sum_ = 0.0
    for at in range(end - 1, begin - 1, -1):
        sum_ += float(keys[at]) * sizes[at]
    return sum_


total = compiled(total_plain)


def side_plain(keys, sizes, count, mid_ticks, scale, limits_bp, curve_at, amounts, depth, cost):  # type: ignore[no-untyped-def]
    """Walk one side from its best level.

    depth[j]: USD at most limits_bp[j] from mid, NaN past the furthest level. cost[q]: bp to trade
    amounts[q] USD. Returns (distance of the furthest level in bp, whether a cost was extended).
    """
    sign = 1.0 if keys[count - 1] > 0 else -1.0
    limits = len(limits_bp)
    floors = np.empty(limits)
    for j in range(limits):
        reach = mid_ticks * (1.0 - sign * limits_bp[j] * 1e-4)
        floors[j] = sign * reach - _TOLERANCE_TICKS
    mid = mid_ticks / scale
    unit = sign / scale
    first = 0
    while first < count and sizes[first] == 0.0:
        first += 1
    furthest = float(keys[first])
    usd = 0.0
    end = count
    for j in range(limits):
        begin = first_at_least(keys, first, end, floors[j])
        usd += total(keys, sizes, begin, end) * unit
        end = begin
        depth[j] = usd if furthest <= floors[j] + 2.0 * _TOLERANCE_TICKS else np.nan
    base = walked = 0.0
    q = 0
    at = count - 1
    while at >= first and q < len(amounts):
        price = float(keys[at]) * unit
        worth = price * sizes[at]
        while q < len(amounts) and walked + worth >= amounts[q]:
            vwap = amounts[q] / (base + (amounts[q] - walked) / price)
            cost[q] = sign * (1.0 - vwap / mid) * 1e4
            q += 1
        walked += worth
        base += sizes[at]
        at -= 1
    edge_bp = abs(1.0 - sign * furthest / mid_ticks) * 1e4
    extended = q < len(amounts)
    total_cost = sign * (1.0 - walked / base / mid) * 1e4 if extended else np.nan
    while q < len(amounts):
        cost[q] = extrapolate(amounts[q], walked, total_cost, edge_bp, limits_bp, depth, curve_at)
        q += 1
    return edge_bp, extended


measure_side = compiled(side_plain)


def measure_plain(keys, sizes, counts, scale, limits_bp, curve_at, amounts, depth, cost):  # type: ignore[no-untyped-def]
    """Both sides of a book whose best bid is below its best ask.

    depth[2, limits], cost[2, amounts] (row 0: bids, row 1: asks). Returns (visible bp, extended).
    """
    mid_ticks = 0.5 * float(keys[0, counts[0] - 1] - keys[1, counts[1] - 1])
    bid_edge, bid_more = measure_side(
        keys[0], sizes[0], counts[0], mid_ticks, scale, limits_bp, curve_at, amounts,
        depth[0], cost[0],
    )  # fmt: skip
    ask_edge, ask_more = measure_side(
        keys[1], sizes[1], counts[1], mid_ticks, scale, limits_bp, curve_at, amounts,
        depth[1], cost[1],
    )  # fmt: skip
    return min(bid_edge, ask_edge), bid_more or ask_more


measure = compiled(measure_plain)
