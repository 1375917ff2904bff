"""What is sent, and what the answers mean."""

import json
from typing import Any

import pytest

from schemas.errors import UsageError
from sources import okx_subscribe
from sources.okx_subscribe import Acknowledged, accepted, again, leaving, subscriptions
from tests.sources.okx_frames import INVERSE, LINEAR, OPTION, SPOT, trade
from tests.sources.talk import wire

FUTURE = "BTC-USDT-270326"


def asked(streams: list[str], symbols: list[str]) -> list[tuple[str, str]]:
    """(channel, what) of the one request."""
    (request,) = subscriptions(streams, symbols)
    message = json.loads(request)
    assert message.keys() == {"op", "args"}
    assert message["op"] == "subscribe"
    found = []
    for argument in message["args"]:
        channel = argument.pop("channel")
        ((name, what),) = argument.items()
        found.append((channel, f"{name}={what}"))
    return found


@pytest.mark.parametrize(
    ("stream", "symbol", "channels"),
    [
        ("book", SPOT, [("books", f"instId={SPOT}")]),
        ("top", LINEAR, [("bbo-tbt", f"instId={LINEAR}")]),
        ("trade", OPTION, [("trades", f"instId={OPTION}")]),
        ("mark", INVERSE, [("mark-price", f"instId={INVERSE}"),
                           ("funding-rate", f"instId={INVERSE}"),
                           ("open-interest", f"instId={INVERSE}"),
                           ("index-tickers", "instId=BTC-USD")]),
        ("mark", FUTURE, [("mark-price", f"instId={FUTURE}"), ("open-interest", f"instId={FUTURE}"),
                          ("index-tickers", "instId=BTC-USDT")]),
        ("liquidation", LINEAR, [("liquidation-orders", "instType=SWAP")]),
        ("liquidation", FUTURE, [("liquidation-orders", "instType=FUTURES")]),
        ("quote", OPTION, [("opt-summary", "instFamily=BTC-USD"), ("bbo-tbt", f"instId={OPTION}"),
                           ("mark-price", f"instId={OPTION}"),
                           ("open-interest", f"instId={OPTION}")]),
        ("index", LINEAR, [("index-tickers", "instId=BTC-USDT")]),
    ],
)  # fmt: skip
def test_a_stream(stream: str, symbol: str, channels: list[tuple[str, str]]) -> None:
    assert asked([stream], [symbol]) == channels


@pytest.mark.parametrize(
    ("stream", "symbol"),
    [("mark", SPOT), ("liquidation", SPOT), ("quote", LINEAR), ("index", OPTION), ("weather", SPOT),
     ("mark", OPTION)],
)  # fmt: skip
def test_what_the_venue_does_not_have(stream: str, symbol: str) -> None:
    assert subscriptions([stream], [symbol]) == []


def test_what_several_markets_share_is_asked_for_once() -> None:
    assert asked(["liquidation", "index"], [LINEAR, "ETH-USDT-SWAP", LINEAR, FUTURE]) == [
        ("liquidation-orders", "instType=SWAP"),
        ("index-tickers", "instId=BTC-USDT"),
        ("index-tickers", "instId=ETH-USDT"),
        ("liquidation-orders", "instType=FUTURES"),
    ]
    assert subscriptions([], [LINEAR]) == subscriptions(["book"], []) == []


def test_requests_stay_within_the_limit() -> None:
    symbols = [f"COIN{k}-USDT-SWAP" for k in range(4_000)]
    requests = subscriptions(["book"], symbols)
    assert max(map(len, requests)) <= 65_536
    assert min(map(len, requests[:-1])) > 65_000
    sent = [argument for request in requests for argument in json.loads(request)["args"]]
    assert sent == [{"channel": "books", "instId": symbol} for symbol in symbols]


def test_a_symbol_that_is_none() -> None:
    with pytest.raises(UsageError, match='"BTCUSDT" is no market'):
        subscriptions(["book"], [SPOT, "BTCUSDT"])


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"event": "subscribe", "arg": {"channel": "books", "instId": SPOT}, "connId": "x"},
         Acknowledged([f"books:{SPOT}"], [])),
        ({"event": "subscribe", "arg": {"channel": "liquidation-orders", "instType": "SWAP"}},
         Acknowledged(["liquidation-orders:SWAP"], [])),
        ({"event": "subscribe", "arg": {"channel": "opt-summary", "instFamily": "BTC-USD"}},
         Acknowledged(["opt-summary:BTC-USD"], [])),
        ({"event": "unsubscribe", "arg": {"channel": "books", "instId": SPOT}},
         Acknowledged([], [])),
        ({"event": "error", "code": "60018",
          "msg": "Wrong URL or channel:trades,instId:NO-NE doesn't exist."},
         Acknowledged([], [("trades:NO-NE",
                            "60018 Wrong URL or channel:trades,instId:NO-NE doesn't exist.")])),
        ({"event": "error", "code": "60018", "msg": "channel:opt-summary,instFamily:A-B no"},
         Acknowledged([], [("opt-summary:A-B", "60018 channel:opt-summary,instFamily:A-B no")])),
        ({"event": "error", "code": "60012", "msg": "Invalid request"},
         Acknowledged([], [("", "60012 Invalid request")])),
        ({"event": "channel-conn-count-error", "channel": "books"},
         Acknowledged([], [("", "channel-conn-count-error")])),
        ({"event": "notice", "code": "64008", "msg": "soon"}, None),
        ({"event": "login", "code": "0"}, None),
        ({"arg": {"channel": "books", "instId": SPOT}, "data": []}, None),
        ("pong", None),
        ("{", None),
        ("7", None),
    ],
)  # fmt: skip
def test_an_answer(frame: Any, expected: Acknowledged | None) -> None:
    assert accepted((frame if isinstance(frame, str) else wire(frame)).encode()) == expected


def test_every_channel_of_a_request_has_its_name_in_the_answer() -> None:
    (request,) = subscriptions(["book", "mark", "liquidation"], [LINEAR])
    arguments = json.loads(request)["args"]
    answers = [accepted(wire({"event": "subscribe", "arg": a}).encode()) for a in arguments]
    names = [name for answer in answers if answer is not None for name in answer.confirmed]
    assert names == [
        f"books:{LINEAR}", f"mark-price:{LINEAR}", f"funding-rate:{LINEAR}",
        f"open-interest:{LINEAR}", "index-tickers:BTC-USDT", "liquidation-orders:SWAP",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "leaves"),
    [({"event": "notice", "code": "64008", "msg": "x"}, True),
     ({"event": "notice", "code": 64008}, True), ({"event": "notice", "code": "64009"}, False),
     ({"event": "error", "code": "64008"}, False), ("pong", False), (trade(64008), False)],
)  # fmt: skip
def test_the_venue_says_that_it_leaves(frame: Any, leaves: bool) -> None:
    assert leaving((frame if isinstance(frame, str) else wire(frame)).encode()) is leaves


def test_a_book_again() -> None:
    args = [{"channel": "books", "instId": SPOT}]
    assert [json.loads(message) for message in again(SPOT)] == [
        {"op": "unsubscribe", "args": args},
        {"op": "subscribe", "args": args},
    ]


def test_it_is_we_who_keep_it_alive() -> None:
    assert okx_subscribe.heartbeat() == b"ping"
    assert okx_subscribe.HEARTBEAT_S < okx_subscribe.SILENCE_S == 30.0
    for frame in ("ping", "pong", wire({"event": "notice", "code": "64008"}), trade(1)):
        assert okx_subscribe.reply(frame.encode()) is None


def test_the_stated_limits() -> None:
    stated = (okx_subscribe.CONNECTIONS_PER_S, okx_subscribe.REQUESTS_PER_HOUR,
              okx_subscribe.CONNECTIONS_PER_CHANNEL, okx_subscribe.REQUEST_BYTES)  # fmt: skip
    assert stated == (3, 480, 30, 65_536)
    assert okx_subscribe.URL == "wss://ws.okx.com:8443/ws/v5/public"
