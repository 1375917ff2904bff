"""All accounts of a market at once, in floating point: values, health, distance to liquidation.

One pass over the entries adds each to its account; one over the accounts divides. NaN is unknown
and spreads to the account. Against the exact integers the relative error is that of rounding: below
1e-9 for accounts of more than some 10^10 units of value (100 USD with 8 decimals), more for dust.
Where an average threshold is cut to basis points, collateral too small for a float may move it by
one. Whatever is published of single accounts is valued exactly (`near_edge`).
"""

import math
from typing import Final

import numpy as np
from msgspec import Struct

from models.lending.positions import DEBT, Positions
from schemas.chunk import Array
from schemas.kernel import compiled

_SLACK_BP: Final = 1e-9  # a mean of equal thresholds must not fall below them by rounding


class Sweep(Struct, frozen=True):
    """By account row. USD, or what else the market counts in; NaN: unknown.

    `health`: inf without debt. `distance`: s where P(s) = P·(1 − s·beta) makes health one; negative
    where it is below one already; +inf without debt and where no s > 0 of this direction does it
    (−inf: nor is there an s < 0 that would restore it). Prices never turn negative, so an s above
    1/beta of an asset is beyond what the formula means.
    """

    collateral_usd: Array
    debt_usd: Array
    health: Array
    distance: Array


class Scales(Struct, frozen=True):
    """What the kernel multiplies amounts with; row by asset, `weight` by e-mode and asset.

    `collateral`, `debt`: USD of one scaled unit, NaN where index or price are unknown. `weight`:
    share that counts against debt, 0: no collateral, NaN: unknown. `beta`: loss per unit of s.
    """

    collateral: Array
    debt: Array
    weight: Array
    beta: Array


def sweep(positions: Positions, scales: Scales, whole_bp: bool) -> Sweep:
    """Evaluate all accounts. `whole_bp`: the average weight is cut to basis points (to v3.2)."""
    rows, count = len(positions.names), len(positions.exact)
    sums = np.zeros((rows, 5))
    result = Sweep(*(np.empty(rows) for _ in range(4)))
    add_entries(
        positions.owner[:count], positions.asset[:count], positions.side[:count],
        positions.used[:count], positions.hot[:count], positions.mode[:rows],
        scales.collateral, scales.debt, scales.weight, scales.beta, sums,
    )  # fmt: skip
    finish(
        sums, positions.known[:rows], whole_bp,
        result.collateral_usd, result.debt_usd, result.health, result.distance,
    )  # fmt: skip
    return result


def add_entries_plain(  # type: ignore[no-untyped-def]
    owner, asset, side, used, amount, mode, unit_c, unit_d, weight, beta, sums
):
    """Per account Σ of: collateral, weighted collateral, debt, and the last two times beta."""
    for at in range(len(owner)):
        if amount[at] == 0.0:
            continue
        row, which = owner[at], asset[at]
        if side[at] == DEBT:
            value = amount[at] * unit_d[which]
            sums[row, 2] += value
            sums[row, 4] += value * beta[which]
        elif used[at]:
            share = weight[mode[row], which]
            if share == 0.0:
                continue
            value = amount[at] * unit_c[which]
            sums[row, 0] += value
            sums[row, 1] += value * share
            sums[row, 3] += value * share * beta[which]


add_entries = compiled(add_entries_plain)


def finish_plain(sums, known, whole_bp, collateral, debt, health, distance):  # type: ignore[no-untyped-def]
    """Health = weighted/debt; s* = (weighted − debt)/(weighted·beta − debt·beta), see `Sweep`."""
    for row in range(len(sums)):
        worth, owed = sums[row, 0], sums[row, 2]
        weighted = sums[row, 1]
        if not known[row] or math.isnan(worth) or math.isnan(weighted) or math.isnan(owed):
            collateral[row] = debt[row] = health[row] = distance[row] = math.nan
            continue
        if whole_bp and worth > 0.0:
            weighted = worth * (math.floor(weighted / worth * 1e4 + _SLACK_BP) / 1e4)
        collateral[row], debt[row] = worth, owed
        if owed == 0.0:
            health[row] = distance[row] = math.inf
            continue
        health[row] = weighted / owed
        excess, slope = weighted - owed, sums[row, 3] - sums[row, 4]
        if slope > 0.0:
            distance[row] = excess / slope
        else:
            distance[row] = math.inf if excess >= 0.0 else -math.inf


finish = compiled(finish_plain)
