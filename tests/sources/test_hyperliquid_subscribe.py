"""What is said to the venue, and what its acknowledgements mean."""

import json
from typing import Any

import pytest

from schemas.errors import UsageError
from sources import hyperliquid_subscribe as subscribe
from sources.hyperliquid_subscribe import Accepted, accepted, again, request_body, subscriptions
from tests.sources.test_hyperliquid_frames import OTHER, USER, frame, shared


def said(messages: list[bytes]) -> list[Any]:
    return [json.loads(message) for message in messages]


def subscribed(**subscription: Any) -> Any:
    return {"method": "subscribe", "subscription": subscription}


def test_each_stream_of_each_coin_is_one_message() -> None:
    words = "book", "top", "trade", "mark", "index", "quote", "book"
    assert said(subscriptions(words, ["BTC", "xyz:NVDA", "BTC"])) == [
        subscribed(type="l2Book", coin="BTC", fast=True),
        subscribed(type="l2Book", coin="xyz:NVDA", fast=True),
        subscribed(type="bbo", coin="BTC"),
        subscribed(type="bbo", coin="xyz:NVDA"),
        subscribed(type="trades", coin="BTC"),
        subscribed(type="trades", coin="xyz:NVDA"),
        subscribed(type="activeAssetCtx", coin="BTC"),
        subscribed(type="activeAssetCtx", coin="xyz:NVDA"),
    ]
    assert said(subscriptions(["book"], ["BTC"], fast=False)) == [
        subscribed(type="l2Book", coin="BTC")
    ]


def test_forced_orders_and_states_are_of_accounts() -> None:
    assert subscriptions(["liquidation", "account"], ["BTC"]) == []
    words = ["liquidation", "trade", "account"]
    assert said(subscriptions(words, ["BTC"], accounts=[USER, USER.lower(), OTHER])) == [
        subscribed(type="trades", coin="BTC"),
        subscribed(type="userFills", user=USER.lower()),
        subscribed(type="userFills", user=OTHER),
        subscribed(type="allDexsClearinghouseState", user=USER.lower()),
        subscribed(type="allDexsClearinghouseState", user=OTHER),
    ]


def test_the_limits() -> None:
    users = [f"0x{k:040x}" for k in range(11)]
    assert len(subscriptions(["account"], [], accounts=users[:10])) == 10
    assert len(subscriptions(["trade"], ["BTC"], accounts=users)) == 1  # nobody is watched
    with pytest.raises(UsageError, match="10 accounts be watched, not 11"):
        subscriptions(["liquidation"], [], accounts=users)
    coins = [f"C{k}" for k in range(500)]
    assert len(subscriptions(["book", "trade"], coins)) == 1000
    with pytest.raises(UsageError, match="1000 subscriptions, not 1002"):
        subscriptions(["book", "trade"], [*coins, "ONE"])


def test_a_new_snapshot_is_asked_for_by_leaving_and_coming_back() -> None:
    book = {"type": "l2Book", "coin": "BTC", "fast": True}
    assert said(again("BTC")) == [
        {"method": "unsubscribe", "subscription": book},
        subscribed(**book),
    ]
    assert said(again("BTC", fast=False))[1] == subscribed(type="l2Book", coin="BTC")


def response(method: str, **subscription: Any) -> bytes:
    data = {"method": method, "subscription": subscription}
    return frame("subscriptionResponse", data).encode()


def error(text: str) -> bytes:
    return frame("error", text).encode()


BOOK = '{"type":"l2Book","coin":"BTC","nSigFigs":null}'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (response("subscribe", type="l2Book", coin="BTC", mantissa=None), (["l2Book:BTC"], [])),
        (response("subscribe", type="userFills", user=OTHER), ([f"userFills:{OTHER}"], [])),
        (response("subscribe", type="allDexsAssetCtxs"), (["allDexsAssetCtxs"], [])),
        (response("unsubscribe", type="l2Book", coin="BTC"), ([], [])),
        (error(f"Already subscribed: {BOOK}"), (["l2Book:BTC"], [])),
        (error(f"Invalid subscription {BOOK}"),
         ([], [("l2Book:BTC", f"Invalid subscription {BOOK}")])),
        (error("Already subscribed"), ([], [("", "Already subscribed")])),
        (error("Invalid {"), ([], [("", "Invalid {")])),
        (error('Error parsing {"method":1}'), ([], [("", 'Error parsing {"method":1}')])),
    ],
)  # fmt: skip
def test_acknowledgements(answer: bytes, expected: Any) -> None:
    assert accepted(answer) == Accepted(*expected)


@pytest.mark.parametrize(
    "other",
    [
        b'{"channel":"pong"}',
        b'{"channel":"l2Book","data":{}}',
        b"Websocket connection established.",
        b'{"channel":"subscriptionResponse","data":{}}',
        b'{"channel":"error","data":{}}',
        b'{"channel":"error"}',
        b"\xff",
        error("{" + '{"a":' * 5000 + "}"),
    ],
)
def test_other_frames_are_no_acknowledgement(other: bytes) -> None:
    found = accepted(other)
    assert found is None or found.confirmed == []
    assert found is None or found.refused[0][0] == ""
    assert subscribe.reply(other) is None


def test_the_shared_acknowledgement_and_error() -> None:
    confirmed, refused, pong = (accepted(one.encode()) for one in shared("subscribe_error_pong"))
    assert confirmed == Accepted(["l2Book:BTC"], [])
    assert refused == Accepted([], [("", "Invalid subscription ...")])
    assert pong is None


def test_the_heartbeat_is_well_inside_the_minute_of_silence() -> None:
    assert json.loads(subscribe.heartbeat() or b"") == {"method": "ping"}
    assert 0.0 < subscribe.HEARTBEAT_S <= 50.0
    assert subscribe.URL.startswith("wss://")


@pytest.mark.parametrize(
    ("fragment", "body"),
    [
        ("meta", {"type": "meta"}),
        ("meta:xyz", {"type": "meta", "dex": "xyz"}),
        ("metaAndAssetCtxs", {"type": "metaAndAssetCtxs"}),
        ("spotMeta", {"type": "spotMeta"}),
        (f"clearinghouseState:{OTHER}", {"type": "clearinghouseState", "user": OTHER}),
        (f"clearinghouseState:{OTHER}:xyz",
         {"type": "clearinghouseState", "user": OTHER, "dex": "xyz"}),
    ],
)  # fmt: skip
def test_a_question_is_named_by_its_url(fragment: str, body: Any) -> None:
    assert json.loads(request_body(f"{subscribe.INFO_URL}#{fragment}")) == body


@pytest.mark.parametrize("fragment", ["", "#", "#order", "#spotMeta:xyz", "#clearinghouseState"])
def test_other_urls_name_no_question(fragment: str) -> None:
    with pytest.raises(UsageError, match="names no question"):
        request_body(subscribe.INFO_URL + fragment)
