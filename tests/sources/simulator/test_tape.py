"""What a tape is told is one consistent market: order of time, ids, books, fills, forced orders."""

from inspect import signature
from typing import Any

import pytest

from sources.simulator.accounts import Liquidation
from sources.simulator.book import ASK, BID, Fill, OrderBook, Top
from sources.simulator.market import Market
from sources.simulator.tape import Mark, Tape
from sources.simulator.wire import BinanceUsdm

CALLS = [name for name in vars(Tape) if not name.startswith("_")]


class Follower:
    """Follows one market by what it is told, and objects when that does not fit together."""

    def __init__(self) -> None:
        self.at_ms = self.update = self.told = 0
        self.best: Top | None = None
        self.levels: dict[int, dict[int, int]] | None = None
        self.last_fills: tuple[int, int, list[Fill]] = (-1, 0, [])
        self.seconds: list[int] = []
        self.seen = dict.fromkeys(CALLS, 0)

    def _next(self, name: str, at_ms: int) -> None:
        assert at_ms >= self.at_ms
        self.at_ms = at_ms
        self.seen[name] += 1

    def fills(self, at_ms: int, taker: int, fills: list[Fill]) -> None:
        self._next("fills", at_ms)
        if self.best is not None:
            assert fills[0].price == (self.best.ask if taker == BID else self.best.bid)
        ranks = [taker * fill.price for fill in fills]
        assert ranks == sorted(ranks)
        assert min(fill.lots for fill in fills) > 0
        self.last_fills = at_ms, taker, fills

    def top(self, at_ms: int, update: int, top: Top) -> None:
        self._next("top", at_ms)
        assert update > self.update
        assert 0 < top.bid < top.ask
        assert min(top.bid_lots, top.ask_lots) > 0
        assert top != self.best
        self.update, self.best = update, top

    def depth(self, at_ms: int, first: int, last: int, book: OrderBook) -> None:
        self._next("depth", at_ms)
        assert self.told < first <= last
        assert self.update <= last  # a best price is told with an update that is told by now
        self.told = self.update = last
        changes = {side: book.take_changes(side) for side in (BID, ASK)}
        assert any(changes.values())
        if self.best is not None:
            assert book.top() == self.best
        if self.levels is None:
            return
        for side, levels in self.levels.items():
            levels.update(changes[side])
            present = {price: lots for price, lots in levels.items() if lots}
            assert present == dict(book.levels(side))

    def snapshot(self, at_ms: int, last: int, book: OrderBook) -> None:
        self._next("snapshot", at_ms)
        assert last >= self.update
        self.levels = {side: dict(book.levels(side)) for side in (BID, ASK)}

    def mark(self, at_ms: int, mark: Mark) -> None:
        self._next("mark", at_ms)
        self.seconds.append(at_ms)
        assert mark.mark == pytest.approx(mark.index, rel=0.01)
        assert abs(mark.funding_rate) < 0.01

    def liquidation(self, done: Liquidation) -> None:
        self._next("liquidation", done.at_ms)
        at_ms, taker, fills = self.last_fills
        assert (done.at_ms, done.order.side) == (at_ms, taker)
        assert done.filled == sum(fill.lots for fill in fills)
        assert done.value == sum(fill.price * fill.lots for fill in fills)
        assert done.last == fills[-1].lots


def parameters(kind: Any) -> dict[str, list[str]]:
    return {name: list(signature(getattr(kind, name)).parameters) for name in CALLS}


@pytest.mark.parametrize("kind", [BinanceUsdm, Follower])
def test_who_writes_a_market_down_takes_every_call(kind: type):
    assert parameters(kind) == parameters(Tape)


def test_the_market_is_consistent():
    tapes = [Follower(), Follower()]
    told: list[Tape] = list(tapes)
    steps = list(Market(3, 0.5, told).steps())
    assert steps == list(range(100, 30_001, 100))
    for tape in tapes:
        assert tape.seconds == list(range(1000, 30_000, 1000))
        assert tape.seen["snapshot"] == 1
        assert all(tape.seen.values())
