"""What a venue makes of the prices of a perpetual: mark, index and the funding rate.

    mark = index · (1 + mean of (mid/index − 1) over about 10 s)
    rate for 8 h = P + clamp(0.01 % − P, ±0.05 %),  P the mean premium over minutes

The mean runs over minutes, not hours, so that an hour shows it. An interval of another length
has its share of the rate.
"""

from typing import Final

INTEREST: Final = 0.0001
CLAMP: Final = 0.0005
MARK_S: Final = 6.0  # half-lives
MEAN_S: Final = 30.0
FUNDING_S: Final = 240.0
SETTLE_S: Final = 1200.0
BASE_H: Final = 8.0


class Prices:
    """Prices in ticks; `rate` is for the funding interval."""

    def __init__(self, start: float, funding_h: float, step_s: float) -> None:
        self._share = funding_h / BASE_H
        self._keep = {s: 0.5 ** (step_s / s) for s in (MARK_S, MEAN_S, FUNDING_S, SETTLE_S)}
        self._near = 0.0
        self.premium = 0.0
        self.index = self.mark = self.mean = self.settlement = start

    def step(self, index: float, mid: float) -> None:
        """A step of the clock; both in ticks."""
        premium = mid / index - 1.0
        self.index = index
        self._near += (1.0 - self._keep[MARK_S]) * (premium - self._near)
        self.premium += (1.0 - self._keep[FUNDING_S]) * (premium - self.premium)
        self.mark = index * (1.0 + self._near)
        self.mean += (1.0 - self._keep[MEAN_S]) * (self.mark - self.mean)
        self.settlement += (1.0 - self._keep[SETTLE_S]) * (index - self.settlement)

    @property
    def rate_8h(self) -> float:
        """The rate for eight hours."""
        return self.premium + min(CLAMP, max(-CLAMP, INTEREST - self.premium))

    @property
    def rate(self) -> float:
        """The rate for the venue's interval."""
        return self._share * self.rate_8h
