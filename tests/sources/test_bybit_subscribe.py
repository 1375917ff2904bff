"""What is sent to the venue and what its acknowledgements mean."""

import json
from typing import Any

import pytest

from sources import bybit_subscribe as subscribe
from sources.bybit_subscribe import Accepted
from tests.sources.bybit_frames import sample, ticker
from tests.sources.talk import wire

ALL = ("book", "top", "trade", "mark", "liquidation", "quote", "index")


def sent(messages: list[bytes]) -> list[tuple[str, str, list[str]]]:
    loaded = [json.loads(message) for message in messages]
    assert all(set(message) == {"op", "req_id", "args"} for message in loaded)
    return [(message["op"], message["req_id"], message["args"]) for message in loaded]


def test_one_request_for_each_symbol() -> None:
    assert sent(subscribe.subscriptions(ALL, ["BTCUSDT", "BTC-26DEC25"])) == [
        ("subscribe", "BTCUSDT book+top+trade+mark+liquidation",
         ["orderbook.200.BTCUSDT", "orderbook.1.BTCUSDT", "publicTrade.BTCUSDT",
          "tickers.BTCUSDT", "allLiquidation.BTCUSDT"]),
        ("subscribe", "BTC-26DEC25 book+top+trade+mark+liquidation",
         ["orderbook.200.BTC-26DEC25", "orderbook.1.BTC-26DEC25", "publicTrade.BTC-26DEC25",
          "tickers.BTC-26DEC25", "allLiquidation.BTC-26DEC25"]),
    ]  # fmt: skip


def test_streams_are_asked_for_once_and_only_those_there_are() -> None:
    twice = subscribe.subscriptions(["trade", "quote", "trade"], iter(["BTCUSDT"]))
    assert sent(twice) == [("subscribe", "BTCUSDT trade", ["publicTrade.BTCUSDT"])]
    assert subscribe.subscriptions(["quote", "index"], ["BTCUSDT"]) == []
    assert subscribe.subscriptions(ALL, []) == []


def test_a_request_stays_within_the_number_of_topics() -> None:
    (message,) = subscribe.subscriptions(ALL, ["BTCUSDT"])
    assert len(json.loads(message)["args"]) <= subscribe.TOPICS_PER_MESSAGE


def test_a_book_anew() -> None:
    assert sent(subscribe.again("BTCUSDT")) == [
        ("unsubscribe", "BTCUSDT book", ["orderbook.200.BTCUSDT"]),
        ("subscribe", "BTCUSDT book", ["orderbook.200.BTCUSDT"]),
    ]


def test_symbols_are_parted_by_the_room_of_a_connection() -> None:
    symbols = [f"A{k:03}USDT" for k in range(600)]
    groups = subscribe.by_connection(ALL, symbols)
    assert [symbol for group in groups for symbol in group] == symbols
    rooms = [sum(len(topic) for message in subscribe.subscriptions(ALL, group)
                 for topic in json.loads(message)["args"]) for group in groups]  # fmt: skip
    assert len(groups) == 4
    assert all(room <= subscribe.TOPIC_CHARS_PER_CONNECTION for room in rooms)
    one_more = rooms[0] + sum(len(t) for t in json.loads(subscribe.subscriptions(
        ALL, symbols[:1])[0])["args"])  # fmt: skip
    assert one_more + 3 * 5 * len(groups[0]) > subscribe.TOPIC_CHARS_PER_CONNECTION
    assert subscribe.by_connection(ALL, []) == []
    assert subscribe.by_connection([], ["BTCUSDT"]) == [["BTCUSDT"]]


def answered(request: bytes, **changes: Any) -> bytes:
    """The venue's answer to a request, with its id."""
    asked = json.loads(request)
    said = {"success": True, "ret_msg": "", "conn_id": "c7", "req_id": asked["req_id"]}
    return wire(said | {"op": asked["op"]} | changes).encode()


def test_an_acknowledgement_confirms_what_its_request_asked_for() -> None:
    (request,) = subscribe.subscriptions(ALL, ["BTC-26DEC25"])
    asked = json.loads(request)["args"]
    assert subscribe.accepted(answered(request)) == Accepted(asked, [])
    reason = "error:handler not found,topic:orderbook.200.BTC-26DEC25"
    refused = answered(request, success=False, ret_msg=reason)
    assert subscribe.accepted(refused) == Accepted([], [(topic, reason) for topic in asked])


@pytest.mark.parametrize(
    ("reason", "topics"),
    [
        ("error:handler not found,topic:orderbook.500.BTCUSDT", ["orderbook.500.BTCUSDT"]),
        ("Invalid topic: [tickers.AUSDT, publicTrade.BTC-26DEC25]",
         ["tickers.AUSDT", "publicTrade.BTC-26DEC25"]),
        ("Params Error", [""]),
        ("", [""]),
    ],
)  # fmt: skip
def test_a_refusal_without_a_request_names_its_topics(reason: str, topics: list[str]) -> None:
    frame = wire({"success": False, "ret_msg": reason, "op": "subscribe"}).encode()
    assert subscribe.accepted(frame) == Accepted([], [(topic, reason) for topic in topics])


def test_an_unsubscription_confirms_nothing() -> None:
    given_up, _ = subscribe.again("BTCUSDT")
    assert subscribe.accepted(answered(given_up)) == Accepted([], [])
    assert subscribe.accepted(answered(given_up, success=False)) == Accepted([], [])


@pytest.mark.parametrize(
    "frame",
    [
        ticker(markPrice="1").encode(),
        b'{"success":true,"ret_msg":"pong","op":"ping"}',
        b'{"success":"yes","op":"subscribe"}',
        b'{"op":"subscribe"}',
        b"{",
        b"[]",
        b"\xff",
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_what_is_no_acknowledgement(frame: bytes) -> None:
    assert subscribe.accepted(frame) is None
    assert subscribe.reply(frame) is None


def test_recorded_acknowledgements() -> None:
    names = "subscribe_ack", "subscribe_error", "pong"
    said = [subscribe.accepted(frame.encode()) for name in names for frame in sample(name)]
    text = "Invalid topic: invalid.topic.BTCUSDT"
    assert said == [
        Accepted([], []),
        Accepted([], [("invalid.topic.BTCUSDT", text)]),
        None,
        None,
    ]


def test_the_heartbeat() -> None:
    assert json.loads(subscribe.heartbeat() or b"") == {"req_id": "ping", "op": "ping"}
    assert subscribe.HEARTBEAT_S == 20.0
