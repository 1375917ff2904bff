"""The clock never goes back and is drawn towards wall time; a venue's offset is what it says."""

import time
from itertools import pairwise
from statistics import median
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.live import clock
from sources.live.clock import (
    MEDIAN_OF,
    SLEW_PPM,
    STEP_NS,
    WINDOW_NS,
    DisciplinedClock,
    VenueOffset,
)

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


class Times:
    """Both clocks of a machine; `pause` passes between the two readings of a reading."""

    def __init__(self) -> None:
        self.monotonic, self.wall, self.pause = 77 * SECOND, START, 0

    def monotonic_ns(self) -> int:
        return self.monotonic

    def wall_ns(self) -> int:
        wall = self.wall
        self.monotonic += self.pause
        self.wall += self.pause
        return wall

    def go(self, elapsed: int, step: int = 0) -> None:
        self.monotonic += elapsed
        self.wall += elapsed + step


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def made(times: Times) -> DisciplinedClock:
    return DisciplinedClock(times.monotonic_ns, times.wall_ns)


def test_it_shows_wall_time(times: Times, made: DisciplinedClock) -> None:
    assert (made.now_ns(), made.offset_ns, made.steps) == (START, 0, 0)
    for elapsed in (1, 999, SECOND, 86_400 * SECOND):
        times.go(elapsed)
        assert (made.now_ns(), made.offset_ns, made.steps) == (times.wall, 0, 0)


def test_a_drift_within_the_limit_is_followed_exactly(times: Times, made: DisciplinedClock) -> None:
    for ppm in (SLEW_PPM, -SLEW_PPM, 1):
        for _ in range(50):
            times.go(SECOND // 10, ppm * 100)
            assert (made.now_ns(), made.offset_ns) == (times.wall, 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_half_a_second_is_slewed_away(times: Times, made: DisciplinedClock, sign: int) -> None:
    times.go(0, sign * SECOND // 2)
    assert (made.now_ns(), made.offset_ns) == (START, sign * SECOND // 2)
    shown = []
    for _ in range(4):
        times.go(250 * SECOND)
        shown.append((made.now_ns() - START, made.offset_ns))
    slewed = sign * 125_000_000
    assert shown == [(n * (250 * SECOND + slewed), (4 - n) * slewed) for n in (1, 2, 3, 4)]
    times.go(SECOND)
    assert (made.now_ns(), made.offset_ns, made.steps) == (times.wall, 0, 0)


def test_slewing_does_not_stop_when_it_is_read_often(times: Times, made: DisciplinedClock) -> None:
    times.go(0, SECOND // 2)
    for _ in range(10_000):
        times.go(100)
        made.now_ns()
    assert made.now_ns() - START == 1_000_000 + 500


def test_a_step_forward_of_over_a_second_is_taken_at_once(
    times: Times, made: DisciplinedClock
) -> None:
    times.go(2 * SECOND, STEP_NS + 1_000_000)
    assert (made.now_ns(), made.offset_ns, made.steps) == (START + 2 * SECOND + 1_000_000 + STEP_NS,
                                                           0, 1)  # fmt: skip
    times.go(0, STEP_NS)
    before = made.now_ns()
    assert (made.offset_ns, made.steps) == (STEP_NS, 1)  # not over a second: slewed
    times.go(0, 1)
    assert (made.now_ns() - before, made.offset_ns, made.steps) == (STEP_NS + 1, 0, 2)


def test_a_step_back_is_slewed_and_counted_once(times: Times, made: DisciplinedClock) -> None:
    times.go(SECOND, -10 * SECOND)
    assert (made.now_ns() - START, made.steps) == (SECOND - 500_000, 1)
    for n in range(2, 6):
        times.go(SECOND)
        assert made.now_ns() - START == n * (SECOND - 500_000)
        assert made.offset_ns == times.wall - (START + n * (SECOND - 500_000))
    times.go(0, 10 * SECOND)  # and set right again: what was slewed comes back slowly too
    made.now_ns()
    assert (made.offset_ns, made.steps) == (5 * 500_000, 1)
    times.go(10 * SECOND)
    assert (made.now_ns(), made.offset_ns) == (times.wall, 0)
    times.go(0, -STEP_NS)
    made.now_ns()
    assert made.steps == 1
    times.go(0, -STEP_NS - 1)
    made.now_ns()
    assert made.steps == 2


def test_a_pause_within_a_reading_is_no_error_of_wall_time(
    times: Times, made: DisciplinedClock
) -> None:
    made.now_ns()
    times.pause = 5 * SECOND  # wall time is read, then the process stands still
    made.now_ns()
    times.pause = 0
    assert (made.now_ns(), made.offset_ns, made.steps) == (times.wall, 0, 0)


def test_it_goes_on_from_a_spool_s_last_line(times: Times, made: DisciplinedClock) -> None:
    made.not_before(START - 5)
    assert (made.now_ns(), made.offset_ns) == (START, 0)
    made.not_before(START + 3 * SECOND)
    assert (made.now_ns(), made.offset_ns) == (START + 3 * SECOND, -3 * SECOND)
    times.go(SECOND)
    assert made.now_ns() == START + 4 * SECOND - 500_000
    assert (made.offset_ns, made.steps) == (-3 * SECOND + 500_000, 0)


moves = st.tuples(
    st.integers(0, 5 * SECOND) | st.integers(0, 3000),
    st.sampled_from([0, 0, 0, 1, -1]).flatmap(lambda s: st.integers(0, 4 * SECOND).map(s.__mul__)),
    st.sampled_from([0, 0, 0, 7, 2 * SECOND]),
)


@given(st.lists(moves, max_size=60))
@settings(max_examples=200, deadline=None)
def test_it_never_goes_back_and_never_runs_over_500_ppm_wrong(walk: list[tuple[int, ...]]) -> None:
    times = Times()
    made = DisciplinedClock(times.monotonic_ns, times.wall_ns)
    shown, slewed, passed = START, 0, 0
    for elapsed, step, pause in walk:
        times.pause = pause
        times.go(elapsed, step)
        steps = made.steps
        now = made.now_ns()
        passed += elapsed + pause
        assert now >= shown
        stepped = made.steps > steps and now - shown > elapsed + pause + STEP_NS
        if stepped:
            assert now == times.wall - pause  # what was read
        else:
            slewed += now - shown - elapsed - pause
            wrong = abs(now - shown - elapsed - pause)
            assert wrong <= (elapsed + pause) * SLEW_PPM / 1e6 + 1
            assert abs(slewed) <= passed * SLEW_PPM / 1e6 + 1
        if not pause:
            assert made.offset_ns == times.wall - now <= STEP_NS
        shown = now


def test_several_threads_read_the_real_one() -> None:
    made = DisciplinedClock()
    read: list[list[int]] = [[], [], []]

    def run(into: list[int]) -> None:
        into.extend(made.now_ns() for _ in range(3000))

    threads = [Thread(target=run, args=(into,)) for into in read]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(a <= b for each in read for a, b in pairwise(each))
    assert abs(made.now_ns() - time.time_ns()) < SECOND


# -- a venue's clock -----------------------------------------------------------------------------


def test_nothing_was_seen() -> None:
    made = VenueOffset()
    none = np.zeros(0, np.int64)
    made.observe(none, none)
    made.observe(np.array([START]), np.array([0]))  # a frame without the venue's stamp
    assert (made.least_ns(START), made.median_ns(START)) == (None, None)


def test_the_minute_slides() -> None:
    made = VenueOffset()
    at = np.array([START, START + 30 * SECOND, START + 59 * SECOND])
    made.observe(at, at - np.array([-3, 10, 20]))  # the venue's clock runs ahead: negative
    assert (made.least_ns(int(at[-1])), made.median_ns(int(at[-1]))) == (-3, 10)
    assert made.least_ns(START + WINDOW_NS - 1) == -3
    assert (made.least_ns(START + WINDOW_NS), made.median_ns(START + WINDOW_NS)) == (10, 15)
    assert made.median_ns(START + 95 * SECOND) == 20
    assert (made.least_ns(START + 119 * SECOND), made.median_ns(START + 119 * SECOND)) == (
        None,
    ) * 2


def test_what_can_no_longer_be_the_least_is_forgotten() -> None:
    made = VenueOffset()
    for k in range(1, 500):
        at = START + np.arange(k, k + 3)
        made.observe(at, at - 1000 + k)
    assert [offset.tolist() for _, offset in made._least] == [[501]]


rows = st.lists(st.tuples(st.integers(0, 20 * SECOND), st.integers(-40, 40)), max_size=12)


@pytest.mark.parametrize("most", [MEDIAN_OF, 5])
@given(blocks=st.lists(rows, max_size=8), later=st.integers(0, 70 * SECOND))
@settings(max_examples=120, deadline=None)
def test_it_is_the_plain_least_and_median_of_the_minute(
    most: int, blocks: list[list[tuple[int, int]]], later: int
) -> None:
    made = VenueOffset()
    received, seen = START, list[tuple[int, int]]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "MEDIAN_OF", most)
        for block in blocks:
            times = []
            for elapsed, offset in block:
                received += elapsed
                times.append((received, offset))
            seen += times
            columns = np.array(times, np.int64).reshape(-1, 2)
            made.observe(columns[:, 0], columns[:, 0] - columns[:, 1])
            for at in (received, received + later):
                minute = [offset for when, offset in seen if at - WINDOW_NS < when <= at]
                assert made.least_ns(at) == min(minute, default=None)
                assert made.median_ns(at) == (int(median(minute[-most:])) if minute else None)
    assert sum(len(kept[0]) for kept in made._recent) <= most + 12
