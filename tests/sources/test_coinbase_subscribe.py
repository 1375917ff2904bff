"""Messages to the venue, and what its answers confirm."""

import json
from typing import Any

import pytest

from schemas.errors import UsageError
from sources import coinbase_subscribe as subscribe
from sources.coinbase_subscribe import Accepted
from tests.sources.coinbase_frames import beat, full, said


def sent(messages: list[bytes]) -> list[Any]:
    return [json.loads(message) for message in messages]


def message(channel: str, *products: str, what: str = "subscribe") -> Any:
    named = {"product_ids": list(products)} if products else {}
    return {"type": what, "channel": channel} | named


def test_heartbeats_come_first_and_each_channel_has_its_own_message() -> None:
    messages = subscribe.subscriptions(["trade", "book", "top"], ["BTC-USD", "ETH-USD"])
    assert sent(messages) == [
        message("heartbeats"),
        message("market_trades", "BTC-USD", "ETH-USD"),
        message("level2", "BTC-USD", "ETH-USD"),
        message("ticker", "BTC-USD", "ETH-USD"),
    ]


def test_streams_that_spot_does_not_have_and_repetitions_are_left_out() -> None:
    streams = ["mark", "book", "liquidation", "quote", "index", "book"]
    assert sent(subscribe.subscriptions(streams, ["A-B", "C-D", "A-B"])) == [
        message("heartbeats"),
        message("level2", "A-B", "C-D"),
    ]


def test_an_unknown_stream_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="unknown stream 'books': valid are book, top, trade"):
        subscribe.subscriptions(["book", "books"], ["A-B"])


@pytest.mark.parametrize(
    ("count", "parts"), [(0, []), (50, [50]), (51, [50, 1]), (120, [50, 50, 20])]
)
def test_many_products_are_sent_in_parts(count: int, parts: list[int]) -> None:
    symbols = [f"S{k}-USD" for k in range(count)]
    _, *messages = sent(subscribe.subscriptions(["top"], symbols))
    assert [len(m["product_ids"]) for m in messages] == parts
    assert [s for m in messages for s in m["product_ids"]] == symbols


def test_one_book_anew() -> None:
    assert sent(subscribe.again("BTC-USD")) == [
        message("level2", "BTC-USD", what="unsubscribe"),
        message("level2", "BTC-USD"),
    ]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            said("subscriptions", 3, {"subscriptions": {
                "level2": ["BTC-USD", "ETH-USD"], "heartbeats": ["heartbeats"]}}),
            Accepted(["level2:BTC-USD", "level2:ETH-USD", "heartbeats"], []),
        ),
        (said("subscriptions", 3, {"subscriptions": {}}), Accepted([], [])),
        (
            said("subscriptions", 3, {"subscriptions": {"ticker": ["A-B"]}},
                 {"subscriptions": {"ticker": ["A-B", "C-D"]}}),
            Accepted(["ticker:A-B", "ticker:C-D"], []),
        ),
        ('{"type":"error","message":"bad","reason":"no such product"}',
         Accepted([], [("", "bad: no such product")])),
        ('{"type":"error","message":"too many"}', Accepted([], [("", "too many")])),
        ('{"type":"error"}', Accepted([], [("", "no reason given")])),
        (beat(1), None),
        (full(1), None),
        ('{"type":"match"}', None),
        ("{", None),
        ('{"type":5}', None),
        (said("subscriptions", 3, {"subscriptions": ["level2"]}), None),
    ],
)  # fmt: skip
def test_acknowledgements(frame: str, expected: Accepted | None) -> None:
    assert subscribe.accepted(frame.encode()) == expected


def test_nothing_is_sent_to_stay_connected_nor_in_reply() -> None:
    assert subscribe.heartbeat() is None
    assert subscribe.reply(beat(1).encode()) is None
    assert subscribe.HEARTBEAT_S < subscribe.IDLE_CLOSED_AFTER_S


def test_a_connection_is_subscribed_in_time() -> None:
    messages = subscribe.subscriptions(["book", "top", "trade"], [f"S{k}" for k in range(500)])
    assert len(messages) / subscribe.MESSAGES_PER_S < subscribe.FIRST_MESSAGE_WITHIN_S
