"""Binance frames as typed structs: the reference decoder, and the one for everything unusual.

The compiled scanner is bit-equal to this on what it takes. Prices and sizes are text on the
wire; they become ticks and floats once, here, and anything that is not a positive finite price
or a non-negative finite size refuses the frame with a reason.
"""

import re
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from schemas.control import Reason
from schemas.units import NS_PER_MS
from sources.digits import EXACT, MOST_MS

_MOST_SIZE: Final = 1e18
_MOST_DECIMALS: Final = 15
_PLAIN = re.compile(r"[+-]?([0-9]*\.)?[0-9]{1,400}([eE][+-]?[0-9]{1,4})?")
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
    """The REST depth snapshot."""

    lastUpdateId: int
    bids: list[Level]
    asks: list[Level]
    T: int = 0
    E: int = 0


class OpenInterest(Struct):
    """The REST open interest."""

    openInterest: str
    symbol: str
    time: int = 0


class Refused(Exception):
    """A frame that cannot be used. Never leaves the session: it becomes a Rejected item."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


_EVENTS = msgspec.json.Decoder(Frame | list[Frame])
_NAMES = msgspec.json.Decoder(Named | list[Named])
_DEPTH = msgspec.json.Decoder(Depth)
_OPEN_INTEREST = msgspec.json.Decoder(OpenInterest)

_Event = TypeVar("_Event", bound=Named)
_Answer = TypeVar("_Answer", bound=Struct)


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
    return _answer(_DEPTH, body)


def decode_open_interest(body: bytes) -> OpenInterest:
    """A REST open interest. Raises Refused."""
    return _answer(_OPEN_INTEREST, body)


def _answer(decoder: msgspec.json.Decoder[_Answer], body: bytes) -> _Answer:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Refused(Reason.wrong_type, str(error)) from error
    except NOT_JSON as error:
        raise Refused(Reason.not_json, str(error)) from error


def decimals_of(text: str) -> int:
    """Decimal places of a price as it is written.

    >>> decimals_of("61800.20")
    2
    """
    return max(0, -int(_decimal(text, Reason.bad_price).as_tuple().exponent))


def scale_of(text: str) -> int:
    """Decimals of an instrument's first price. Raises Refused for one that nobody quotes."""
    decimals = decimals_of(text)
    if decimals > _MOST_DECIMALS:
        raise Refused(Reason.price_scale, f"price {text[:40]} has {decimals} decimals")
    ticks(text, decimals)
    return decimals


def ticks(text: str, decimals: int) -> int:
    """A price in units of 10^-decimals. Raises Refused unless positive, exact and not absurd."""
    value = _decimal(text, Reason.bad_price)
    if not 0 < value < EXACT:
        raise Refused(Reason.bad_price, f"price {text[:40]} is out of range")
    _, digits, exponent = value.as_tuple()
    shift = int(exponent) + decimals
    mantissa = int("".join(map(str, digits)))
    if shift < 0 and (-shift >= len(digits) or mantissa % 10**-shift):
        raise Refused(Reason.price_scale, f"price {text[:40]} has more than {decimals} decimals")
    scaled = int(mantissa * 10**shift if shift >= 0 else mantissa // 10**-shift)
    if scaled >= EXACT:
        raise Refused(Reason.bad_price, f"price {text[:40]} is out of range")
    return scaled


def price(text: str | None) -> float:
    """A positive finite price. Raises Refused."""
    value = float(_decimal(_present(text, "a price"), Reason.bad_price))
    if not 0.0 < value < EXACT:
        raise Refused(Reason.bad_price, f"price {text} is out of range")
    return value


def size(text: str | None) -> float:
    """A non-negative finite size. Raises Refused."""
    value = float(_decimal(_present(text, "a size"), Reason.bad_size))
    if not 0.0 <= value < _MOST_SIZE:
        raise Refused(Reason.bad_size, f"size {text} is out of range")
    return value


def number(text: str | None) -> float:
    """A finite number; NaN for no text, which is how a venue says "none". Raises Refused."""
    if not _present(text, "a number"):
        return float("nan")
    value = float(_decimal(str(text), Reason.bad_number))
    if not isfinite(value):
        raise Refused(Reason.bad_number, f"{text} is out of range")
    return value


def stamp_ns(milliseconds: int) -> int:
    """A venue stamp in ns. Raises Refused when it is no time in ms."""
    if not 0 <= milliseconds < MOST_MS:
        raise Refused(Reason.bad_time, f"venue time {milliseconds} is out of range")
    return milliseconds * NS_PER_MS


def identifier(value: object) -> int:
    """A non-negative id. Raises Refused."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 62:
        raise Refused(Reason.bad_id, f"id {value!r} is missing or out of range")
    return value


def _present(text: str | None, what: str) -> str:
    if text is None:
        raise Refused(Reason.missing_field, f"{what} is missing")
    return text


def _decimal(text: str, reason: Reason) -> Decimal:
    try:
        if _PLAIN.fullmatch(text):
            return Decimal(text)
    except InvalidOperation:
        pass  # an exponent beyond reason
    raise Refused(reason, f"{text[:40]!r} is not a plain number")
