"""Parent orders: when they come, how they are cut, and that chance alone decides."""

from random import Random

import pytest

from sources.simulator.world.metaorders import EVERY_S, LEAST_S, PIECE_S, Parents
from sources.simulator.world.universe import BTC, MARKETS

OWN = [market for market in MARKETS if market.asset is BTC]


def test_parents_come_in_pieces() -> None:
    found = list(Parents(Random(1), OWN, 0.5).until(200.0 * EVERY_S))
    assert len(found) == pytest.approx(200, abs=45)
    for parent in found:
        assert all(parent.begin_s < piece < parent.end_s for piece in parent.pieces)
        assert parent.end_s - parent.begin_s >= LEAST_S
        assert list(parent.pieces) == sorted(parent.pieces)
    lasts = sum(parent.end_s - parent.begin_s for parent in found)
    assert sum(len(p.pieces) for p in found) == pytest.approx(lasts / PIECE_S, rel=0.05)
    assert len({parent.party for parent in found}) == len(found)
    assert len({parent.market.symbol for parent in found}) > 5


def test_who_buys_is_as_asked_and_nobody_without_markets() -> None:
    found = list(Parents(Random(2), OWN, 0.8).until(300.0 * EVERY_S))
    assert sum(p.side > 0 for p in found) / len(found) == pytest.approx(0.8, abs=0.08)
    assert list(Parents(Random(2), [], 0.5).until(1e9)) == []


def test_asking_in_steps_changes_nothing() -> None:
    whole, steps = Parents(Random(3), OWN, 0.5), Parents(Random(3), OWN, 0.5)
    first = list(whole.until(5000.0))
    second = [parent for k in range(500) for parent in steps.until(10.0 * (k + 1))]
    assert first == second == whole.begun
