"""Clock lines: one for each grid time that a silent connection has not passed, none for others."""

import asyncio
from contextlib import suppress
from unittest.mock import patch

import pytest

from schemas.units import NS_PER_MS
from sources.live import clocks
from sources.live.timing import Timing
from tests.sources.live.faulty import Watched

MS = NS_PER_MS
TIMING = Timing(grid_ns=250 * MS, clock_late_ns=50 * MS)
CLOCK = b'!{"k":"clock"}'


class Time:
    """A clock that only sleeping moves, and what happens at which millisecond."""

    def __init__(self, begin_ms: int, end_ms: int) -> None:
        self.now_ns = begin_ms * MS
        self.end_ns = end_ms * MS
        self.slept: list[float] = []

    def __call__(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ns += round(seconds * 1e9)
        if self.now_ns > self.end_ns:
            raise asyncio.CancelledError


def run(time: Time, *lanes: Watched) -> list[str]:
    told: list[str] = []
    with patch.object(clocks.asyncio, "sleep", time.sleep), suppress(asyncio.CancelledError):
        asyncio.run(clocks.keep_clocks([w.lane for w in lanes], time, TIMING, told.append))
    return told


def test_a_silent_connection_gets_a_line_fifty_milliseconds_after_each_grid_time() -> None:
    time = Time(10_100, 11_000)
    silent = Watched(now_ns=time)
    run(time, silent)
    stamps = [10_100, 10_300, 10_550, 10_800]
    assert silent.appended == [b"%d %s\n" % (ms * MS, CLOCK) for ms in stamps]
    assert time.slept == pytest.approx([0.2, 0.25, 0.25, 0.25])


def test_a_connection_that_spoke_gets_none() -> None:
    time = Time(10_100, 10_600)
    silent, busy = Watched("silent", now_ns=time), Watched("busy", now_ns=lambda: 10_500 * MS)
    busy.lane.frame(b"x")
    run(time, silent, busy)
    assert len(silent.appended) == 3
    assert busy.appended == [b"%d x\n" % (10_500 * MS)]


def test_a_line_on_the_grid_time_has_passed_it_and_one_before_has_not() -> None:
    for last_ms, expected in ((10_250, 0), (10_249, 1)):
        time = Time(10_300, 10_301)
        watched = Watched(now_ns=lambda last_ms=last_ms: last_ms * MS)
        watched.lane.frame(b"x")
        run(time, watched)
        assert len(watched.appended) - 1 == expected


def test_a_grid_time_that_has_just_passed_is_left_its_fifty_milliseconds() -> None:
    time = Time(10_270, 10_400)
    watched = Watched(now_ns=time)
    watched.lane.frame(b"x")  # at 10.27 s: the grid time 10.25 s is behind it
    late = Watched(now_ns=lambda: 10_240 * MS)
    late.lane.frame(b"x")
    late.lane._now_ns = time
    run(time, watched, late)
    assert len(watched.appended) == 1
    assert late.appended[1:] == [b"%d %s\n" % (10_300 * MS, CLOCK)]


def test_after_a_leap_of_the_clock_there_is_one_line() -> None:
    time = Time(10_300, 99_000_000)
    watched = Watched(now_ns=time)

    async def leap(seconds: float) -> None:
        if time.slept:
            raise asyncio.CancelledError
        time.slept.append(seconds)
        time.now_ns += 3600 * 1000 * MS

    time.sleep = leap  # type: ignore[method-assign]
    run(time, watched)
    assert len(watched.appended) == 2


def test_a_full_queue_is_told_once_each_time() -> None:
    time = Time(10_100, 11_000)
    full = Watched(now_ns=time, most_frames=1)
    full.lane.frame(b"x")
    full.lane.frame(b"y")
    assert run(time, full) == ["toy-1: the flow is too slow, newer frames are dropped"]
