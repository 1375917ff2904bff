"""The clock never goes back and is drawn towards wall time."""

import time
from itertools import pairwise
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.live.clock import SLEW_PPM, STEP_NS, DisciplinedClock

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


class Times:
    """Both clocks of a machine; `pause` passes between the two readings of a reading."""

    def __init__(self) -> None:
        self.monotonic, self.wall, self.pause = 77 * SECOND, START, 0
        self.steps: list[float] = []  # as they were told, in seconds

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
    return DisciplinedClock(times.monotonic_ns, times.wall_ns, times.steps.append)


def test_it_shows_wall_time(times: Times, made: DisciplinedClock) -> None:
    assert (made.now_ns(), made.offset_ns, times.steps) == (START, 0, [])
    for elapsed in (1, 999, SECOND, 86_400 * SECOND):
        times.go(elapsed)
        assert (made.now_ns(), made.offset_ns, times.steps) == (times.wall, 0, [])


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
    assert (made.now_ns(), made.offset_ns, times.steps) == (times.wall, 0, [])


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
    assert made.now_ns() == START + 2 * SECOND + 1_000_000 + STEP_NS
    assert (made.offset_ns, times.steps) == (0, [1.001])
    times.go(0, STEP_NS)
    before = made.now_ns()
    assert (made.offset_ns, times.steps) == (STEP_NS, [1.001])  # not over a second: slewed
    times.go(0, 1)
    assert (made.now_ns() - before, made.offset_ns) == (STEP_NS + 1, 0)
    assert times.steps == [1.001, 1.000000001]


def test_a_step_back_is_slewed_and_told_once(times: Times, made: DisciplinedClock) -> None:
    times.go(SECOND, -10 * SECOND)
    assert (made.now_ns() - START, times.steps) == (SECOND - 500_000, [-10.0])
    for n in range(2, 6):
        times.go(SECOND)
        assert made.now_ns() - START == n * (SECOND - 500_000)
        assert made.offset_ns == times.wall - (START + n * (SECOND - 500_000))
    times.go(0, 10 * SECOND)  # and set right again: what was slewed comes back slowly too
    made.now_ns()
    assert (made.offset_ns, times.steps) == (5 * 500_000, [-10.0])
    times.go(10 * SECOND)
    assert (made.now_ns(), made.offset_ns) == (times.wall, 0)
    times.go(0, -STEP_NS)
    made.now_ns()
    assert times.steps == [-10.0]
    times.go(0, -STEP_NS - 1)
    made.now_ns()
    assert times.steps == [-10.0, -1.000000001]


def test_a_pause_within_a_reading_is_no_error_of_wall_time(
    times: Times, made: DisciplinedClock
) -> None:
    made.now_ns()
    times.pause = 5 * SECOND  # wall time is read, then the process stands still
    made.now_ns()
    times.pause = 0
    assert (made.now_ns(), made.offset_ns, times.steps) == (times.wall, 0, [])


def test_it_goes_on_from_a_spool_s_last_line(times: Times, made: DisciplinedClock) -> None:
    made.not_before(START - 5)
    assert (made.now_ns(), made.offset_ns) == (START, 0)
    made.not_before(START + 3 * SECOND)
    assert (made.now_ns(), made.offset_ns) == (START + 3 * SECOND, -3 * SECOND)
    times.go(SECOND)
    assert made.now_ns() == START + 4 * SECOND - 500_000
    assert (made.offset_ns, times.steps) == (-3 * SECOND + 500_000, [])


moves = st.tuples(
    st.integers(0, 5 * SECOND) | st.integers(0, 3000),
    st.sampled_from([0, 0, 0, 1, -1]).flatmap(lambda s: st.integers(0, 4 * SECOND).map(s.__mul__)),
    st.sampled_from([0, 0, 0, 7, 2 * SECOND]),
)


@given(st.lists(moves, max_size=60))
@settings(max_examples=200, deadline=None)
def test_it_never_goes_back_and_never_runs_over_500_ppm_wrong(walk: list[tuple[int, ...]]) -> None:
    times = Times()
    made = DisciplinedClock(times.monotonic_ns, times.wall_ns, times.steps.append)
    shown, slewed, passed = START, 0, 0
    for elapsed, step, pause in walk:
        times.pause = pause
        times.go(elapsed, step)
        steps = len(times.steps)
        now = made.now_ns()
        passed += elapsed + pause
        assert now >= shown
        stepped = len(times.steps) > steps and now - shown > elapsed + pause + STEP_NS
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
