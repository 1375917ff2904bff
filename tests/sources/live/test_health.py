"""Health: values since those before; quantiles of lags; the row that is published of them."""

import pytest
from msgspec.structs import replace

from schemas import feed_health
from schemas.feed_health import ConnectionState
from schemas.quality import Quality
from sources.live.health import LAGS, Counters, FeedHealth, Meter, State

QUIET = FeedHealth(
    connection="toy-1", state="open", messages=0, bytes=0, lag_p50_ms=None, lag_p99_ms=None,
    gaps=0, reconnects=0, rejected=0, overflow_drops=0, refused_topics=0,
    unacknowledged_topics=0, rest_failed=0, rate_limited=0, queue_frames=0,
    stale_instruments=(), clock_offset_ms=0.0, quality=Quality.stale,
)  # fmt: skip


def row(meter: Meter, gaps: int = 0, rejected: int = 0, stale: tuple[str, ...] = ()) -> FeedHealth:
    return meter.row(
        gaps=gaps, rejected=rejected, queue_frames=0, stale_instruments=stale, clock_offset_ms=0.0
    )


def test_values_are_the_difference_to_those_before() -> None:
    counters = Counters()
    meter = Meter("toy-1", counters)
    assert row(meter) == replace(QUIET, state="waiting", quality=Quality.warming)
    counters.state = State.open
    counters.messages, counters.bytes, counters.attempts, counters.opened = 10, 1000, 3, 1
    counters.dropped, counters.overflows, counters.refused, counters.unacknowledged = 4, 1, 2, 3
    counters.rest_failed, counters.rate_limited = 5, 6
    first = meter.row(
        gaps=7,
        rejected=8,
        queue_frames=9,
        stale_instruments=("toy:A",),
        clock_offset_ms=-1.5,
    )
    assert first == FeedHealth(
        connection="toy-1", state="open", messages=10, bytes=1000, lag_p50_ms=None,
        lag_p99_ms=None, gaps=7, reconnects=0, rejected=8, overflow_drops=4, refused_topics=2,
        unacknowledged_topics=3, rest_failed=5, rate_limited=6, queue_frames=9,
        stale_instruments=("toy:A",), clock_offset_ms=-1.5, quality=Quality.gap,
    )  # fmt: skip
    assert row(meter, 7, 8) == replace(QUIET, quality=Quality.degraded)
    counters.messages += 2
    counters.opened += 2
    expected = replace(QUIET, messages=2, reconnects=2, gaps=1, quality=Quality.gap)
    assert row(meter, 8, 8) == expected


def test_the_first_time_open_is_no_reconnect() -> None:
    counters = Counters()
    meter = Meter("toy-1", counters)
    found = []
    for opened in (0, 1, 1, 2, 5):
        counters.opened = opened
        found.append(row(meter).reconnects)
    assert found == [0, 0, 0, 1, 3]


@pytest.mark.parametrize(
    ("counters", "gaps", "stale", "expected"),
    [
        (Counters(State.connecting), 0, (), Quality.warming),
        (Counters(State.open, messages=1, opened=1), 0, (), Quality.ok),
        (Counters(State.open, messages=0, opened=1), 0, (), Quality.stale),
        (Counters(State.waiting, messages=1, opened=1), 0, (), Quality.stale),
        (Counters(State.open, messages=1, opened=1, dropped=1), 0, (), Quality.degraded),
        (Counters(State.open, messages=1, opened=1, refused=1), 0, (), Quality.degraded),
        (Counters(State.open, messages=1, opened=1, unacknowledged=1), 0, (), Quality.degraded),
        (Counters(State.open, messages=1, opened=1), 0, ("toy:A",), Quality.degraded),
        (Counters(State.open, messages=1, opened=1, refused=1), 1, ("toy:A",), Quality.gap),
    ],
)
def test_the_quality_is_the_worst_that_is_true(
    counters: Counters, gaps: int, stale: tuple[str, ...], expected: Quality
) -> None:
    assert row(Meter("toy-1", counters), gaps, 0, stale).quality == expected


def test_drops_and_gaps_degrade_one_row_and_lost_topics_all() -> None:
    counters = Counters(State.open, messages=1, opened=1, dropped=1)
    meter = Meter("toy-1", counters)
    found = [row(meter, 1).quality]
    for _ in range(2):
        counters.messages += 1
        found.append(row(meter, 1).quality)
    counters.refused = 1
    for _ in range(2):
        counters.messages += 1
        found.append(row(meter, 1).quality)
    degraded = Quality.degraded
    assert found == [Quality.gap, Quality.ok, Quality.ok, degraded, degraded]


def test_lags_are_those_since_the_values_before() -> None:
    meter = Meter("toy-1", Counters())
    meter.lags(float(k) for k in range(101))
    first = row(meter)
    assert (first.lag_p50_ms, first.lag_p99_ms) == (50.0, 99.0)
    assert row(meter).lag_p50_ms is None
    meter.lags([-3.0])
    assert row(meter).lag_p99_ms == -3.0


def test_lags_are_bounded_and_the_newest_stay() -> None:
    meter = Meter("toy-1", Counters())
    meter.lags([1000.0] * LAGS)
    meter.lags([1.0] * LAGS)
    assert row(meter).lag_p99_ms == 1.0


def test_the_published_row() -> None:
    values = replace(
        QUIET, messages=10, bytes=1000, lag_p50_ms=1.5, lag_p99_ms=9.5, gaps=1, reconnects=2,
        rejected=3, overflow_drops=4, queue_frames=5, stale_instruments=("toy:A",),
        clock_offset_ms=-1.5, quality=Quality.gap,
    )  # fmt: skip
    assert values.row(7, "toy") == feed_health.FeedHealth(
        ts=7, source="toy-1", venue="toy", state=ConnectionState.running, messages=10, bytes=1000,
        lag_p50_ms=1.5, lag_p99_ms=9.5, gaps=1, reconnects=2, rejected=3, overflow_frames=4,
        queue_frames=5, clock_offset_ms=-1.5, quality=Quality.gap,
        flags=("gap", "unsynchronised"),
    )  # fmt: skip
    assert QUIET.row(7, "toy").flags == ()


@pytest.mark.parametrize(
    ("state", "messages", "expected"),
    [
        ("waiting", 1, ConnectionState.connecting),
        ("connecting", 0, ConnectionState.connecting),
        ("open", 1, ConnectionState.running),
        ("open", 0, ConnectionState.stale),
        ("stopped", 1, ConnectionState.closed),
    ],
)
def test_the_published_state(state: str, messages: int, expected: ConnectionState) -> None:
    assert replace(QUIET, state=state, messages=messages).row(7, "toy").state == expected
