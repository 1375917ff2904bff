r"""Probability that a feed is updated in the next block: a logistic hazard that learns online.

    p = 1/(1 + e^(−w·x)),  x = (1, d, a, c > 0, ln(1 + c))

d = deviation / threshold (at most 3), a = age / heartbeat (at most 1.5), c = blocks since the feed
became due (0: it is not). After the next block, with y = 1 if it brought an update, one step of
online Newton (the extended Kalman filter of a logistic regression): with g = P·x, h = p(1 − p),
s = 1 + h·x·g

    w ← w + g·(y − p)/s        P ← P − h·g·gᵀ/s

from a prior w ~ N(PRIOR, diag(PRIOR_SD²)): rare while not due, about one in three a block when it
just has become due. P then grows by 2^(1/FORGET_BLOCKS), never beyond the prior, so that what was
learnt long ago counts less. Fails in a change of the operators' habits until it is learnt, and
knows nothing of reports that wait.

`skill`: mean of (p − y)² against that of the rate of updates so far, (k + ½)/(n + 1).
"""

import math
from typing import Any, Final

from msgspec import Struct

PRIOR: Final = (-7.0, 1.0, 0.5, 5.0, 0.5)
PRIOR_SD: Final = (1.5, 1.0, 1.0, 1.5, 0.7)
FORGET_BLOCKS: Final = 50_000.0
WARM_BLOCKS: Final = 100
_SIZE = len(PRIOR)


class Skill(Struct, frozen=True, gc=False):
    """Brier scores of forecasts made before the fact, over `blocks` of them."""

    blocks: int
    updates: int
    brier: float
    base_brier: float


class UpdateHazard:
    """One feed's hazard."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to the prior."""
        self.value: float | None = None  # of the next block
        self._weights = list(PRIOR)
        self._spread = [
            [PRIOR_SD[i] ** 2 if i == j else 0.0 for j in range(_SIZE)] for i in range(_SIZE)
        ]
        self._x: tuple[float, ...] | None = None
        self._blocks = self._updates = 0
        self._brier = self._base = 0.0

    def forecast(
        self, deviation_ratio: float | None, age_ratio: float, due_blocks: int | None
    ) -> float | None:
        """P(update in the next block); None when the market is not known."""
        self.value = self._x = None
        if deviation_ratio is None or due_blocks is None or not math.isfinite(age_ratio):
            return None
        d, a = min(3.0, max(0.0, deviation_ratio)), min(1.5, max(0.0, age_ratio))
        c = max(0, due_blocks)
        self._x = (1.0, d, a, 1.0 if c else 0.0, math.log1p(c))
        score = sum(w * x for w, x in zip(self._weights, self._x, strict=True))
        self.value = 1.0 / (1.0 + math.exp(-min(30.0, max(-30.0, score))))
        return self.value

    def update(self, updated: bool) -> None:
        """Learn what the block after the forecast brought; nothing without a forecast."""
        x, p = self._x, self.value
        self.value = self._x = None
        if x is None or p is None:
            return
        y = 1.0 if updated else 0.0
        self._brier += (p - y) ** 2
        self._base += ((self._updates + 0.5) / (self._blocks + 1.0) - y) ** 2
        self._blocks += 1
        self._updates += updated
        spread = self._spread
        g = [sum(row[j] * x[j] for j in range(_SIZE)) for row in spread]
        h = p * (1.0 - p)
        s = 1.0 + h * sum(g[i] * x[i] for i in range(_SIZE))
        for i in range(_SIZE):
            self._weights[i] += g[i] * (y - p) / s
            for j in range(_SIZE):
                spread[i][j] -= h * g[i] * g[j] / s
        grow = 2.0 ** (1.0 / FORGET_BLOCKS)
        if all(spread[i][i] * grow <= PRIOR_SD[i] ** 2 for i in range(_SIZE)):
            self._spread = [[cell * grow for cell in row] for row in spread]

    def skip(self) -> None:
        """The next block was not seen: forget the forecast, learn nothing."""
        self.value = self._x = None

    @property
    def skill(self) -> Skill | None:
        """How good the forecasts were; None until there are some."""
        n = self._blocks
        if n < WARM_BLOCKS:
            return None
        return Skill(n, self._updates, self._brier / n, self._base / n)

    def snapshot(self) -> tuple[Any, ...]:
        """Everything."""
        return (
            self.value, tuple(self._weights), tuple(map(tuple, self._spread)), self._x,
            self._blocks, self._updates, self._brier, self._base,
        )  # fmt: skip

    def restore(self, state: tuple[Any, ...]) -> None:
        """Take the state of a snapshot."""
        (self.value, weights, spread, self._x, self._blocks, self._updates, self._brier,
         self._base) = state  # fmt: skip
        self._weights, self._spread = list(weights), [list(row) for row in spread]
