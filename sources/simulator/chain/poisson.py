"""When things happen that nobody plans: a Poisson process whose rate may change."""

from collections.abc import Iterator
from math import log
from random import Random


class Poisson:
    """Times of events, drawn as they are needed."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._left: float | None = None  # of an exponential with mean 1

    def within(self, at_s: float, step_s: float, per_s: float) -> Iterator[float]:
        """Times within a step at a rate, rising."""
        if self._left is None:
            self._left = self._draw()
        passed = 0.0
        while self._left < (step_s - passed) * per_s:
            passed += self._left / per_s
            self._left = self._draw()
            yield at_s + passed
        self._left -= (step_s - passed) * per_s

    def _draw(self) -> float:
        return -log(1.0 - self._rng.random())
