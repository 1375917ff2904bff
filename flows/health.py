"""Rows about the live connections, every few seconds by the wall clock: table `feed_health`."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from msgspec.structs import replace

from schemas.feed_health import ConnectionState, FeedHealth
from schemas.tables import Rows, rows_item
from sources.live.feeding import Feeding
from sources.live.health import FeedHealth as Told

EVERY_S: Final = 5.0


def health_row(at_ns: int, venue: str, told: Told) -> FeedHealth:
    """What a connection told of itself, as a row; at_ns is ns of wall time."""
    row = told.row(at_ns, venue)
    running = row.state is ConnectionState.running
    flags = {
        *row.flags,
        *(
            flag
            for flag, count in (
                ("overflow", told.overflow_drops),
                ("refused", told.refused_topics),
                ("no_room", told.no_room),
                ("unconfirmed", told.unacknowledged_topics),
                ("rate_limited", told.rate_limited),
                ("rest_failed", told.rest_failed),
            )
            if count
        ),
    }
    return replace(
        row,
        state=ConnectionState.stale if running and told.stale_instruments else row.state,
        flags=tuple(sorted(flags)),
    )


class _Partition(StatefulSourcePartition[Rows, None]):
    def __init__(
        self,
        feedings: Mapping[str, tuple[str, Feeding]],
        stop: Callable[[], bool],
        now_ns: Callable[[], int],
    ) -> None:
        self._feedings = feedings
        self._stop = stop
        self._now_ns = now_ns
        self._over = False
        self._due = datetime.now(UTC) + timedelta(seconds=EVERY_S)

    def next_batch(self) -> list[Rows]:
        """Every connection's row when it is time, and once more when all has been taken."""
        if self._over:
            raise StopIteration
        self._over = self._stop() and all(
            feeding.ended and not feeding.lane.waiting_frames
            for _, feeding in self._feedings.values()
        )
        now = datetime.now(UTC)
        if now < self._due and not self._over:
            return []
        self._due = now + timedelta(seconds=EVERY_S)
        at_ns = self._now_ns()
        return [
            rows_item(health_row(at_ns, venue, feeding.health()))
            for venue, feeding in self._feedings.values()
        ]

    def next_awake(self) -> datetime | None:
        """Often enough to end soon."""
        return min(self._due, datetime.now(UTC) + timedelta(seconds=0.2))

    def snapshot(self) -> None:
        """Nothing: it is measured anew."""


class HealthSource(FixedPartitionedSource[Rows, None]):
    """The rows of all connections: name → (venue, feeding)."""

    def __init__(
        self,
        feedings: Mapping[str, tuple[str, Feeding]],
        stop: Callable[[], bool],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._feedings, self._stop, self._now_ns = feedings, stop, now_ns

    def list_parts(self) -> list[str]:
        """One part."""
        return ["health"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Partition:
        """Measure from now on."""
        return _Partition(self._feedings, self._stop, self._now_ns)
