"""Binance as a pure session, for every market: each is a row of `binance_family.MARKETS`.

Book    diff stream and REST snapshot; chain `pu` (futures) or `U == u + 1` (spot)
Sides   `m` true: the buyer was the maker, so the taker sold; forceOrder SELL closed a long
Numbers prices and sizes are text; empty text means "none"; sizes are base coin, on COIN-M
        contracts (binance_contracts)
Seen    live frames of 2026-08 … 2026-10, recordings of 2023-04 and 2024-08
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np

from schemas.chunk import Array
from schemas.control import SHOWN, Reason, Rejected
from schemas.instrument import Instrument
from sources.binance_assumed import BinanceAssumed
from sources.binance_books import Books
from sources.binance_chunks import fill_chunks, forced_chunks, mark_chunks, top_chunks
from sources.binance_columns import (
    INTERVAL,
    OPEN_INTEREST,
    Columns,
    Slow,
    group_books,
    mix,
    scan_lines,
    without,
)
from sources.binance_family import Market
from sources.binance_known import Known
from sources.binance_listing import USUAL_FUNDING_H, read_intervals
from sources.binance_scan import HANDED_BACK, OTHER_PRODUCT
from sources.binance_slow import USUAL, Forced, SymbolOf, read_depth, read_frame, read_open_interest
from sources.book_sync import Held
from sources.lines import ANSWER, FRAME, Lines
from sources.session import Item
from sources.wire_numbers import Refused

_FIRST_LINES = 64


def _as_is(instrument: Instrument) -> Instrument:
    return instrument


class Binance:
    """A Session for one connection. `refine` lays settings over inferred metadata."""

    def __init__(
        self,
        market: Market,
        connection: str,
        refine: Callable[[Instrument], Instrument] = _as_is,
        assumed: BinanceAssumed = USUAL,
    ) -> None:
        self.market = market
        self.venue = market.venue
        self.connection = connection
        self.refine = refine
        self.assumed = assumed
        self.books = Books(market, connection)
        self.known = Known(market, connection, refine)
        self.single_fills: set[int] = set()  # symbols whose fills come as `trade`
        self.counts: Counter[str] = Counter()

    # -- what is known beforehand ------------------------------------------------------------

    def list_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Metadata known beforehand; the caller tells the flow about these."""
        self.known.list_instruments(instruments)

    def prefer_trades(self, names: Sequence[str]) -> None:
        """Instruments whose fills come as `trade`."""
        index = self.known.symbols.index
        symbols = (name.partition(":")[2] for name in names)
        self.single_fills |= {index[symbol] for symbol in symbols if symbol in index}

    def with_trades(self) -> list[str]:
        """Instruments whose fills were seen as `trade`."""
        return [self.known.name(symbol) for symbol in self.single_fills]

    def instruments(self) -> Mapping[str, Instrument]:
        """Everything seen or listed so far, by name."""
        return self.known.instruments()

    # -- lines -------------------------------------------------------------------------------

    def lines(self, lines: Lines, clock_ns: Array, misplaced: Array) -> list[Item]:
        """Items of frames and REST answers, in line order for each instrument."""
        if self.known.symbols.names or len(lines) <= _FIRST_LINES:
            return self._read(lines, clock_ns, misplaced)
        # The slow decoder learns the symbols from a few lines before the scanner runs.
        items: list[Item] = []
        for begin, end in ((0, _FIRST_LINES), (_FIRST_LINES, len(lines))):
            part = lines.part(begin, end)
            items += self._read(part, clock_ns[begin:end], misplaced[begin:end])
        return items

    def _read(self, lines: Lines, clock_ns: Array, misplaced: Array) -> list[Item]:
        items: list[Item] = []
        skip = (lines.kind != FRAME).view(np.int8)
        known = self.known
        c = scan_lines(lines, skip, self.market.product, known.symbols)
        self.counts["other_product"] += int(np.count_nonzero(c.code == OTHER_PRODUCT))
        slow, forced = Slow(), list[Forced]()
        snapshots: dict[str, list[tuple[int, Held]]] = {}
        back = np.flatnonzero((c.code == HANDED_BACK) & (lines.kind <= ANSWER))
        for index in back.tolist():
            at_ns, line = int(clock_ns[index]), lines.first_line + index
            is_answer = lines.kind[index] == ANSWER
            if is_answer and len(misplaced) and misplaced[index]:
                continue  # the caller rejects it

            def symbol_of(
                symbol: str,
                price: str | None,
                *,
                sized: bool = True,
                at_ns: int = at_ns,
                line: int = line,
            ) -> tuple[int, int]:
                if sized:
                    known.need_contract(symbol, items)
                return known.meet(symbol, price, (at_ns, line), items)

            try:
                if is_answer:
                    self._answer(lines.payload(index), index, (at_ns, line), symbol_of, slow,
                                 snapshots)  # fmt: skip
                else:
                    read_frame(lines.payload(index), index, (at_ns, line), self.market.product,
                               symbol_of, slow, forced, self.counts, self.assumed)  # fmt: skip
            except Refused as refused:
                if len(misplaced) and misplaced[index]:
                    continue  # the caller rejects it anyway
                frame = lines.payload(index)[:SHOWN].decode("utf-8", "replace")
                stamp = int(lines.received_ns[index])
                items.append(
                    Rejected(self.connection, line, at_ns, stamp, refused.reason,
                             refused.detail, frame)
                )  # fmt: skip
        c = mix(c, slow, clock_ns, lines.first_line)
        if len(misplaced):
            c = without(c, misplaced, lines.first_line)
            forced = [order for order in forced if not misplaced[order.index]]
        if known.contracts is not None:
            known.contracts.convert(c, known.symbols.decimals, self.counts)
            forced = known.contracts.forced(forced, known.symbols.index)
        items += self._books(c, snapshots, clock_ns, lines.first_line, misplaced)
        items += top_chunks(c, known.name, self.connection)
        items += fill_chunks(c, known.name, self.connection, self.single_fills, self.counts)
        items += mark_chunks(c, known.name, self.connection)
        items += forced_chunks(forced, self.venue, self.connection, clock_ns, lines.first_line)
        return items

    def lose(self, received_ns: int, line: int, reason: str) -> list[Item]:
        """Lose every book of the connection."""
        self.known.lost()
        return list(self.books.lose(received_ns, line, reason))

    def wished(self, symbol: str, received_ns: int, line: int) -> list[Item]:
        """Lose one book: a snapshot was wished for elsewhere."""
        return list(self.books.lose_one(symbol, received_ns, line, "book_mismatch"))

    def forget(self, symbol: str) -> None:
        """Know nothing of a symbol's book; its next frame wishes for a snapshot."""
        self.books.syncs.pop(symbol, None)

    def awaiting(self) -> frozenset[str]:
        """Names of instruments whose book is not known and has been wished for."""
        return self.books.awaiting()

    # -- kinds -------------------------------------------------------------------------------

    def _books(
        self,
        c: Columns,
        snapshots: Mapping[str, list[tuple[int, Held]]],
        clock_ns: Array,
        first_line: int,
        misplaced: Array,
    ) -> list[Item]:
        items: list[Item] = []
        waiting = dict(snapshots)
        for symbol, begin, end in group_books(c):
            name = self.known.symbols.names[symbol]
            items += self.books.take(
                name,
                c,
                c.frames[:, begin:end],
                waiting.pop(name, ()),
                clock_ns,
                first_line,
                misplaced,
            )
        for name, held in waiting.items():
            items += self.books.take(
                name, c, c.frames[:, :0], held, clock_ns, first_line, misplaced
            )
        return items

    # -- REST --------------------------------------------------------------------------------

    def _answer(
        self,
        payload: bytes,
        index: int,
        stamp: tuple[int, int],
        symbol_of: SymbolOf,
        slow: Slow,
        snapshots: dict[str, list[tuple[int, Held]]],
    ) -> None:
        url, _, body = payload[1:].partition(b" ")
        try:
            parts = urlsplit(url.decode("utf-8", "replace"))
        except ValueError as error:
            raise Refused(Reason.wrong_type, f"an answer whose URL is none: {error}") from error
        if parts.path.endswith("/depth"):
            symbol = parse_qs(parts.query).get("symbol", [""])[0]
            if not symbol:
                raise Refused(Reason.missing_field, "a depth answer without a symbol in its URL")
            snapshot = read_depth(body, lambda price: symbol_of(symbol, price)[1])
            if self.known.contracts is not None:
                number, decimals = symbol_of(symbol, None)
                snapshot = self.known.contracts.held(snapshot, number, decimals)
            snapshots.setdefault(symbol, []).append((index, snapshot))
        elif parts.path.endswith("/openInterest"):
            symbol, venue_ns, interest = read_open_interest(body)
            number, _ = symbol_of(symbol, None)
            slow.marks.append(((number, *stamp, venue_ns, OPEN_INTEREST), (interest, 0.0, 0.0)))
        elif parts.path.endswith("/fundingInfo"):
            own = read_intervals(body)
            for symbol, number in self.known.symbols.index.items():
                if self.known.instrument(symbol).kind == "perpetual":
                    hours = own.get(symbol, USUAL_FUNDING_H)
                    slow.marks.append(((number, *stamp, 0, INTERVAL), (hours, 0.0, 0.0)))
        elif parts.path.endswith("/exchangeInfo") and self.known.contracts is not None:
            self.known.learn(body)
        else:
            self.counts[f"unknown answer:{parts.path}"] += 1

    # -- recovery ----------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """State that a restart needs."""
        symbols, told, *own = self.known.snapshot()
        state = (symbols, told, sorted(self.single_fills), self.books.snapshot(), *own)
        return msgspec.msgpack.encode(state)

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`; listed instruments are given anew before."""
        symbols, told, single, books, *own = msgspec.msgpack.decode(state)
        self.known.restore(symbols, told, *own)
        self.single_fills = set(single)
        self.books.restore(books)
