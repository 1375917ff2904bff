"""Binance frames as typed structs: the reference decoder, and the one for everything unusual.

The compiled scanner is bit-equal to this on what it takes. Prices and sizes are text on the
wire and become numbers by `wire_numbers`.
"""

from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from schemas.control import Reason
from sources.wire_numbers import Refused

_NOTHING = msgspec.Raw()

EVENTS: Final = ("depthUpdate", "bookTicker", "trade", "aggTrade", "markPriceUpdate", "forceOrder")
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # or nested too deep

Level = tuple[str, str]


class ForcedOrder(Struct):
    """The order inside a forceOrder event."""

    s: str
    S: str  # side of the order: SELL closes a long
    z: str  # cumulative filled quantity
    ap: str  # average price
    T: int = 0
    st: int | None = None


class Named(Struct):
    """The name of an event, or what the combined-stream form has wrapped."""

    e: str | None = None
    data: msgspec.Raw = _NOTHING


class Frame(Named):
    """Any stream event of the family; which fields count follows from `e`."""

    E: int = 0
    T: int = 0
    s: str = ""
    st: int | None = None
    U: int | None = None
    u: int | None = None
    pu: int | None = None
    b: str | int | list[Level] | None = None
    B: str | None = None
    a: str | int | list[Level] | None = None
    A: str | None = None
    t: int | None = None
    p: str | None = None
    q: str | None = None
    X: str | None = None
    m: bool | None = None
    i: str | None = None
    r: str | None = None
    o: ForcedOrder | None = None


class Depth(Struct):
    """The REST depth snapshot; its levels are read by `decode_levels`, or by a kernel."""

    lastUpdateId: int
    bids: msgspec.Raw
    asks: msgspec.Raw
    T: int = 0
    E: int = 0


class OpenInterest(Struct):
    """The REST open interest."""

    openInterest: str
    symbol: str
    time: int = 0


_EVENTS = msgspec.json.Decoder(Frame | list[Frame])
_NAMES = msgspec.json.Decoder(Named | list[Named])
_DEPTH = msgspec.json.Decoder(Depth)
_LEVELS = msgspec.json.Decoder(list[Level])
_OPEN_INTEREST = msgspec.json.Decoder(OpenInterest)

_Event = TypeVar("_Event", bound=Named)
_Answer = TypeVar("_Answer")


def decode(payload: bytes) -> list[Frame]:
    """The events of a frame. Raises Refused for what is not JSON or has wrong types.

    An event that is none of ours has its name only: its fields may have any type.
    """
    try:
        return _unwrapped(_EVENTS, payload)
    except msgspec.ValidationError as error:
        others = _others(payload)
        if others:
            return others
        raise Refused(Reason.wrong_type, str(error)) from error
    except NOT_JSON as error:
        raise Refused(Reason.not_json, str(error)) from error


def _unwrapped(decoder: msgspec.json.Decoder[_Event | list[_Event]], raw: Any) -> list[_Event]:
    event = decoder.decode(raw)
    if isinstance(event, list):
        return event
    if event.e is None and event.data:
        return _unwrapped(decoder, event.data)
    return [event]


def _others(payload: bytes) -> list[Frame]:
    """The events by name when none of them is ours, else nothing."""
    try:
        names = [event.e for event in _unwrapped(_NAMES, payload)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [] if {None, *EVENTS}.intersection(names) else [Frame(e=name) for name in names]


def decode_depth(body: bytes) -> Depth:
    """A REST depth snapshot. Raises Refused."""
    return answered(_DEPTH, body)


def decode_levels(raw: msgspec.Raw) -> list[Level]:
    """Levels of a REST depth snapshot. Raises Refused."""
    return answered(_LEVELS, raw)


def decode_open_interest(body: bytes) -> OpenInterest:
    """A REST open interest. Raises Refused."""
    return answered(_OPEN_INTEREST, body)


def answered(decoder: msgspec.json.Decoder[_Answer], body: bytes | msgspec.Raw) -> _Answer:
    """A REST answer, or a part of one. Raises Refused."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Refused(Reason.wrong_type, str(error)) from error
    except NOT_JSON as error:
        raise Refused(Reason.not_json, str(error)) from error
