"""Binance frames that the scanner hands back, through the typed decoder, into the same layout.

Also the frames it never takes: forced orders, REST answers, acknowledgements, and whatever the
venue adds next. What cannot be used raises `Refused`; what is not for us is counted.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
from msgspec import Struct

from schemas.chunk import Array
from schemas.control import Reason
from sources import binance_wire as wire
from sources import wire_numbers as numbers
from sources.assumed import decided
from sources.binance_assumed import BinanceAssumed
from sources.binance_columns import Slow
from sources.binance_scan import AGG_TRADE, MOST_FINER, TRADE
from sources.binance_wire import Frame
from sources.book_sync import Held
from sources.digits import EXACT
from sources.flat_object import read_levels
from sources.wire_numbers import Refused


class SymbolOf(Protocol):
    """(symbol, price as text) → (index, price decimals); registers what is new.

    `sized`: the frame has sizes, so that what a contract is worth must be known. Raises Refused.
    """

    def __call__(self, symbol: str, price: str | None, *, sized: bool = True) -> tuple[int, int]:
        """Look up one symbol."""
        ...


USUAL: Final = BinanceAssumed()


class Forced(Struct, frozen=True):
    """One forced order."""

    index: int
    symbol: str
    venue_ns: int
    px: float
    size_base: float
    position_side: int  # +1: a long was liquidated


def read_frame(
    payload: bytes,
    index: int,
    stamp: tuple[int, int],
    product: int,
    symbol_of: SymbolOf,
    slow: Slow,
    forced: list[Forced],
    counts: Counter[str],
    assumed: BinanceAssumed = USUAL,
) -> None:
    """Read one line's events into `slow` and `forced`.

    stamp = (received_ns, line). Raises Refused, once the other events of the line have been read.
    """
    refused: Refused | None = None
    for frame in wire.decode(payload):
        try:
            _read_event(frame, index, stamp, product, symbol_of, slow, forced, counts, assumed)
        except Refused as error:
            refused = refused or error
    if refused is not None:
        raise refused


def _read_event(
    frame: Frame,
    index: int,
    stamp: tuple[int, int],
    product: int,
    symbol_of: SymbolOf,
    slow: Slow,
    forced: list[Forced],
    counts: Counter[str],
    assumed: BinanceAssumed,
) -> None:
    if frame.o is not None and frame.e == "forceOrder":
        other = frame.o.st if frame.o.st is not None else frame.st
        if product and other not in (None, product):
            counts["other_product"] += 1
            return
        order = _forced(frame, index)
        symbol_of(order.symbol, None)
        forced.append(order)
        return
    if product and frame.st not in (None, product):
        counts["other_product"] += 1
        return
    if frame.e is None and frame.B is None:
        counts["control"] += 1  # an acknowledgement or an error frame
        return
    if frame.e in _FILLS and frame.s:
        _fill(frame, stamp, symbol_of, slow, counts, assumed)
        return
    reader = _READERS.get(frame.e)
    if reader is None or not frame.s:
        counts[f"unknown:{frame.e}"] += 1
        return
    reader(frame, index, stamp, symbol_of, slow)


def _depth(
    frame: Frame, index: int, stamp: tuple[int, int], symbol_of: SymbolOf, slow: Slow
) -> None:
    if not isinstance(frame.b, list) or not isinstance(frame.a, list):
        raise Refused(Reason.missing_field, "a depth frame needs lists b and a")
    first, last = numbers.identifier(frame.U), numbers.identifier(frame.u)
    previous = -1 if frame.pu is None else numbers.identifier(frame.pu)
    if last < first:
        raise Refused(Reason.bad_id, f"ids run backwards: U={first}, u={last}")
    venue_ns = numbers.stamp_ns(frame.E)
    levels = [*frame.b, *frame.a]
    symbol, decimals = symbol_of(frame.s, levels[0][0] if levels else None)
    side = [1] * len(frame.b) + [-1] * len(frame.a)
    px = [numbers.ticks(level[0], decimals) for level in levels]
    size = [numbers.size(level[1]) for level in levels]
    if not levels:
        side, px, size = [0], [0], [0.0]  # carries the ids on
    slow.frames.append((index, symbol, first, last, previous, venue_ns))
    slow.rows.append((side, px, size))


def _top(frame: Frame, index: int, stamp: tuple[int, int], symbol_of: SymbolOf, slow: Slow) -> None:
    if not isinstance(frame.b, str) or not isinstance(frame.a, str):
        raise Refused(Reason.missing_field, "a ticker needs texts b and a")
    bid = numbers.price(frame.b), numbers.size(frame.B)
    ask = numbers.price(frame.a), numbers.size(frame.A)
    number = numbers.identifier(frame.u)
    venue_ns = numbers.stamp_ns(frame.E)
    symbol, _ = symbol_of(frame.s, frame.b)
    slow.tops.append(((symbol, *stamp, venue_ns, number), bid + ask))


def _fill(
    frame: Frame,
    stamp: tuple[int, int],
    symbol_of: SymbolOf,
    slow: Slow,
    counts: Counter[str],
    assumed: BinanceAssumed,
) -> None:
    single = frame.e == "trade"
    number = numbers.identifier(frame.t if single else frame.a)
    px, size = numbers.price(frame.p), numbers.size(frame.q)
    if frame.m is None:
        raise Refused(Reason.missing_field, "a fill needs m")
    venue_ns = numbers.stamp_ns(frame.E)
    symbol, _ = symbol_of(frame.s, frame.p)
    flow = size > 0.0
    if flow and frame.X not in (None, "MARKET"):
        flow = frame.X in assumed.other_flow_kinds
        counts[decided("other_flow_kinds")] += 1
    taker = (-1 if frame.m else 1) if flow else 0
    kind = TRADE if single else AGG_TRADE
    slow.fills.append(((symbol, *stamp, venue_ns, number, kind), (px, size), taker))


def _mark(
    frame: Frame, index: int, stamp: tuple[int, int], symbol_of: SymbolOf, slow: Slow
) -> None:
    mark, index_px = numbers.number(frame.p or ""), numbers.number(frame.i or "")
    for value in (mark, index_px):
        if value <= 0.0:
            raise Refused(Reason.bad_price, f"mark or index {value} is not positive")
    rate = numbers.number(frame.r or "")
    times = numbers.stamp_ns(frame.E), numbers.stamp_ns(frame.T)
    symbol, _ = symbol_of(frame.s, None, sized=False)
    ints = (symbol, *stamp, *times)
    slow.marks.append((ints, (mark, index_px, rate)))


_FILLS: Final = ("trade", "aggTrade")
_READERS: Final = {
    "depthUpdate": _depth,
    "bookTicker": _top,
    None: _top,  # spot's ticker has no `e`
    "markPriceUpdate": _mark,
}


def _forced(frame: Frame, index: int) -> Forced:
    order = frame.o
    if order is None or order.S not in ("BUY", "SELL"):
        raise Refused(Reason.missing_field, "a forced order needs S BUY or SELL")
    size = numbers.size(order.z)
    if size <= 0.0:
        raise Refused(Reason.bad_size, "a forced order without a fill")
    return Forced(
        index,
        order.s,
        numbers.stamp_ns(order.T or frame.E),
        numbers.price(order.ap),
        size,
        1 if order.S == "SELL" else -1,
    )


def read_depth(body: bytes, decimals_for: Callable[[str | None], int]) -> Held:
    """A REST snapshot as a held frame. Raises Refused."""
    depth = wire.decode_depth(body)
    number, venue_ns = numbers.identifier(depth.lastUpdateId), numbers.stamp_ns(depth.E)
    columns = _plain_levels(depth, decimals_for) or _any_levels(depth, decimals_for)
    side, px, size = (np.ascontiguousarray(column) for column in columns)
    return Held(number, number, -1, venue_ns, side.tobytes(), px.tobytes(), size.tobytes())


Levels = tuple[Array, Array, Array]  # side, price in ticks, size


def _plain_levels(depth: wire.Depth, decimals_for: Callable[[str | None], int]) -> Levels | None:
    """The levels, when the kernel takes them: thousands of them are the usual case."""
    bids, asks = bytes(depth.bids), bytes(depth.asks)
    begin = bids.find(b'"') + 1
    end = bids.find(b'"', begin)
    room = bids.count(b"[") + asks.count(b"[")
    px, size, places = np.empty(room, np.int64), np.empty(room), np.full(1, -1, np.int64)
    counts = [0]
    for side in (bids, asks):
        buffer = np.frombuffer(side + b"\n", np.uint8)
        past, count = read_levels(buffer, 0, len(side), counts[-1], px, size, places)
        if past != len(side):
            return None
        counts.append(count)
    if not counts[1] or not counts[2]:
        return None
    finer = decimals_for(bids[begin:end].decode()) - int(places[0])
    if not 0 <= finer <= MOST_FINER or int(px[: counts[2]].max()) > (EXACT - 1) // 10**finer:
        return None
    sides = np.repeat(np.array([1, -1], np.int8), np.diff(counts))
    return sides, px[: counts[2]] * 10**finer, size[: counts[2]]


def _any_levels(depth: wire.Depth, decimals_for: Callable[[str | None], int]) -> Levels:
    bids, asks = wire.decode_levels(depth.bids), wire.decode_levels(depth.asks)
    levels = [*bids, *asks]
    decimals = decimals_for(levels[0][0] if levels else None)
    side = [1] * len(bids) + [-1] * len(asks)
    px = [numbers.ticks(level[0], decimals) for level in levels]
    size = [numbers.size(level[1]) for level in levels]
    if not levels:
        side, px, size = [0], [0], [0.0]  # carries the id on
    return np.array(side, np.int8), np.array(px, np.int64), np.array(size, float)


def read_open_interest(body: bytes) -> tuple[str, int, float]:
    """(symbol, venue_ns, open interest: base coin, or contracts). Raises Refused."""
    answer = wire.decode_open_interest(body)
    return answer.symbol, numbers.stamp_ns(answer.time), numbers.size(answer.openInterest)
