"""What one instrument has said, and its tick at a grid time, straight from models/README.md.

Plain Python on purpose; imports only the row structs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import fsum
from typing import Any

from schemas.instrument import Instrument
from schemas.market import DepthCurve, Tick
from schemas.quality import Quality
from schemas.units import COST_USD, DEPTH_BANDS_BP, NS_PER_S, OFI_LEVELS
from tests.reference.binance_dict import DictBook, Line, Outcome
from tests.reference.binance_frames import kind_of
from tests.reference.book_numbers import (
    Walk,
    cost_bp,
    curve_usd,
    depth_usd,
    distance_bp,
    frame_ofi,
    walk,
)

NS_PER_MS = 1e6
COST_NAMES = ("10k", "100k", "1m")
EVENTS = ("book", "top", "trade", "mark")


@dataclass
class MarketState:
    """Everything one instrument has said so far."""

    instrument: Instrument
    book: DictBook
    listed: bool
    takes_aggregates: bool  # fills come as aggTrade only
    stale_book_ns: float
    lost: bool = False  # a loss has happened and no snapshot has matched since
    gap: bool = False  # a loss happened since the last grid item
    met: bool = False  # a line of this instrument has been seen
    seen_ns: dict[str, int] = field(default_factory=dict)  # last event by group
    latency_ms: float | None = None
    top: tuple[float | None, ...] = (None,) * 4
    marks: dict[str, float] = field(default_factory=dict)
    last_trade: float | None = None
    bought: list[float] = field(default_factory=list)  # USD of each fill since the last item
    sold: list[float] = field(default_factory=list)
    ofi: list[float] = field(default_factory=lambda: [0.0] * OFI_LEVELS)

    # -- events ---------------------------------------------------------------------------

    def lose(self) -> None:
        """The book is lost."""
        self.book.lose()
        self.lost = self.gap = True

    def on_line(self, line: Line, event: dict[str, Any]) -> None:
        """One frame or REST answer of this instrument."""
        received_ns = line.received_ns or 0
        kind = kind_of(event)
        if kind in ("depth", "snapshot"):
            self._on_book(received_ns, kind, event)
        elif kind == "top":
            self.top = tuple(float(event[name]) for name in ("b", "B", "a", "A"))
            self._saw("top", received_ns, event)
        elif kind == "trade" or (kind == "aggTrade" and self.takes_aggregates):
            self._saw("trade", received_ns, event)
            if event.get("X", "MARKET") == "MARKET":
                price = float(event["p"])
                (self.sold if event["m"] else self.bought).append(price * float(event["q"]))
                self.last_trade = price
        elif kind == "mark":
            for name, key in (("mark", "p"), ("index", "i"), ("funding_rate", "r")):
                if event.get(key, "") != "":
                    self.marks[name] = float(event[key])
            self._saw("mark", received_ns, event)
        elif kind == "openInterest":
            self.marks["oi_base"] = float(event["openInterest"])
            self._saw("mark", received_ns, {"E": event.get("time", 0)})

    def _on_book(self, received_ns: int, kind: str, event: dict[str, Any]) -> None:
        book = self.book
        before = book.top(OFI_LEVELS) if book.known else None
        outcome: Outcome = book.on_depth(event) if kind == "depth" else book.on_snapshot(event)
        if outcome.snapshot is not None:
            self.lost = False
        elif outcome.applied and before is not None:
            change = frame_ofi(before, book.top(OFI_LEVELS), OFI_LEVELS, 10.0**book.decimals)
            self.ofi = [total + part for total, part in zip(self.ofi, change, strict=True)]
        for frame in outcome.applied:
            self._saw("book", received_ns, frame)
        if outcome.gap:
            self.lost = self.gap = True

    def _saw(self, group: str, received_ns: int, event: Mapping[str, Any]) -> None:
        self.seen_ns[group] = received_ns
        if event.get("E"):
            self.latency_ms = (received_ns - event["E"] * 1_000_000) / NS_PER_MS

    # -- rows -----------------------------------------------------------------------------

    def item(self, at: int) -> tuple[Tick | None, DepthCurve | None]:
        """The grid item at `at`; starts the next interval."""
        tick, curve = self._rows(at) if self.seen_ns else (None, None)
        self.gap, self.bought, self.sold, self.ofi = False, [], [], [0.0] * OFI_LEVELS
        return tick, curve

    def _rows(self, at: int) -> tuple[Tick, DepthCurve | None]:
        columns, flags, walks = self._book_columns()
        flags |= self._state_flags()
        quality = self._quality(at, "crossed" in flags)
        named = {
            "venue": self.instrument.venue,
            "instrument": self.instrument.name,
            "asset": self.instrument.asset,
        }
        names = ("top_bid_px", "top_bid_sz", "top_ask_px", "top_ask_sz")
        tick = Tick(
            ts=at,
            **named,
            **columns,
            **dict(zip(names, self.top, strict=True)),
            ofi_usd=self.ofi[0] if self.book.known else None,
            ofi_levels_usd=tuple(self.ofi) if self.book.known else (),
            buy_usd=fsum(self.bought),
            sell_usd=fsum(self.sold),
            buy_count=len(self.bought),
            sell_count=len(self.sold),
            last_trade_px=self.last_trade,
            **self._mark_columns(),
            **{f"{group}_age_ms": self._age_ms(group, at) for group in EVENTS},
            latency_ms=self.latency_ms,
            quality=quality,
            flags=tuple(sorted(flags)),
        )
        if walks is None or at % NS_PER_S:
            return tick, None
        bids, asks, twice_mid = walks
        complete_bp = self._complete_bp(twice_mid)
        flags = self._state_flags() | ({"partial"} if complete_bp < 2000 else set())
        curve = DepthCurve(
            ts=at,
            **named,
            mid_px=columns["mid_px"],
            bid_usd=tuple(curve_usd(bids, twice_mid)),
            ask_usd=tuple(curve_usd(asks, twice_mid)),
            visible_bp=min(distance_bp(bids, twice_mid), distance_bp(asks, twice_mid)),
            complete_bp=complete_bp,
            quality=quality,
            flags=tuple(sorted(flags)),
        )
        return tick, curve

    def _state_flags(self) -> set[str]:
        flags = set()
        if not self.book.known and not self.lost:
            flags.add("unsynchronised")
        if self.gap:
            flags.add("gap")
        if not self.listed:
            flags.add("unlisted")
        return flags

    def _complete_bp(self, twice_mid: int) -> float:
        """Distance of the last snapshot's furthest level, nearer side."""
        return min(
            (
                sign * (2 * edge - twice_mid) / twice_mid * 1e4
                for sign, edge in ((-1, self.book.edge_bid), (1, self.book.edge_ask))
                if edge is not None
            ),
            default=0.0,
        )

    def _age_ms(self, group: str, at: int) -> float | None:
        seen = self.seen_ns.get(group)
        return None if seen is None else (at - seen) / NS_PER_MS

    def _quality(self, at: int, crossed: bool) -> Quality:
        if not self.book.known:
            return Quality.gap if self.lost else Quality.warming
        if crossed:
            return Quality.degraded
        return Quality.stale if at - self.seen_ns["book"] > self.stale_book_ns else Quality.ok

    def _mark_columns(self) -> dict[str, float | None]:
        mark, index = self.marks.get("mark"), self.marks.get("index")
        rate, oi = self.marks.get("funding_rate"), self.marks.get("oi_base")
        hours = self.instrument.funding_interval_h
        return {
            "mark_px": mark,
            "index_px": index,
            "funding_rate": rate,
            "funding_interval_h": hours,
            "funding_rate_1h": None if rate is None or hours is None else rate / hours,
            "basis": None if mark is None or index is None else mark / index - 1,
            "oi_base": oi,
            "oi_usd": None if oi is None or mark is None else oi * mark,
        }

    def _book_columns(self) -> tuple[dict[str, Any], set[str], tuple[Walk, Walk, int] | None]:
        """Columns of a tick measured on the book, flags, and both sides when there is a mid."""
        book, unit = self.book, 10.0**self.book.decimals
        columns: dict[str, Any] = dict.fromkeys(BOOK_COLUMNS)
        if not book.known:
            return columns, set(), None
        columns["book_seq"] = book.last_id
        bids, asks = book.top(1)
        for side, best in (("bid", bids), ("ask", asks)):
            if best:
                columns[f"{side}_px"] = best[0][0] / unit
                columns[f"{side}_sz"] = best[0][1]
        if not bids or not asks:
            return columns, set(), None
        (bid, bid_sz), (ask, ask_sz) = bids[0], asks[0]
        if bid >= ask:
            return columns, {"crossed"}, None
        twice_mid, mid = bid + ask, (bid + ask) / 2 / unit
        imbalance = bid_sz / (bid_sz + ask_sz)
        columns["mid_px"] = mid
        columns["imbalance"] = imbalance
        columns["microprice"] = imbalance * (ask / unit) + (1 - imbalance) * (bid / unit)
        columns["spread_bp"] = (ask - bid) / unit / mid * 1e4
        all_bids, all_asks = book.top(len(book.bids.prices) + len(book.asks.prices))
        bid_walk = walk(all_bids, twice_mid, book.decimals, bids=True)
        ask_walk = walk(all_asks, twice_mid, book.decimals, bids=False)
        flags = {"partial"} if self._complete_bp(twice_mid) < 200 else set()
        for side, trade, levels in (("bid", "sell", bid_walk), ("ask", "buy", ask_walk)):
            for band in DEPTH_BANDS_BP:
                amount = depth_usd(levels, twice_mid, Fraction(band))
                columns[f"{side}_depth_usd_{band}bp"] = amount
            for name, usd in zip(COST_NAMES, COST_USD, strict=True):
                cost, further = cost_bp(levels, twice_mid, mid, usd)
                columns[f"{trade}_cost_bp_{name}"] = cost
                if further:
                    flags.add("extrapolated")
        return columns, flags, (bid_walk, ask_walk, twice_mid)


BOOK_COLUMNS = (
    *("bid_px", "bid_sz", "ask_px", "ask_sz", "book_seq"),
    *("mid_px", "microprice", "spread_bp", "imbalance"),
    *(f"{side}_depth_usd_{band}bp" for side in ("bid", "ask") for band in DEPTH_BANDS_BP),
    *(f"{trade}_cost_bp_{name}" for trade in ("buy", "sell") for name in COST_NAMES),
)
