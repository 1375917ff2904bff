"""Is a feed due: the market has left its answer, or the answer is as old as it may be.

    due  ⇔  |market/answer − 1| ≥ deviation  or  age ≥ heartbeat

An unknown market leaves due-ness unknown until the heartbeat. Model sheet 4.7; thresholds are the
feed's own, off chain. Fails where the operators look at another market than we do.
"""

import math
from typing import Any

from msgspec import Struct


class Due(Struct, frozen=True, gc=False):
    """How far a feed is from its triggers; ratios of 1 are the triggers themselves."""

    deviation_ratio: float | None  # None: market unknown
    age_s: float
    age_ratio: float
    due: bool | None


def dueness(
    answer: float,
    updated_at_s: float,
    market: float | None,
    now_s: float,
    heartbeat_s: float,
    deviation: float,
) -> Due | None:
    """Due-ness of an answer; None for an answer or thresholds that are not above 0."""
    if not (answer > 0.0 and heartbeat_s > 0.0 and deviation > 0.0):
        return None
    age = max(0.0, now_s - updated_at_s)
    age_ratio = age / heartbeat_s
    ratio = None
    if market is not None and math.isfinite(market) and market > 0.0:
        ratio = abs(market / answer - 1.0) / deviation
    if age_ratio >= 1.0 or (ratio is not None and ratio >= 1.0):
        return Due(ratio, age, age_ratio, True)
    return Due(ratio, age, age_ratio, None if ratio is None else False)


class Crossing:
    """Since how many blocks a round has been due, the present one included; 0: it is not."""

    def __init__(self) -> None:
        self._round, self._since = -1, -1

    def update(self, number: int, round_id: int, due: bool | None) -> int | None:
        """Take a block. Unknown due-ness is None, and keeps the count for when it is known."""
        if round_id != self._round or number < self._since:
            self._round, self._since = round_id, -1
        if due is None:
            return None
        if not due:
            self._since = -1
            return 0
        if self._since < 0:
            self._since = number
        return number - self._since + 1

    def snapshot(self) -> tuple[int, int]:
        """Round, and the block since when it is due (−1: it is not)."""
        return self._round, self._since

    def restore(self, state: tuple[Any, ...]) -> None:
        """Take the state of a snapshot."""
        self._round, self._since = state
