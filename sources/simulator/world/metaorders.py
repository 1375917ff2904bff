"""Hidden parent orders: someone buys or sells a lot in small pieces over minutes.

When they begin, on which market, how much and how fast is drawn beforehand, from chance alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, inf, log
from random import Random
from typing import Final

from sources.simulator.book import ASK, BID
from sources.simulator.world.universe import Market

EVERY_S: Final = 100.0  # mean time between parents of an asset
MEDIAN_S: Final = 240.0  # how long one takes
LEAST_S: Final = 30.0
PIECE_S: Final = 4.0  # mean time between its pieces
SHARE: Final = 0.05  # median size over the depth within 1 %


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent order. Sizes in coins, times in seconds of market time."""

    number: int
    market: Market
    side: int
    coins: float
    begin_s: float
    end_s: float
    pieces: tuple[float, ...]  # times

    @property
    def party(self) -> str:
        """Its name in a ledger."""
        return f"{self.market.asset.name} parent {self.number}"


class Parents:
    """The parents of one asset."""

    def __init__(self, rng: Random, markets: Sequence[Market], buying: float) -> None:
        self._rng = rng
        self._markets = markets
        self._shares = [market.share for market in markets]
        self._buying = buying
        self._number = 0
        self._next_s = self._wait(EVERY_S) if markets else inf
        self.begun: list[Parent] = []

    def until(self, end_s: float) -> Iterator[Parent]:
        """Parents that begin before a time."""
        while self._next_s < end_s:
            parent = self._draw(self._next_s)
            self.begun.append(parent)
            self._next_s += self._wait(EVERY_S)
            yield parent

    def _draw(self, at_s: float) -> Parent:
        rng = self._rng
        market = rng.choices(self._markets, self._shares)[0]
        side = BID if rng.random() < self._buying else ASK
        lasts = max(LEAST_S, MEDIAN_S * exp(0.6 * rng.gauss(0.0, 1.0)))
        depth = market.share * market.asset.depth_1pct
        coins = SHARE * depth * exp(0.8 * rng.gauss(0.0, 1.0))
        pieces = list[float]()
        piece = at_s + self._wait(PIECE_S)
        while piece < at_s + lasts:
            pieces.append(piece)
            piece += self._wait(PIECE_S)
        self._number += 1
        number = self._number
        return Parent(number, market, side, coins, at_s, at_s + lasts, tuple(pieces))

    def _wait(self, mean_s: float) -> float:
        return -log(1.0 - self._rng.random()) * mean_s
