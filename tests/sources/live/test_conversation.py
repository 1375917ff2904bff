"""The talk on one connection, without a socket: what is said when, what is heard, when it ends."""

from typing import Any

import pytest
from msgspec.structs import replace

from sources.live.conversation import CONTROL_BYTES, LIFETIME_SPREAD, Conversation
from sources.live.feed import Acknowledged
from sources.live.health import Counters
from tests.sources.live.faulty import DATA, ToyFeed, message, plan

JOINS = [message("join", symbol) for symbol in "ABC"]
LONG = b'{"price":"' + b"1" * CONTROL_BYTES + b'"}'


class Talk:
    """A conversation that began at second 100, with what came of it."""

    def __init__(
        self, symbols: str = "", luck: float = 0.0, *, quiet: bool = False, **feed: Any
    ) -> None:
        self.feed = ToyFeed(**feed)
        self.counters = Counters()
        self.told: list[str] = []
        self.talk = Conversation(
            self.feed,
            replace(plan("ws://there", *symbols), quiet=quiet),
            opened_s=100.0,
            acknowledge_s=10.0,
            luck=luck,
            counters=self.counters,
            tell=self.told.append,
        )

    def said(self, now_s: float) -> list[bytes]:
        """Everything that may be said at a time."""
        found = []
        while (text := self.talk.message(now_s)) is not None:
            found.append(text)
        return found


# -- saying ------------------------------------------------------------------------------------


def test_subscriptions_go_out_in_order_within_the_rate() -> None:
    talk = Talk("ABC", messages_per_s=2.0)
    assert talk.said(100.0) == JOINS[:2]
    assert (talk.talk.due_s(), talk.talk.ready) == (101.0, False)
    assert talk.said(100.9) == []
    assert talk.said(101.0) == JOINS[2:]
    assert talk.talk.ready


def test_a_plan_without_messages_is_ready_at_once() -> None:
    assert Talk().talk.ready


def test_heartbeats_begin_after_the_subscriptions_and_repeat() -> None:
    talk = Talk("AB", heartbeat_s=20.0, messages_per_s=1.0)
    found = {now_s: talk.said(now_s) for now_s in (100.0, 101.0, 102.0, 120.9, 121.0, 141.0)}
    ping = [message("ping")]
    assert found == {
        100.0: JOINS[:1], 101.0: JOINS[1:2], 102.0: ping, 120.9: [], 121.0: ping, 141.0: ping,
    }  # fmt: skip


def test_without_heartbeats_nothing_is_said() -> None:
    talk = Talk(heartbeat_s=0.0)
    assert talk.said(100.0) + talk.said(500.0) == []


def test_replies_go_before_what_waits() -> None:
    talk = Talk("AB", messages_per_s=1.0)
    assert talk.said(100.0) == JOINS[:1]
    assert talk.talk.heard(message("ask", 7), 100.5)
    assert talk.said(101.0) == [message("answer", 7)]
    assert talk.said(102.0) == JOINS[1:2]


def test_what_is_to_be_said_later_waits_its_turn() -> None:
    talk = Talk("A", messages_per_s=2.0)
    talk.talk.say(talk.feed.again("X"))
    assert talk.said(100.0) == [JOINS[0], message("leave", "X")]
    assert talk.said(101.0) == [message("join", "X")]


# -- acknowledgements --------------------------------------------------------------------------


def test_what_is_confirmed_in_time_is_not_spoken_of() -> None:
    talk = Talk("AB")
    talk.said(100.0)
    assert not talk.talk.heard(message("ok", ["A"]), 101.0)
    assert not talk.talk.heard(message("ok", ["B"]), 102.0)
    assert talk.talk.verdict(110.0) is None
    assert (talk.told, talk.counters) == ([], Counters())


def test_refused_topics_are_told_and_counted_and_not_missed_later() -> None:
    talk = Talk("AB")
    talk.said(100.0)
    talk.talk.heard(message("no", [["A", "no such thing"], ["", "too many"]]), 101.0)
    talk.talk.heard(message("ok", ["B"]), 101.0)
    talk.talk.verdict(110.0)
    assert talk.told == [
        "toy refused A: no such thing",
        "toy refused a subscription that it does not name: too many",
    ]
    assert (talk.counters.refused, talk.counters.unacknowledged) == (2, 0)


def test_what_is_not_confirmed_in_ten_seconds_is_told_once_and_the_connection_stays() -> None:
    talk = Talk("AB", messages_per_s=1.0)
    talk.said(100.0)
    talk.said(101.0)  # ten seconds from here
    talk.talk.heard(message("ok", ["A"]), 101.0)
    assert talk.talk.due_s() == 111.0
    found = [talk.talk.verdict(now_s) for now_s in (110.9, 111.0, 112.0)]
    assert found == [None, None, None]
    assert talk.told == ["toy has not confirmed 1 of 2 topics within 10 s: B"]
    assert talk.counters.unacknowledged == 1


def test_of_many_unconfirmed_topics_five_are_named() -> None:
    talk = Talk("ABCDEFG")
    talk.said(100.0)
    talk.talk.verdict(110.0)
    expected = "toy has not confirmed 7 of 7 topics within 10 s: A, B, C, D, E …"
    assert talk.told == [expected]


def test_long_frames_are_looked_at_only_while_something_is_unconfirmed() -> None:
    class Counting(ToyFeed):
        asked = 0

        def acknowledged(self, frame: bytes) -> Acknowledged | None:
            self.asked += 1
            return super().acknowledged(frame)

    talk = Talk("A")
    talk.talk._feed = feed = Counting()
    talk.said(100.0)
    talk.talk.heard(LONG, 100.0)
    assert feed.asked == 1
    talk.talk.heard(message("ok", ["A"] * CONTROL_BYTES), 100.0)
    assert feed.asked == 2
    talk.talk.heard(LONG, 100.0)
    assert (feed.asked, talk.talk.frames) == (2, 2)


# -- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "alive"),
    [
        (DATA, True), (LONG, True), (b"not json", True), (message("pong"), False),
        (message("ask", 1), False), (message("ok", ["A"]), False),
    ],
)  # fmt: skip
def test_only_the_market_breaks_the_silence(frame: bytes, alive: bool) -> None:
    talk = Talk(stale_s=30.0)
    talk.talk.heard(frame, 110.0)
    assert talk.talk.verdict(129.9) is None
    assert talk.talk.verdict(130.0) == (None if alive else "stale")
    assert talk.talk.verdict(140.0) == "stale"
    assert talk.talk.due_s() == (140.0 if alive else 130.0)


def test_where_streams_may_be_silent_for_hours_a_pong_breaks_the_silence() -> None:
    talk = Talk(quiet=True, stale_s=30.0)
    talk.talk.heard(message("pong"), 110.0)
    assert (talk.talk.verdict(139.9), talk.talk.verdict(140.0)) == (None, "stale")


@pytest.mark.parametrize(("words", "urgent"), [((), False), ((b"x", b"forced"), True)])
def test_what_cannot_wait_is_told_by_words_at_a_frame_s_beginning(
    words: tuple[bytes, ...], urgent: bool
) -> None:
    talk = Talk(urgent=words).talk
    assert talk.urgent(b'{"e":"forced","o":{}}') is urgent
    assert not talk.urgent(b'{"e":"depth","pad":"' + b"-" * 200 + b'forced"}')


def test_an_announced_cut_ends_it_at_once() -> None:
    talk = Talk()
    assert talk.talk.heard(message("bye"), 101.0)
    assert talk.talk.verdict(101.0) == "leaving"


@pytest.mark.parametrize("luck", [0.0, 0.5, 0.999])
def test_it_is_renewed_before_its_lifetime_and_not_all_at_the_same_time(luck: float) -> None:
    talk = Talk(luck=luck, lifetime_s=1000.0, stale_s=5000.0)
    ends_s = 100.0 + 1000.0 * (1 - LIFETIME_SPREAD * luck)
    assert 1050.0 < ends_s <= 1100.0
    assert talk.talk.due_s() == ends_s
    assert talk.talk.verdict(ends_s - 0.01) is None
    assert talk.talk.verdict(ends_s) == "lifetime"


def test_no_time_is_said_to_be_due_that_passes_without_effect() -> None:
    talk = Talk("ABC", messages_per_s=0.7, heartbeat_s=3.3, stale_s=29.3, lifetime_s=61.7)
    now_s = 100.0
    for _ in range(100):
        if talk.talk.verdict(now_s) is not None:
            break
        talk.said(now_s)
        assert talk.talk.due_s() > now_s
        now_s = talk.talk.due_s()
    assert (now_s, talk.talk.verdict(now_s)) == (129.3, "stale")
