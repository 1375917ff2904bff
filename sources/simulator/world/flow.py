"""The flow of ordinary market orders into one market: when, which way, how much.

Arrivals excite each other; a side is often that of the order before; some who trade know where
the latent price goes. None of this looks at the book, so two worlds of one seed have the same
arrivals, whatever happens in their books.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from sources.simulator.arrivals import SelfExciting
from sources.simulator.book import ASK, BID

BRANCHING: Final = 0.65
MEMORY_S: Final = 0.8
REPEATS: Final = 0.45  # share of orders that go the way of the one before
INFORMED: Final = 0.3
KNOWN: Final = 3e-5  # a coming return of this size is worth knowing
SIZE_SPREAD: Final = 1.3
OPENS: Final = 0.06  # share of orders that open a leveraged position
BUSY: Final = 2.5  # times as many more in full stress


@dataclass(frozen=True, slots=True)
class Order:
    """An order to come. `coins` is what is wanted, `opens` whether it opens a position."""

    at_s: float
    side: int
    coins: float
    opens: bool


class Flow:
    """One stream of orders."""

    def __init__(self, rng: Random, *, rate: float, coins: float) -> None:
        self._rng = rng
        self._rate = rate  # per second when calm
        self._coins = coins  # median
        self._arrivals = SelfExciting(rng, branching=BRANCHING, memory_s=MEMORY_S)
        self._side = BID

    def until(self, end_s: float, stress: float, coming: float) -> Iterator[Order]:
        """Orders until a time; `coming` is the return that those who know it expect."""
        rng = self._rng
        for at_s in self._arrivals.until(end_s, self._rate * (1.0 + BUSY * stress)):
            fate, lean = rng.random(), rng.random()
            if fate > REPEATS:
                up = 0.5
                if fate > 1.0 - INFORMED:
                    up = 1.0 / (1.0 + exp(min(30.0, max(-30.0, -coming / KNOWN))))
                self._side = BID if lean < up else ASK
            size = self._coins * (1.0 + stress) * exp(SIZE_SPREAD * rng.gauss(0.0, 1.0))
            yield Order(at_s, self._side, size, rng.random() < OPENS)
