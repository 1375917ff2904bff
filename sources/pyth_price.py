"""One feed's price as Hermes writes it, and in numbers.

Numbers are integers as text, all of one feed times 10^expo; times are whole Unix seconds.
Parsed prices are what Hermes says; only the binary update is signed (see `pyth_accumulator`).
"""

import re
from math import nan
from typing import Final

from msgspec import Struct

from schemas.control import Reason
from schemas.units import NS_PER_S
from sources import wire_numbers as numbers
from sources.pyth_accumulator import BinaryPrice
from sources.wire_numbers import Refused

UNKNOWN: Final = -1  # a slot or time that is not told
_ID = re.compile(r"(?:0[xX])?([0-9a-fA-F]{64})", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_MOST_EXPO: Final = 18
_MOST_S: Final = (1 << 63) // NS_PER_S
_MOST_SLOT: Final = 1 << 62


class Quote(Struct):
    """A price and its confidence."""

    price: str
    conf: str
    expo: int
    publish_time: int


class About(Struct):
    """What `verbose` adds, and SSE always has."""

    slot: int | None = None
    prev_publish_time: int | None = None


class Feed(Struct):
    """One feed's latest price; `ema_price` is its moving average of about an hour."""

    id: str
    price: Quote
    ema_price: Quote | None = None
    metadata: About | None = None


class Price(Struct, frozen=True):
    """A feed's price in units of its quote; its confidence is about one standard error."""

    id: str
    text: str  # of the price, with all its decimals
    px: float
    conf: float
    ema_px: float  # NaN: not told
    publish_ns: int
    slot: int = UNKNOWN
    prev_publish_ns: int = UNKNOWN


def feed_id(text: str) -> str:
    """An id as 64 lower-case hexadecimal digits. Raises Refused."""
    found = _ID.fullmatch(text)
    if found is None:
        raise Refused(Reason.bad_id, f"feed id {text[:80]!r} is not of 32 bytes")
    return found[1].lower()


def price_of(feed: Feed) -> Price:
    """The price of a feed in numbers. Raises Refused for one that nobody could mean."""
    quote = feed.price
    about = feed.metadata or About()
    text = _scaled(quote.price, quote.expo, Reason.bad_price)
    previous = about.prev_publish_time
    slot = UNKNOWN if about.slot is None else about.slot
    if not UNKNOWN <= slot < _MOST_SLOT:
        raise Refused(Reason.bad_id, f"slot {slot} is out of range")
    return Price(
        id=feed_id(feed.id),
        text=text,
        px=numbers.price(text),
        conf=numbers.size(_scaled(quote.conf, quote.expo, Reason.bad_size)),
        ema_px=_average(feed.ema_price),
        publish_ns=_time_ns(quote.publish_time),
        slot=slot,
        prev_publish_ns=UNKNOWN if previous is None else _time_ns(previous),
    )


def _average(quote: Quote | None) -> float:
    """A moving average; where there is none yet the venue writes 0."""
    if quote is None or quote.price == "0":
        return nan
    return numbers.price(_scaled(quote.price, quote.expo, Reason.bad_price))


def _scaled(integer: str, expo: int, reason: Reason) -> str:
    """An integer times 10^expo, written with all its decimals.

    >>> _scaled("195656091864", -8, Reason.bad_price)
    '1956.56091864'
    """
    if not _INTEGER.fullmatch(integer):
        raise Refused(reason, f"{integer[:40]!r} is not a whole number")
    if not -_MOST_EXPO <= expo <= _MOST_EXPO:
        raise Refused(reason, f"exponent {expo} is out of range")
    if expo >= 0:
        return integer + "0" * expo
    sign, digits = ("-", integer[1:]) if integer.startswith("-") else ("", integer)
    digits = digits.rjust(1 - expo, "0")
    return f"{sign}{digits[:expo]}.{digits[expo:]}"


def _time_ns(seconds: int) -> int:
    if not 0 <= seconds < _MOST_S:
        raise Refused(Reason.bad_time, f"publish time {seconds} is out of range")
    return seconds * NS_PER_S


def signed(one: BinaryPrice) -> Feed:
    """A price of a binary update as if it had been parsed."""
    quote = Quote(str(one.price), str(one.conf), one.expo, one.publish_s)
    average = Quote(str(one.ema_price), str(one.ema_conf), one.expo, one.publish_s)
    return Feed(one.id, quote, average, About(one.slot, one.prev_publish_s))
