"""A session for venues whose book snapshots come in the stream: drives one venue's reader.

lines ─▶ reader.read / reader.answer ─▶ batch of rows ─▶ chunks
                     └─▶ refused: a Rejected item; nothing of that line counts
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
from msgspec.structs import replace

from schemas.chunk import Array
from schemas.control import SHOWN, Rejected, Seen
from schemas.instrument import Instrument, instrument_name
from sources.batch import Batch
from sources.chain import Chain, Chains
from sources.lines import ANSWER, FRAME, Lines
from sources.session import Item
from sources.wire_numbers import Refused, scale_of


class Reader(Protocol):
    """One venue's protocol. It adds rows to `session.batch` and raises Refused."""

    venue: str

    def infer(self, symbol: str) -> Instrument:
        """Metadata as far as the symbol tells; no price decimals."""
        ...

    def read(self, payload: bytes, session: "InBand") -> None:
        """Read one frame."""
        ...

    def answer(self, url: str, body: bytes, session: "InBand") -> None:
        """Read one REST answer."""
        ...

    def lost(self) -> None:
        """The connection starts anew: forget what only its stream knew."""
        ...

    def snapshot(self) -> Any:
        """State of its own, as plain values msgpack takes (None when there is none)."""
        ...

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        ...


class InBand:
    """A Session for one connection. `refine` lays settings over inferred metadata."""

    def __init__(
        self, reader: Reader, connection: str, refine: Callable[[Instrument], Instrument]
    ) -> None:
        self.reader = reader
        self.venue = reader.venue
        self.connection = connection
        self.refine = refine
        self.batch = Batch(connection)
        self.books = Chains()
        self.counts: Counter[str] = Counter()
        self.known: dict[str, Instrument] = {}  # by symbol
        self.told: set[str] = set()  # symbols whose Seen has been given
        self.listed: set[str] = set()
        self._scaled: list[tuple[str, Instrument | None]] = []  # by the line that is being read
        self._partly: Refused | None = None  # what of this line was refused, while the rest counts

    # -- instruments -------------------------------------------------------------------------

    def list_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Metadata known beforehand; the caller tells the flow about these."""
        for instrument in instruments:
            self.known[instrument.symbol] = instrument
            self.listed.add(instrument.symbol)
            self.told.add(instrument.symbol)

    def learn(self, instrument: Instrument) -> None:
        """Metadata from the venue's own listing: better than what was inferred.

        A price scale that was told stays: ticks out there are of that scale.
        """
        before = self.known.get(instrument.symbol)
        if before is not None and before.source in ("listing", "recording"):
            return
        learnt = self.refine(instrument)
        if before is not None and before.price_decimals is not None:
            learnt = replace(learnt, price_decimals=before.price_decimals)
        if learnt == before:
            return
        self.known[instrument.symbol] = learnt
        self.told.discard(instrument.symbol)

    def meet(self, symbol: str, prices: Sequence[str] = ()) -> Instrument:
        """The instrument of a frame; its price scale is the finest of its first prices."""
        before = instrument = self.known.get(symbol)
        if instrument is None:
            instrument = self.refine(self.reader.infer(symbol))
        if instrument.price_decimals is None and prices:
            instrument = replace(instrument, price_decimals=max(map(scale_of, prices)))
            self._scaled.append((symbol, before))
        if symbol not in self.told or instrument is not before:
            self.known[symbol] = instrument
            self.told.add(symbol)
            at = self.batch.received_ns, self.batch.line
            self.batch.item(Seen(instrument, self.connection, *at, symbol in self.listed))
        return instrument

    def instruments(self) -> Mapping[str, Instrument]:
        """Everything seen or listed so far, by name."""
        return {i.name: i for symbol, i in self.known.items() if symbol in self.told}

    def prefer_trades(self, names: Sequence[str]) -> None:
        """Fills come in one form only."""

    def with_trades(self) -> list[str]:
        """Fills come in one form only."""
        return []

    # -- lines -------------------------------------------------------------------------------

    def lines(self, lines: Lines, clock_ns: Array, misplaced: Array) -> list[Item]:
        """Items of frames and REST answers."""
        batch = self.batch
        wanted = np.flatnonzero((lines.kind == FRAME) | (lines.kind == ANSWER)).tolist()
        for index in wanted:
            back = bool(len(misplaced)) and bool(misplaced[index])
            is_answer = lines.kind[index] == ANSWER
            if is_answer and back:
                continue  # the caller rejects it
            batch.at(int(clock_ns[index]), lines.first_line + index)
            payload = lines.payload(index)
            self._scaled.clear()
            try:
                if is_answer:
                    url, _, body = payload[1:].partition(b" ")
                    self.reader.answer(url.decode("utf-8", "replace"), body, self)
                else:
                    self.reader.read(payload, self)
            except Refused as refused:
                self._partly = None
                self._unlearn()
                batch.drop()
                if not back:
                    self._refuse(refused, int(lines.received_ns[index]), payload)
                continue
            if back:
                for name in batch.drop():
                    self.books.lose(batch, name, "time_back")
            batch.commit()
            if self._partly is not None:
                self._refuse(self._partly, int(lines.received_ns[index]), payload)
                self._partly = None
        return batch.take()

    def refuse_part(self, refused: Refused) -> None:
        """Refuse a part of the line that is being read: one row tells, the rest counts."""
        self._partly = self._partly or refused

    def _unlearn(self) -> None:
        """A refused line teaches no price scale."""
        for symbol, before in self._scaled:
            self.told.discard(symbol)
            if before is None:
                del self.known[symbol]
            else:
                self.known[symbol] = before
            self.batch.untell(symbol)

    def _refuse(self, refused: Refused, stamp_ns: int, payload: bytes) -> None:
        batch = self.batch
        frame = payload[:SHOWN].decode("utf-8", "replace")
        at = batch.line, batch.received_ns
        batch.item(Rejected(self.connection, *at, stamp_ns, refused.reason, refused.detail, frame))
        batch.commit()

    def lose(self, received_ns: int, line: int, reason: str) -> list[Item]:
        """Lose every book of the connection."""
        self.batch.at(received_ns, line)
        self.reader.lost()
        self.books.lose_all(self.batch, reason)
        self.batch.commit()
        return self.batch.take()

    def wished(self, symbol: str, received_ns: int, line: int) -> list[Item]:
        """Lose one book: its snapshot was wished for elsewhere."""
        self.batch.at(received_ns, line)
        self.books.lose(self.batch, instrument_name(self.venue, symbol), "book_mismatch")
        self.batch.commit()
        return self.batch.take()

    def forget(self, symbol: str) -> None:
        """Know nothing of a symbol's book; its next snapshot begins it anew."""
        self.books.states.pop(instrument_name(self.venue, symbol), None)

    def awaiting(self) -> frozenset[str]:
        """Names of instruments whose book is not known and has been wished for."""
        states = self.books.states.items()
        return frozenset(name for name, chain in states if chain.wished and not chain.known)

    # -- recovery ----------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """State that a restart needs."""
        met = [i for symbol, i in self.known.items() if symbol not in self.listed]
        scales = {s: self.known[s].price_decimals for s in sorted(self.listed)}
        state = (met, scales, sorted(self.told), self.books.states, self.reader.snapshot())
        return msgspec.msgpack.encode(state)

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`; listed instruments are given anew before."""
        types = tuple[list[Instrument], dict[str, int | None], list[str], dict[str, Chain], Any]
        met, scales, told, chains, own = msgspec.msgpack.decode(state, type=types)
        for instrument in met:
            self.known.setdefault(instrument.symbol, instrument)
        for symbol, decimals in scales.items():
            if symbol in self.known:
                self.known[symbol] = replace(self.known[symbol], price_decimals=decimals)
        self.told = set(told)
        self.books.states = chains
        self.reader.restore(own)
