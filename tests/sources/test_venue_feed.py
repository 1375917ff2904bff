"""What feeds have in common: names, groups, hosts, streams, silence, REST requests."""

from collections.abc import Sequence

import pytest

from schemas.errors import UsageError
from sources.bybit_subscribe import Accepted
from sources.instruments import Page
from sources.live.feed import Acknowledged, Feed, Plan, Request, RestLimits
from sources.registry import VENUES, feed_for
from sources.venue_feed import (
    Poll,
    PolledPlan,
    VenueFeed,
    connection_name,
    first_only,
    groups,
)


class Small(VenueFeed):
    """A venue with one message per symbol; `fill` frames are of the market."""

    venue = "small"
    streams = ("book", "trade", "none")
    default_streams = ("book", "trade")
    heartbeat_s = 0.0
    connections_per_minute = 6
    messages_per_s = 1.0
    topics_per_connection = 4
    rest = RestLimits(60)

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        url = "wss://small.example:443/path?x=1"
        every = (Poll("https://small.example/oi", 5.0),)
        return [
            PolledPlan(connection_name("small", k, "t"), url,
                       tuple(s.encode() for s in part if "none" not in streams), part, part,
                       streams, every=every)
            for k, part in enumerate(groups(symbols, len(streams), 4), start=1)
        ]  # fmt: skip

    def _accepted(self, frame: bytes) -> Accepted | None:
        several = Accepted([], [("a", "why"), ("b", "why")])
        said = {b"yes": Accepted(["a"], [("b", "why")]), b"no": several}
        return said.get(frame)

    def is_market(self, frame: bytes) -> bool:
        return frame == b"fill"

    def listing_urls(self) -> tuple[str, ...]:
        return ()

    def page(self, url: str, body: bytes) -> Page:
        return Page()


def test_plans_are_sharded_named_and_moved_to_another_host() -> None:
    feed: Feed = Small()
    every = (Poll("https://small.example/oi", 5.0),)
    plans = feed.plans((), ["A", "B", "A", "C"], {"ws_url": "ws://127.0.0.1:9101"})
    url = "ws://127.0.0.1:9101/path?x=1"
    assert plans == [
        PolledPlan(
            "small-t", url, (b"A", b"B"), ("A", "B"), ("A", "B"), ("book", "trade"), every=every
        ),
        PolledPlan("small-t-2", url, (b"C",), ("C",), ("C",), ("book", "trade"), every=every),
    ]
    assert [Small().polls(plan) for plan in plans] == [every, every]
    assert Small().polls(Plan("c", "u", (), ())) == ()
    (own,) = feed.plans(["book"], ["A"], {})
    assert (own.url, own.streams) == ("wss://small.example:443/path?x=1", ("book",))


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        (["bok"], 'small has no stream "bok": did you mean "book"?'),
        (["none"], "small has nothing on none of what was chosen"),
    ],
)
def test_streams_that_bring_nothing_are_refused(streams: Sequence[str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        Small().plans(streams, ["A"], {})
    assert str(error.value) == message


def test_answers_are_not_looked_for_in_frames_of_the_market() -> None:
    feed = Small()
    assert feed.acknowledged(b"yes") == Acknowledged(("a",), (("b", "why"),))
    assert feed.acknowledged(b"no") == Acknowledged(apart=(("a", "why"), ("b", "why")))
    assert feed.acknowledged(b"fill") is None
    assert feed.acknowledged(b"other") is None


def test_what_is_silence_depends_on_what_was_asked_for() -> None:
    feed = Small()
    assert [feed.idle(frame) for frame in (b"fill", b"pong")] == [False, True]
    assert [plan.quiet for plan in feed.plans(["book", "trade"], ["A"], {})] == [False]
    # Fills may be hours apart: on such a connection a pong shows that it lives.
    assert [plan.quiet for plan in feed.plans(["trade"], ["A"], {})] == [True]


def test_most_venues_want_nothing_said() -> None:
    feed = Small()
    assert feed.alone("A") is None
    assert (feed.again("A"), feed.heartbeat(), feed.reply(b"x"), feed.leaving(b"x")) == (
        [], None, None, False,
    )  # fmt: skip
    assert feed.request("https://h/x?y=1#z") == Request("https://h/x?y=1")


def test_groups_and_what_was_asked_before() -> None:
    assert groups(["A", "B", "C"], 3, 2) == [("A",), ("B",), ("C",)]
    assert groups([], 3, 2) == []
    seen = {"x": None}
    assert first_only(["a", "x", "a", "b"], seen) == ["a", "b"]
    assert list(seen) == ["x", "a", "b"]


@pytest.mark.parametrize("venue", VENUES)
def test_every_venue_is_a_feed_with_limits(venue: str) -> None:
    feed: Feed = feed_for(venue)
    assert feed.venue == venue
    assert set(feed_for(venue).default_streams) <= set(feed_for(venue).streams)
    assert feed.connections_per_minute >= 30
    assert feed.messages_per_s > 0
    assert feed.topics_per_connection > 0
    assert feed.rest.weight_per_minute > 0
    assert feed.frame_bytes == 64 << 20
    assert (feed.heartbeat_s > 0) == (feed.heartbeat() is not None)
    assert 0 <= feed.heartbeat_s < feed.stale_s


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    "frame", [b"", b"{", b"{}", b"[]", b"5", b"null", b'"x"', b"\xff\xfe", b"[" * 5000,
              b'{"id":{},"method":5,"channel":[],"data":3,"op":"subscribe","event":"error"}',
              b'{"channel":"subscriptionResponse"}', b'{"channel":"subscriptions","events":5}',
              b'{"method":"heartbeat","params":"test_request"}', b"pong", b"serverShutdown"],
)  # fmt: skip
def test_no_frame_makes_a_feed_raise(venue: str, frame: bytes) -> None:
    feed = feed_for(venue)
    feed.acknowledged(frame), feed.reply(frame), feed.leaving(frame), feed.idle(frame)


def test_the_same_symbols_give_the_same_plans_after_a_restart() -> None:
    symbols = {"okx": "BTC-USDT-SWAP", "deribit": "BTC-PERPETUAL", "coinbase-advanced": "BTC-USD",
               "pyth": "Crypto.BTC/USD"}  # fmt: skip
    for venue in VENUES:
        plans = [feed_for(venue).plans((), [symbols.get(venue, "BTCUSDT")], {}) for _ in range(2)]
        assert plans[0] == plans[1]
