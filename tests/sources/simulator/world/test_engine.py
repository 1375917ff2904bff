"""One market's engine: commits, trades, the ledger, and a side that is never empty."""

from random import Random
from typing import Any

import pytest

from sources.simulator.book import ASK, BID
from sources.simulator.world.engine import FLOW, LEAST_DEPTH, MAKERS, Engine
from sources.simulator.world.universe import MARKETS


class Told:
    def __init__(self) -> None:
        self.matches: list[Any] = []
        self.updates: list[int] = []
        self.tops: list[Any] = []

    def matched(self, match: Any) -> None:
        self.matches.append(match)

    def changed(self, update: int) -> None:
        self.updates.append(update)

    def topped(self, at_ms: float, update: int, top: Any) -> None:
        self.tops.append((at_ms, update, top))


def engine(step_most: int = 30) -> tuple[Engine, Told]:
    made = Engine(Random(1), MARKETS[0], first_update=100, step_most=step_most)
    told = Told()
    made.listeners.append(told)
    return made, told


def test_a_market_order_trades_with_who_stood_there_first() -> None:
    made, told = engine()
    best, size = made.book.best(ASK), made.book.top().ask_lots
    match = made.take(5.0, BID, size + 1, FLOW)
    assert match is not None
    assert (match.fills[0].price, match.lots) == (best, size + 1)
    assert told.matches == [match]
    assert made.trades == match.first_trade + len(match.fills) - 1
    assert (made.ledger.lots[FLOW], made.ledger.lots[MAKERS]) == (size + 1, -size - 1)
    assert made.ledger.cash[FLOW] == -match.value == -made.ledger.cash[MAKERS]
    assert told.tops == [(5.0, told.updates[-1], made.book.top())]
    assert made.take(6.0, BID, 0, FLOW) is None


def test_dense_updates_rise_by_one() -> None:
    made, told = engine(step_most=1)
    for at in range(200):
        made.quote(float(at), made.mid() + at % 3, 0.0)
        made.touch(float(at))
        made.tend(float(at), 2)
    assert told.updates == list(range(101, 101 + len(told.updates)))
    assert len(told.updates) > 200


def test_a_side_that_is_taken_whole_stands_again() -> None:
    made, told = engine()
    for price, _ in made.book.levels(ASK)[1:]:
        made.book.withdraw(ASK, price)
    match = made.take(1.0, BID, 10**6, FLOW)
    assert match is not None
    top = made.book.top()
    assert top.bid < match.fills[-1].price < top.ask
    assert told.tops[-1][2] == top


def test_liquidity_goes_and_comes_back() -> None:
    made, _ = engine()
    for _ in range(50):
        made.thin(0.5)
    assert made.depth == LEAST_DEPTH
    made.refill(made.refill_s, 0.0)
    assert made.depth == pytest.approx(0.5 * (1.0 + LEAST_DEPTH))
    made.refill(1e6, 1.0)
    assert made.depth == pytest.approx(0.45)
