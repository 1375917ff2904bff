"""Frames as typed structs: what is taken, ignored and refused."""

from typing import Any

import pytest

from sources import bybit_wire as wire
from sources.bybit_wire import Form, Head
from sources.wire_numbers import Refused
from tests.sources.bybit_frames import book, fill, fills, gone, liquidations, ticker


def test_the_head_of_every_kind_of_frame() -> None:
    assert wire.HEAD.read(book(8).encode()) == Head("orderbook.200.BTCUSDT", "delta")
    assert wire.HEAD.read(b'{"success":true,"op":"subscribe","req_id":"1"}') == Head(
        op="subscribe", success=True
    )
    assert wire.HEAD.read(b'{"op":7,"type":[1],"success":"no"}') == Head(None, [1], 7, "no")


def test_a_book() -> None:
    frame = wire.BOOK.read(book(8, [("1.5", "2")], [], kind="snapshot", depth=50).encode())
    data = wire.BookData("BTCUSDT", [("1.5", "2")], [], 8)
    assert frame == wire.BookFrame("snapshot", data, 6, 5)
    bare = wire.BOOK.read(b'{"type":"delta","data":{"s":"A","b":[],"a":[],"u":3}}')
    assert bare == wire.BookFrame("delta", wire.BookData("A", [], [], 3), 0, 0)


def test_fills_and_liquidations() -> None:
    read = wire.FILLS.read(fills(fill(1, BT=True), fill(2, S="Sell")).encode())
    assert read.data == [
        wire.Fill(3, "BTCUSDT", "Buy", "2", "100.5", "00000001-0000-4000", True),
        wire.Fill(3, "BTCUSDT", "Sell", "2", "100.5", "00000002-0000-4000", False),
    ]
    lost = wire.LIQUIDATIONS.read(liquidations(gone()).encode())
    assert lost.data == [wire.Liquidation(3, "BTCUSDT", "Buy", "2", "90.5")]


def test_a_ticker_has_what_stands_there() -> None:
    frame = wire.TICKER.read(ticker(markPrice="1", fundingRate="", bid1Price="9").encode())
    expected = wire.Ticker("BTCUSDT", markPrice="1", fundingRate="")
    assert frame == wire.TickerFrame(expected, 6)


@pytest.mark.parametrize(
    ("form", "payload", "reason"),
    [
        (wire.HEAD, b"", "not_json"),
        (wire.HEAD, b"{", "not_json"),
        (wire.HEAD, b'{"topic":"a"} x', "not_json"),
        (wire.HEAD, b'{"topic":"\xff"}', "not_json"),
        (wire.HEAD, b'{"a":' + b"[" * 100_000, "not_json"),
        (wire.HEAD, b"[]", "wrong_type"),
        (wire.HEAD, b'{"topic":1}', "wrong_type"),
        (wire.BOOK, b'{"type":"delta"}', "missing_field"),
        (wire.BOOK, b'{"type":"delta","data":{"s":"A","b":[],"a":[]}}', "missing_field"),
        (wire.BOOK, b'{"type":"delta","data":{"s":"A","b":[],"a":[],"u":1.5}}', "wrong_type"),
        (wire.BOOK, b'{"type":"other","data":{"s":"A","b":[],"a":[],"u":1}}', "wrong_type"),
        (wire.FILLS, b'{"data":[{"T":1}]}', "missing_field"),
        (wire.FILLS, b'{"data":{}}', "wrong_type"),
        (wire.TICKER, b'{"data":{}}', "missing_field"),
        (wire.LIQUIDATIONS, b'{"data":[null]}', "wrong_type"),
    ],
)
def test_what_is_refused(form: Form[Any], payload: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        form.read(payload)
    assert refused.value.reason.value == reason
