"""Coinbase Advanced frames as typed structs, and its times.

An envelope comes first and alone: its channel and number count even when its events cannot be
used. Prices, sizes and ids are text on the wire and become numbers by `wire_numbers`.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct

from schemas.control import Reason
from schemas.units import NS_PER_S
from sources.wire_numbers import Refused

_NOTHING = msgspec.Raw()
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # or nested too deep
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_ZERO_DATE = "0001-01-01T00:00:00"  # how the venue writes "no time"
_MOST_S: Final = (1 << 63) // NS_PER_S

Kind = Literal["snapshot", "update"]


class Envelope(Struct):
    """What every frame has; a message of another kind has a `type` instead of a channel."""

    channel: str = ""
    type: str = ""
    timestamp: str = ""
    sequence_num: int = -1
    events: msgspec.Raw = _NOTHING


class Level(Struct, gc=False):
    """One level of a book, absolute; `offer` and `ask` are the same side."""

    side: Literal["bid", "offer", "ask"]
    price_level: str
    new_quantity: str
    event_time: str = ""


class BookEvent(Struct):
    """An event of `l2_data`."""

    type: Kind
    product_id: str
    updates: list[Level]


class Trade(Struct):
    """One fill; whose side `side` is, `coinbase_assumed` says."""

    trade_id: str
    product_id: str
    price: str
    size: str
    side: Literal["BUY", "SELL"]
    time: str = ""


class TradesEvent(Struct):
    """An event of `market_trades`."""

    type: Kind
    trades: list[Trade]


class Ticker(Struct):
    """One product's ticker: of it only the best prices count."""

    product_id: str
    best_bid: str | None = None
    best_bid_quantity: str | None = None
    best_ask: str | None = None
    best_ask_quantity: str | None = None


class TickerEvent(Struct):
    """An event of `ticker`."""

    tickers: list[Ticker]


class Named(Struct):
    """A book event of which nothing but the product can be read."""

    product_id: str


_ENVELOPE = msgspec.json.Decoder(Envelope)
_BOOKS = msgspec.json.Decoder(list[BookEvent])
_TRADES = msgspec.json.Decoder(list[TradesEvent])
_TICKERS = msgspec.json.Decoder(list[TickerEvent])
_NAMES = msgspec.json.Decoder(list[Named])

_Value = TypeVar("_Value")


def decode_envelope(payload: bytes) -> Envelope:
    """The envelope of a frame. Raises Refused."""
    return decoded(_ENVELOPE, payload)


def decode_books(events: msgspec.Raw) -> list[BookEvent]:
    """Events of `l2_data`. Raises Refused."""
    return decoded(_BOOKS, events)


def decode_trades(events: msgspec.Raw) -> list[TradesEvent]:
    """Events of `market_trades`. Raises Refused."""
    return decoded(_TRADES, events)


def decode_tickers(events: msgspec.Raw) -> list[TickerEvent]:
    """Events of `ticker`. Raises Refused."""
    return decoded(_TICKERS, events)


def products_of(events: msgspec.Raw) -> list[str] | None:
    """Products of book events that were refused; None when they cannot be told."""
    try:
        return [event.product_id for event in _NAMES.decode(events)]
    except _NOT_JSON:
        return None


def decoded(decoder: msgspec.json.Decoder[_Value], raw: Any) -> _Value:
    """What a decoder reads. Raises Refused with the reason for what it cannot."""
    if not raw:
        raise Refused(Reason.missing_field, "the frame is empty or has no events")
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        missing = "missing required field" in str(error)
        reason = Reason.missing_field if missing else Reason.wrong_type
        raise Refused(reason, str(error)) from error
    except _NOT_JSON as error:
        raise Refused(Reason.not_json, str(error)) from error


def time_ns(text: str) -> int:
    """An RFC 3339 time in ns; 0 for no text and for the zero date. Raises Refused.

    >>> time_ns("1970-01-01T00:00:01.5Z")
    1500000000
    """
    if not text:
        return 0
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise Refused(Reason.bad_time, f"venue time {text[:40]!r} is no RFC 3339 time in UTC")
    whole, fraction = parts.groups(default="")
    if whole == _ZERO_DATE:
        return 0
    try:
        seconds = (datetime.fromisoformat(whole).replace(tzinfo=UTC) - _EPOCH) // _SECOND
    except ValueError as error:
        raise Refused(Reason.bad_time, f"venue time {text}: {error}") from error
    if not 0 <= seconds < _MOST_S:
        raise Refused(Reason.bad_time, f"venue time {text} is out of range")
    return seconds * NS_PER_S + int(fraction.ljust(9, "0"))
