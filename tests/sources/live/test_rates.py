"""Rates: never more than the limit in any window, whoever asks and when; holds and venue counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.live.rates import Attempts, Rate, message_rate


def most_within(times: list[float], window_s: float, costs: list[float]) -> float:
    """The most that any half-open window holds."""
    return max(
        sum(c for t, c in zip(times, costs, strict=True) if start <= t < start + window_s)
        for start in times
    )


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 4)), min_size=1, max_size=60),
    st.integers(4, 9),
)
def test_no_window_holds_more_than_the_limit(asked: list[tuple[int, int]], limit: int) -> None:
    rate = Rate(limit, 1000)
    now, times = 0, []
    for step, cost in asked:
        now += step
        times.append(rate.reserve(now, cost))
        assert times[-1] >= now
    assert times == sorted(times)
    assert most_within(times, 1000, [cost for _, cost in asked]) <= limit


def test_what_fits_goes_at_once_and_the_rest_when_the_oldest_is_a_window_old() -> None:
    rate = Rate(2, 10.0)
    assert [rate.reserve(t) for t in (0.0, 1.0, 2.0, 3.0, 4.0)] == [0.0, 1.0, 10.0, 11.0, 20.0]
    assert rate.reserve(100.0) == 100.0


def test_what_alone_exceeds_the_limit_goes_alone() -> None:
    rate = Rate(5, 10.0)
    assert [rate.reserve(0.0, cost) for cost in (1, 9, 1)] == [0.0, 10.0, 20.0]


def test_what_the_venue_counted_besides_ours_counts() -> None:
    rate = Rate(5, 10.0)
    rate.reserve(0.0, 2)
    rate.used(1.0, 2)  # no more than ours
    assert rate.reserve(1.0, 2) == 1.0
    rate.used(2.0, 5)  # one more than ours
    assert rate.reserve(2.0, 1) == 10.0


def test_a_hold_moves_what_comes_after_it_and_is_seen_by_what_came_before() -> None:
    rate = Rate(2, 1.0)
    before_s = rate.reserve(3.0)
    rate.hold(7.0)
    rate.hold(5.0)  # a shorter one changes nothing
    assert rate.held(before_s)
    after_s = rate.reserve(4.0)
    assert (after_s, rate.held(after_s)) == (7.0, False)


@pytest.mark.parametrize(
    ("per_minute", "expected"),
    [
        (180, [0, 0, 0, 1, 1, 1, 2]),  # three in each second
        (2, [0, 1, 60, 61, 120, 121, 180]),
    ],
)
def test_attempts_are_spread_over_the_seconds_of_the_minute(
    per_minute: int, expected: list[float]
) -> None:
    attempts = Attempts(per_minute)
    assert [attempts.reserve(0.0) for _ in expected] == expected


def test_attempts_are_held_for_all() -> None:
    attempts = Attempts(60)
    before_s = attempts.reserve(0.0)
    attempts.hold(30.0)
    assert attempts.held(before_s)
    assert attempts.reserve(1.0) == 30.0


@pytest.mark.parametrize(
    ("per_s", "expected"),
    [(2.9, [0, 0, 1, 1]), (0.5, [0, 2, 4, 6]), (1.0, [0, 1, 2, 3])],
)
def test_messages(per_s: float, expected: list[float]) -> None:
    rate = message_rate(per_s)
    assert [rate.reserve(0.0) for _ in expected] == expected
