"""The latent log prices: stochastic volatility with jumps, shared by all assets, and a script.

    d ln v = −κ ln(v / v̄) dt + ξ dW,   d news_a = β_a (v √dt Z + J) + own_a √dt Z_a + script

Volatility has a half-life of minutes here and no leverage effect; jumps J are normal and come as
a Poisson process. The path is drawn ahead of the market by `AHEAD_S`, which is what those who
know something trade on. Nothing here depends on what happens in the books.
"""

from collections import deque
from collections.abc import Sequence
from math import exp, log, sqrt
from random import Random
from typing import Final

from sources.simulator.world.scenario import YEAR_S, Scenario
from sources.simulator.world.universe import Asset

STEP_S: Final = 0.1
AHEAD_S: Final = 2.0
VOL_HALF_LIFE_S: Final = 420.0
VOL_SPREAD: Final = 0.35  # standard deviation of the log volatility
JUMPS_PER_H: Final = 1.5
JUMP_SIZE: Final = 0.0018
STRESS_VOL: Final = 1.1  # annual, added in full stress

_KEEP = 0.5 ** (STEP_S / VOL_HALF_LIFE_S)
_DRAW = VOL_SPREAD * sqrt(1.0 - _KEEP * _KEEP)
_ROOT = sqrt(STEP_S / YEAR_S)


class Latent:
    """The path. `news` and `vol` are of now, in the order of the assets."""

    def __init__(self, seed: int, assets: Sequence[Asset], script: Scenario) -> None:
        self._rng = Random(f"{seed}/latent")
        self._assets = assets
        self._script = script
        self._mood = 0.0
        self._walks = [0.0 for _ in assets]
        self._drawn = 0
        self._ahead: deque[tuple[list[float], float]] = deque()
        self.jumps: list[tuple[float, float]] = []  # (at_s, size) as drawn
        for _ in range(round(AHEAD_S / STEP_S) + 1):
            self._draw()
        self.news, self.vol = self._ahead[0]

    def step(self) -> None:
        """Go on by STEP_S."""
        self._ahead.popleft()
        self._draw()
        self.news, self.vol = self._ahead[0]

    def coming(self, asset: int) -> float:
        """The log return over the next AHEAD_S, which some know."""
        return self._ahead[-1][0][asset] - self.news[asset]

    def _draw(self) -> None:
        rng = self._rng
        at_s = self._drawn * STEP_S
        self._drawn += 1
        stress = self._script.stress(at_s)
        vol = self._script.vol * exp(self._mood) + STRESS_VOL * stress
        self._mood = _KEEP * self._mood + _DRAW * rng.gauss(0.0, 1.0)
        common = vol * _ROOT * rng.gauss(0.0, 1.0)
        if -log(1.0 - rng.random()) < JUMPS_PER_H * STEP_S / 3600.0:
            size = JUMP_SIZE * rng.gauss(0.0, 1.0)
            self.jumps.append((at_s, size))
            common += size
        script = self._script.news(at_s)
        news = []
        for place, asset in enumerate(self._assets):
            own = asset.own_vol * (1.0 + stress) * _ROOT * rng.gauss(0.0, 1.0)
            self._walks[place] += asset.beta * common + own
            news.append(self._walks[place] + asset.beta * script)
        self._ahead.append((news, vol))
