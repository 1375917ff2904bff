"""Chunks and clocks of one instrument → its grid items; its forced orders at once.

chunks, gaps, clocks ─▶ wait for the least clock ─▶ fold in order ─▶ tick, depth curve
                                                               └─▶ gap: the self-check failed
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from bytewax.operators import StatefulBatchLogic
from msgspec.structs import replace

from flows.awaited import Awaited
from flows.metadata import Metadata, without_old_scale
from flows.stretches import Between, merge
from flows.waiting import Piece, Waiting
from models.book import forget
from models.market import MarketState, Stretch
from schemas.chunk import Chunk
from schemas.control import Clock, End, Gap, Seen
from schemas.errors import BrokenInvariant
from schemas.instrument import Instrument
from schemas.market import GridItem, Liquidation, PositionSide
from schemas.run import InstrumentRow
from schemas.tables import Rows, rows_item

VERSION = 3
MarketItem = GridItem | Rows | Gap | End


class MarketLogic(StatefulBatchLogic[Any, MarketItem, tuple[Any, ...]]):
    """The market step of one instrument. Its first item is a Seen. `connections`: of the run."""

    def __init__(
        self,
        members: Mapping[str, tuple[str, ...]],
        stale_book_ns: int,
        resumed: tuple[Any, ...] | None,
        connections: Collection[str] | None = None,
    ) -> None:
        self.members = members
        self.stale_book_ns = stale_book_ns
        self.waiting = Waiting()
        self.book_from: str | None = None  # the connection that carries the book
        self.awaited = Awaited(connections)
        self.metadata = Metadata()
        self.stored: Instrument | None = None  # as the instruments table has it
        self.market: MarketState | None = None
        if resumed is not None:
            self._restore(resumed)

    def on_batch(self, values: list[Any]) -> tuple[list[MarketItem], bool]:
        """Take items in order; give what the clocks allow."""
        out: list[MarketItem] = []
        for value in values:
            if isinstance(value, Clock):
                self.awaited.pass_clock(self._name(), value)
            elif isinstance(value, Chunk):
                if value.kind == "liquidation":
                    out += self._liquidations(value)
                elif not self.metadata.over:
                    self.waiting.add(value.connection, value)
            elif isinstance(value, Gap):
                if not self.metadata.over:
                    self.waiting.add(value.connection, value)
                if value.reason == "delisted":
                    self.awaited.leave(value.connection)
            elif isinstance(value, Seen):
                self._advance(out)  # what is known from here on holds for later grid times
                self._on_seen(value)
            elif isinstance(value, End):
                self.awaited.end(value.connection)
                self._advance(out)
                if self.awaited.ended and not self.metadata.over:
                    out.append(End(self._name()))
        self._advance(out)
        return out, False

    def on_eof(self) -> tuple[list[MarketItem], bool]:
        """Keep the partial interval: a longer recording later continues exactly."""
        return [], False

    def _on_seen(self, seen: Seen) -> None:
        first = self.metadata.take(seen)
        self.awaited.members = self.members.get(self._name(), ())
        self.awaited.see(seen, first=first)
        if not first:
            return
        self.waiting = Waiting()  # if it was over: nothing of then is of use
        known = self.metadata.told.instrument
        self.market = MarketState(known, listed=seen.listed, stale_book_ns=self.stale_book_ns)

    def _advance(self, out: list[MarketItem]) -> None:
        if due := self.awaited.due():
            self._grid_items(due, out)
        if self.awaited.over and not self.metadata.over:
            self.metadata.over = True
            self.waiting = Waiting()
            out.append(End(self._name(), delisted=True))  # nobody may wait for it

    def _grid_items(self, due: list[int], out: list[MarketItem]) -> None:
        self.waiting.cut(due)
        for number, grid_ns in enumerate(due):
            self._grid_item(grid_ns, self.waiting.take(number), out)
        self.waiting.forget()

    def _grid_item(self, grid_ns: int, ready: list[Piece], out: list[MarketItem]) -> None:
        market = self.market
        if market is None:
            message = f"a clock of {grid_ns} before the instrument was seen"
            raise BrokenInvariant(message)
        ready = self._changed(market, grid_ns, ready)
        if self.stored is not market.instrument:
            if self.stored != market.instrument:
                out.append(rows_item(instrument_row(grid_ns, self.metadata.told)))
            self.stored = market.instrument
        if ready := self._without_others_gaps(ready):
            between = merge(ready)
            for received_ns, rank in fold(market, between):
                connection, line = between.place(rank)
                out.append(Gap(self._name(), connection, received_ns, line, "book_mismatch"))
        tick, curve = market.tick(grid_ns)
        out.append(GridItem(market.instrument.name, grid_ns, tick, curve))

    def _changed(self, market: MarketState, grid_ns: int, ready: list[Piece]) -> list[Piece]:
        """Take over what is known anew; the pieces that are of use with it."""
        for seen in self.metadata.due(grid_ns, self.book_from):
            before = market.instrument.price_decimals
            market.instrument = seen.instrument
            market.listed = market.listed or seen.listed
            if before not in (None, seen.instrument.price_decimals):
                forget(market.book.state)
                ready = without_old_scale(ready, seen)
        return ready

    def _without_others_gaps(self, ready: list[Piece]) -> list[Piece]:
        """Leave out the gaps of connections that do not carry this instrument's book."""
        others = False
        for connection, piece, _, _ in ready:
            if isinstance(piece, Gap):
                others = True
            elif piece.kind == "book":
                self.book_from = connection
        if self.book_from is None or not others:
            return ready
        return [
            entry for entry in ready if isinstance(entry[1], Chunk) or entry[0] == self.book_from
        ]

    def _liquidations(self, chunk: Chunk) -> list[Rows]:
        c = {name: column.tolist() for name, column in chunk.columns.items()}
        by_line: dict[int, list[Liquidation]] = {}
        instrument = self.metadata.told.instrument
        for k, line in enumerate(chunk.line.tolist()):
            side = PositionSide.long if c["position_side"][k] > 0 else PositionSide.short
            row = Liquidation(
                ts=int(chunk.received_ns[k]),
                source=chunk.connection,
                line=line,
                venue=instrument.venue,
                instrument=instrument.name,
                asset=instrument.asset,
                venue_ts=c["venue_ns"][k] or None,
                position_side=side,
                px=c["px"][k],
                size_base=c["size_base"][k],
                size_usd=c["px"][k] * c["size_base"][k],
                flags=("thinned",) if c["thinned"][k] else (),
            )
            by_line.setdefault(line, []).append(row)
        return [rows_item(*rows) for rows in by_line.values()]

    def _name(self) -> str:
        return self.metadata.told.instrument.name

    def snapshot(self) -> tuple[Any, ...]:
        """Everything, as immutable values and bytes."""
        market = None if self.market is None else self.market.snapshot()
        seen = self.metadata.snapshot(), self.stored, self.book_from
        return (VERSION, self.waiting.snapshot(), self.awaited.snapshot(), seen, market)

    def _restore(self, packed: tuple[Any, ...]) -> None:
        if packed[0] != VERSION:
            message = f"market step of version {packed[0]}, this program reads {VERSION}"
            raise BrokenInvariant(message)
        _, waiting, awaited, seen, market = packed
        metadata, self.stored, self.book_from = seen
        self.metadata.restore(metadata)
        self.waiting = Waiting.restore(waiting)
        self.awaited.restore(awaited)
        if self.metadata.seen is not None:
            self.awaited.members = self.members.get(self._name(), ())
        if market is not None:
            self.market = MarketState.restore(market, stale_book_ns=self.stale_book_ns)


class BundledMarketLogic(MarketLogic):
    """The market step behind a source that sends the items of a key together."""

    def on_batch(self, values: list[list[Any]]) -> tuple[list[MarketItem], bool]:
        """Take bundles in order."""
        return super().on_batch([item for bundle in values for item in bundle])


def market_logic(
    members: Mapping[str, tuple[str, ...]],
    stale_book_ns: int,
    connections: Collection[str] | None = None,
) -> Callable[[tuple[Any, ...] | None], MarketLogic]:
    """A builder for `op.stateful_batch`. members: instrument → the connections it waits for."""
    return lambda resumed: BundledMarketLogic(members, stale_book_ns, resumed, connections)


def instrument_row(at_ns: int, seen: Seen) -> InstrumentRow:
    """The instrument as this run understands it."""
    i = seen.instrument
    return InstrumentRow(
        ts=at_ns,
        instrument=i.name,
        venue=i.venue,
        symbol=i.symbol,
        asset=i.asset,
        quote=i.quote,
        kind=i.kind,
        price_decimals=i.price_decimals,
        ratio_factor=i.ratio_factor,
        inverse=i.inverse,
        contract_size=i.contract_size,
        funding_interval_h=i.funding_interval_h,
        expiry=i.expiry_ns,
        strike=i.strike,
        option=i.option,
        listed=seen.listed,
        source=i.source,
    )


def fold(market: MarketState, between: Between) -> list[tuple[int, int]]:
    """Fold all in order. Returns (received_ns, rank) of frames that failed the self-check."""
    failed: list[tuple[int, int] | None] = []
    book, top = between.kinds.get("book"), between.kinds.get("top")
    for rank, _ in between.gaps:
        before, book = _cut(book, rank)
        tops, top = _cut(top, rank)
        failed.append(market.fold_book(before, tops))
        market.lose()
    if book is not None or top is not None:
        failed.append(market.fold_book(book, top))
    if fills := between.kinds.get("trade"):
        market.fold_fills(fills)
    if marks := between.kinds.get("mark"):
        market.fold_marks(marks)
    return [place for place in failed if place is not None]


def _cut(part: Stretch | None, rank: int) -> tuple[Stretch | None, Stretch | None]:
    """Rows up to and with `rank`, and those after."""
    if part is None:
        return None, None
    order = part.order[part.begin : part.end]
    at = part.begin + int(np.searchsorted(order, rank, side="right"))

    def piece(begin: int, end: int) -> Stretch | None:
        return replace(part, begin=begin, end=end) if begin < end else None

    return piece(part.begin, at), piece(at, part.end)
