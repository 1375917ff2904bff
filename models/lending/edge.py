"""Accounts near liquidation, worst first: rows of what a market is about to lose."""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from msgspec import Struct

from models.lending.sweep import Sweep

Prices = Mapping[str, int | None]  # of assets, in place of the market's own; None: unknown
Betas = Mapping[str, float]  # loss of an asset per unit of s; 0 where it is not named


class EdgeAccount(Struct, frozen=True):
    """An account with health below a limit. USD, or what else the market counts in.

    `distance`: see `Sweep`; None where no direction was given or none of it leads to liquidation.
    `flags`: liquidatable, blocked, emode, isolated, zero_ltv.
    """

    market: str
    account: str
    health: float
    collateral_usd: float
    debt_usd: float
    distance: float | None
    flags: tuple[str, ...]


class Market(Protocol):
    """What this needs of a market."""

    name: str

    def accounts(self) -> list[str]:
        """By row."""
        ...

    def sweep(self, at_s: int, prices: Prices | None = None, betas: Betas | None = None) -> Sweep:
        """All accounts."""
        ...

    def edge(self, account: str, at_s: int, prices: Prices | None = None) -> EdgeAccount | None:
        """One account, exactly, without distance; None where it is unknown or has no debt."""
        ...


def near_edge(
    market: Market,
    limit: float,
    at_s: int,
    most: int = 1000,
    prices: Prices | None = None,
    betas: Betas | None = None,
) -> tuple[EdgeAccount, ...]:
    """Accounts with health below `limit`, at most `most` of them, worst first.

    Chosen by the fast evaluation and then valued exactly; equal healths in the order of their
    addresses. Unknown accounts and those without debt are left out.
    """
    swept = market.sweep(at_s, prices, betas)
    rows = np.flatnonzero(swept.health < limit)  # NaN and inf are not
    if len(rows) > most:
        rows = rows[np.argsort(swept.health[rows], kind="stable")[:most]]
    names, found = market.accounts(), []
    for row in rows.tolist():
        edge = market.edge(names[row], at_s, prices)
        if edge is not None:
            s = float(swept.distance[row])
            known = betas is not None and math.isfinite(s)
            found.append(EdgeAccount(
                edge.market, edge.account, edge.health, edge.collateral_usd, edge.debt_usd,
                s if known else None, edge.flags,
            ))  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.health, each.account)))
