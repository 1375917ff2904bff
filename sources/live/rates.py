"""Limits of venues: so much in any stretch of so many seconds. Time is passed in, nobody waits.

`reserve` says when something may happen and counts it there. Reservations are first come, first
served, so a limit is never exceeded whoever asks and however many wait.
"""

import math
from collections import deque
from typing import Final

from sources.live.timing import MINUTE_S

_WHOLE: Final = 1e-9  # of a message: what floating point may have lost


class Rate:
    """At most `limit` in any `window_s` seconds. What alone exceeds the limit goes alone."""

    def __init__(self, limit: float, window_s: float) -> None:
        self.limit = limit
        self.window_s = window_s
        self._taken: deque[tuple[float, float]] = deque()  # (when, how much), in order
        self._total = 0.0
        self._not_before_s = -math.inf

    def reserve(self, now_s: float, cost: float = 1.0) -> float:
        """The earliest time, at or after `now_s`, at which it may happen; it counts from then."""
        at_s = max(now_s, self._not_before_s)
        if self._taken:
            at_s = max(at_s, self._taken[-1][0])
        self._forget(at_s)
        while self._taken and self._total + cost > self.limit + _WHOLE:
            at_s = self._taken[0][0] + self.window_s
            self._forget(at_s)
        self._count(at_s, cost)
        return at_s

    def used(self, now_s: float, total: float) -> None:
        """The venue says that `total` has been used in the window: perhaps not by us alone."""
        self._forget(now_s)
        if total > self._total:
            latest_s = self._taken[-1][0] if self._taken else now_s
            self._count(max(now_s, latest_s), total - self._total)

    def hold(self, until_s: float) -> None:
        """Nothing more happens before `until_s`."""
        self._not_before_s = max(self._not_before_s, until_s)

    def held(self, at_s: float) -> bool:
        """Whether something reserved for `at_s` has been forbidden since."""
        return at_s < self._not_before_s

    def _count(self, at_s: float, cost: float) -> None:
        self._taken.append((at_s, cost))
        self._total += cost

    def _forget(self, at_s: float) -> None:
        while self._taken and self._taken[0][0] + self.window_s <= at_s:
            self._total -= self._taken.popleft()[1]
        if not self._taken:
            self._total = 0.0


class Attempts:
    """Attempts to connect to one venue: so many in a minute, and spread over its seconds."""

    def __init__(self, per_minute: int) -> None:
        self._minute = Rate(per_minute, MINUTE_S)
        self._second = Rate(math.ceil(per_minute / MINUTE_S), 1.0)

    def reserve(self, now_s: float) -> float:
        """When the next attempt may be made."""
        return self._minute.reserve(self._second.reserve(now_s))

    def hold(self, until_s: float) -> None:
        """The venue wants no attempt before `until_s`."""
        self._second.hold(until_s)

    def held(self, at_s: float) -> bool:
        """Whether an attempt reserved for `at_s` has been forbidden since."""
        return self._second.held(at_s)


def message_rate(per_s: float) -> Rate:
    """Messages of one connection: whole numbers in a second, or one in a longer time."""
    return Rate(math.floor(per_s), 1.0) if per_s >= 1 else Rate(1, 1 / per_s)
