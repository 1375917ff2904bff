"""How a connection is: counters of the feeder's thread, and what `feed_health` says of them.

Values tell what happened since the values before them; only the queue, the clock offset, the
state and the quality are of this moment.
"""

from collections import deque
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import asdict

from schemas import feed_health
from schemas.feed_health import ConnectionState
from schemas.quality import Quality

LAGS: Final = 8192  # of the latest rows, for the quantiles of one interval


class State(StrEnum):
    """Where a connection stands."""

    waiting = "waiting"  # for its turn, or after a failure
    connecting = "connecting"
    open = "open"
    stopped = "stopped"


class Counters(Struct):
    """What happened on a connection since the start. Only the feeder's thread writes."""

    state: State = State.waiting
    messages: int = 0  # frames and REST answers written
    bytes: int = 0  # of their payloads
    attempts: int = 0  # to connect
    opened: int = 0
    dropped: int = 0  # frames and answers that an overflow lost
    overflows: int = 0
    refused: int = 0  # topics
    unacknowledged: int = 0  # topics
    rest_failed: int = 0
    no_room: int = 0  # listed instruments that no connection takes
    rate_limited: int = 0  # REST answers 429 or 418, handshakes refused for the same reason


class FeedHealth(Struct, frozen=True):
    """What one row of `feed_health` is made of, and more than it shows."""

    connection: str
    state: str
    messages: int
    bytes: int
    lag_p50_ms: float | None  # received − venue time; None: no row with a venue time came
    lag_p99_ms: float | None
    gaps: int
    reconnects: int
    rejected: int
    overflow_drops: int
    refused_topics: int
    unacknowledged_topics: int
    rest_failed: int
    rate_limited: int
    queue_frames: int
    stale_instruments: tuple[str, ...]
    clock_offset_ms: float | None
    quality: Quality
    no_room: int = 0  # instruments listed since, for which there is no room

    def row(self, ts: int, venue: str) -> feed_health.FeedHealth:
        """The row as it is published; ts is ns of wall time. Open without a word is stale."""
        gap = ("gap",) if self.gaps else ()
        states = {
            State.stopped: ConnectionState.closed,
            State.open: ConnectionState.running if self.messages else ConnectionState.stale,
        }
        return feed_health.FeedHealth(
            ts=ts,
            source=self.connection,
            venue=venue,
            state=states.get(State(self.state), ConnectionState.connecting),
            messages=self.messages,
            bytes=self.bytes,
            lag_p50_ms=self.lag_p50_ms,
            lag_p99_ms=self.lag_p99_ms,
            gaps=self.gaps,
            reconnects=self.reconnects,
            rejected=self.rejected,
            overflow_frames=self.overflow_drops,
            queue_frames=self.queue_frames,
            clock_offset_ms=self.clock_offset_ms,
            quality=self.quality,
            flags=(*gap, "unsynchronised") if self.stale_instruments else gap,
        )


class Meter:
    """Makes the values of one connection. All but the counters is of the flow's thread."""

    def __init__(self, connection: str, counters: Counters) -> None:
        self.connection = connection
        self._counters = counters
        self._before = Counters()
        self._gaps_before = 0
        self._rejected_before = 0
        self._lags: deque[float] = deque(maxlen=LAGS)

    def lags(self, lags_ms: Iterable[float]) -> None:
        """Take received − venue time of rows, in ms."""
        self._lags.extend(lags_ms)

    def row(
        self,
        *,
        gaps: int,
        rejected: int,
        queue_frames: int,
        stale_instruments: tuple[str, ...],
        clock_offset_ms: float | None,
    ) -> FeedHealth:
        """The values since those before; `gaps` and `rejected` are totals since the start."""
        now = Counters(**asdict(self._counters))
        before = self._before
        p50 = p99 = None
        if self._lags:
            p50, p99 = (float(q) for q in np.percentile(list(self._lags), (50, 99)))
        lost = now.dropped > before.dropped or bool(stale_instruments)
        found = FeedHealth(
            connection=self.connection,
            state=now.state.value,
            messages=now.messages - before.messages,
            bytes=now.bytes - before.bytes,
            lag_p50_ms=p50,
            lag_p99_ms=p99,
            gaps=gaps - self._gaps_before,
            reconnects=max(now.opened - 1, 0) - max(before.opened - 1, 0),
            rejected=rejected - self._rejected_before,
            overflow_drops=now.dropped - before.dropped,
            refused_topics=now.refused - before.refused,
            unacknowledged_topics=now.unacknowledged - before.unacknowledged,
            rest_failed=now.rest_failed - before.rest_failed,
            rate_limited=now.rate_limited - before.rate_limited,
            queue_frames=queue_frames,
            stale_instruments=stale_instruments,
            clock_offset_ms=clock_offset_ms,
            quality=_quality(now, before, gaps > self._gaps_before, lost),
            no_room=now.no_room - before.no_room,
        )
        self._before, self._gaps_before, self._rejected_before = now, gaps, rejected
        self._lags.clear()
        return found


def _quality(now: Counters, before: Counters, gap: bool, lost: bool) -> Quality:
    """The worst that is true; topics that we do not get degrade a connection for good."""
    if gap:
        return Quality.gap
    if lost or now.refused or now.unacknowledged:
        return Quality.degraded
    if now.state == State.open and now.messages > before.messages:
        return Quality.ok
    return Quality.stale if now.opened else Quality.warming
