"""Prices of one contract: fair price, index, mark and funding, all in ticks.

    index = start·exp(news + slow),  fair = index·exp(fast + noise)
    mark  = index·(1 + mean of (mid/index − 1) over about 10 s)
    funding rate = P + clamp(0.01 % − P, ±0.05 %),  P the mean premium

The funding formula is the venue's; its mean runs over minutes here, so that an hour shows it.
"""

from math import exp, sqrt
from random import Random
from typing import Final

from sources.simulator.scenario import STEP_S
from sources.simulator.tape import Mark

INTEREST: Final = 0.0001
CLAMP: Final = 0.0005
NOISE: Final = 1.0e-4  # standard deviation of the premium's own wandering
MOST_SLOW: Final = 0.015  # order flow moves the log price no further than this
MOST_FAST: Final = 0.006


class Prices:
    """The fair price and what the venue makes of it."""

    def __init__(self, rng: Random, start: int, scale: float) -> None:
        self._rng = rng
        self._start = float(start)
        self._slow_keep = _keep(480.0 * scale)
        self._fast_keep = _keep(20.0)
        self._mark_keep = _keep(6.0)
        self._mean_keep = _keep(30.0)
        self._settle_keep = _keep(1200.0 * scale)
        self._funding_keep = _keep(400.0 * scale)
        self._noise_keep = _keep(60.0)
        self._noise_draw = NOISE * sqrt(1.0 - self._noise_keep**2)
        self._noise = 0.0
        self._premium = 0.0
        self._mean_premium = 0.5 * INTEREST
        self.slow = 0.0
        self.fast = 0.0
        self.fair = self.index = self.mark = self.mean = self.settlement = float(start)

    def push(self, slow: float, fast: float) -> None:
        """Order flow moves the price (logs)."""
        self.slow = min(MOST_SLOW, max(-MOST_SLOW, self.slow + slow))
        self.fast = min(MOST_FAST, max(-MOST_FAST, self.fast + fast))

    def step(self, news: float, slow: float, fast: float, mid: float) -> None:
        """One step of the scenario; `slow` and `fast` come from a leading market, if any."""
        self.slow *= self._slow_keep
        self.fast *= self._fast_keep
        self._noise = self._noise_keep * self._noise + self._noise_draw * self._rng.gauss(0.0, 1.0)
        self.index = self._start * exp(news + slow + self.slow)
        self.fair = self.index * exp(fast + self.fast + self._noise)
        premium = mid / self.index - 1.0
        self._premium += (1.0 - self._mark_keep) * (premium - self._premium)
        self._mean_premium += (1.0 - self._funding_keep) * (premium - self._mean_premium)
        self.mark = self.index * (1.0 + self._premium)
        self.mean += (1.0 - self._mean_keep) * (self.mark - self.mean)
        self.settlement += (1.0 - self._settle_keep) * (self.index - self.settlement)

    def published(self) -> Mark:
        """What the venue publishes once a second."""
        premium = self._mean_premium
        rate = premium + min(CLAMP, max(-CLAMP, INTEREST - premium))
        return Mark(self.mark, self.mean, self.index, self.settlement, rate)


def _keep(half_life_s: float) -> float:
    return float(0.5 ** (STEP_S / half_life_s))
