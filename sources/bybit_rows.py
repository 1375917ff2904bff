"""Bybit frames as rows of chunks: fills, liquidations, marks and best prices.

fills         `S` is the taker's side; block trades and fills of size 0 are no flow
liquidations  `S` is the side of the POSITION: Buy, a long was liquidated; complete, not thinned
mark          what the ticker changes; an absent key and empty text are NaN, and so unchanged
top           depth 1 alone; tickers hold best prices too, but of another time and in parts

Nothing here knows a session: bytes in, rows in the order of `COLUMNS` out, or `Refused`.
"""

import re
from math import isnan
from typing import Final

from schemas.control import Reason
from sources import bybit_wire as wire
from sources import wire_numbers as numbers
from sources.batch import Row
from sources.wire_numbers import Refused

NO_ID: Final = 0  # depth 1 counts its own `u`: no other depth's can be compared with it
COMPLETE: Final = 0  # the `thinned` of liquidations that are all there

_NAN: Final = float("nan")
_NOBODY: Final = (_NAN, _NAN)
_FILL_ID = re.compile(r"[0-9a-fA-F-]+")
_ID_DIGITS: Final = 15  # hex digits that an id keeps: below 2^62


def fills(payload: bytes, symbol: str) -> list[Row]:
    """Rows of `trade`."""
    rows: list[Row] = []
    for fill in wire.FILLS.read(payload).data:
        same_symbol(fill.s, symbol)
        px, size = numbers.price(fill.p), numbers.size(fill.v)
        ordinary = size > 0.0 and not fill.BT
        taker = (1 if fill.S == "Buy" else -1) if ordinary else 0
        rows.append((numbers.stamp_ns(fill.T), fill_id(fill.i), px, size, taker))
    return rows


def liquidations(payload: bytes, symbol: str) -> list[Row]:
    """Rows of `liquidation`."""
    rows: list[Row] = []
    for gone in wire.LIQUIDATIONS.read(payload).data:
        same_symbol(gone.s, symbol)
        px, size = numbers.price(gone.p), numbers.size(gone.v)
        if size <= 0.0:
            raise Refused(Reason.bad_size, "a liquidation without a size")
        position_side = 1 if gone.S == "Buy" else -1
        rows.append((numbers.stamp_ns(gone.T), px, size, position_side, COMPLETE))
    return rows


def mark(payload: bytes, symbol: str) -> Row | None:
    """A row of `mark`; None when the ticker changes nothing of it."""
    frame = wire.TICKER.read(payload)
    ticker = frame.data
    same_symbol(ticker.symbol, symbol)
    values = (
        _price(ticker.markPrice),
        _price(ticker.indexPrice),
        numbers.number(ticker.fundingRate or ""),
        _interval_h(ticker.fundingIntervalHour),
    )
    next_funding_ns = milliseconds_ns(ticker.nextFundingTime or "")
    oi_base = _one_sided(ticker)
    venue_ns = numbers.stamp_ns(frame.ts)
    if not next_funding_ns and all(map(isnan, (*values, oi_base))):
        return None
    return (venue_ns, *values, next_funding_ns, oi_base)


def top(payload: bytes, symbol: str) -> Row | None:
    """A row of `top`, NaN where nobody quotes; None for a delta, which is no pair of prices."""
    frame = wire.BOOK.read(payload)
    same_symbol(frame.data.s, symbol)
    if frame.type == "delta":
        return None
    best = []
    for side in (frame.data.b, frame.data.a):
        if len(side) > 1:
            raise Refused(Reason.wrong_type, "depth 1 with more than one level")
        best += [(numbers.price(px), numbers.size(size)) for px, size in side] or [_NOBODY]
    return (numbers.stamp_ns(frame.cts or frame.ts), NO_ID, *best[0], *best[1])


def same_symbol(symbol: str, expected: str) -> None:
    """Raise Refused when data is not of its topic's symbol."""
    if symbol != expected:
        message = f"the topic is of {expected[:40]}, its data of {symbol[:40]}"
        raise Refused(Reason.wrong_type, message)


def fill_id(text: str) -> int:
    """A fill's id as a number: the first 15 hex digits of its UUID. Raises Refused.

    >>> hex(fill_id("20f43950-d8dd-5b31-9112-a178eb6023af"))
    '0x20f43950d8dd5b3'
    """
    digits = text.replace("-", "")[:_ID_DIGITS]
    if not digits or not _FILL_ID.fullmatch(text):
        raise Refused(Reason.bad_id, f"fill id {text[:40]!r} is no UUID")
    return numbers.identifier(int(digits, 16))


def milliseconds_ns(text: str) -> int:
    """A time whose ms stand in text, in ns; 0 for empty text: unknown. Raises Refused."""
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise Refused(Reason.bad_time, f"venue time {text[:40]!r} is no whole number")
    return numbers.stamp_ns(int(text))


def _price(text: str | None) -> float:
    return numbers.price(text) if text else _NAN


def _interval_h(text: str | None) -> float:
    hours = numbers.number(text or "")
    if hours < 0.0:
        raise Refused(Reason.bad_number, f"funding interval {text} h is negative")
    return hours or _NAN  # a dated contract has none


def _one_sided(ticker: wire.Ticker) -> float:
    """Open interest of one side, in base coin; `openInterest` counts both."""
    if ticker.singleOpenInterest:
        return numbers.size(ticker.singleOpenInterest)
    return numbers.size(ticker.openInterest) / 2.0 if ticker.openInterest else _NAN
