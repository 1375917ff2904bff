"""Prices: the equations of the module's text, worked out by hand with chance switched off."""

from math import exp
from random import Random

import pytest

from sources.simulator.prices import MOST_FAST, MOST_SLOW, NOISE, Prices
from sources.simulator.tape import Mark

START = 920_000
STEPS_PER_S = 10


class Still(Random):
    """No chance: every normal draw is its mean."""

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        return mu


def still(scale: float = 1.0) -> Prices:
    return Prices(Still(), START, scale)


def test_without_news_everything_stays():
    prices = still()
    for _ in range(50):
        prices.step(0.0, 0.0, 0.0, float(START))
    told = prices.published()
    assert told == Mark(START, START, START, START, pytest.approx(1e-4))
    assert prices.fair == START


def test_news_and_a_leading_market_move_index_and_fair_price():
    prices = still()
    prices.step(-0.02, 0.003, -0.001, float(START))
    assert prices.index == pytest.approx(START * exp(-0.017))
    assert prices.fair == pytest.approx(START * exp(-0.018))


def test_order_flow_fades_by_its_half_lives():
    prices = still(scale=0.25)
    prices.push(0.004, 0.002)
    for _ in range(20 * STEPS_PER_S):
        prices.step(0.0, 0.0, 0.0, float(START))
    assert prices.fast == pytest.approx(0.001)
    for _ in range(100 * STEPS_PER_S):  # 120 s in all: eight minutes of an hour
        prices.step(0.0, 0.0, 0.0, float(START))
    assert prices.slow == pytest.approx(0.002)
    assert prices.index == pytest.approx(START * exp(0.002))
    assert prices.fair == pytest.approx(START * exp(0.002 + 0.002 / 64))


@pytest.mark.parametrize("sign", [1, -1])
def test_order_flow_moves_the_price_only_so_far(sign: int):
    prices = still()
    for _ in range(3):
        prices.push(sign * 0.01, sign * 0.01)
    assert (prices.slow, prices.fast) == (sign * MOST_SLOW, sign * MOST_FAST)


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0.0, 0.0001),  # inside the clamp the rate is the interest
        (0.0005, 0.0001),
        (0.0010, 0.0005),  # P − 0.05 %
        (-0.0010, -0.0005),  # P + 0.05 %
    ],
)
def test_mark_and_funding_follow_a_lasting_premium(premium: float, rate: float):
    prices = still(scale=0.01)
    for _ in range(120 * STEPS_PER_S):
        prices.step(0.0, 0.0, 0.0, START * (1.0 + premium))
    told = prices.published()
    assert told.index == START
    assert told.mark == pytest.approx(START * (1.0 + premium), rel=1e-8)
    assert told.funding_rate == pytest.approx(rate, abs=1e-9)


def test_the_mark_takes_half_of_a_premium_in_six_seconds():
    prices = still()
    for _ in range(6 * STEPS_PER_S):
        prices.step(0.0, 0.0, 0.0, START * 1.002)
    assert prices.mark == pytest.approx(START * 1.001)


def test_the_premium_of_its_own_wanders_as_far_as_said():
    prices = Prices(Random(3), START, 1.0)
    squares = []
    for _ in range(200_000):
        prices.step(0.0, 0.0, 0.0, float(START))
        squares.append((prices.fair / prices.index - 1.0) ** 2)
    assert (sum(squares) / len(squares)) ** 0.5 == pytest.approx(NOISE, rel=0.15)
