"""The typed decoder: exact numbers, events whatever their wrapping, mistakes with a reason."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.control import Reason
from sources import binance_wire as wire
from sources.binance_wire import Frame, Refused


@settings(deadline=None)
@given(st.integers(1, (1 << 53) - 1), st.integers(0, 15), st.integers(0, 3))
def test_ticks_are_exact(ticks: int, decimals: int, zeros: int) -> None:
    text = f"{Decimal(ticks).scaleb(-decimals):f}"
    text += ("" if "." in text or not zeros else ".") + "0" * zeros
    assert wire.ticks(text, decimals) == ticks
    assert wire.price(text) == float(text)


@pytest.mark.parametrize(
    ("text", "decimals", "ticks"),
    [("61800.20", 2, 6180020), ("61800.2", 2, 6180020), ("5", 0, 5), ("1e2", 2, 10000),
     ("12E-1", 1, 12), ("+5", 0, 5), ("1.00000000000000000000000000000000000", 2, 100)],
)  # fmt: skip
def test_ticks(text: str, decimals: int, ticks: int) -> None:
    assert wire.ticks(text, decimals) == ticks


@pytest.mark.parametrize(
    ("text", "reason"),
    [("0", Reason.bad_price), ("-1", Reason.bad_price), ("", Reason.bad_price),
     ("NaN", Reason.bad_price), ("Infinity", Reason.bad_price), ("1.", Reason.bad_price),
     ("1_0", Reason.bad_price), (" 1", Reason.bad_price), ("1 ", Reason.bad_price),
     ("１", Reason.bad_price), ("1e999999", Reason.bad_price), ("1e400", Reason.bad_price),
     ("1e99999999999999999999", Reason.bad_price), ("90071992547409.92", Reason.bad_price),
     ("100.001", Reason.price_scale), ("1e-9999", Reason.price_scale),
     ("100.0000000000000000000000000000001", Reason.price_scale)],
)  # fmt: skip
def test_no_ticks(text: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        wire.ticks(text, 2)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("text", "decimals"), [("61800.20", 2), ("5", 0), ("0.00001234", 8), ("1e2", 0), ("1e-7", 7)]
)
def test_the_scale_of_a_first_price(text: str, decimals: int) -> None:
    assert (wire.scale_of(text), wire.decimals_of(text)) == (decimals, decimals)


@pytest.mark.parametrize("text", ["1e-400", "0.0000000000000001", "50000.000000000000001", "0.0"])
def test_a_scale_that_nobody_quotes_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        wire.scale_of(text)


def test_sizes_and_numbers() -> None:
    assert [wire.size(t) for t in ("0", "0.000", "0.1", "1e3")] == [0.0, 0.0, 0.1, 1000.0]
    assert [wire.number(t) for t in ("-0.5", "1e-3")] == [-0.5, 0.001]
    assert repr(wire.number("")) == "nan"
    assert wire.stamp_ns(1_700_000_000_000) == 1_700_000_000_000_000_000
    assert wire.stamp_ns(9_223_372_036_853) < 1 << 63
    assert [wire.identifier(n) for n in (0, (1 << 62) - 1)] == [0, (1 << 62) - 1]


@pytest.mark.parametrize(
    ("read", "value", "reason"),
    [(wire.size, "-0.1", Reason.bad_size), (wire.size, "1e18", Reason.bad_size),
     (wire.size, None, Reason.missing_field), (wire.size, "", Reason.bad_size),
     (wire.price, None, Reason.missing_field), (wire.price, "9007199254740992", Reason.bad_price),
     (wire.price, "1e-400", Reason.bad_price), (wire.number, "x", Reason.bad_number),
     (wire.number, "1e400", Reason.bad_number), (wire.number, "inf", Reason.bad_number),
     (wire.stamp_ns, -1, Reason.bad_time), (wire.stamp_ns, 9_223_372_036_854, Reason.bad_time),
     (wire.identifier, None, Reason.bad_id), (wire.identifier, True, Reason.bad_id),
     (wire.identifier, -1, Reason.bad_id), (wire.identifier, 1 << 62, Reason.bad_id),
     (wire.identifier, "1", Reason.bad_id)],
)  # fmt: skip
def test_what_is_refused(read, value, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        read(value)
    assert refused.value.reason is reason


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
    assert wire.decode_depth(body) == wire.Depth(7, [("1.0", "2")], [], 0, 5)
    assert wire.decode_open_interest(b'{"openInterest":"1","symbol":"A"}').time == 0
    for body, reason in ((b'{"code":-1121}', Reason.wrong_type), (b"<html>", Reason.not_json)):
        for read in (wire.decode_depth, wire.decode_open_interest):
            with pytest.raises(Refused) as refused:
                read(body)
            assert refused.value.reason is reason
