"""Rows of `feed_health`: what a connection told, as a row; when they come, and the last one."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from flows import health
from flows.health import HealthSource, health_row
from schemas.feed_health import ConnectionState, FeedHealth
from schemas.quality import Quality
from schemas.tables import Rows, rows_item
from sources.live.health import FeedHealth as Told
from sources.live.health import State

TOLD = Told(
    connection="toy-1", state="open", messages=10, bytes=1000, lag_p50_ms=1.5, lag_p99_ms=9.5,
    gaps=0, reconnects=2, rejected=3, overflow_drops=0, refused_topics=0,
    unacknowledged_topics=0, rest_failed=0, rate_limited=0, queue_frames=5, stale_instruments=(),
    clock_offset_ms=-1.5, quality=Quality.ok,
)  # fmt: skip
ROW = FeedHealth(
    ts=7, source="toy-1", venue="toy", state=ConnectionState.running, messages=10, bytes=1000,
    lag_p50_ms=1.5, lag_p99_ms=9.5, gaps=0, reconnects=2, rejected=3, overflow_frames=0,
    queue_frames=5, clock_offset_ms=-1.5, quality=Quality.ok, flags=(),
)  # fmt: skip
START = datetime(2026, 11, 22, tzinfo=UTC)


# -- the row ----------------------------------------------------------------------------------


def test_what_was_told_becomes_a_row() -> None:
    assert health_row(7, "toy", TOLD) == ROW


@pytest.mark.parametrize(
    ("state", "messages", "stale", "expected"),
    [
        (State.waiting, 1, (), ConnectionState.connecting),
        (State.connecting, 1, (), ConnectionState.connecting),
        (State.open, 1, (), ConnectionState.running),
        (State.open, 0, (), ConnectionState.stale),
        (State.open, 1, ("toy:A",), ConnectionState.stale),
        (State.connecting, 1, ("toy:A",), ConnectionState.connecting),
        (State.stopped, 1, (), ConnectionState.closed),
        (State.stopped, 1, ("toy:A",), ConnectionState.closed),
    ],
)
def test_every_state(
    state: State, messages: int, stale: tuple[str, ...], expected: ConnectionState
) -> None:
    told = replace(TOLD, state=state.value, messages=messages, stale_instruments=stale)
    flags = ("unsynchronised",) if stale else ()
    expected_row = replace(ROW, state=expected, messages=messages, flags=flags)
    assert health_row(7, "toy", told) == expected_row


@pytest.mark.parametrize(
    ("told", "row"),
    [
        ({"gaps": 1}, {"gaps": 1, "flags": ("gap",)}),
        ({"overflow_drops": 4}, {"overflow_frames": 4, "flags": ("overflow",)}),
        ({"refused_topics": 1}, {"flags": ("refused",)}),
        ({"no_room": 2}, {"flags": ("no_room",)}),
        ({"unacknowledged_topics": 1}, {"flags": ("unconfirmed",)}),
        ({"rate_limited": 1}, {"flags": ("rate_limited",)}),
        ({"rest_failed": 1}, {"flags": ("rest_failed",)}),
        (
            {"rest_failed": 1, "refused_topics": 2, "gaps": 3, "overflow_drops": 4},
            {
                "gaps": 3,
                "overflow_frames": 4,
                "flags": ("gap", "overflow", "refused", "rest_failed"),
            },
        ),
    ],
)
def test_every_flag(told: dict[str, Any], row: dict[str, Any]) -> None:
    assert health_row(7, "toy", replace(TOLD, **told)) == replace(ROW, **row)


@pytest.mark.parametrize("quality", list(Quality))
def test_a_running_connection_is_no_better_than_it_says(quality: Quality) -> None:
    told = replace(TOLD, quality=quality)
    assert health_row(7, "toy", told) == replace(ROW, quality=quality)


# -- when they come ---------------------------------------------------------------------------


class Clock(datetime):
    """The wall clock of the source, set by a test."""

    at = START

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.at


class Feeding:
    """A connection whose n-th answer says n messages."""

    def __init__(self, name: str) -> None:
        self.name, self.ended, self.asked = name, False, 0
        self.lane = SimpleNamespace(waiting_frames=0)

    def health(self) -> Told:
        self.asked += 1
        return replace(TOLD, connection=self.name, messages=self.asked)


class Watched:
    """The source's part over two connections."""

    def __init__(self) -> None:
        self.stopping = False
        self.feedings: Any = {name: (f"venue {name}", Feeding(name)) for name in ("a", "b")}
        times = iter(range(100, 200))
        source = HealthSource(self.feedings, lambda: self.stopping, lambda: next(times))
        (part,) = source.list_parts()
        assert part == "health"
        self.part = source.build_part("step", part, None)

    def after(self, seconds: float) -> list[Rows]:
        """What comes so long after the start."""
        Clock.at = START + timedelta(seconds=seconds)
        return self.part.next_batch()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(health, "datetime", Clock)
    Clock.at = START
    return Watched()


def rows(at_ns: int, messages: int) -> list[Rows]:
    """One row of each connection."""
    return [
        rows_item(replace(ROW, ts=at_ns, source=name, venue=f"venue {name}", messages=messages))
        for name in ("a", "b")
    ]


def test_a_row_of_each_connection_every_five_seconds(watched: Watched) -> None:
    assert [watched.after(s) for s in (0.0, 4.99, 5.0, 9.9, 10.0, 10.1)] == [
        [], [], rows(100, 1), [], rows(101, 2), [],
    ]  # fmt: skip
    assert watched.after(60.0) == rows(102, 3)  # no row for each five seconds of a pause
    assert watched.after(64.9) == []
    assert watched.part.snapshot() is None


def test_it_looks_again_soon(watched: Watched) -> None:
    assert watched.part.next_awake() == START + timedelta(seconds=0.2)
    Clock.at = START + timedelta(seconds=4.9)
    assert watched.part.next_awake() == START + timedelta(seconds=5.0)


def test_the_last_rows_come_when_everything_has_been_taken(watched: Watched) -> None:
    (_, a), (_, b) = watched.feedings.values()
    watched.stopping = True
    assert watched.after(1.0) == []  # the sockets are still being closed
    a.ended = b.ended = True
    b.lane.waiting_frames = 1
    assert watched.after(1.2) == []  # and a frame has not been taken
    b.lane.waiting_frames = 0
    assert watched.after(1.4) == rows(100, 1)
    with pytest.raises(StopIteration):
        watched.after(1.4)


def test_feeds_that_ended_by_themselves_are_watched_until_the_stop(watched: Watched) -> None:
    for _, feeding in watched.feedings.values():
        feeding.ended = True
    assert watched.after(5.0) == rows(100, 1)
    assert watched.after(10.0) == rows(101, 2)
