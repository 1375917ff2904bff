"""A venue's offset is the least of what was seen within a minute, and nothing when none was."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.units import NS_PER_S
from sources.live.venue_offset import WINDOW_S, VenueOffset

START = 1_700_000_000 * NS_PER_S


def test_nothing_was_seen() -> None:
    made = VenueOffset()
    assert made.least_ms(START) is None
    made.take(START, [])
    assert made.least_ms(START) is None


def test_the_minute_slides_and_a_clock_ahead_of_ours_is_negative() -> None:
    made = VenueOffset()
    for second, lag_ms in ((0, -3.0), (30, 10.0), (59, 20.0)):
        made.take(START + second * NS_PER_S, [lag_ms, lag_ms + 5.0])
    found = [made.least_ms(START + second * NS_PER_S) for second in (59, 60, 89, 90, 118, 119)]
    assert found == [-3.0, 10.0, 10.0, 20.0, 20.0, None]


@given(st.lists(st.tuples(st.integers(0, 20), st.lists(st.floats(-9, 9), max_size=3)), max_size=30))
def test_it_is_the_plain_least_of_the_last_sixty_seconds(
    blocks: list[tuple[int, list[float]]],
) -> None:
    made, at_s, seen = VenueOffset(), START // NS_PER_S, list[tuple[int, float]]()
    for elapsed_s, lags_ms in blocks:
        at_s += elapsed_s
        seen += [(at_s, lag_ms) for lag_ms in lags_ms]
        made.take(at_s * NS_PER_S + 123, lags_ms)
        minute = [lag_ms for second, lag_ms in seen if second > at_s - WINDOW_S]
        assert made.least_ms(at_s * NS_PER_S + 456) == min(minute, default=None)
    assert len(made._seconds) <= WINDOW_S
