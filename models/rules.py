"""The state machine of one rule over one scope: hysteresis, m of n, dwell, cool-down, escalation.

Definition (models/README.md, Rules). Rows are told in order of ts. With value v, a row is a hit
when `v op enter`.

    idle      →  active   m of the last n evaluated rows are hits, this row is one, and
                          ts ≥ left + cooldown_s
    active    :  escalate once, at the first row with `v op escalate` (may be the entering row)
    active    →  idle     the first row with not `v op leave` and ts − since ≥ dwell_s;
                          empties the window

A row of a quality that is not in `on_quality` holds everything: it is not evaluated. A null is
evaluated: neither a hit nor beyond `leave`. Only ts is a clock, and every decision is made by the
row itself, so that the same rows give the same transitions however they are cut into batches.
"""

from collections import deque
from collections.abc import Callable
from math import isfinite
from operator import ge, gt, le, lt
from typing import Any, Final

from msgspec import Struct

from schemas.errors import BrokenInvariant, NotPublishable
from schemas.quality import Quality
from schemas.rule import Rule
from schemas.trigger import TriggerState
from schemas.units import NS_PER_S

VERSION: Final = 1  # of the snapshot
BEYOND: Final[dict[str, Callable[[float, float], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Evaluated(Struct, frozen=True, gc=False, array_like=True):
    """One evaluated row as the window keeps it."""

    ts: int  # ns UTC
    value: float | None
    hit: bool


class Transition(Struct, frozen=True):
    """What one row changed, with the window (this row last) that justified it."""

    state: TriggerState
    ts: int  # ns UTC
    since: int  # ns UTC of the row that entered
    value: float
    hits: int  # in the window
    window: tuple[Evaluated, ...]


def seconds_ns(seconds: float) -> int:
    """Seconds of a setting as whole nanoseconds.

    >>> seconds_ns(0.25)
    250000000
    """
    return round(seconds * NS_PER_S)


class RuleMachine:
    """One rule over one scope. The rule has no mistakes (`flows/rule_mistakes.py`)."""

    def __init__(self, rule: Rule) -> None:
        """Idle, with an empty window."""
        self.rule: Final = rule
        self._beyond = BEYOND[rule.op]
        self._leave = rule.leave_level
        self._dwell_ns = seconds_ns(rule.dwell_s)
        self._cooldown_ns = seconds_ns(rule.cooldown_s)
        self._evaluated_qualities = frozenset(Quality[name] for name in rule.on_quality)
        self._last_ns: int | None = None
        self._since: int | None = None  # None: not active
        self._escalated = False
        self._silent_until: int | None = None
        self._hits = 0
        self._window: deque[Evaluated] = deque()

    def evaluate(self, ts_ns: int, value: float | None, quality: Quality) -> list[Transition]:
        """What the row at `ts_ns` changes: nothing, one transition, or enter and escalate.

        A bool counts as 0 or 1, an IntEnum as its number. Raises BrokenInvariant when `ts_ns` is
        not after the row before, NotPublishable when the value is not finite.
        """
        number = self._number(value)
        if self._last_ns is not None and ts_ns <= self._last_ns:
            message = f"rule {self.rule.name}: a row of {ts_ns} ns after one of {self._last_ns} ns"
            raise BrokenInvariant(message)
        self._last_ns = ts_ns
        if quality not in self._evaluated_qualities:
            return []
        hit = number is not None and self._beyond(number, self.rule.enter)
        self._remember(Evaluated(ts_ns, number, hit))
        if number is None:
            return []
        if self._since is not None:
            return self._while_active(ts_ns, number, self._since)
        silent = self._silent_until is not None and ts_ns < self._silent_until
        if not hit or silent or self._hits < self.rule.m:
            return []
        self._since = ts_ns
        entering = self._transition(TriggerState.enter, ts_ns, number, ts_ns)
        return [entering, *self._while_active(ts_ns, number, ts_ns)]

    def _number(self, value: float | None) -> float | None:
        if value is None:
            return None
        number = float(value)
        if not isfinite(number):
            raise NotPublishable(self.rule.table, self.rule.column, value)
        return number

    def _remember(self, row: Evaluated) -> None:
        if len(self._window) == self.rule.n:
            self._hits -= self._window.popleft().hit
        self._window.append(row)
        self._hits += row.hit

    def _while_active(self, ts_ns: int, value: float, since: int) -> list[Transition]:
        escalate = self.rule.escalate
        if escalate is not None and not self._escalated and self._beyond(value, escalate):
            self._escalated = True
            return [self._transition(TriggerState.escalate, ts_ns, value, since)]
        if self._beyond(value, self._leave) or ts_ns - since < self._dwell_ns:
            return []
        leaving = self._transition(TriggerState.leave, ts_ns, value, since)
        self._since, self._escalated = None, False
        self._silent_until = ts_ns + self._cooldown_ns
        self._window.clear()
        self._hits = 0
        return [leaving]

    def _transition(self, state: TriggerState, ts: int, value: float, since: int) -> Transition:
        return Transition(state, ts, since, value, self._hits, tuple(self._window))

    def snapshot(self) -> tuple[Any, ...]:
        """The whole state as an immutable tuple of plain values; its first item is the version."""
        return (
            VERSION,
            self._last_ns,
            self._since,
            self._escalated,
            self._silent_until,
            tuple((row.ts, row.value, row.hit) for row in self._window),
        )

    def restore(self, state: tuple[Any, ...]) -> None:
        """Continue from a snapshot of a machine with the same rule.

        Raises BrokenInvariant when the snapshot has another version.
        """
        version, *rest = state
        if version != VERSION:
            message = f"rule {self.rule.name}: state of version {version}, this code has {VERSION}"
            raise BrokenInvariant(message)
        self._last_ns, self._since, self._escalated, self._silent_until, rows = rest
        self._window = deque(Evaluated(*row) for row in rows)
        self._hits = sum(row.hit for row in self._window)
