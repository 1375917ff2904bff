"""How far a venue's clock may be behind ours: published, never applied.

received − venue time holds latency and the distance of the two clocks alike. Latency is never
negative, so the least value of a minute is nearest to the distance of the clocks.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from schemas.units import NS_PER_S

WINDOW_S: Final = 60


class VenueOffset:
    """Least received − venue time, in ms, of one connection over the last minute."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, float]] = deque()  # (second since the epoch, least in it)

    def take(self, at_ns: int, lags_ms: Iterable[float]) -> None:
        """Take received − venue time of rows received up to `at_ns`, which never goes back."""
        least_ms = min(lags_ms, default=None)
        if least_ms is None:
            return
        second = at_ns // NS_PER_S
        if self._seconds and self._seconds[-1][0] == second:
            least_ms = min(least_ms, self._seconds.pop()[1])
        self._seconds.append((second, least_ms))
        self._forget(second)

    def least_ms(self, at_ns: int) -> float | None:
        """The least of the minute up to `at_ns`; None: nothing with a venue time came in it."""
        self._forget(at_ns // NS_PER_S)
        return min((least for _, least in self._seconds), default=None)

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - WINDOW_S:
            self._seconds.popleft()
