"""Binance frames as typed structs: the reference decoder, and the one for everything unusual.

The compiled scanner is bit-equal to this on what it takes. Prices and sizes are text on the
wire; they become ticks and floats once, here, and anything that is not a positive finite price
or a non-negative finite size refuses the frame with a reason.
"""

from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec
from msgspec import Struct

from schemas.control import Reason

NS_PER_MS: Final = 1_000_000
_MOST_TICKS: Final = 1 << 53
_MOST_SIZE: Final = 1e18
_MOST_MS: Final = 10_000_000_000_000

Level = tuple[str, str]


class ForcedOrder(Struct):
    """The order inside a forceOrder event."""

    s: str
    S: str  # side of the order: SELL closes a long
    z: str  # cumulative filled quantity
    ap: str  # average price
    T: int = 0
    st: int | None = None


class Frame(Struct):
    """Any stream event of the family; which fields count follows from `e`."""

    e: str | None = None
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


class Wrapped(Struct):
    """The combined-stream form."""

    data: Frame | list[Frame]


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


_FRAME = msgspec.json.Decoder(Frame)
_FRAMES = msgspec.json.Decoder(list[Frame])
_WRAPPED = msgspec.json.Decoder(Wrapped)
DEPTH: Final = msgspec.json.Decoder(Depth)
OPEN_INTEREST: Final = msgspec.json.Decoder(OpenInterest)


def decode(payload: bytes) -> list[Frame]:
    """The events of a frame. Raises Refused for what is not JSON or has wrong types."""
    try:
        if payload.startswith(b'{"stream"'):
            data = _WRAPPED.decode(payload).data
            return data if isinstance(data, list) else [data]
        if payload.startswith(b"["):
            return _FRAMES.decode(payload)
        return [_FRAME.decode(payload)]
    except msgspec.ValidationError as error:
        raise Refused(Reason.wrong_type, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(Reason.not_json, str(error)) from error


def decimals_of(text: str) -> int:
    """Decimal places of a price as it is written.

    >>> decimals_of("61800.20")
    2
    """
    return max(0, -int(_decimal(text, Reason.bad_price).as_tuple().exponent))


def ticks(text: str, decimals: int) -> int:
    """A price in units of 10^-decimals. Raises Refused unless positive, exact and not absurd."""
    scaled = _decimal(text, Reason.bad_price).scaleb(decimals)
    if not 0 < scaled < _MOST_TICKS:
        raise Refused(Reason.bad_price, f"price {text} is out of range")
    if scaled != scaled.to_integral_value():
        raise Refused(Reason.price_scale, f"price {text} has more than {decimals} decimals")
    return int(scaled)


def price(text: str | None) -> float:
    """A positive finite price. Raises Refused."""
    value = float(_decimal(_present(text, "a price"), Reason.bad_price))
    if not 0.0 < value < _MOST_TICKS:
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
    return float(_decimal(str(text), Reason.bad_number))


def stamp_ns(milliseconds: int) -> int:
    """A venue stamp in ns. Raises Refused when it is no time in ms."""
    if not 0 <= milliseconds < _MOST_MS:
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
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not text[-1:].isdigit() or "_" in text:
        raise Refused(reason, f"{text!r} is not a plain number")
    return value
