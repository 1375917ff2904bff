"""The latest row of a scope, and what the rows of a connection make: rates and sums of an hour."""

from collections import deque

import pytest

from flows.page.part import MOST_IN_AN_HOUR, Feed, Part, feed_after, part_after
from schemas.feed_health import FeedHealth
from tests.flows.page.rows import NOW, S, health, tick


def test_a_part_follows_only_with_a_newer_row_and_keeps_the_least_step() -> None:
    first = part_after(None, tick(NOW), 4)
    assert first == Part(tick(NOW), 4, None)
    assert part_after(first, tick(NOW, mid=1.0), 5) is None
    assert part_after(first, tick(NOW - S), 5) is None
    second = part_after(first, tick(NOW + 2 * S), 5)
    assert second == Part(tick(NOW + 2 * S), 5, 2.0)
    third = part_after(second, tick(NOW + 2 * S + S // 4), 6)
    assert third == Part(tick(NOW + 2 * S + S // 4), 6, 0.25)
    later = part_after(third, tick(NOW + 9 * S), 7)
    assert later == Part(tick(NOW + 9 * S), 7, 0.25)


def line(*rows: FeedHealth) -> Feed:
    """A connection after these rows."""
    feed, hour = None, deque[FeedHealth]()
    for rev, row in enumerate(rows):
        part = part_after(feed.part if feed else None, row, rev)
        assert part is not None
        feed = feed_after(feed, part, hour)
    assert feed is not None
    return feed


def test_rates_are_over_the_time_since_the_row_before() -> None:
    alone = line(health(NOW, messages=50, bytes=9))
    assert (alone.messages_per_s, alone.bytes_per_s) == (None, None)
    two = line(health(NOW), health(NOW + 4 * S, messages=50, bytes=9_000))
    assert (two.messages_per_s, two.bytes_per_s) == (12.5, 2_250.0)
    silent = line(health(NOW), health(NOW + 4 * S))
    assert (silent.messages_per_s, silent.bytes_per_s) == (0.0, 0.0)


@pytest.mark.parametrize(("after_s", "rate"), [(60, 2.0), (61, None)])
def test_there_is_no_rate_over_a_restart(after_s: int, rate: float | None) -> None:
    assert line(health(NOW), health(NOW + after_s * S, messages=120)).messages_per_s == rate


def test_sums_are_of_the_hour_up_to_the_row() -> None:
    troubled = {"gaps": 1, "reconnects": 2, "rejected": 3, "overflow_frames": 4}
    rows = [health(NOW + k * 600 * S, **troubled) for k in range(13)]  # two hours
    for until, counted in ((1, 1), (6, 6), (7, 6), (13, 6)):
        feed = line(*rows[:until])
        sums = (feed.gaps_1h, feed.reconnects_1h, feed.rejected_1h, feed.overflow_frames_1h)
        assert sums == (counted, 2 * counted, 3 * counted, 4 * counted)


def test_rows_of_an_hour_are_bounded() -> None:
    hour = deque[FeedHealth]()
    for k in range(MOST_IN_AN_HOUR + 50):
        feed_after(None, Part(health(NOW + k), k, None), hour)
    assert len(hour) == MOST_IN_AN_HOUR
