"""The latest row of a table and scope, and what rows of a connection make together."""

from collections import deque
from typing import Any, Final

from msgspec import Struct

from schemas.feed_health import FeedHealth
from schemas.units import NS_PER_S

HOUR_NS: Final = 3600 * NS_PER_S
MOST_IN_AN_HOUR: Final = 4_000  # rows of a connection that are kept
_LONGEST_INTERVAL_NS: Final = 60 * NS_PER_S  # between rows further apart lies a restart: no rate


class Part(Struct, frozen=True):
    """The latest row, the revision it came with, and the least time between two rows so far."""

    row: Any
    rev: int
    step_s: float | None


class Feed(Struct, frozen=True):
    """A connection: its latest row, rates since the row before, sums of the hour up to it."""

    part: Part
    messages_per_s: float | None
    bytes_per_s: float | None
    gaps_1h: int
    reconnects_1h: int
    rejected_1h: int
    overflow_frames_1h: int


def part_after(before: Part | None, row: Any, rev: int) -> Part | None:
    """The part that follows; None when the row is not newer than what is known."""
    if before is None:
        return Part(row, rev, None)
    step_s = (row.ts - before.row.ts) / NS_PER_S
    if step_s <= 0:
        return None
    return Part(row, rev, step_s if before.step_s is None else min(before.step_s, step_s))


def feed_after(before: Feed | None, part: Part, hour: deque[FeedHealth]) -> Feed:
    """The connection after its next row, which is added to the rows of the `hour`."""
    row: FeedHealth = part.row
    hour.append(row)
    while hour[0].ts <= row.ts - HOUR_NS or len(hour) > MOST_IN_AN_HOUR:
        hour.popleft()
    interval_ns = row.ts - before.part.row.ts if before else 0
    known = 0 < interval_ns <= _LONGEST_INTERVAL_NS
    return Feed(
        part=part,
        messages_per_s=row.messages * NS_PER_S / interval_ns if known else None,
        bytes_per_s=row.bytes * NS_PER_S / interval_ns if known else None,
        gaps_1h=sum(each.gaps for each in hour),
        reconnects_1h=sum(each.reconnects for each in hour),
        rejected_1h=sum(each.rejected for each in hour),
        overflow_frames_1h=sum(each.overflow_frames for each in hour),
    )
