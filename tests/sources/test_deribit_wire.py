"""Typed frames: numbers stay as they are written, and a reason for whatever is no frame."""

from typing import Any

import msgspec
import pytest

from schemas.control import Reason
from sources import deribit_wire as wire
from sources.wire_numbers import Refused


@pytest.mark.parametrize(
    ("written", "text"),
    [(b"0.10", "0.10"), (b"2e-05", "2e-05"), (b" 5 ", "5"), (b"1E400", "1E400"), (b"null", ""),
     (b"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
     (b'"5"', '"5"'), (b"true", "true"), (b"[1]", "[1]")],
)  # fmt: skip
def test_a_number_stays_as_it_is_written(written: bytes, text: str) -> None:
    body = b'{"index_name":"a","timestamp":1,"price":' + written + b"}"
    assert wire.text(wire.decode(wire.PRICE_INDEX, body).price) == text


def test_a_number_that_is_not_there_is_empty() -> None:
    assert wire.text(wire.decode(wire.TICKER, b"{}").mark_price) == ""


def test_a_ticker_states_its_fields_and_no_others() -> None:
    body = b"""{"timestamp":7,"best_bid_price":null,"best_bid_amount":0.0,"mark_iv":61.270,
        "state":"open","stats":{"high":[]},"underlying_index":{},
        "greeks":{"delta":-1.0,"rho":"x","vega":null}}"""
    ticker = wire.decode(wire.TICKER, body)
    assert (ticker.timestamp, ticker.type) == (7, None)
    assert wire.texts(ticker) == {
        "best_bid_price": "", "best_bid_amount": "0.0", "mark_iv": "61.270", "delta": "-1.0",
        "vega": "",
    }  # fmt: skip


def test_unknown_fields_may_have_any_type_and_size() -> None:
    body = b"""[{"instrument_name":"A","trade_seq":9,"timestamp":1,"price":1,"amount":2,
        "direction":"buy","starbase_match_id":213378943477100544,
        "starbase_timestamp":1786563104514208311,"trade_id":{"not":"ours"}}]"""
    fill = wire.decode(wire.FILLS, body)[0]
    assert (fill.trade_seq, wire.text(fill.price), fill.liquidation, fill.legs) == (
        9,
        "1",
        None,
        None,
    )


def test_levels_of_both_kinds_of_book() -> None:
    chained = b"""{"type":"change","timestamp":1,"change_id":3,"prev_change_id":2,
        "bids":[["new",1.50,3]],"asks":[["delete",2,0.0,"more"]]}"""
    book = wire.decode(wire.BOOK, chained)
    shown = [(level.action, wire.text(level.price), wire.text(level.amount))
             for level in (*book.bids, *book.asks)]  # fmt: skip
    assert shown == [("new", "1.50", "3"), ("delete", "2", "0.0")]
    assert (book.prev_change_id, book.change_id) == (2, 3)
    top = wire.decode(wire.GROUPED, b'{"timestamp":1,"change_id":3,"bids":[[1.5,2]],"asks":[]}')
    assert [(wire.text(level.price), wire.text(level.amount)) for level in top.bids] == [
        ("1.5", "2")
    ]


@pytest.mark.parametrize(
    ("decoder", "body", "reason"),
    [
        (wire.FRAME, b'{"method":"subscrip', Reason.not_json),
        (wire.FRAME, b"\xff", Reason.not_json),
        (wire.FRAME, b"", Reason.not_json),
        (wire.FRAME, b'{"result":NaN}', Reason.not_json),
        (wire.FRAME, b"[" * 100_000, Reason.wrong_type),
        (wire.FRAME, b'{"x":' + b"[" * 100_000, Reason.not_json),
        (wire.FRAME, b'{"method":5}', Reason.wrong_type),
        (wire.NOTICE, b'{"channel":"book.A.raw"}', Reason.missing_field),
        (wire.NOTICE, b'{"channel":null,"data":{}}', Reason.wrong_type),
        (wire.BOOK, b'{"type":"change","timestamp":1,"bids":[],"asks":[]}', Reason.missing_field),
        (wire.BOOK, b'{"type":"change","timestamp":1.5,"change_id":1,"bids":[],"asks":[]}',
         Reason.wrong_type),
        (wire.GROUPED, b'{"timestamp":1,"change_id":1,"bids":[[1]],"asks":[]}', Reason.wrong_type),
        (wire.FILLS, b"{}", Reason.wrong_type),
    ],
)  # fmt: skip
def test_what_is_refused(decoder: msgspec.json.Decoder[Any], body: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        wire.decode(decoder, body)
    assert refused.value.reason is reason


def test_text_that_is_no_utf8_is_no_number() -> None:
    assert wire.text(msgspec.Raw(b'"\xff"')) == '"\ufffd"'
