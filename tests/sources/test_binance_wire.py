"""The typed decoder: events whatever their wrapping, mistakes with a reason."""

import pytest

from schemas.control import Reason
from sources import binance_wire as wire
from sources.binance_wire import Frame
from sources.wire_numbers import Refused

TRADE = b'{"e":"trade","t":5}'


@pytest.mark.parametrize(
    "payload",
    [TRADE, b" " + TRADE, b'{"stream":"x","data":' + TRADE + b"}",
     b'{ "data" : ' + TRADE + b', "stream": "x" }', b"[" + TRADE + b"]",
     b'{"stream":"x","data":[' + TRADE + b"]}"],
)  # fmt: skip
def test_events_whatever_their_wrapping(payload: bytes) -> None:
    assert wire.decode(payload) == [Frame(e="trade", t=5)]


def test_events_of_other_kinds_have_their_name_only() -> None:
    other = b'{"e":"24hrTicker","o":"0.0010","U":"x"}'
    for payload in (other, b'{"stream":"x","data":' + other + b"}", b"[" + other + b"]"):
        assert wire.decode(payload) == [Frame(e="24hrTicker")]
    assert wire.decode(b'{"result":null,"id":1}') == [Frame()]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [(b"", Reason.not_json), (b"{", Reason.not_json), (b'{"e":"a\x01"}', Reason.not_json),
     (b'{"e":"\xff"}', Reason.not_json), (b'{"x":' + b"[" * 9000, Reason.not_json),
     (b'{"data":' * 9000, Reason.not_json), (b"5", Reason.wrong_type),
     (b"null", Reason.wrong_type), (b'{"data":null}', Reason.wrong_type),
     (b'{"e":"trade","t":"5"}', Reason.wrong_type), (b'{"e":5}', Reason.wrong_type),
     (b'[{"e":"trade","t":"5"},{"e":"kline","t":"5"}]', Reason.wrong_type),
     (b'{"e":"depthUpdate","b":[["1"]],"a":[]}', Reason.wrong_type),
     (b'{"code":"x","t":"?"}', Reason.wrong_type)],
)  # fmt: skip
def test_frames_that_are_refused(payload: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        wire.decode(payload)
    assert refused.value.reason is reason


def test_answers() -> None:
    body = b'{"lastUpdateId":7,"bids":[["1.0","2"]],"asks":[],"E":5,"more":1}'
    depth = wire.decode_depth(body)
    assert (depth.lastUpdateId, depth.E, depth.T) == (7, 5, 0)
    assert wire.decode_levels(depth.bids) == [("1.0", "2")]
    assert wire.decode_levels(depth.asks) == []
    assert wire.decode_open_interest(b'{"openInterest":"1","symbol":"A"}').time == 0
    for body, reason in ((b'{"code":-1121}', Reason.wrong_type), (b"<html>", Reason.not_json)):
        for read in (wire.decode_depth, wire.decode_open_interest):
            with pytest.raises(Refused) as refused:
                read(body)
            assert refused.value.reason is reason
