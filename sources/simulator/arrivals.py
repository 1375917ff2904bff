"""Clustered arrivals: a Hawkes process with an exponential kernel, drawn by Ogata's thinning.

    λ(t) = μ(t) + Σ_{t_i < t} n·β·exp(−β·(t − t_i))

n is the branching ratio (the mean number of events an event begets), 1/β the time over which it
begets them, and the mean rate is μ/(1 − n). Between events λ falls, so its present value bounds
it until the next one (Ogata 1981).
"""

from math import exp, log
from random import Random


class SelfExciting:
    """One stream of arrivals; the baseline may change from call to call."""

    def __init__(self, rng: Random, *, branching: float, memory_s: float) -> None:
        if not 0.0 <= branching < 1.0:
            text = f"branching ratio {branching} is not in [0, 1): the process would explode"
            raise ValueError(text)
        self._rng = rng
        self._branching = branching
        self._decay = 1.0 / memory_s
        self._at_s = 0.0
        self._excess = 0.0  # λ − μ at _at_s, events per second

    def until(self, end_s: float, rate: float) -> list[float]:
        """Arrival times in [last end, `end_s`), seconds; `rate` is the mean rate aimed at, 1/s."""
        draw, decay = self._rng.random, self._decay
        baseline = rate * (1.0 - self._branching)
        at, excess, times = self._at_s, self._excess, list[float]()
        while (bound := baseline + excess) > 0.0:
            wait = -log(1.0 - draw()) / bound
            if at + wait >= end_s:
                break
            at += wait
            excess *= exp(-decay * wait)
            if draw() * bound < baseline + excess:
                times.append(at)
                excess += self._branching * decay
        self._excess = excess * exp(-decay * (end_s - at))
        self._at_s = end_s
        return times

    def excite(self, events: float = 1.0) -> None:
        """Events that came from elsewhere (forced orders) beget as many as events of its own."""
        self._excess += self._branching * self._decay * events
