"""Published row about a live connection: how well it is fed, by the wall clock.

It is measured while a run is live and is not derived from the recorded lines, so a replay has none
of it: the only table that a comparison of a replay with its live run leaves out (C8).
"""

from enum import IntEnum
from typing import Annotated

from schemas.column import Col, Flags, Name, Row, Time
from schemas.quality import Quality


class ConnectionState(IntEnum):
    """Where a connection is in its life."""

    connecting = 1
    running = 2
    stale = 3
    closed = 4


class FeedHealth(Row, frozen=True, gc=False):
    """What one connection did since its previous row, about every 5 s; `source` is its name.

    Counts are of that interval: sum them for a longer one. Lags are null when no frame with a
    venue's time came.
    """

    ts: Time
    source: Name
    venue: Name
    state: ConnectionState
    messages: Annotated[int, Col("frames", "received since the previous row")]
    bytes: Annotated[int, Col("bytes", "received since the previous row")]
    lag_p50_ms: Annotated[float | None, Col("ms", "median of received − venue time; signed")]
    lag_p99_ms: Annotated[float | None, Col("ms", "99 % of frames came earlier; signed")]
    gaps: Annotated[int, Col("gaps", "order books lost since the previous row")]
    reconnects: Annotated[int, Col("connections", "opened again since the previous row")]
    rejected: Annotated[int, Col("lines", "refused since the previous row")]
    overflow_frames: Annotated[int, Col("frames", "dropped, the queue was full")]
    queue_frames: Annotated[int, Col("frames", "waiting in the queue at ts")]
    clock_offset_ms: Annotated[
        float | None, Col("ms", "least received − venue time of a minute: how far we may be ahead")
    ]
    quality: Quality
    flags: Flags
