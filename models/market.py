"""The market state of one instrument: folds a stretch of events, then says a tick.

A stretch is what lies between two grid times, as concatenated columns per kind. `order` ranks
the rows of all kinds; within one connection it is the line number.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import numpy as np
from msgspec import Struct

from models import book as slots
from models import flow
from models.book import BookArrays, fold, forget
from models.book_state import pack, unpack
from models.depth import BAND_AT, COSTS, CURVE_AT, LIMITS_BP, measure
from schemas.chunk import WHOLE, Array
from schemas.errors import BrokenInvariant
from schemas.instrument import Instrument
from schemas.market import DepthCurve, Tick
from schemas.quality import Quality
from schemas.units import DEPTH_BANDS_BP, NS_PER_MS

VERSION: Final = 1
_EMPTY_F, _EMPTY_I, _EMPTY_B = np.empty(0), np.empty(0, np.int64), np.empty(0, np.int8)
for _empty in (_EMPTY_F, _EMPTY_I, _EMPTY_B):
    _empty.flags.writeable = False
_UNMEASURED = (None,) * 22  # mid to cost
_BANDS = itemgetter(*BAND_AT.tolist())
_CURVE = itemgetter(*CURVE_AT.tolist())


class Stretch(Struct, gc=False):
    """Rows [begin, end) of one kind in order: their ranks, stamps and columns."""

    order: Array
    received_ns: Array
    columns: Mapping[str, Array]
    begin: int
    end: int

    @classmethod
    def whole(cls, order: Array, received_ns: Array, columns: Mapping[str, Array]) -> "Stretch":
        """All rows of the arrays."""
        return cls(order, received_ns, columns, 0, len(order))


def _nothing(**columns: Array) -> Stretch:
    return Stretch(_EMPTY_I, _EMPTY_I, columns, 0, 0)


_NO_BOOK = _nothing(
    last_id=_EMPTY_I, side=_EMPTY_B, px_ticks=_EMPTY_I, size=_EMPTY_F, is_snapshot=_EMPTY_B
)
_NO_TOP = _nothing(id=_EMPTY_I, bid_px=_EMPTY_F, bid_sz=_EMPTY_F, ask_px=_EMPTY_F, ask_sz=_EMPTY_F)


class MarketState:
    """Book, flow and marks of one instrument."""

    def __init__(self, instrument: Instrument, *, listed: bool, stale_book_ns: int) -> None:
        self.instrument = instrument
        self.listed = listed
        self.stale_book_ns = stale_book_ns
        self.book = BookArrays()
        self.sums = np.zeros(flow.FILL_SLOTS)
        self.sums[flow.LAST_PX] = np.nan
        self.marks = np.full(flow.MARK_SLOTS, np.nan)
        self.trade_ns = 0
        self.mark_ns = 0
        self.latency: tuple[int, int, int] | None = None  # (received_ns, rank, latency_ns)
        self.lost = False  # by a Gap, and no snapshot since
        self.gap_within = False  # a loss since the last tick
        self._depth = np.full((2, len(LIMITS_BP)), np.nan)
        self._cost = np.full((2, len(COSTS)), np.nan)

    def fold_book(self, rows: Stretch | None, tops: Stretch | None) -> tuple[int, int] | None:
        """Fold level changes and tickers. Returns (received_ns, rank) of a failed self-check."""
        book = self.book
        rows, tops = rows or _NO_BOOK, tops or _NO_TOP
        count = rows.end - rows.begin
        book.make_room(count)
        before = book.state.item(slots.MISMATCHES)
        r, t = rows.columns, tops.columns
        decimals = self.instrument.price_decimals
        if count and decimals is None:
            message = f"{self.instrument.name}: book rows before the price scale is known"
            raise BrokenInvariant(message)
        fold(
            book.state, book.keys, book.sizes, book.ring_id, book.ring, book.levels, book.counts,
            book.ofi, book.top, 10.0 ** (decimals or 0),
            rows.begin, rows.end, rows.order, rows.received_ns,
            r["last_id"], r["side"], r["px_ticks"], r["size"], r["is_snapshot"],
            tops.begin, tops.end, tops.order, tops.received_ns,
            t["id"], t["bid_px"], t["bid_sz"], t["ask_px"], t["ask_sz"],
        )  # fmt: skip
        for part in (rows, tops):
            self._clock_of(part)
        failed = None
        if book.state.item(slots.MISMATCHES) > before:
            failed = int(book.state[slots.LOST_NS]), int(book.state[slots.LOST_LINE])
            self.lost = self.gap_within = True
        if book.state[slots.KNOWN]:
            self.lost = False
        return failed

    def fold_fills(self, fills: Stretch) -> None:
        """Fold fills in order."""
        c = fills.columns
        flow.fold_fills(self.sums, fills.begin, fills.end, c["px"], c["size_base"], c["taker"])
        self.trade_ns = fills.received_ns.item(fills.end - 1)
        self._clock_of(fills)

    def fold_marks(self, marks: Stretch) -> None:
        """Fold marks, funding and open interest in order."""
        c = marks.columns
        flow.fold_marks(
            self.marks, marks.begin, marks.end,
            c["mark"], c["index"], c["funding_rate"], c["interval_h"], c["oi_base"],
        )  # fmt: skip
        self.mark_ns = marks.received_ns.item(marks.end - 1)
        self._clock_of(marks)

    def lose(self) -> None:
        """Forget the book after a Gap."""
        forget(self.book.state)
        self.lost = self.gap_within = True

    def _clock_of(self, part: Stretch) -> None:
        if part.begin == part.end:
            return
        at = part.end - 1
        venue = part.columns["venue_ns"]
        venue_ns = venue.item(at)
        if not venue_ns:
            stamped = np.flatnonzero(venue[part.begin : part.end])
            if not len(stamped):
                return
            at = part.begin + int(stamped[-1])
            venue_ns = venue.item(at)
        received, rank = part.received_ns.item(at), part.order.item(at)
        if self.latency is None or (received, rank) >= self.latency[:2]:
            self.latency = received, rank, received - venue_ns

    @property
    def seen(self) -> bool:
        """Whether anything of the instrument has a value yet."""
        state = self.book.state
        return bool(state[slots.BOOK_NS] or state[slots.TOP_NS] or self.trade_ns or self.mark_ns)

    def tick(self, at_ns: int) -> tuple[Tick | None, DepthCurve | None]:
        """The tick at a grid time, and its depth curve; starts a new interval."""
        if not self.seen:
            self._new_interval()
            return None, None
        state = self.book.state.tolist()
        flags: list[str] = []
        if not self.listed:
            flags.append("unlisted")
        if self.gap_within:
            flags.append("gap")
        curve = None
        if state[slots.KNOWN]:
            quality, book, flow_by_level, curve = self._book_columns(at_ns, state, flags)
            if state[slots.KNOWN] == WHOLE:  # what happened between two whole books is not told
                book, flow_by_level = (*book[:-1], None), ()
                flags.append("sampled")
        else:
            quality, flow_by_level = Quality.gap, ()
            book = (*(None,) * 5, *self._top(), *_UNMEASURED, None)
            if not self.lost:
                quality = Quality.warming
                flags.append("unsynchronised")
        mark, index, funding, interval_h, oi = _known(self.marks.tolist())
        interval_h = self.instrument.funding_interval_h if interval_h is None else interval_h
        sums = self.sums.tolist()
        i = self.instrument
        tick = Tick(  # type: ignore[call-arg]  # `book` is 32 columns in order
            at_ns, i.venue, i.name, i.asset, *book, flow_by_level,
            sums[flow.BUY_USD], sums[flow.SELL_USD],
            int(sums[flow.BUY_COUNT]), int(sums[flow.SELL_COUNT]),
            *_known(sums[flow.LAST_PX :]),
            mark, index, funding, interval_h,
            funding / interval_h if funding is not None and interval_h else None,
            mark / index - 1.0 if mark is not None and index else None,
            oi,
            oi * mark if oi is not None and mark is not None else None,
            _age_ms(at_ns, state[slots.BOOK_NS]), _age_ms(at_ns, state[slots.TOP_NS]),
            _age_ms(at_ns, self.trade_ns), _age_ms(at_ns, self.mark_ns),
            None if self.latency is None else self.latency[2] / NS_PER_MS,
            quality, tuple(sorted(flags)),
        )  # fmt: skip
        self._new_interval()
        return tick, curve

    def _top(self) -> tuple[float | None, ...]:
        return _known(self.book.top.tolist())

    def _book_columns(
        self, at_ns: int, state: list[int], flags: list[str]
    ) -> tuple[Quality, tuple[Any, ...], tuple[float, ...], DepthCurve | None]:
        book = self.book
        scale = 10.0 ** (self.instrument.price_decimals or 0)
        (bid_px, bid_sz), (ask_px, ask_sz) = book.levels[:, :, 0].tolist()
        bids_known, asks_known = book.counts.tolist()
        if not bids_known:
            bid_px = bid_sz = None
        if not asks_known:
            ask_px = ask_sz = None
        stale = at_ns - state[slots.BOOK_NS] > self.stale_book_ns
        quality = Quality.stale if stale else Quality.ok
        ofi = tuple(book.ofi.tolist())
        head = (bid_px, bid_sz, ask_px, ask_sz, state[slots.SEQ], *self._top())
        if bid_px is None or ask_px is None or bid_sz is None or ask_sz is None or bid_px >= ask_px:
            if bid_px is not None and ask_px is not None:
                flags.append("crossed")
            return Quality.degraded, (*head, *_UNMEASURED, ofi[0]), ofi, None
        depth, cost = self._depth, self._cost
        cost.fill(np.nan)
        visible_bp, extended = measure(
            book.keys, book.sizes, book.state[:2], scale, LIMITS_BP, CURVE_AT, COSTS, depth, cost
        )
        bids, asks = depth.tolist()
        selling, buying = cost.tolist()
        mid = (bid_px + ask_px) / 2.0
        mid_ticks = mid * scale
        imbalance = bid_sz / (bid_sz + ask_sz)
        complete_bp = 1e4 * min(
            1.0 - state[slots.EDGE_BID] / mid_ticks, state[slots.EDGE_ASK] / mid_ticks - 1.0
        )
        curve = DepthCurve(
            at_ns, self.instrument.venue, self.instrument.name, self.instrument.asset, mid,
            _known(_CURVE(bids)), _known(_CURVE(asks)), visible_bp, complete_bp,
            quality, tuple(sorted([*flags, *_partial(LIMITS_BP[-1], complete_bp)])),
        )  # fmt: skip
        flags += _partial(DEPTH_BANDS_BP[-1], complete_bp)
        if extended:
            flags.append("extrapolated")  # a cost; the curve has none
        columns = (
            *head,
            mid,
            imbalance * ask_px + (1.0 - imbalance) * bid_px,
            (ask_px - bid_px) / mid * 1e4,
            imbalance,
            *_known((*_BANDS(bids), *_BANDS(asks), *buying, *selling)),
            ofi[0],
        )
        return quality, columns, ofi, curve

    def _new_interval(self) -> None:
        self.sums[: flow.LAST_PX] = 0.0
        self.book.ofi[:] = 0.0
        self.gap_within = False

    def snapshot(self) -> tuple[Any, ...]:
        """Everything, immutable, at most 100 kB."""
        return (
            VERSION,
            self.instrument,
            self.listed,
            pack(self.book),
            self.sums.tobytes(),
            self.marks.tobytes(),
            (self.trade_ns, self.mark_ns, self.latency, self.lost, self.gap_within),
        )

    @classmethod
    def restore(cls, packed: tuple[Any, ...], *, stale_book_ns: int) -> "MarketState":
        """Inverse of `snapshot`."""
        version, instrument, listed, book, sums, marks, rest = packed
        if version != VERSION:
            message = f"market state of version {version}, this program reads {VERSION}"
            raise BrokenInvariant(message)
        self = cls(instrument, listed=listed, stale_book_ns=stale_book_ns)
        self.book = unpack(book)
        self.sums[:] = np.frombuffer(sums)
        self.marks[:] = np.frombuffer(marks)
        self.trade_ns, self.mark_ns, self.latency, self.lost, self.gap_within = rest
        return self


def _known(values: Sequence[float]) -> tuple[float | None, ...]:
    total = sum(values)
    if total == total:  # noqa: PLR0124 (NaN is not itself, and no sum with it is)
        return tuple(values)
    return tuple([x if x == x else None for x in values])  # noqa: PLR0124


def _partial(reach_bp: float, complete_bp: float) -> list[str]:
    return ["partial"] if reach_bp > complete_bp else []


def _age_ms(at_ns: int, last_ns: int) -> float | None:
    return (at_ns - last_ns) / NS_PER_MS if last_ns else None
