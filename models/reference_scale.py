r"""The scale of ordinary returns of one instrument, to which the regime states are anchored.

    reference = exp((d·ln(median/0.7267) + 3·ln prior)/(d + 3))

median: of |r| over daily (UTC) histograms of ln|r|, the day of the step and the 29 before it;
d: returns counted in them, in days, at most 30; 0.7267: the median of |t5| with scale 1;
prior = annual prior vol·sqrt(step_s/YEAR_S)/sqrt(5/3), worth `prior_days` = 3 days. Bins are 0.05
wide from −14 to 0; zeros and anything below −14 are in the lowest, above 0 in the highest. The
median lies where the cumulative count reaches half, linear inside the bin; in the lowest bin it
says nothing about scale (the price hardly ever moves) and d counts as 0.
"""

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from models.student_t import MEDIAN, VARIANCE
from schemas.kernel import compiled
from schemas.units import S_PER_DAY, YEAR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS: Final = 30
LOWEST: Final = -14.0
BINS_PER_UNIT: Final = 20  # bins of 0.05
BINS: Final = 280
NO_DAY: Final = -1


def bin_of(value: float) -> int:
    """The bin of a return."""
    if value == 0.0:
        return 0
    place = math.floor((math.log(abs(value)) - LOWEST) * BINS_PER_UNIT)
    return min(max(place, 0), BINS - 1)


def median_log_plain(counts: "NDArray[np.int64]", total: int) -> float:
    """The logarithm of the median of |r|; NaN without returns or when it is in the lowest bin."""
    if total == 0 or 2 * counts[0] >= total:
        return math.nan
    half = 0.5 * total
    below = 0
    place = 0
    while below + counts[place] < half:
        below += counts[place]
        place += 1
    inside = (half - below) / float(counts[place])
    return LOWEST + (place + inside) / BINS_PER_UNIT


median_log = compiled(median_log_plain)


class ReferenceScale:
    """Reference scale per step of `step_s`; `prior_vol` annual, `prior_days` its weight."""

    def __init__(self, prior_vol: float, prior_days: float, step_s: float) -> None:
        self._log_prior = math.log(prior_vol * math.sqrt(step_s / YEAR_S / VARIANCE))
        self._prior_days = prior_days
        self._days_per_return = step_s / S_PER_DAY
        self._days = np.full(DAYS, NO_DAY, np.int64)  # slot: day mod 30
        self._counts = np.zeros((DAYS, BINS), np.int32)
        self._sum = np.zeros(BINS, np.int64)
        self._total = 0

    def at_day(self, day: int) -> float:
        """The reference before a step on `day` (days since the epoch, never falling)."""
        if self._days[day % DAYS] != day:
            self._begin(day)
        log_median = median_log(self._sum, self._total)
        if math.isnan(log_median):
            return math.exp(self._log_prior)
        days = min(self._total * self._days_per_return, DAYS)
        seen = days * (log_median - math.log(MEDIAN))
        return math.exp((seen + self._prior_days * self._log_prior) / (days + self._prior_days))

    def add(self, day: int, value: float) -> None:
        """Count the return of a step on `day`, after `at_day(day)`."""
        place = bin_of(value)
        self._counts[day % DAYS, place] += 1
        self._sum[place] += 1
        self._total += 1

    def _begin(self, day: int) -> None:
        for slot in np.flatnonzero((self._days != NO_DAY) & (self._days <= day - DAYS)):
            self._sum -= self._counts[slot]
            self._total -= int(self._counts[slot].sum())
            self._counts[slot] = 0
            self._days[slot] = NO_DAY
        self._days[day % DAYS] = day

    def snapshot(self) -> tuple[bytes, bytes]:
        """Days seen (int64) and their histograms (int32), at most 34 kB."""
        used = self._days != NO_DAY
        return self._days[used].tobytes(), self._counts[used].tobytes()

    def load(self, snapshot: tuple[bytes, bytes]) -> None:
        """Take the state of a snapshot in place of this one's."""
        days = np.frombuffer(snapshot[0], np.int64)
        self._days[:] = NO_DAY
        self._counts[:] = 0
        self._days[days % DAYS] = days
        self._counts[days % DAYS] = np.frombuffer(snapshot[1], np.int32).reshape(-1, BINS)
        self._sum[:] = self._counts.sum(axis=0)
        self._total = int(self._sum.sum())
