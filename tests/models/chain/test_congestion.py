"""The congestion score against sums over the whole history, and what is unknown."""

import random

import pytest

from models.chain.congestion import WARM_BLOCKS, WINDOW_BLOCKS, Congestion, Crowd
from tests.reference.chain_waiting import crowd


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_whole_history_and_restores_anywhere(seed: int) -> None:
    dice = random.Random(seed)
    model = Congestion()
    fees: list[int] = []
    delays: list[list[int]] = []
    for n in range(WINDOW_BLOCKS + 150):
        fees.append(dice.randint(1, 60))
        delays.append([dice.randint(1, 5) for _ in range(dice.choice((0, 1, 3)) if n else 1)])
        waiting = dice.uniform(0.0, 9.0)
        if dice.random() < 0.1:
            copy = Congestion()
            copy.restore(model.snapshot())
            model = copy
        got = model.update(fees[-1], waiting, delays[-1])
        score, fee, backlog, delay = crowd(fees, waiting, delays, WINDOW_BLOCKS)
        assert got.backlog == pytest.approx(backlog)
        assert got.delay == pytest.approx(delay)
        if n + 1 < WARM_BLOCKS:
            assert (got.score, got.fee) == (None, None)
        else:
            assert got.fee == pytest.approx(fee)
            assert got.score == pytest.approx(score)


def test_what_is_unknown_does_not_weigh() -> None:
    model = Congestion()
    for fee in range(WARM_BLOCKS):
        model.update(fee, None)
    top = 1.0 - 0.5 / (WARM_BLOCKS + 1)
    assert model.update(10**30, None) == Crowd(top, top, None, None, None)
    assert model.update(None, 2.0) == Crowd(None, None, 0.5, None, None)
    low = 0.5 / (WARM_BLOCKS + 2)
    assert model.update(-1, 2.0, [2, 2]) == Crowd(0.5 * low + 0.25, low, 0.5, 0.5, 2.0)
    model.reset()
    assert model.snapshot() == ((), 0.0, 0.0)


def test_delays_below_a_block_count_as_one() -> None:
    assert Congestion().update(1, None, [0, -3]) == Crowd(None, None, None, 0.0, 1.0)
