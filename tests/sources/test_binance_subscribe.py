"""What is sent to each market, on which path, and what its answers mean."""

import json
from typing import Any

import pytest

from sources import binance_subscribe as subscribe
from sources.binance_family import MARKETS
from sources.binance_subscribe import Accepted
from tests.shared import shared_file
from tests.sources.coinm_frames import COINM
from tests.sources.talk import SPOT, USDM, depth, ticker, trade, wire

ALL = ("book", "top", "trade", "mark", "liquidation", "quote", "index")


def sample(name: str) -> list[bytes]:
    """What the server says in a sample file."""
    path = f"frames/binance_usdm/{name}.json"
    frames = json.loads(shared_file(path).read_text(encoding="utf-8"))["frames"]
    return [wire(frame).encode() for frame in frames if frame.get("_dir") != "client"]


def test_streams_by_tier() -> None:
    assert subscribe.topics(MARKETS[USDM], ALL, ["BTCUSDT", "币安人生USDT"]) == {
        "public": ["btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade",
                   "币安人生usdt@depth@100ms", "币安人生usdt@bookTicker", "币安人生usdt@trade"],
        "market": ["btcusdt@markPrice@1s", "btcusdt@forceOrder",
                   "币安人生usdt@markPrice@1s", "币安人生usdt@forceOrder"],
    }  # fmt: skip
    assert subscribe.topics(MARKETS[COINM], ALL, ["BTCUSD_PERP"]) == {
        "": ["btcusd_perp@depth@100ms", "btcusd_perp@bookTicker", "btcusd_perp@aggTrade",
             "btcusd_perp@markPrice@1s", "btcusd_perp@forceOrder"],
    }  # fmt: skip
    assert subscribe.topics(MARKETS[SPOT], ALL, ["BTCUSDT", "BTCUSDT"]) == {
        "": ["btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade"]
    }
    assert subscribe.topics(MARKETS[SPOT], ["mark"], ["BTCUSDT"]) == {}


def test_requests_have_their_own_ids_and_a_bounded_size() -> None:
    names = [f"s{k}@trade" for k in range(120)]
    messages = [json.loads(message) for message in subscribe.subscriptions(names)]
    assert [message["params"] for message in messages] == [names[:50], names[50:100], names[100:]]
    assert {message["method"] for message in messages} == {"SUBSCRIBE"}
    ids = [message["id"] for message in messages]
    assert len(set(ids)) == 3
    assert all(isinstance(i, int) and 1000 <= i < 2**53 for i in ids)
    assert subscribe.asked_by(subscribe.subscriptions(names)) == {
        ids[0]: tuple(names[:50]), ids[1]: tuple(names[50:100]), ids[2]: tuple(names[100:]),
    }  # fmt: skip
    assert subscribe.subscriptions([]) == []


@pytest.mark.parametrize(
    ("venue", "tier", "url"),
    [
        (USDM, "public", "wss://fstream.binance.com/public/stream"),
        (USDM, "market", "wss://fstream.binance.com/market/stream"),
        (COINM, "", "wss://dstream.binance.com/stream"),
        (SPOT, "", "wss://stream.binance.com:9443/stream"),
    ],
)
def test_where_streams_are(venue: str, tier: str, url: str) -> None:
    assert subscribe.stream_url(MARKETS[venue], tier) == url
    combined = subscribe.stream_url(MARKETS[venue], tier, ["a@trade", "币@depth@100ms"])
    assert combined == f"{url}?streams=a@trade/%E5%B8%81@depth@100ms"


ASKED = {7: ("a@trade", "b@trade")}


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"result": None, "id": 7}, Accepted(["a@trade", "b@trade"], [])),
        ({"result": None, "id": 8}, Accepted([], [])),
        ({"code": 2, "msg": "Invalid request", "id": 7},
         Accepted([], [("a@trade", "2 Invalid request"), ("b@trade", "2 Invalid request")])),
        ({"error": {"code": 2, "msg": "no"}, "id": 7},
         Accepted([], [("a@trade", "2 no"), ("b@trade", "2 no")])),
        ({"code": 3, "msg": "too many", "id": 9}, Accepted([], [("", "3 too many")])),
        ({"result": ["a@trade"], "id": 1}, None),  # the list that the heartbeat asks for
        ({"result": None, "id": "x"}, None),
        ({"code": 1}, None),
        ([], None),
        (5, None),
    ],
)  # fmt: skip
def test_answers(frame: Any, said: Accepted | None) -> None:
    assert subscribe.accepted(wire(frame).encode(), ASKED) == said


@pytest.mark.parametrize("frame", [b"", b"{", b"\xff", b"[" * 100_000, b'{"id":7'])
def test_what_is_not_json_is_no_answer(frame: bytes) -> None:
    assert subscribe.accepted(frame, ASKED) is None
    assert subscribe.leaving(frame) is False
    assert subscribe.is_market(frame) is False


def test_the_venues_own_samples() -> None:
    (acknowledged,) = sample("subscribe_ack")
    (error,) = sample("error")
    asked = {1000: ("x",)}
    assert subscribe.accepted(acknowledged.replace(b'"id":1', b'"id":1000'), asked) == Accepted(
        ["x"], []
    )
    reason = "2 Invalid request: unknown variant ..."
    assert subscribe.accepted(error.replace(b'"id":1', b'"id":1000'), asked) == Accepted(
        [], [("x", reason)]
    )


def test_frames_of_streams_are_told_from_everything_else() -> None:
    for bare in (depth(1, 2), ticker(1), trade(1)):
        wrapped = f'{{"stream":"x","data":{bare}}}'.encode()
        assert subscribe.is_market(wrapped)
        assert subscribe.accepted(wrapped, ASKED) is None
    for other in (b'{"result":null,"id":7}', subscribe.heartbeat()):
        assert not subscribe.is_market(other)


def test_a_server_that_shuts_down_says_so() -> None:
    path = "frames/binance_spot/serverShutdown.json"
    frame = json.loads(shared_file(path).read_text(encoding="utf-8"))["frames"][0]
    assert subscribe.leaving(wire(frame).encode())
    assert not subscribe.leaving(b'{"e":"trade","s":"serverShutdown"}')


def test_signs_of_life_are_asked_for() -> None:
    assert json.loads(subscribe.heartbeat()) == {"method": "LIST_SUBSCRIPTIONS", "id": 1}
