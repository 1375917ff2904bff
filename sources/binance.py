"""Binance as a pure session: USD-M and spot now; a market is a row of `binance_family.MARKETS`.

Book    diff stream and REST snapshot; chain `pu` (futures) or `U == u + 1` (spot)
Sides   `m` true: the buyer was the maker, so the taker sold; forceOrder SELL closed a long
Numbers prices and sizes are text; empty text means "none"; sizes are base coin
Seen    live frames of 2026-08 … 2026-10, recordings of 2023-04 and 2024-08
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np

from schemas.chunk import Array
from schemas.control import SHOWN, Reason, Rejected, Seen
from schemas.instrument import Instrument, infer, instrument_name
from sources.binance_books import Books
from sources.binance_chunks import fill_chunks, forced_chunks, mark_chunks, top_chunks
from sources.binance_columns import Columns, Slow, by_symbol, mix, scan_lines
from sources.binance_family import Market
from sources.binance_scan import HANDED_BACK, OTHER_PRODUCT
from sources.binance_slow import Forced, SymbolOf, read_depth, read_frame, read_open_interest
from sources.book_sync import Held
from sources.lines import ANSWER, FRAME, Lines
from sources.session import Item
from sources.symbols import Symbols
from sources.wire_numbers import Refused, scale_of

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
    ) -> None:
        self.market = market
        self.venue = market.venue
        self.connection = connection
        self.refine = refine
        self.books = Books(market, connection)
        self.symbols = Symbols()
        self.listed: dict[str, Instrument] = {}
        self.told: set[str] = set()  # symbols whose Seen has been given
        self.single_fills: set[int] = set()  # symbols whose fills come as `trade`
        self.counts: Counter[str] = Counter()

    # -- what is known beforehand ------------------------------------------------------------

    def list_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Metadata known beforehand; the caller tells the flow about these."""
        for instrument in instruments:
            self.listed[instrument.symbol] = instrument
            self.symbols.add(instrument.symbol, instrument.price_decimals)
            self.told.add(instrument.symbol)

    def prefer_trades(self, names: Sequence[str]) -> None:
        """Instruments whose fills come as `trade`."""
        for name in names:
            symbol = name.partition(":")[2]
            if symbol in self.symbols.index:
                self.single_fills.add(self.symbols.index[symbol])

    def with_trades(self) -> list[str]:
        """Instruments whose fills were seen as `trade`."""
        return [self._name(symbol) for symbol in self.single_fills]

    def instruments(self) -> Mapping[str, Instrument]:
        """Everything seen or listed so far, by name."""
        return {i.name: i for i in map(self._instrument, self.symbols.names)}

    # -- lines -------------------------------------------------------------------------------

    def lines(self, lines: Lines, clock_ns: Array, misplaced: Array) -> list[Item]:
        """Items of frames and REST answers, in line order for each instrument."""
        if self.symbols.names or len(lines) <= _FIRST_LINES:
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
        c = scan_lines(lines, skip, self.market.product, self.symbols)
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
                symbol: str, price: str | None, at_ns: int = at_ns, line: int = line
            ) -> tuple[int, int]:
                return self._meet(symbol, price, at_ns, line, items)

            try:
                if is_answer:
                    self._answer(lines.payload(index), index, (at_ns, line), symbol_of, slow,
                                 snapshots)  # fmt: skip
                else:
                    read_frame(lines.payload(index), index, (at_ns, line), self.market.product,
                               symbol_of, slow, forced, self.counts)  # fmt: skip
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
            c = _without(c, misplaced, lines.first_line)
            forced = [order for order in forced if not misplaced[order.index]]
        items += self._books(c, snapshots, clock_ns, lines.first_line, misplaced)
        items += top_chunks(c, self._name, self.connection)
        items += fill_chunks(c, self._name, self.connection, self.single_fills, self.counts)
        items += mark_chunks(c, self._name, self.connection)
        items += forced_chunks(forced, self.venue, self.connection, clock_ns, lines.first_line)
        return items

    def lose(self, received_ns: int, line: int, reason: str) -> list[Item]:
        """Lose every book of the connection."""
        return list(self.books.lose(received_ns, line, reason))

    def wished(self, symbol: str, received_ns: int, line: int) -> list[Item]:
        """Lose one book: a snapshot was wished for elsewhere."""
        return list(self.books.lose_one(symbol, received_ns, line, "book_mismatch"))

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
        for symbol, index in by_symbol(c.frames[1]):
            name = self.symbols.names[symbol]
            items += self.books.take(
                name, c, c.frames[:, index], waiting.pop(name, ()), clock_ns, first_line, misplaced
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
            snapshots.setdefault(symbol, []).append((index, snapshot))
        elif parts.path.endswith("/openInterest"):
            symbol, venue_ns, oi_base = read_open_interest(body)
            number, _ = symbol_of(symbol, None)
            slow.marks.append(((number, *stamp, venue_ns, -1), (oi_base, 0.0, 0.0)))
        else:
            self.counts[f"unknown answer:{parts.path}"] += 1

    # -- instruments -------------------------------------------------------------------------

    def _meet(
        self, symbol: str, price: str | None, at_ns: int, line: int, items: list[Item]
    ) -> tuple[int, int]:
        if not symbol:
            raise Refused(Reason.missing_field, "a symbol is missing")
        known = self.symbols.index.get(symbol)
        decimals = None
        if known is None and symbol in self.listed:  # listed after the state was saved
            decimals = self.listed[symbol].price_decimals
        unknown = decimals is None and (known is None or self.symbols.decimals[known] < 0)
        if price is not None and unknown:
            decimals = scale_of(price)  # before anything is learnt: it may refuse
        fresh = known is None or decimals is not None
        index = self.symbols.add(symbol, decimals)
        if fresh or symbol not in self.told:
            items.append(self._seen(symbol, at_ns, line))
        return index, max(0, int(self.symbols.decimals[index]))

    def _seen(self, symbol: str, at_ns: int, line: int) -> Seen:
        self.told.add(symbol)
        instrument = self._instrument(symbol)
        return Seen(instrument, self.connection, at_ns, line, symbol in self.listed)

    def _name(self, symbol: int) -> str:
        return instrument_name(self.venue, self.symbols.names[symbol])

    def _instrument(self, symbol: str) -> Instrument:
        decimals = int(self.symbols.decimals[self.symbols.index[symbol]])
        price_decimals = None if decimals < 0 else decimals
        listed = self.listed.get(symbol)
        if listed is not None:
            return msgspec.structs.replace(listed, price_decimals=price_decimals)
        return self.refine(infer(self.venue, symbol, self.market.kind, price_decimals))

    # -- recovery ----------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """State that a restart needs."""
        symbols = [(n, int(d)) for n, d in zip(self.symbols.names, self.symbols.decimals,
                                               strict=True)]  # fmt: skip
        state = (symbols, sorted(self.told), sorted(self.single_fills), self.books.snapshot())
        return msgspec.msgpack.encode(state)

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`; listed instruments are given anew before.

        What is listed for the first time is met, and told, when it comes.
        """
        types = tuple[list[tuple[str, int]], list[str], list[int], bytes]
        symbols, told, single, books = msgspec.msgpack.decode(state, type=types)
        self.symbols = Symbols()
        for name, decimals in symbols:
            self.symbols.add(name, None if decimals < 0 else decimals)
        self.told, self.single_fills = set(told), set(single)
        self.books.restore(books)


def _without(c: Columns, misplaced: Array, first_line: int) -> Columns:
    """Leave out rows of misplaced lines; depth frames stay, their loss is a gap."""
    top, fill, mark = (~misplaced[rows[2] - first_line] for rows in (c.top, c.fill, c.mark))
    c.top, c.top_px = c.top[:, top], c.top_px[:, top]
    c.fill, c.fill_px, c.taker = c.fill[:, fill], c.fill_px[:, fill], c.taker[fill]
    c.mark, c.mark_px = c.mark[:, mark], c.mark_px[:, mark]
    return c
