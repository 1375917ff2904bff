"""The clock that stamps what arrives, and how far a venue's clock is from it.

Wall time says what time it is but can be set back; the monotonic clock never goes back but drifts.
The stamps follow the monotonic clock and are drawn towards wall time slowly, so they never go back.
"""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

import numpy as np

from schemas.chunk import Array
from schemas.units import NS_PER_S

SLEW_PPM: Final = 500  # the most by which the clock runs fast or slow
STEP_NS: Final = NS_PER_S  # wall time that differs by more has been set
WINDOW_NS: Final = 60 * NS_PER_S
MEDIAN_OF: Final = 1 << 18  # newest observations of the window that the median is taken of
_PPM: Final = 1_000_000


class DisciplinedClock:
    """Nanoseconds since the Unix epoch that never go back; may be read from any thread."""

    def __init__(
        self,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._lock = Lock()
        self._now_ns = wall_ns()
        self._at_ns = monotonic_ns()  # read after wall time: a pause leaves us behind, not ahead
        self._carry = 0  # slew that is less than a nanosecond, in millionths
        self.steps = 0  # times that wall time was set by more than STEP_NS
        self.offset_ns = 0  # wall time minus this clock at the last reading: what is yet to slew

    def now_ns(self) -> int:
        """The time: wall time, except while it is being approached.

        A step forward of more than STEP_NS is taken at once; everything else at SLEW_PPM at most.
        """
        with self._lock:
            before_ns = self._monotonic_ns()
            wall_ns = self._wall_ns()
            at_ns = self._monotonic_ns()
            elapsed_ns = max(0, at_ns - self._at_ns)
            pause_ns = at_ns - before_ns  # wall time is of some moment within it
            base_ns = self._now_ns + elapsed_ns
            error_ns = _nearest_zero(wall_ns - base_ns, wall_ns - base_ns + pause_ns)
            most_ns, self._carry = divmod(elapsed_ns * SLEW_PPM + self._carry, _PPM)
            if error_ns > STEP_NS:
                self.steps += 1
                slew_ns = error_ns
            else:
                if error_ns - self.offset_ns < -STEP_NS:
                    self.steps += 1
                slew_ns = max(-most_ns, min(error_ns, most_ns))
            self._at_ns = at_ns
            self._now_ns = base_ns + slew_ns
            self.offset_ns = error_ns - slew_ns
            return self._now_ns

    def not_before(self, stamp_ns: int) -> None:
        """Go on from `stamp_ns` (the last line of a spool) when wall time is behind it."""
        with self._lock:
            if stamp_ns > self._now_ns:
                self.offset_ns += self._now_ns - stamp_ns
                self._now_ns = stamp_ns


def _nearest_zero(low: int, high: int) -> int:
    """The value between `low` and `high` that is nearest to zero."""
    return low if low > 0 else min(high, 0)


class VenueOffset:
    """received − venue time of one connection over the last minute: published, never applied.

    It holds latency and the distance of the two clocks alike; the least is nearest to the latter.
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[Array, Array]] = deque()  # (received, offset) as they came
        self._least: deque[tuple[Array, Array]] = deque()  # … those that no later one undercuts
        self._count = 0

    def observe(self, received_ns: Array, venue_ns: Array) -> None:
        """Take rows in order of `received_ns`, both in ns since the epoch (venue 0: no stamp)."""
        received_ns, venue_ns = received_ns[venue_ns > 0], venue_ns[venue_ns > 0]
        if not len(received_ns):
            return
        offset_ns = received_ns - venue_ns
        least_later = np.minimum.accumulate(offset_ns[::-1])[::-1]
        lasting = np.ones(len(offset_ns), np.bool_)
        lasting[:-1] = offset_ns[:-1] < least_later[1:]
        while self._least and self._least[-1][1][-1] >= least_later[0]:
            received, offset = self._least.pop()
            lower = offset < least_later[0]
            if lower.any():
                self._least.append((received[lower], offset[lower]))
                break
        self._least.append((received_ns[lasting], offset_ns[lasting]))
        self._recent.append((received_ns, offset_ns))
        self._count += len(offset_ns)
        self._forget(int(received_ns[-1]) - WINDOW_NS)

    def _forget(self, until_ns: int) -> None:
        for kept in (self._least, self._recent):
            while kept and kept[0][0][-1] <= until_ns:
                dropped = kept.popleft()
                self._count -= len(dropped[0]) if kept is self._recent else 0
        while self._count - len(self._recent[0][0]) >= MEDIAN_OF:
            self._count -= len(self._recent.popleft()[0])

    def least_ns(self, at_ns: int) -> int | None:
        """Least offset of the minute before `at_ns`; None when nothing came in it."""
        lows = [offset[received > at_ns - WINDOW_NS] for received, offset in self._least]
        return min((int(low.min()) for low in lows if len(low)), default=None)

    def median_ns(self, at_ns: int) -> int | None:
        """Median offset of the same minute (of its newest 262,144 rows when it has more)."""
        parts = [offset[received > at_ns - WINDOW_NS] for received, offset in self._recent]
        offsets = np.concatenate(parts)[-MEDIAN_OF:] if parts else np.zeros(0)
        return int(np.median(offsets)) if len(offsets) else None
