"""Polls: spread over their interval, on their beat, only where the connection is open."""

from sources.live.polls import LATER_S, Polls
from tests.sources.live.feeders import Question


def is_ready(connection: str) -> bool:
    return True


def urls(polls: Polls, now_s: float) -> str:
    return "".join(url for _, url in polls.due(now_s, is_ready))


FOUR = {"a": [Question(name, 8.0) for name in "ABCD"]}


def test_they_are_spread_over_the_interval_and_keep_their_beat() -> None:
    polls = Polls(FOUR)
    found = [urls(polls, 100.0 + second) for second in range(17)]
    beat = ["A", "", "B", "", "C", "", "D", ""]
    assert found == [*beat, *beat, "A"]


def test_the_next_time_is_known() -> None:
    polls = Polls({"a": [Question("A", 8.0), Question("B", 3.0)]})
    polls.due(100.0, is_ready)
    assert polls.next_s() == 103.0
    assert Polls({}).due(100.0, is_ready) == []
    assert Polls({}).next_s() is None


def test_those_of_an_interval_of_their_own_are_spread_on_their_own() -> None:
    polls = Polls({"a": [*FOUR["a"], Question("X", 60.0)], "b": [Question("Y", 8.0)]})
    assert sorted(polls.due(100.0, is_ready)) == [("a", "A"), ("a", "X"), ("b", "Y")]


def test_after_a_pause_each_is_asked_once_and_the_beat_is_as_before() -> None:
    polls = Polls(FOUR)
    polls.due(100.0, is_ready)
    assert sorted(urls(polls, 151.0)) == ["A", "B", "C", "D"]
    found = [urls(polls, 151.0 + second) for second in range(1, 9)]
    assert found == ["C", "", "D", "", "A", "", "B", ""]  # A at 156: as from 100 on each 8 s


def test_a_closed_connection_is_looked_at_again_soon() -> None:
    polls = Polls({"a": [Question("A", 8.0)]})
    assert polls.due(100.0, lambda _: False) == []
    assert polls.next_s() == 100.0 + LATER_S
    assert polls.due(100.0 + LATER_S, is_ready) == [("a", "A")]
    assert polls.next_s() == 108.0 + LATER_S
