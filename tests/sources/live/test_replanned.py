"""A plan that changes while its connection runs: what is said, awaited, asked and written."""

from sources.live.polls import Polls
from tests.sources.live.faulty import message, plan
from tests.sources.live.feeders import Question
from tests.sources.live.test_conversation import JOINS, Talk
from tests.sources.live.test_lane import watched
from tests.sources.live.test_polls import is_ready, urls

LEAVE = message("leave", "A")


def test_more_is_asked_for_and_awaited_and_what_is_left_is_not() -> None:
    talk = Talk("AB")
    assert talk.said(100.0) == JOINS[:2]
    talk.talk.heard(message("ok", ["B"]), 100.1)
    talk.talk.change(plan("ws://there", "B", "C"), [JOINS[2]], [LEAVE])
    assert talk.talk.ready
    assert talk.said(105.0) == [JOINS[2], LEAVE]
    assert talk.talk.verdict(114.9) is None
    assert talk.told == []  # nobody waits for A any more …
    talk.talk.verdict(115.0)
    assert talk.told == ["toy has not confirmed 1 of 2 topics within 10 s: C"]  # … but for C
    assert talk.counters.unacknowledged == 1


def test_what_is_confirmed_in_time_is_not_told() -> None:
    talk = Talk("A")
    talk.said(100.0)
    talk.talk.heard(message("ok", ["A"]), 100.1)
    talk.talk.change(plan("ws://there", "A", "B"), [JOINS[1]], [])
    talk.said(101.0)
    talk.talk.heard(message("ok", ["B"]), 101.5)
    talk.talk.verdict(150.0)
    assert talk.told == []


def test_before_all_subscriptions_are_out_more_is_one_of_them() -> None:
    talk = Talk("AB", messages_per_s=1.0)
    assert talk.said(100.0) == JOINS[:1]
    talk.talk.change(plan("ws://there", "A", "B", "C"), [JOINS[2]], [])
    assert talk.said(101.0) == JOINS[1:2]
    assert not talk.talk.ready
    assert talk.said(102.0) == JOINS[2:]
    assert talk.talk.ready


def test_questions_change_and_those_that_stay_keep_their_beat() -> None:
    polls = Polls({"a": [Question(name, 8.0) for name in "ABCD"], "b": [Question("Y", 8.0)]})
    assert urls(polls, 100.0) == "AY"
    polls.change("a", [Question(name, 8.0) for name in "BDE"], 101.0)
    found = [urls(polls, 101.0 + second) for second in range(8)]
    assert found == ["", "B", "", "", "", "D", "E", "Y"]
    polls.change("b", [], 109.0)
    assert "Y" not in "".join(urls(polls, 109.0 + second) for second in range(20))


def test_questions_may_change_before_the_first_was_due() -> None:
    polls = Polls({"a": [Question("A", 8.0)]})
    polls.change("a", [Question("B", 8.0)], 99.0)
    assert polls.due(100.0, is_ready) == [("a", "B")]


def test_a_line_that_must_be_there_is_written_though_the_queue_is_full() -> None:
    seen = watched(most_frames=2)
    for _ in range(4):
        seen.lane.frame(b"{}")
    seen.lane.control("open")
    seen.lane.insist("instruments", delisted=["A"])
    assert seen.payloads == [b"{}", b"{}", b'!{"k":"instruments","delisted":["A"]}']
    assert seen.lane.drain(9).lines == 3
    seen.lane.frame(b"{}")
    assert seen.payloads[3:] == [b'!{"k":"overflow","dropped":2}', b"{}"]
