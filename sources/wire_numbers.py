"""Text and numbers on the wire → exact ticks, prices, sizes, times and ids; or a refusal.

Prices and sizes become numbers once, here, for every venue: whatever is not a positive finite
price or a non-negative finite size refuses the frame with a reason.
"""

import re
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Final

from schemas.control import Reason
from schemas.units import NS_PER_MS
from sources.digits import EXACT, MOST_MS

_MOST_SIZE: Final = 1e18
_MOST_DECIMALS: Final = 15
_PLAIN = re.compile(r"[+-]?([0-9]*\.)?[0-9]{1,400}([eE][+-]?[0-9]{1,4})?")


class Refused(Exception):
    """A frame that cannot be used. Never leaves the session: it becomes a Rejected item."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


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
