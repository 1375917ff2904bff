"""EWMA of variance: Hull's numbers, equality with weighted sums, silence, no movement."""

import math
import random

import numpy as np
import pytest

from models.ewma import annual_vol, annual_vol_plain, decay_rates, ewma, ewma_plain
from schemas.units import YEAR_S


class Mean:
    def __init__(self, half_lives: tuple[float, ...], kernel=ewma) -> None:  # type: ignore[no-untyped-def]
        self.rates, self.kernel = decay_rates(half_lives, 1.0), kernel
        self.means, self.weights = np.zeros(len(half_lives)), np.zeros(len(half_lives))

    def take(self, value: float, steps: int = 1) -> list[float]:
        self.kernel(value, steps, self.rates, self.means, self.weights)
        return self.means.tolist()


@pytest.mark.parametrize(
    ("decay", "before", "move", "vol"),
    [
        (0.94, 0.013, -2 / 300, 0.0127093),  # Hull, Risk Management, 10.19: simple return
        (0.94, 0.013, math.log(298 / 300), 0.0127100),  # the same with a log return
        (0.90, 0.010, 0.02, 0.0114018),  # Hull, Options, Futures, chapter 23
    ],
)
def test_hull(decay: float, before: float, move: float, vol: float) -> None:
    mean = Mean((math.log(2.0) / -math.log(decay),))
    mean.means[0], mean.weights[0] = before**2, 1.0  # Hull starts from a known volatility
    assert math.sqrt(mean.take(move**2)[0]) == pytest.approx(vol, abs=5e-7)


@pytest.mark.parametrize("kernel", [ewma, ewma_plain], ids=["compiled", "plain"])
def test_equals_weighted_sums_with_missing_and_skipped_steps(kernel) -> None:  # type: ignore[no-untyped-def]
    dice = random.Random(3)
    half_lives = (5.0, 60.0, 3600.0)
    mean = Mean(half_lives, kernel)
    now, seen = 0, []
    for k in range(3000):
        steps = dice.randrange(2, 50) if dice.random() < 0.01 else 1
        now += steps
        value = -1.0 if dice.random() < 0.1 else dice.expovariate(1e6) * (dice.random() > 0.3)
        if value >= 0.0:
            seen.append((now, value))
        got = mean.take(value, steps)
        if not seen or k % 37:
            continue
        for half_life, estimate in zip(half_lives, got, strict=True):
            weights = [0.5 ** ((seen[-1][0] - at) / half_life) for at, _ in seen]
            exact = math.fsum(w * x for w, (_, x) in zip(weights, seen, strict=True))
            exact /= math.fsum(weights)
            assert math.isclose(estimate, exact, rel_tol=1e-12, abs_tol=0.0)


def test_the_first_return_is_the_whole_mean() -> None:
    assert Mean((300.0, 86_400.0)).take(2e-9) == [2e-9, 2e-9]


def test_a_silence_longer_than_any_weight_keeps_the_mean() -> None:
    mean = Mean((300.0,))
    mean.take(4e-9)
    assert mean.take(-1.0, 10**9) == [4e-9]
    assert mean.weights.tolist() == [0.0]
    assert mean.take(1e-19) == [1e-19]


def test_no_movement_is_exactly_zero() -> None:
    mean = Mean((300.0,))
    assert [mean.take(0.0) for _ in range(100)] == [[0.0]] * 100


def test_constant_squares_are_their_own_mean() -> None:
    mean = Mean((300.0, 900.0))
    for _ in range(500):
        mean.take(3e-9)
    assert mean.means.tolist() == pytest.approx([3e-9, 3e-9], rel=1e-13)


def test_annual_vol() -> None:
    for kernel in (annual_vol, annual_vol_plain):
        assert kernel(0.36 / YEAR_S) == pytest.approx(0.6, rel=1e-15)


def test_decay_halves_in_a_half_life() -> None:
    assert np.exp(-decay_rates((10.0, 300.0), 5.0) * [2, 60]) == pytest.approx([0.5, 0.5])
