"""From a noisy number to a label: enter after some steps, leave after some others.

Stress begins after `enter_steps` steps in a row with P(stress) ≥ enter and ends after
`leave_steps` in a row with P(stress) < leave. Between calm and normal the likelier one, switched
after three steps in favour of the other; at once after warm-up and after stress.
"""

from collections.abc import Iterable
from typing import Final

from schemas.settings import RegimeSettings
from schemas.volatility import RegimeLabel

SWITCH_STEPS: Final = 3


def dwell_steps(dwell_s: float, step_s: float) -> int:
    """Steps of a dwell time, at least one."""
    return max(1, round(dwell_s / step_s))


class LabelRule:
    """The regime label of one scope; `unknown` until it is first updated."""

    def __init__(self, settings: RegimeSettings) -> None:
        self._enter, self._leave = settings.enter, settings.leave
        self._enter_steps = dwell_steps(settings.enter_dwell_s, settings.step_s)
        self._leave_steps = dwell_steps(settings.leave_dwell_s, settings.step_s)
        self.label = RegimeLabel.unknown
        self.since: int | None = None  # step time at which the label began
        self._entering = self._leaving = self._switching = 0  # steps in a row so far

    def update(self, ts_ns: int, p_calm: float, p_normal: float, p_stress: float) -> bool:
        """Take the probabilities of one step; True when a known label gave way to another."""
        before = self.label
        label = self._next(RegimeLabel.calm if p_calm > p_normal else RegimeLabel.normal, p_stress)
        if label is before:
            return False
        self.label, self.since = label, ts_ns
        self._switching = 0
        if RegimeLabel.stress in (before, label):
            self._entering = self._leaving = 0
        return before is not RegimeLabel.unknown

    def _next(self, likelier: RegimeLabel, p_stress: float) -> RegimeLabel:
        if self.label is RegimeLabel.stress:
            self._leaving = self._leaving + 1 if p_stress < self._leave else 0
            return likelier if self._leaving >= self._leave_steps else self.label
        self._entering = self._entering + 1 if p_stress >= self._enter else 0
        if self._entering >= self._enter_steps:
            return RegimeLabel.stress
        if self.label is RegimeLabel.unknown:
            return likelier
        self._switching = self._switching + 1 if likelier is not self.label else 0
        return likelier if self._switching >= SWITCH_STEPS else self.label

    def snapshot(self) -> tuple[int, ...]:
        """Label, since (−1: none) and the three counters."""
        since = -1 if self.since is None else self.since
        return (int(self.label), since, self._entering, self._leaving, self._switching)

    def load(self, snapshot: Iterable[int]) -> None:
        """Take the state of a snapshot in place of this one's."""
        label, since, self._entering, self._leaving, self._switching = snapshot
        self.label = RegimeLabel(label)
        self.since = None if since < 0 else since


class ThresholdRule:
    """On at or above a level, off after `leave_steps` steps in a row below a lower one."""

    def __init__(self, settings: RegimeSettings) -> None:
        self._leave_steps = dwell_steps(settings.leave_dwell_s, settings.step_s)
        self.on = False
        self._leaving = 0

    def update(self, value: float, enter: float, leave: float) -> None:
        """Take the value of one step and the levels that hold for it."""
        if not self.on:
            self.on = value >= enter
            self._leaving = 0
            return
        self._leaving = self._leaving + 1 if value < leave else 0
        self.on = self._leaving < self._leave_steps

    def snapshot(self) -> tuple[int, int]:
        """On (0, 1) and the counter."""
        return int(self.on), self._leaving

    def load(self, snapshot: tuple[int, int]) -> None:
        """Take the state of a snapshot in place of this one's."""
        self.on, self._leaving = bool(snapshot[0]), snapshot[1]
