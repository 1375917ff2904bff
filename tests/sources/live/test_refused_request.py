"""A request that is refused as one for one of its topics: the others are asked for one by one."""

import asyncio
from typing import Any

import pytest

from sources.bybit_feed import BybitFeed
from sources.live.conversation import Conversation
from sources.live.feed import Acknowledged, Plan
from sources.live.health import Counters
from tests.sources.live.faulty import (
    QUICK,
    ToyFeed,
    Watched,
    faster,
    link,
    message,
    running,
    until,
    venue,
)
from tests.sources.live.faulty import _said as said_in
from tests.sources.live.strict import ALREADY, UNKNOWN, Strict


class Batches(ToyFeed):
    """A venue of requests for several topics; `none` refuses one of them as a whole."""

    def acknowledged(self, frame: bytes) -> Acknowledged | None:
        said = said_in(frame)
        if "none" in said:
            return Acknowledged(apart=tuple((topic, "one is bad") for topic in said["none"]))
        return super().acknowledged(frame)

    def idle(self, frame: bytes) -> bool:
        return "none" in said_in(frame) or super().idle(frame)

    def alone(self, topic: str) -> bytes | None:
        return None if topic == "beat" else message("join", [topic])


class Talk:
    """A conversation that began at second 100 with requests for some topics each."""

    def __init__(self, *requests: str, **feed: Any) -> None:
        self.counters = Counters()
        self.told: list[str] = []
        self.joins = [message("join", list(topics)) for topics in requests]
        plan = Plan("toy-1", "ws://there", tuple(self.joins), tuple("".join(requests)))
        self.talk = Conversation(
            Batches(**feed), plan, opened_s=100.0, acknowledge_s=10.0, luck=0.0,
            counters=self.counters, tell=self.told.append,
        )  # fmt: skip

    def said(self, now_s: float) -> list[bytes]:
        """Everything that may be said at a time."""
        found = []
        while (text := self.talk.message(now_s)) is not None:
            found.append(text)
        return found

    def hears(self, word: str, about: Any, now_s: float) -> bool:
        """Whether it has something to say because of a frame."""
        return self.talk.heard(message(word, about), now_s)


def alone(topics: str) -> list[bytes]:
    return [message("join", [topic]) for topic in topics]


# -- the talk ----------------------------------------------------------------------------------


def test_only_the_bad_one_stays_refused_and_is_named() -> None:
    talk = Talk("ABC", "DE")
    assert talk.said(100.0) == talk.joins
    assert talk.hears("none", "ABC", 101.0)
    assert not talk.hears("ok", ["D", "E"], 101.0)
    assert talk.said(101.0) == alone("ABC")
    assert (talk.told, talk.counters.refused) == ([], 0)
    talk.hears("ok", ["A"], 102.0)
    talk.hears("no", [["B", "unknown"]], 102.0)
    talk.hears("ok", ["C"], 102.0)
    assert talk.talk.verdict(120.0) is None
    assert talk.said(120.0) == []
    assert talk.told == ["toy refused B: unknown"]
    assert (talk.counters.refused, talk.counters.unacknowledged) == (1, 0)


def test_they_are_asked_for_within_the_rate_and_after_the_other_requests() -> None:
    talk = Talk("AB", "CD", messages_per_s=1.0)
    assert talk.said(100.0) == talk.joins[:1]
    talk.hears("none", "AB", 100.5)
    talk.talk.say([b"later"])
    found = [talk.said(second) for second in (100.9, 101.0, 102.0, 103.0, 104.0, 105.0)]
    assert found == [[], talk.joins[1:], alone("A"), alone("B"), [b"later"], []]


def test_ready_once_is_ready() -> None:
    talk = Talk("AB", messages_per_s=1.0, heartbeat_s=20.0)
    assert not talk.talk.ready
    talk.said(100.0)
    assert talk.talk.ready
    talk.hears("none", "AB", 101.0)
    assert talk.talk.ready
    found = [talk.said(second) for second in (101.0, 102.0, 103.0)]
    assert found == [[message("ping")], alone("A"), alone("B")]  # heartbeats go on


def test_the_time_to_confirm_begins_anew_when_they_are_out() -> None:
    talk = Talk("AB", messages_per_s=1.0)
    talk.said(100.0)
    talk.hears("none", "AB", 109.0)
    talk.said(109.0)
    assert talk.talk.verdict(110.0) is None
    assert talk.said(110.0) == alone("B")
    talk.hears("ok", ["A"], 111.0)
    assert (talk.talk.verdict(119.9), talk.told) == (None, [])
    talk.talk.verdict(120.0)
    assert talk.told == ["toy has not confirmed 1 of 2 topics within 10 s: B"]


def test_nothing_is_asked_for_alone_twice() -> None:
    talk = Talk("AB")
    talk.said(100.0)
    talk.hears("none", "AB", 101.0)
    assert talk.said(101.0) == alone("AB")
    assert not talk.hears("none", "AB", 102.0)  # the same answer doubled
    assert talk.said(102.0) == []
    talk.hears("ok", ["A", "B"], 103.0)
    talk.talk.verdict(130.0)
    assert (talk.told, talk.counters) == ([], Counters())


def test_a_late_refusal_is_taken_like_one_in_time() -> None:
    talk = Talk("AB")
    talk.said(100.0)
    talk.talk.verdict(110.0)
    assert talk.told == ["toy has not confirmed 2 of 2 topics within 10 s: A, B"]
    assert talk.hears("none", "AB", 111.0)
    assert talk.said(111.0) == alone("AB")
    talk.hears("ok", ["A"], 112.0)
    talk.talk.verdict(121.0)
    assert talk.told[1:] == ["toy has not confirmed 1 of 2 topics within 10 s: B"]


def test_what_cannot_be_asked_for_alone_is_refused() -> None:
    talk = Talk("AB")
    talk.said(100.0)
    assert talk.hears("none", ["beat", "A"], 101.0)
    assert talk.said(101.0) == alone("A")
    assert (talk.told, talk.counters.refused) == (["toy refused beat: one is bad"], 1)


def test_a_refusal_that_names_nothing_leaves_its_topics_unconfirmed() -> None:
    """They are asked for by themselves at the deadline; what is then missing is named."""
    talk = Talk("ABC", "D")
    talk.said(100.0)
    talk.hears("no", [["", "one of them"]], 101.0)
    talk.hears("ok", ["D"], 101.0)
    assert talk.said(109.0) == []
    assert talk.talk.verdict(110.0) is None
    assert talk.said(110.0) == alone("ABC")
    assert talk.counters.unacknowledged == 0
    talk.hears("ok", ["A"], 111.0)
    talk.hears("no", [["", "one of them"]], 111.0)
    talk.hears("ok", ["C"], 111.0)
    talk.talk.verdict(120.0)
    assert talk.said(130.0) == []
    assert talk.told[-1] == "toy has not confirmed 1 of 4 topics within 10 s: B"
    assert (talk.counters.refused, talk.counters.unacknowledged) == (2, 1)


# -- over a socket -----------------------------------------------------------------------------

STREAMS = ["book", "trade", "liquidation"]
GOOD = ["orderbook.200.AUSDT", "publicTrade.AUSDT"]
BAD = "allLiquidation.AUSDT"
OTHERS = ["orderbook.200.BUSDT", "publicTrade.BUSDT", "allLiquidation.BUSDT"]


def over(server: Strict, within: Any, *, messages_per_s: float = 1000.0) -> Watched:
    """A connection of the real feed to the server, until something is true."""
    watched = Watched("bybit-linear-1")

    async def main() -> None:
        async with venue(server) as url:
            feed = BybitFeed()
            feed.messages_per_s = messages_per_s
            host = {"ws_url": url.removesuffix("/stream")}
            [plan] = feed.plans(STREAMS, ["AUSDT", "BUSDT"], host)
            one = link(watched, plan, feed, faster(QUICK, acknowledge_s=0.3))  # type: ignore[arg-type]
            async with running(one):
                await until(within)
                await asyncio.sleep(0.35)  # what is not confirmed would be told by now

    asyncio.run(main())
    return watched


def test_all_but_the_bad_topic_come() -> None:
    server = Strict(BAD)
    watched = over(server, lambda: server.on and len(server.on[0]) == 5)
    assert server.asked == [
        [(*GOOD, BAD), tuple(OTHERS), *((topic,) for topic in (*GOOD, BAD))],
    ]
    assert server.on == [[*OTHERS, *GOOD]]
    assert watched.told == [f"bybit-linear-1: bybit-linear refused {BAD}: {UNKNOWN}{BAD}"]
    counters = watched.lane.counters
    assert (counters.refused, counters.unacknowledged) == (1, 0)
    heard = [p for p in watched.payloads if b'"topic":"publicTrade.AUSDT"' in p]
    assert heard  # the good topic of the refused request is heard


def test_a_connection_asks_within_the_message_rate() -> None:
    server = Strict(BAD)
    over(server, lambda: server.on and len(server.on[0]) == 5, messages_per_s=3.0)
    assert len(server.at_s) == 5
    assert all(server.at_s[k + 3] - server.at_s[k] > 0.95 for k in range(2))


def test_a_reconnect_asks_again_and_doubles_nothing() -> None:
    server = Strict(BAD, cut_after=2)
    watched = over(server, lambda: len(server.on) == 3 and len(server.on[2]) == 5)
    assert server.doubled == []
    assert server.on[2] == [*OTHERS, *GOOD]
    assert server.asked[2] == [(*GOOD, BAD), tuple(OTHERS), *((t,) for t in (*GOOD, BAD))]
    refusals = [text for text in watched.told if "refused" in text]
    assert refusals == [f"bybit-linear-1: bybit-linear refused {BAD}: {UNKNOWN}{BAD}"]


class Half(Strict):
    """Takes the good topics of a request that it refuses."""

    def _answer(self, said: dict[str, Any], on: list[str]) -> dict[str, Any]:
        answer = super()._answer(said, on)
        if len(said["args"]) > 1 and not answer["success"]:
            on += [topic for topic in said["args"] if topic not in self.bad]
        return answer


def test_what_is_on_already_counts_as_confirmed() -> None:
    server = Half(BAD)
    watched = over(server, lambda: server.asked and len(server.asked[0]) == 5)
    assert sorted(server.on[0]) == sorted([*GOOD, *OTHERS])  # each once
    assert watched.told == [f"bybit-linear-1: bybit-linear refused {BAD}: {UNKNOWN}{BAD}"]
    assert any(ALREADY.encode() in payload for payload in watched.payloads)


@pytest.mark.parametrize("bad", [[], [BAD, *GOOD]])
def test_no_and_only_bad_topics(bad: list[str]) -> None:
    server = Strict(*bad)
    watched = over(server, lambda: server.asked and len(server.asked[0]) == (5 if bad else 2))
    assert server.on == [OTHERS if bad else [*GOOD, BAD, *OTHERS]]
    assert watched.lane.counters.refused == len(bad)
