"""Published rows of the rules: one row per transition of a rule's state machine (C10)."""

from enum import IntEnum
from typing import Annotated

from schemas.column import Col, Flags, Name, Row, Time
from schemas.quality import Quality


class TriggerState(IntEnum):
    """What happened to the rule."""

    enter = 1
    escalate = 2
    leave = 3


class Trigger(Row, frozen=True, gc=False):
    """A rule entered, escalated or left, with its evidence."""

    ts: Time
    id: Annotated[str, Col("hex", "deterministic id (C9): the same event has the same id")]
    rule: Name
    scope: Name
    metric: Name
    state: TriggerState
    value: float
    enter_level: float
    leave_level: float
    escalate_level: float | None
    since: Time
    evidence: Annotated[str, Col("JSON", "the last evaluated rows and the settings they met")]
    advice: Name
    expires: Annotated[int | None, Col("ns UTC", "advice is void after", "DateTime64(6, 'UTC')")]
    quality: Quality
    flags: Flags
