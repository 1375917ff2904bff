"""Typed frames and times."""

import msgspec
import pytest

from schemas.control import Reason
from sources import coinbase_wire as wire
from sources.wire_numbers import Refused

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("0001-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00.000000Z", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01Z", SECOND),
        ("1970-01-02T00:00:00.000000001Z", 86_400 * SECOND + 1),
        ("2026-08-01T00:00:00+00:00", 1_785_542_400 * SECOND),
        ("2026-08-01T00:00:00.5Z", 1_785_542_400 * SECOND + 500_000_000),
        ("2026-08-01T00:00:00.05Z", 1_785_542_400 * SECOND + 50_000_000),
        ("2026-08-01T00:00:00.123456789Z", 1_785_542_400_123_456_789),
        ("2024-02-29T23:59:59.999999999Z", 1_709_251_199_999_999_999),
        ("2262-04-11T23:47:15Z", 9_223_372_035 * SECOND),
    ],
)
def test_times(text: str, expected: int) -> None:
    assert wire.time_ns(text) == expected


@pytest.mark.parametrize(
    "text",
    ["now", "1785542400", "2026-08-01", "2026-08-01 00:00:00Z", "2026-08-01T00:00:00",
     "2026-08-01T00:00:00+01:00", "2026-08-01T00:00:00.1234567890Z", "2026-13-01T00:00:00Z",
     "2026-02-29T00:00:00Z", "2026-08-01T00:00:60Z", "1969-12-31T23:59:59Z",
     "0001-01-01T00:00:01Z", "2262-04-11T23:47:16Z", "9999-01-01T00:00:00Z",
     "２026-08-01T00:00:00Z", "2026-08-01T00:00:00.5Z\n"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(Refused) as refused:
        wire.time_ns(text)
    assert refused.value.reason is Reason.bad_time


def test_an_envelope_is_read_whatever_its_events_are() -> None:
    frame = wire.decode_envelope(
        b'{"channel":"x","client_id":"","timestamp":"t","sequence_num":7,"events":[{"a":[1]}],"n":1}'
    )
    assert (frame.channel, frame.type, frame.timestamp, frame.sequence_num) == ("x", "", "t", 7)
    assert bytes(frame.events) == b'[{"a":[1]}]'


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.missing_field),
        (b"{", Reason.not_json),
        (b'{"channel":"x","events":[nan]}', Reason.not_json),
        (b'{"channel":"\xff"}', Reason.not_json),
        (b"[" * 100_000, Reason.wrong_type),
        (b'{"channel":7}', Reason.wrong_type),
        (b'{"sequence_num":1.5}', Reason.wrong_type),
        (b'"pong"', Reason.wrong_type),
    ],
)
def test_what_is_no_envelope(payload: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        wire.decode_envelope(payload)
    assert refused.value.reason is reason


def test_events_have_what_counts_and_nothing_else() -> None:
    level = b'{"side":"offer","price_level":"1","new_quantity":"2","event_time":"t","x":0}'
    books = msgspec.Raw(b'[{"type":"update","product_id":"A-B","updates":[%b]}]' % level)
    assert wire.decode_books(books) == [
        wire.BookEvent("update", "A-B", [wire.Level("offer", "1", "2", "t")])
    ]
    trade = b'{"trade_id":"5","product_id":"A-B","price":"1","size":"2","side":"SELL","time":"t"}'
    found = wire.decode_trades(msgspec.Raw(b'[{"type":"snapshot","trades":[%b]}]' % trade))
    assert found == [wire.TradesEvent("snapshot", [wire.Trade("5", "A-B", "1", "2", "SELL", "t")])]
    ticker = b'[{"type":"update","tickers":[{"product_id":"A-B","best_bid":"1","best_ask":null}]}]'
    assert wire.decode_tickers(msgspec.Raw(ticker)) == [
        wire.TickerEvent([wire.Ticker("A-B", "1", None, None, None)])
    ]


@pytest.mark.parametrize(
    ("events", "products"),
    [
        (b'[{"product_id":"A-B","updates":7},{"product_id":"C-D"}]', ["A-B", "C-D"]),
        (b"[]", []),
        (b'[{"product_id":"A-B"},{}]', None),
        (b'[{"product_id":1}]', None),
        (b"{}", None),
        (b"", None),
    ],
)
def test_the_products_of_events_that_were_refused(
    events: bytes, products: list[str] | None
) -> None:
    assert wire.products_of(msgspec.Raw(events)) == products
