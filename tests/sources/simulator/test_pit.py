"""A pit: ids only for changes, depth told once, orders that stop somewhere, what they leave."""

from itertools import count
from math import exp, log
from random import Random
from typing import Any

import pytest

from sources.simulator.accounts import Account, ForcedOrder, Liquidation
from sources.simulator.book import ASK, BID
from sources.simulator.contract import BTC
from sources.simulator.pit import FORCED_FAST, FORCED_SLOW, SWEEP, Pit

LONG = Account(number=1, side=BID, lots=40_000, leverage=20, entry=940_000.0)


class Told:
    """A tape that keeps every call as (name, arguments…)."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, *arguments))

    def of(self, name: str) -> list[tuple[Any, ...]]:
        return [arguments for called, *arguments in self.calls if called == name]


def pit_of(seed: int = 1) -> tuple[Pit, Told]:
    tape = Told()
    return Pit(Random(seed), BTC, tape, 1.0), tape


def test_the_open_book_is_nothing_new():
    pit, tape = pit_of()
    pit.commit(0.0, lambda: pytest.fail("an id for no change"))
    pit.tell_depth(0.0)
    assert tape.calls == []


def test_a_change_gets_an_id_and_a_new_best_price_is_told_with_it():
    pit, tape = pit_of()
    ids = count(70)
    pit.book.withdraw(BID, pit.book.price_at(BID, 0))  # the worst price: the best stays
    pit.commit(1.5, lambda: next(ids))
    assert tape.calls == []
    pit.book.withdraw(ASK, pit.book.best(ASK))
    pit.commit(2.5, lambda: next(ids))
    pit.commit(2.6, lambda: next(ids))
    assert tape.calls == [("top", 2, 71, pit.book.top())]
    pit.tell_depth(3.7)
    pit.tell_depth(4.7)
    assert tape.of("depth") == [[3, 70, 71, pit.book]]
    pit.tell_snapshot(9.9)
    assert tape.of("snapshot") == [[9, 71, pit.book]]


def test_market_orders_meet_the_best_price_and_push_the_price_their_way():
    pit, tape = pit_of()
    for at_ms in range(200):
        before, slow = pit.book.top(), pit.prices.slow
        pit.take(float(at_ms))
        at, side, fills = tape.of("fills")[-1]
        assert at == at_ms
        assert fills[0].price == (before.ask if side == BID else before.bid)
        assert abs(fills[-1].price / fills[0].price - 1.0) <= SWEEP
        assert (pit.prices.slow - slow) * side > 0.0
    sides = [side for _, side, _ in tape.of("fills")]
    assert {BID, ASK} == set(sides)


def test_takers_lean_towards_the_fair_price():
    pit, tape = pit_of()
    pit.prices.fair *= exp(5e-3)
    for at_ms in range(100):
        pit.take(float(at_ms))
    sides = [side for _, side, _ in tape.of("fills")]
    assert sides.count(BID) > 0.9 * len(sides)


def test_a_forced_order_leaves_its_share_of_the_swept_distance():
    pit, tape = pit_of()
    top, depth = pit.book.top(), pit.depth
    order = ForcedOrder(LONG, ASK, 6_000)
    pit.force(12.9, order)
    ((at, side, fills),) = tape.of("fills")
    assert (at, side) == (12, ASK)
    assert sum(fill.lots for fill in fills) == 6_000
    assert fills[0].price == top.bid > fills[-1].price
    value = sum(fill.price * fill.lots for fill in fills)
    done = Liquidation(12, order, 6_000, fills[-1].lots, value)
    assert tape.of("liquidation") == [[done]]
    assert pit.done == [done]
    swept = log(fills[-1].price / (0.5 * (top.bid + top.ask)))
    assert pit.prices.slow == pytest.approx(FORCED_SLOW * swept)
    assert pit.prices.fast == pytest.approx(FORCED_FAST * swept)
    assert pit.depth == pytest.approx(depth * (1.0 + 4.0 * swept))


def test_a_forced_order_reaches_no_further_than_the_sweep():
    pit, tape = pit_of()
    best = pit.book.best(BID)
    pit.force(1.0, ForcedOrder(LONG, ASK, 10**9))
    ((_, _, fills),) = tape.of("fills")
    assert fills[-1].price >= int(best * (1.0 - SWEEP))
    assert pit.book.best(BID) < int(best * (1.0 - SWEEP))
    assert pit.done[0].filled == sum(fill.lots for fill in fills) < 10**9


def test_where_nobody_is_nothing_happens():
    pit, tape = pit_of()
    while pit.book.best(BID):
        pit.book.withdraw(BID, pit.book.best(BID))
    pit.force(1.0, ForcedOrder(LONG, ASK, 10))
    assert (tape.calls, pit.done, pit.prices.slow, pit.depth) == ([], [], 0.0, 1.0)


def test_panic_widens_the_spread():
    def mean_spread(panic: float) -> float:
        pit, _ = pit_of()
        pit.panic = panic
        spreads = []
        for at_ms in range(300):
            pit.quote(float(at_ms))
            spreads.append(pit.book.best(ASK) - pit.book.best(BID))
        return sum(spreads) / len(spreads)

    assert mean_spread(0.0) == 1.0
    assert mean_spread(1.0) == pytest.approx(250.0, rel=0.25)


def test_a_second_tells_what_the_venue_computes():
    pit, tape = pit_of()
    pit.tell_mark(1000.0)
    assert tape.calls == [("mark", 1000, pit.prices.published())]
