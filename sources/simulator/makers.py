"""Liquidity: market makers who quote around the fair price, and the deep book behind them.

The deep book aims at a cumulative depth that grows as a power of the distance d from the best
price, C(d) = C_1 · (d / 1 %)^0.9, times a factor for the state of the market. Far prices are
visited on a coarser lattice (1, 2, 5 · 10^k ticks, about a fortieth of d), so a few hundred
prices a side reach past 12 %.
"""

from math import exp, floor, log
from random import Random
from typing import Final

from sources.simulator.book import ASK, BID, OrderBook

REACH: Final = 0.125  # furthest quote from the best price, as a fraction
SHAPE: Final = 0.9
LATTICE: Final = 40.0  # distance over lattice step
DEADBAND: Final = 3e-6  # of the fair price: makers do not chase less
_STEPS: Final[tuple[int, ...]] = tuple(
    factor * 10**power for power in range(6) for factor in (1, 2, 5)
)


class Makers:
    """Everyone who rests orders in one book."""

    def __init__(
        self,
        rng: Random,
        book: OrderBook,
        *,
        start: int,
        lots_1pct: float,
        quote_lots: float,
        reach: float = REACH,
    ) -> None:
        self._rng = rng
        self._book = book
        self._quote_lots = quote_lots
        self._reach = int(start * reach)
        self._round = _lattice_step(start / 10.0)  # crowds rest at round prices
        self._density = lots_1pct * SHAPE / (0.01 * start) ** SHAPE
        self._steps = [_lattice_step(2.0 ** (k / 8.0)) for k in range(8 * 24)]

    def open_book(self, fair: float) -> None:
        """Fill the empty book around the fair price (ticks)."""
        self.requote(fair, 1, 1.0)
        for side in (BID, ASK):
            best, away = self._book.best(side), 1
            while away < self._reach:
                step = self._step(away)
                price = best - side * away
                if price % step == 0:
                    lots = self._aim(price, away, step, 1.0)
                    self._book.limit(side, price, lots)
                    away += step
                else:
                    away += 1

    def requote(self, fair: float, spread: int, depth: float) -> None:
        """Move the quotes to the fair price: stale ones are withdrawn, better ones posted.

        `fair` in ticks, `spread` in ticks, `depth` the state of liquidity (1 is calm).
        """
        book = self._book
        bid, ask = book.best(BID), book.best(ASK)
        if bid and ask and abs(fair - 0.5 * (bid + ask)) < DEADBAND * fair:
            fair = 0.5 * (bid + ask)  # close enough: stay
        new_bid = floor(fair - 0.5 * (spread - 1))
        new_ask = new_bid + spread
        while ask and ask < new_ask:
            book.withdraw(ASK, ask)
            ask = book.best(ASK)
        while bid > new_bid:
            book.withdraw(BID, bid)
            bid = book.best(BID)
        if bid < new_bid:
            self._improve(BID, bid, new_bid, depth)
        if not ask or ask > new_ask:
            self._improve(ASK, ask, new_ask, depth)

    def _improve(self, side: int, old: int, new: int, depth: float) -> None:
        """A new best price, and some orders between it and the old one."""
        rng, book = self._rng, self._book
        book.limit(side, new, self._lots(self._quote_lots * depth, 0.6))
        gap = abs(new - old) if old else 0
        for _ in range(min(7, gap // 4)):
            away = 1 + int(rng.random() * min(gap, 160))
            book.limit(side, new - side * away, self._lots(0.25 * self._quote_lots * depth, 0.8))

    def touch(self, depth: float) -> None:
        """Someone joins the best price or leaves it in part."""
        rng, book = self._rng, self._book
        side = BID if rng.random() < 0.5 else ASK
        price = book.best(side)
        have = book.size(side, price)
        if rng.random() * 2.0 * self._quote_lots * depth > have:
            book.limit(side, price, self._lots(0.3 * self._quote_lots * depth, 0.8))
        else:
            book.withdraw(side, price, int(have * 0.6 * rng.random()))

    def tend(self, depth: float, visits: int) -> None:
        """Look after `visits` prices behind the best ones."""
        rng, book = self._rng, self._book
        for _ in range(visits):
            side = BID if rng.random() < 0.5 else ASK
            best = book.best(side)
            if rng.random() < 0.5:
                away = max(1, int(self._reach ** rng.random()))
                step = self._step(away)
                price = best - side * away
                price -= price % step
                away = (best - price) * side
                if away <= 0:
                    continue
            else:  # an order of some time ago: it may now be off the lattice or out of reach
                price = book.price_at(side, int(rng.random() * book.depth(side)))
                away = (best - price) * side
                if away == 0:
                    continue
                step = self._step(away)
                if price % step or away > self._reach:
                    book.withdraw(side, price)
                    continue
            aim = self._aim(price, away, step, depth)
            have = book.size(side, price)
            if aim > have:
                book.limit(side, price, aim - have)
            elif aim < have:
                book.withdraw(side, price, have - aim)

    def _aim(self, price: int, away: int, step: int, depth: float) -> int:
        crowd = 3.0 if price % self._round == 0 else 1.0
        middle: float = self._density * away ** (SHAPE - 1.0) * step * depth * crowd
        return self._lots(0.8 * middle, 0.7)

    def _lots(self, middle: float, spread: float) -> int:
        """Lognormal around a median, at least one lot."""
        return max(1, int(middle * exp(spread * self._rng.gauss(0.0, 1.0))))

    def _step(self, away: int) -> int:
        return self._steps[int(8.0 * log(away) / log(2.0))]


def _lattice_step(away: float) -> int:
    """The largest of 1, 2, 5, 10, 20, … that is at most a fortieth of the distance, at least 1."""
    return max(step for step in _STEPS if step <= max(1.0, away / LATTICE))
