"""The matching engine of one market: its book, its makers, and who is told what happened.

Every change of the book ends in a commit, which gives it an update number. A market order meets
resting orders by price and time; its fills are trades. `ledger` books both sides of every trade,
so that what is held and what was paid always sum to nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from math import exp, log
from random import Random
from typing import Final, Protocol

from sources.simulator.book import ASK, BID, Fill, OrderBook, Top
from sources.simulator.makers import Makers
from sources.simulator.world.universe import Market

MAKERS: Final = "makers"
FLOW: Final = "flow"
SWEEP: Final = 0.004  # no order reaches further than this from the best price
REACH: Final = 0.10  # of the furthest quote
FINE_REACH: Final = 0.05  # where the tick is so small that the book would be too long
FINE_TICKS: Final = 2_000_000
LEAST_DEPTH: Final = 0.12
STUB: Final = 0.003  # how far behind the last fill someone stands when a side was taken whole


@dataclass(frozen=True, slots=True)
class Match:
    """A market order and the resting orders it met."""

    at_ms: float
    side: int  # of the taker
    fills: list[Fill]
    first_trade: int  # number of the first fill; the others follow
    party: str  # who took

    @property
    def lots(self) -> int:
        """Lots in all."""
        return sum(fill.lots for fill in self.fills)

    @property
    def value(self) -> int:
        """Ticks times lots in all."""
        return sum(fill.price * fill.lots for fill in self.fills)


class Listener(Protocol):
    """Who is told."""

    def matched(self, match: Match) -> None:
        """A market order was filled."""

    def changed(self, update: int) -> None:
        """The book has changed; the change has this update number."""

    def topped(self, at_ms: float, update: int, top: Top) -> None:
        """A best price or its size is new since book update `update`."""


class Ledger:
    """Lots held and ticks·lots paid, by party."""

    def __init__(self) -> None:
        self.lots: defaultdict[str, int] = defaultdict(int)
        self.cash: defaultdict[str, int] = defaultdict(int)

    def book(self, match: Match) -> None:
        """Both sides of a trade."""
        lots, value = match.side * match.lots, match.side * match.value
        self.lots[match.party] += lots
        self.cash[match.party] -= value
        self.lots[MAKERS] -= lots
        self.cash[MAKERS] += value

    def move(self, giver: str, taker: str, lots: int, value: int) -> None:
        """Signed lots go to another party with what was paid for them."""
        self.lots[giver] -= lots
        self.cash[giver] += value
        self.lots[taker] += lots
        self.cash[taker] -= value


class Engine:
    """One market. `depth` is the state of liquidity: 1 is calm."""

    def __init__(self, rng: Random, market: Market, *, first_update: int, step_most: int) -> None:
        self.market = market
        self._rng = rng
        self._step_most = step_most  # other markets of the venue use up numbers too; 1: they do not
        self.book = OrderBook()
        start, asset = market.start_ticks, market.asset
        self.quote_lots = market.share * market.lots(asset.quote_size, start)
        self.lots_1pct = market.share * market.lots(asset.depth_1pct, start)
        self.makers = Makers(
            rng,
            self.book,
            start=start,
            lots_1pct=self.lots_1pct,
            quote_lots=self.quote_lots,
            reach=FINE_REACH if start > FINE_TICKS else REACH,
        )
        self.listeners: list[Listener] = []
        self.ledger = Ledger()
        self.depth = 1.0
        self.refill_s = 20.0 * exp(0.7 * rng.gauss(0.0, 1.0))  # half-life of lost liquidity
        self.update = first_update
        self.trades = 10**8 + rng.randrange(10**9)
        self.makers.open_book(float(start))
        self._changes = self.book.changes
        self._top = self.book.top()

    def mid(self) -> float:
        """Between the best prices, in ticks."""
        return 0.5 * (self.book.best(BID) + self.book.best(ASK))

    def commit(self, at_ms: float) -> None:
        """Give what has just changed an update number, and tell a new best price."""
        if self.book.changes == self._changes:
            return
        self._changes = self.book.changes
        self.update += 1 + int(self._step_most * self._rng.random())
        for listener in self.listeners:
            listener.changed(self.update)
        top = self.book.top()
        if top != self._top:
            self._top = top
            for listener in self.listeners:
                listener.topped(at_ms, self.update, top)

    def quote(self, at_ms: float, fair: float, stress: float) -> None:
        """Makers look at the fair price (ticks) again."""
        mean = 3e-5 * stress * stress * fair
        spread = 1 + int(-log(1.0 - self._rng.random()) * mean)
        self.makers.requote(fair, spread, self.depth)
        self.commit(at_ms)

    def touch(self, at_ms: float) -> None:
        """The size at a best price changes."""
        self.makers.touch(self.depth)
        self.commit(at_ms)

    def tend(self, at_ms: float, visits: int) -> None:
        """Makers look after the deep book."""
        self.makers.tend(self.depth, visits)
        self.commit(at_ms)

    def take(self, at_ms: float, side: int, lots: int, party: str) -> Match | None:
        """A market order; None when it met nobody within SWEEP."""
        best = self.book.best(-side)
        fills = self.book.market(side, lots, worst=int(best * (1.0 + side * SWEEP)))
        if not fills:
            return None
        if not self.book.best(-side):
            stub = max(1, int(fills[-1].price * (1.0 + side * STUB)))
            self.book.limit(-side, stub, max(1, int(self.quote_lots * self.depth)))
        match = Match(at_ms, side, fills, self.trades + 1, party)
        self.trades += len(fills)
        self.ledger.book(match)
        for listener in self.listeners:
            listener.matched(match)
        self.commit(at_ms)
        return match

    def thin(self, share: float) -> None:
        """Liquidity goes away in fright."""
        self.depth = max(LEAST_DEPTH, self.depth * (1.0 - share))

    def refill(self, seconds: float, stress: float) -> None:
        """Liquidity comes back to what the state of the market allows."""
        keep = 0.5 ** (seconds / self.refill_s)
        aim = 1.0 - 0.55 * stress
        self.depth = aim + keep * (self.depth - aim)
