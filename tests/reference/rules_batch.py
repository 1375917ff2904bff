"""All transitions of a rule over a whole series, found by searching arrays instead of stepping.

Written from models/README.md, section Rules. One activation after another: the first row that can
enter, the first beyond escalate, the first that can leave.
"""

from typing import Any

import numpy as np

COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
NEVER = -(1 << 62)


def transitions(
    rows: list[tuple[int, float | None, str]],
    *,
    op: str,
    enter: float,
    leave: float,
    escalate: float | None = None,
    m: int = 1,
    n: int = 1,
    dwell_s: float = 0.0,
    cooldown_s: float = 0.0,
    on_quality: tuple[str, ...] = ("ok", "degraded"),
) -> list[tuple[Any, ...]]:
    """(state, ts, since, value, hits, window) of every transition of (ts, value, quality) rows."""
    seen = [(ts, value) for ts, value, quality in rows if quality in on_quality]
    ts = np.array([ts for ts, _ in seen], dtype=np.int64)
    value = np.array([np.nan if v is None else v for _, v in seen], dtype=np.float64)
    hit = COMPARE[op](value, enter)
    inside = ~np.isnan(value) & ~COMPARE[op](value, leave)
    beyond = np.zeros(len(seen), bool) if escalate is None else COMPARE[op](value, escalate)
    hits_until = np.concatenate(([0], np.cumsum(hit)))
    index = np.arange(len(seen))

    def row(state: str, at: int, entered: int, first: int) -> tuple[Any, ...]:
        start = max(first, at + 1 - n)
        window = [(seen[i][0], seen[i][1], bool(hit[i])) for i in range(start, at + 1)]
        hits = sum(is_hit for _, _, is_hit in window)
        return state, seen[at][0], seen[entered][0], seen[at][1], hits, tuple(window)

    found = []
    first, silent_until = 0, NEVER
    while True:
        hits = hits_until[index + 1] - hits_until[np.clip(index + 1 - n, first, len(seen))]
        may_enter = hit & (hits >= m) & (index >= first) & (ts >= silent_until)
        if not may_enter.any():
            return found
        entered = int(np.argmax(may_enter))
        may_leave = inside & (index > entered) & (ts - ts[entered] >= round(dwell_s * 1e9))
        left = int(np.argmax(may_leave)) if may_leave.any() else len(seen)
        escalates = beyond & (index >= entered) & (index < left)
        found.append(row("enter", entered, entered, first))
        if escalates.any():
            found.append(row("escalate", int(np.argmax(escalates)), entered, first))
        if left == len(seen):
            return found
        found.append(row("leave", left, entered, first))
        first, silent_until = left + 1, int(ts[left]) + round(cooldown_s * 1e9)
