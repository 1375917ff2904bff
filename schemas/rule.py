"""A rule as it stands in the settings (C10). Its state machine is `models/rules.py`."""

from typing import Literal

from msgspec import Struct, field

from schemas.quality import Quality

Op = Literal["<", "<=", ">", ">="]


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a published column crosses a level, and stays there, something is triggered.

    Enter after `m` hits among the last `n` evaluated rows; leave when the value is beyond
    `leave` and at least `dwell_s` have passed since entering; then silence for `cooldown_s`.
    """

    name: str
    metric: str  # table.column
    op: Op
    enter: float
    leave: float | None = None  # None: the enter level itself
    scope: dict[str, list[str]] = {}  # column → accepted values; empty: every scope
    m: int = 1
    n: int = 1
    dwell_s: float = 0.0
    cooldown_s: float = 0.0
    escalate: float | None = None
    on_quality: list[str] = field(default_factory=lambda: [Quality.ok.name, Quality.degraded.name])
    advice: str = ""
    advice_valid_s: float | None = None  # `expires` = ts + this

    @property
    def table(self) -> str:
        """The table part of `metric`."""
        return self.metric.partition(".")[0]

    @property
    def column(self) -> str:
        """The column part of `metric`."""
        return self.metric.partition(".")[2]

    @property
    def leave_level(self) -> float:
        """`leave`, or `enter` when it is not given."""
        return self.enter if self.leave is None else self.leave
