"""Deribit frames as typed structs; every number that is not a whole one stays text, exactly.

Envelope  JSON-RPC 2.0; data arrives as method `subscription` with `channel` and `data`
Numbers   JSON numbers: kept as they stand on the wire (`Raw`), so that ticks are exact
Times     whole ms; ids are whole numbers
Unknown   fields are ignored, whatever their type
"""

from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from schemas.control import Reason
from sources.wire_numbers import Refused

_NONE: Final = Raw()
_NULL: Final = "null"


class Notice(Struct):
    """What a `subscription` notification carries."""

    channel: str
    data: Raw


class Frame(Struct):
    """Anything the venue sends: a notification, an answer to a request, an error."""

    method: str | None = None
    params: Raw = _NONE
    result: Raw = _NONE
    error: Raw = _NONE


class Change(Struct, array_like=True):
    """A level of the chained book: absolute amount, 0 on delete."""

    action: str
    price: Raw
    amount: Raw


class Level(Struct, array_like=True):
    """A level of the grouped book."""

    price: Raw
    amount: Raw


class Book(Struct):
    """`book.{instrument}.{interval}`."""

    type: str
    timestamp: int
    change_id: int
    bids: list[Change]
    asks: list[Change]
    prev_change_id: int | None = None


class Grouped(Struct):
    """`book.{instrument}.{group}.{depth}.{interval}`."""

    timestamp: int
    change_id: int
    bids: list[Level]
    asks: list[Level]


class Fill(Struct):
    """One row of a `trades` channel."""

    instrument_name: str
    trade_seq: int
    timestamp: int
    price: Raw
    amount: Raw
    direction: str
    liquidation: str | None = None
    block_trade_id: Any = None
    block_rfq_id: Any = None
    combo_id: Any = None
    combo_trade_id: Any = None
    legs: Any = None


class Greeks(Struct):
    """The venue's own greeks."""

    delta: Raw = _NONE
    gamma: Raw = _NONE
    vega: Raw = _NONE
    theta: Raw = _NONE


class Ticker(Struct):
    """`ticker.…` and `incremental_ticker.…`; a field that is not there has not changed."""

    timestamp: int = 0
    type: str | None = None
    best_bid_price: Raw = _NONE
    best_bid_amount: Raw = _NONE
    best_ask_price: Raw = _NONE
    best_ask_amount: Raw = _NONE
    mark_price: Raw = _NONE
    index_price: Raw = _NONE
    open_interest: Raw = _NONE
    current_funding: Raw = _NONE
    mark_iv: Raw = _NONE
    bid_iv: Raw = _NONE
    ask_iv: Raw = _NONE
    underlying_price: Raw = _NONE
    interest_rate: Raw = _NONE
    greeks: Greeks | None = None


class OptionMark(Struct):
    """One row of `markprice.options.…`."""

    instrument_name: str
    timestamp: int
    mark_price: Raw
    iv: Raw = _NONE


class PriceIndex(Struct):
    """`deribit_price_index.…`."""

    index_name: str
    timestamp: int
    price: Raw


class VolatilityIndex(Struct):
    """`deribit_volatility_index.…`."""

    index_name: str
    timestamp: int
    volatility: Raw


_Shape = TypeVar("_Shape")

FRAME: Final = msgspec.json.Decoder(Frame)
NOTICE: Final = msgspec.json.Decoder(Notice)
BOOK: Final = msgspec.json.Decoder(Book)
GROUPED: Final = msgspec.json.Decoder(Grouped)
FILLS: Final = msgspec.json.Decoder(list[Fill])
TICKER: Final = msgspec.json.Decoder(Ticker)
OPTION_MARKS: Final = msgspec.json.Decoder(list[OptionMark])
PRICE_INDEX: Final = msgspec.json.Decoder(PriceIndex)
VOLATILITY_INDEX: Final = msgspec.json.Decoder(VolatilityIndex)


def decode(decoder: msgspec.json.Decoder[_Shape], body: bytes | Raw) -> _Shape:
    """A typed value. Raises Refused for what is not JSON, lacks a field or has wrong types."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        missing = "missing required field" in str(error)
        reason = Reason.missing_field if missing else Reason.wrong_type
        raise Refused(reason, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Reason.not_json, str(error)) from error


def text(number: Raw) -> str:
    """A number as it stands on the wire; empty when there is none (no field, or null)."""
    written = bytes(number).decode("utf-8", "replace")
    return "" if written == _NULL else written


def texts(ticker: Ticker) -> dict[str, str]:
    """The fields that a ticker states, as text; an empty text says that there is none (null)."""
    stated = _stated(ticker)
    return stated if ticker.greeks is None else stated | _stated(ticker.greeks)


def _stated(struct: Struct) -> dict[str, str]:
    pairs = ((name, getattr(struct, name)) for name in struct.__struct_fields__)
    return {name: text(raw) for name, raw in pairs if isinstance(raw, Raw) and bytes(raw)}
