"""The clock that stamps what arrives.

Wall time says what time it is but can be set back; the monotonic clock never goes back but drifts.
The stamps follow the monotonic clock and are drawn towards wall time slowly, so they never go back.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

from schemas.units import NS_PER_S

SLEW_PPM: Final = 500  # the most by which the clock runs fast or slow
STEP_NS: Final = NS_PER_S  # wall time that differs by more has been set
_PPM: Final = 1_000_000


class DisciplinedClock:
    """Nanoseconds since the Unix epoch that never go back; may be read from any thread."""

    def __init__(
        self,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        wall_ns: Callable[[], int] = time.time_ns,
        on_step: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`on_step` gets seconds: how far wall time was set, negative when it was set back."""
        self._monotonic_ns = monotonic_ns
        self._wall_ns = wall_ns
        self._on_step = on_step
        self._lock = Lock()
        self._now_ns = wall_ns()
        self._at_ns = monotonic_ns()  # read after wall time: a pause leaves us behind, not ahead
        self._carry = 0  # slew that is less than a nanosecond, in millionths
        self.offset_ns = 0  # wall time minus this clock at the last reading: what is yet to slew

    def now_ns(self) -> int:
        """The time: wall time, except while it is being approached.

        A step forward of more than STEP_NS is taken at once; everything else at SLEW_PPM at most.
        """
        stepped_ns = 0
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
                stepped_ns = slew_ns = error_ns
            else:
                if error_ns - self.offset_ns < -STEP_NS:
                    stepped_ns = error_ns - self.offset_ns
                slew_ns = max(-most_ns, min(error_ns, most_ns))
            self._at_ns = at_ns
            self._now_ns = base_ns + slew_ns
            self.offset_ns = error_ns - slew_ns
            now_ns = self._now_ns
        if stepped_ns:
            self._on_step(stepped_ns / NS_PER_S)
        return now_ns

    def not_before(self, stamp_ns: int) -> None:
        """Go on from `stamp_ns` (the last line of a spool) when wall time is behind it."""
        with self._lock:
            if stamp_ns > self._now_ns:
                self.offset_ns += self._now_ns - stamp_ns
                self._now_ns = stamp_ns


def _nearest_zero(low: int, high: int) -> int:
    """The value between `low` and `high` that is nearest to zero."""
    return low if low > 0 else min(high, 0)
