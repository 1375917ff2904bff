"""One market: its book, makers, takers, accounts and prices, and what each event does to it.

The log of the fair price is news + slow + fast (+ beta times the same of BTC for ETH). Market
orders move `slow` and `fast` in the direction of their side; `slow` is the part that the index
follows too (half-life 8 min of an hour), `fast` is the perpetual's own premium (20 s). Forced
orders leave a share of the distance they swept, which is how one liquidation causes the next.
"""

from collections.abc import Callable
from math import exp, log, sqrt
from random import Random
from typing import Final

from sources.simulator.accounts import Accounts, ForcedOrder, Liquidation
from sources.simulator.arrivals import SelfExciting
from sources.simulator.book import ASK, BID, Fill, OrderBook
from sources.simulator.contract import LOTS_PER_COIN, Contract
from sources.simulator.makers import Makers
from sources.simulator.prices import Prices
from sources.simulator.tape import Tape

BRANCHING: Final = 0.65
MEMORY_S: Final = 0.8
IMPACT: Final = 1.6e-5  # log price per market order of median size in a calm book
IMPACT_CAP: Final = 3e-4
FORCED_SLOW: Final = 0.20  # shares of the swept distance that stay
FORCED_FAST: Final = 0.08
MOST_SWEPT: Final = 0.0015  # of which a share stays
SWEEP: Final = 0.004  # no order reaches further than this from the best price


class Pit:
    """One contract's market. Times are ms since the start; `depth` 1 is calm liquidity."""

    def __init__(self, rng: Random, contract: Contract, tape: Tape, scale: float) -> None:
        self.contract, self.tape = contract, tape
        self._rng = rng
        self.book = OrderBook()
        self.makers = Makers(
            rng,
            self.book,
            start=contract.start,
            lots_1pct=contract.depth_1pct * LOTS_PER_COIN,
            quote_lots=contract.quote_size * LOTS_PER_COIN,
        )
        self.accounts = Accounts(
            rng,
            start=contract.start,
            open_lots=round(contract.open_interest * LOTS_PER_COIN),
            number=contract.accounts,
            clip=round(contract.clip * LOTS_PER_COIN),
        )
        self.arrivals = SelfExciting(rng, branching=BRANCHING, memory_s=MEMORY_S)
        self.prices = Prices(rng, contract.start, scale)
        self.done: list[Liquidation] = []
        self.depth = 1.0
        self.stress = 0.0
        self.panic = 0.0
        self._haste = min(8.0, 1.0 / scale)  # a short recording has the same fall in less time
        self._taker_side = BID
        self._first = 0  # first update not yet told as depth; 0: none
        self._last = 0
        self.makers.open_book(self.prices.fair)
        for side in (BID, ASK):
            self.book.take_changes(side)  # the recording starts with the book already there
        self._changes = self.book.changes
        self._top = self.book.top()

    def commit(self, at_ms: float, next_update: Callable[[], int]) -> None:
        """Give what has just changed in the book an update id, and tell a new best price."""
        if self.book.changes == self._changes:
            return
        self._changes = self.book.changes
        self._last = next_update()
        self._first = self._first or self._last
        top = self.book.top()
        if top != self._top:
            self._top = top
            self.tape.top(int(at_ms), self._last, top)

    def quote(self, at_ms: float) -> None:
        """Makers look at the fair price again."""
        del at_ms
        mean = 25.0 * self.stress**2 + 250.0 * self.panic
        spread = 1 + int(-log(1.0 - self._rng.random()) * mean * self.contract.start / 920_000)
        self.makers.requote(self.prices.fair, spread, self.depth)

    def touch(self, at_ms: float) -> None:
        """The size at a best price changes."""
        del at_ms
        self.makers.touch(self.depth)

    def tend(self, at_ms: float) -> None:
        """Makers look after the deep book."""
        del at_ms
        visits = self._haste * (3.0 + 2.0 * self.stress + 12.0 * self.panic)
        self.makers.tend(self.depth, int(visits))

    def take(self, at_ms: float) -> None:
        """A market order: often one more of a split order, else towards the fair price."""
        rng, top = self._rng, self.book.top()
        if rng.random() > 0.55:
            gap = log(2.0 * self.prices.fair / (top.bid + top.ask))
            lean = 1.0 / (1.0 + exp(min(30.0, max(-30.0, -gap / 6e-5))))
            self._taker_side = BID if rng.random() < lean else ASK
        side = self._taker_side
        size = self.contract.taker_size * (1.0 + self.stress) * exp(1.5 * rng.gauss(0.0, 1.0))
        most = 0.02 * self.contract.depth_1pct * self.depth
        lots = max(1, int(min(size, most) * LOTS_PER_COIN))
        if self._sweep(at_ms, side, lots):
            strength = sqrt(lots / (self.contract.taker_size * LOTS_PER_COIN)) / self.depth
            self.prices.push(0.7 * side * min(IMPACT_CAP, IMPACT * strength), 0.0)

    def force(self, at_ms: float, order: ForcedOrder) -> None:
        """A forced order takes what it needs, and the price does not come back all the way.

        What finds nobody within `SWEEP` is taken over by the venue, outside the book.
        """
        top = self.book.top()
        fills = self._sweep(at_ms, order.side, order.lots)
        if not fills:
            return
        filled = sum(fill.lots for fill in fills)
        value = sum(fill.price * fill.lots for fill in fills)
        done = Liquidation(int(at_ms), order, filled, fills[-1].lots, value)
        self.done.append(done)
        self.tape.liquidation(done)
        swept = log(2.0 * fills[-1].price / (top.bid + top.ask))
        swept = min(MOST_SWEPT, max(-MOST_SWEPT, swept))
        self.prices.push(FORCED_SLOW * swept, FORCED_FAST * swept)
        self.depth = max(0.12, self.depth * (1.0 - 4.0 * min(0.05, abs(swept))))
        self.arrivals.excite()

    def _sweep(self, at_ms: float, side: int, lots: int) -> list[Fill]:
        best = self.book.best(-side)
        fills = self.book.market(side, lots, worst=int(best * (1.0 + side * SWEEP)))
        if fills:
            self.tape.fills(int(at_ms), side, fills)
        return fills

    def tell_depth(self, at_ms: float) -> None:
        """Time for a depth frame, when there was a change."""
        if self._first:
            self.tape.depth(int(at_ms), self._first, self._last, self.book)
            self._first = 0

    def tell_snapshot(self, at_ms: float) -> None:
        """Someone asks for the whole book."""
        self.tape.snapshot(int(at_ms), self._last, self.book)

    def tell_mark(self, at_ms: float) -> None:
        """A second has passed."""
        self.tape.mark(int(at_ms), self.prices.published())
