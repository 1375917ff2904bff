"""What we say to Deribit, and what its answers confirm or refuse."""

import json
from typing import Any

import pytest

from schemas.errors import UsageError
from sources import deribit_subscribe as talk
from tests.shared import shared_file
from tests.sources.deribit_frames import LINEAR, OPTION, PERP, book, notice
from tests.sources.talk import wire

STREAMS = ("book", "top", "trade", "mark", "liquidation", "quote", "index")


def channels(messages: list[bytes]) -> list[list[str]]:
    decoded = [json.loads(message) for message in messages]
    assert all(m["jsonrpc"] == "2.0" and m["method"] == "public/subscribe" for m in decoded)
    return [m["params"]["channels"] for m in decoded]


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        (PERP, [f"book.{PERP}.100ms", f"ticker.{PERP}.100ms", f"trades.{PERP}.100ms",
                "deribit_price_index.btc_usd"]),
        (LINEAR, [f"book.{LINEAR}.100ms", f"ticker.{LINEAR}.100ms", f"trades.{LINEAR}.100ms",
                  "deribit_price_index.sol_usdc"]),
        (OPTION, [f"book.{OPTION}.none.20.100ms", f"ticker.{OPTION}.100ms",
                  f"trades.{OPTION}.100ms", "deribit_price_index.eth_usd"]),
        ("btc_usd", ["markprice.options.btc_usd", "deribit_price_index.btc_usd"]),
        ("btc_usd.dvol", ["deribit_volatility_index.btc_usd"]),
    ],
)  # fmt: skip
def test_the_channels_of_all_streams(symbol: str, expected: list[str]) -> None:
    assert channels(talk.subscriptions(STREAMS, [symbol])) == [expected]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [("book", f"book.{PERP}.100ms"), ("top", f"ticker.{PERP}.100ms"),
     ("mark", f"ticker.{PERP}.100ms"), ("quote", f"ticker.{PERP}.100ms"),
     ("trade", f"trades.{PERP}.100ms"), ("liquidation", f"trades.{PERP}.100ms"),
     ("index", "deribit_price_index.btc_usd")],
)  # fmt: skip
def test_the_channel_of_each_stream(stream: str, expected: str) -> None:
    assert channels(talk.subscriptions([stream], [PERP])) == [[expected]]


def test_channels_are_sent_once_in_messages_of_500() -> None:
    names = [f"BTC-26JUN26-{strike}-C" for strike in range(1, 601)]
    sent = channels(talk.subscriptions(["trade", "liquidation", "index"], names))
    assert [len(part) for part in sent] == [500, 101]
    flat = [channel for part in sent for channel in part]
    assert len(set(flat)) == 601
    assert flat[:3] == ["trades.BTC-26JUN26-1-C.100ms", "deribit_price_index.btc_usd",
                        "trades.BTC-26JUN26-2-C.100ms"]  # fmt: skip


def test_nothing_asked_is_nothing_sent() -> None:
    assert talk.subscriptions([], [PERP]) == talk.subscriptions(["book"], []) == []
    assert talk.subscriptions(["book", "trade"], ["btc_usd"]) == []


def test_a_message_is_whole_and_its_id_is_made_from_its_channels() -> None:
    first, second, again = (talk.subscriptions(["book"], [s]) for s in (PERP, LINEAR, PERP))
    assert first == again
    ids = [json.loads(message)["id"] for message in first + second]
    assert ids[0] != ids[1]
    assert min(ids) >= 1000
    assert first == [
        b'{"jsonrpc":"2.0","id":%d,"method":"public/subscribe",'
        b'"params":{"channels":["book.BTC-PERPETUAL.100ms"]}}' % ids[0]
    ]


@pytest.mark.parametrize(("streams", "symbols"), [(["depth"], [PERP]), (["book"], ["BTC-SWAP"])])
def test_what_cannot_be_asked(streams: list[str], symbols: list[str]) -> None:
    with pytest.raises(UsageError):
        talk.subscriptions(streams, symbols)


@pytest.mark.parametrize(
    ("symbol", "channel"),
    [(PERP, f"book.{PERP}.100ms"), (OPTION, f"book.{OPTION}.none.20.100ms")],
)
def test_a_book_is_asked_anew(symbol: str, channel: str) -> None:
    leave, enter = talk.again(symbol)
    assert json.loads(leave)["method"] == "public/unsubscribe"
    assert json.loads(leave)["params"] == {"channels": [channel]}
    assert [enter] == talk.subscriptions(["book"], [symbol])
    assert talk.again("btc_usd") == []


# -- heartbeats ----------------------------------------------------------------------------------


def test_the_heartbeat() -> None:
    assert talk.heartbeat() == (
        b'{"jsonrpc":"2.0","id":901,"method":"public/set_heartbeat","params":{"interval":10}}'
    )


TEST = b'{"jsonrpc":"2.0","id":902,"method":"public/test","params":{}}'


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (b'{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}', TEST),
        (b'{"params":{"type":"test_request"},"method":"heartbeat"}', TEST),
        (b'{"method":"heartbeat","params":{"type":"heartbeat"}}', None),
        (b'{"method":"heartbeat","params":{"x":"test_request"}}', None),
        (b'{"method":"heartbeat","params":["test_request"]}', None),
        (b'{"method":"other","params":{"type":"test_request"}}', None),
        (notice("announcements", "test_request").encode(), None),
        (b'{"method":"heartbeat","params":{"type":"test_request"', None),
        (b"\xfftest_request", None),
        (b"", None),
    ],
)
def test_what_must_be_answered(frame: bytes, answer: bytes | None) -> None:
    assert talk.reply(frame) == answer


def test_the_shared_heartbeats() -> None:
    path = shared_file("frames/deribit/heartbeat_test_request.json")
    frames = json.loads(path.read_bytes())["frames"]
    replies = [talk.reply(wire(frame).encode()) for frame in frames]
    assert replies == [None, None, None, TEST, None]
    meant = {key: value for key, value in frames[4].items() if key not in ("_dir", "id")}
    assert {key: value for key, value in json.loads(TEST).items() if key != "id"} == meant


# -- answers -------------------------------------------------------------------------------------

ASKED = [*talk.subscriptions(["book", "trade"], [PERP]), *talk.again(LINEAR), talk.heartbeat()]
NUMBER = json.loads(ASKED[0])["id"]
BOOK, TRADES = f"book.{PERP}.100ms", f"trades.{PERP}.100ms"


def answer(**fields: Any) -> bytes:
    return wire({"jsonrpc": "2.0", "id": NUMBER, "usIn": 1, "testnet": False} | fields).encode()


@pytest.mark.parametrize(
    ("frame", "confirmed", "refused"),
    [
        (answer(result=[BOOK, TRADES]), [BOOK, TRADES], []),
        (answer(result=[TRADES]), [TRADES], [(BOOK, "missing from the result")]),
        (answer(result=[]), [], [(BOOK, talk.MISSING), (TRADES, talk.MISSING)]),
        (answer(error={"code": 10028, "message": "x", "data": None}), [],
         [(BOOK, "10028 too_many_requests"), (TRADES, "10028 too_many_requests")]),
        (answer(error={"code": 4, "message": "odd"}), [], [(BOOK, "4 odd"), (TRADES, "4 odd")]),
        (answer(error={"code": 13778, "message": "raw"}, id=5), [],
         [("", "13778 raw_subscriptions_not_available_for_unauthorized")]),
        (answer(result=[BOOK], id=5), [BOOK], []),
    ],
)  # fmt: skip
def test_an_answer(frame: bytes, confirmed: list[str], refused: list[tuple[str, str]]) -> None:
    assert talk.accepted(frame, ASKED) == talk.Accepted(confirmed, refused)


def test_an_answer_without_its_request_confirms_only() -> None:
    assert talk.accepted(answer(result=[TRADES])) == talk.Accepted([TRADES], [])


def test_the_answers_to_asking_anew() -> None:
    leave, enter = (json.loads(message)["id"] for message in ASKED[1:3])
    channel = f"book.{LINEAR}.100ms"
    assert talk.accepted(answer(id=leave, result=[channel]), ASKED) is None
    assert talk.accepted(answer(id=enter, result=[channel]), ASKED) == talk.Accepted([channel], [])
    refused = talk.Accepted([], [(channel, talk.MISSING)])
    assert talk.accepted(answer(id=enter, result=[]), ASKED) == refused


@pytest.mark.parametrize(
    "frame",
    [
        book(5).encode(),
        answer(id=901, result="ok"),
        answer(id=902, result={"version": "1"}),
        answer(id=902, error={"code": 10028}),
        answer(result=[{"instrument_name": PERP}]),
        b'{"method":"heartbeat","params":{"type":"heartbeat"}}',
        b'{"id":5,"result":[',
        b"\xff",
        b"[]",
    ],
)
def test_what_is_no_answer_to_a_subscribe(frame: bytes) -> None:
    assert talk.accepted(frame, ASKED) is None


def test_the_shared_answers() -> None:
    frames = json.loads(shared_file("frames/deribit/subscribe_response.json").read_bytes())[
        "frames"
    ]
    asked = [json.dumps(frames[0]).encode()]
    both = talk.Accepted(["trades.BTC-PERPETUAL.100ms", "book.BTC-PERPETUAL.100ms"], [])
    assert talk.accepted(wire(frames[1]).encode(), asked) == both
    error = json.loads(shared_file("frames/deribit/error.json").read_bytes())["frames"][0]
    reason = "10028 too_many_requests"
    lost = talk.Accepted([], [(channel, reason) for channel in both.confirmed])
    assert talk.accepted(wire(error).encode(), asked) == lost


def test_limits_and_errors() -> None:
    assert set(talk.TRANSIENT) < set(talk.ERRORS)
    assert talk.SUBSCRIBES_BURST * 3_000 == 30_000
    assert talk.HEARTBEAT_S > talk.VENUE_HEARTBEAT_S >= 10
    assert talk.LISTING_URL.format(currency="BTC").endswith("?currency=BTC&expired=false")
