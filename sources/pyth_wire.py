"""Hermes frames as typed structs, and what they tell.

WebSocket  {"type": "price_update", "price_feed": …}, one feed each
SSE        lines: `data:` with {"binary": …, "parsed": [feeds]}, `event:error`, `:` comments
REST       the body of such a `data:` line
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from schemas.control import Reason
from sources.pyth_accumulator import decoded_binary
from sources.pyth_price import Feed, Price, price_of, signed
from sources.wire_numbers import Refused

_NONE: Final = Raw()
_NULL: Final = Raw(b"null")
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # or nested too deep


class Binary(Struct):
    """Signed updates as text."""

    data: list[str]
    encoding: str = "hex"


class Frame(Struct):
    """Anything the venue sends."""

    type: str = ""
    status: str | None = None
    error: str | None = None
    price_feed: Raw = _NONE
    parsed: Raw = _NONE
    binary: Raw = _NONE

    @property
    def is_event(self) -> bool:
        """Whether it is of an SSE stream, or a REST answer."""
        return any(raw not in (_NONE, _NULL) for raw in (self.parsed, self.binary))


class Told(Struct):
    """What a frame tells: prices, and why others of it cannot be used."""

    prices: list[Price]
    refused: list[Refused]


_FRAME = msgspec.json.Decoder(Frame)
_FEED = msgspec.json.Decoder(Feed)
_FEEDS = msgspec.json.Decoder(list[Raw])
_BINARY = msgspec.json.Decoder(Binary)

_Value = TypeVar("_Value")


def decode_frame(payload: bytes) -> Frame:
    """A frame whose parts are still text. Raises Refused."""
    return decoded(_FRAME, payload)


def update_of(frame: Frame) -> Told:
    """What a `price_update` tells. Raises Refused."""
    told = _told([frame.price_feed], _parsed)
    if told.refused:
        raise told.refused[0]
    return told


def event_of(frame: Frame) -> Told:
    """What an event tells: its parsed prices, else those of the binary update. Raises Refused.

    A feed that cannot be used spoils no other.
    """
    if frame.parsed not in (_NONE, _NULL):
        feeds: list[Raw] = decoded(_FEEDS, frame.parsed)
        return _told(feeds, _parsed)
    binary = decoded(_BINARY, frame.binary)
    updates = (_bytes(text, binary.encoding) for text in binary.data)
    return _told([one for update in updates for one in decoded_binary(update)], signed)


def decoded(decoder: msgspec.json.Decoder[_Value], raw: Any) -> _Value:
    """What a decoder reads. Raises Refused with the reason for what it cannot."""
    if not raw:
        raise Refused(Reason.missing_field, "the frame is empty or has no price")
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        missing = "missing required field" in str(error)
        reason = Reason.missing_field if missing else Reason.wrong_type
        raise Refused(reason, str(error)) from error
    except _NOT_JSON as error:
        raise Refused(Reason.not_json, str(error)) from error


def _told(feeds: Iterable[_Value], parsed: Callable[[_Value], Feed]) -> Told:
    """Prices that were ever published: a new feed has publish time 0 and no price."""
    told = Told([], [])
    for one in feeds:
        try:
            feed = parsed(one)
            if feed.price.publish_time != 0:
                told.prices.append(price_of(feed))
        except Refused as refused:
            told.refused.append(refused)
    return told


def _parsed(raw: Raw) -> Feed:
    return decoded(_FEED, raw)


def _bytes(text: str, encoding: str) -> bytes:
    try:
        if encoding == "base64":
            return b64decode(text, validate=True)
        if encoding == "hex":
            return bytes.fromhex(text)
    except (ValueError, NotBase64) as error:
        raise Refused(Reason.wrong_type, f"binary update: {error}") from error
    raise Refused(Reason.wrong_type, f"binary update: encoding {encoding[:40]!r} is not known")
