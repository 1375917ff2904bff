"""OKX books: a chain of ids now, a checksum in old archives; the fields of a frame say which.

seqId      an update follows when prevSeqId is the last seqId. That covers keep-alives (no levels,
           prevSeqId == seqId) and the reset at maintenance (seqId < prevSeqId)
no seqId   an archive: updates apply as they come, and after each the checksum of the top must
           hold, unless the frame has none (0 or absent)

Only the old rule needs the text of the levels, so only its books are kept here.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from schemas.control import Reason
from schemas.instrument import Instrument, instrument_name
from sources import okx_wire as wire
from sources import wire_numbers as numbers
from sources.in_band import InBand
from sources.okx_checksum import WrittenBook
from sources.okx_contracts import VENUE
from sources.okx_rows import Look, priced
from sources.wire_numbers import Refused

_OLD_ID: Final = 0  # archives number no frames


_Level = tuple[bool, int, float, str]  # whether a bid, price in ticks, base size, text


class _Update(Struct):
    """A row of a frame. All of a frame is read before anything is changed."""

    venue_ns: int
    sequence: int | None
    previous: int
    checksum: int
    levels: list[_Level]

    def side(self, *, bids: bool) -> list[tuple[int, float]]:
        """Levels of one side as (price in ticks, base size)."""
        return [(px, size) for bid, px, size, _ in self.levels if bid is bids]


class _State(Struct):
    """What a restart needs."""

    written: dict[str, WrittenBook]
    unscaled: list[str]


class Books:
    """The books of one connection, beside what `session.books` knows of them."""

    def __init__(self) -> None:
        self.written: dict[str, WrittenBook] = {}  # by instrument name: books of the old rule
        self.unscaled: dict[str, None] = {}  # known to be empty, and no price yet: no row so far

    def read(self, frame: wire.Frame, session: InBand, sized: Look) -> None:
        """Read a frame of `books`. A refused one loses the book: what it changed is not known."""
        symbol = "" if frame.arg is None else frame.arg.instId
        name = instrument_name(VENUE, symbol)
        try:
            if not symbol or frame.action not in ("snapshot", "update"):
                raise Refused(Reason.missing_field, "a book needs an instId and an action")
            snapshot = frame.action == "snapshot"
            updates = self._updates(frame, session, sized(symbol), snapshot=snapshot)
        except Refused:
            self._lose(session, name, "sequence")
            raise
        for update in updates:
            if snapshot:
                self._begin(session, name, update)
            else:
                self._go_on(session, name, update)

    def lose_unchecked(self, session: InBand) -> None:
        """A frame was lost and nobody knows whose: the old rule has no chain that would tell."""
        for name in sorted(self.written):
            self._lose(session, name, "sequence")

    def forget(self) -> None:
        """Every book of the connection is lost."""
        self.written.clear()
        self.unscaled.clear()

    def snapshot(self) -> Any:
        """State as plain values."""
        return msgspec.to_builtins(_State(self.written, list(self.unscaled)))

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        own = msgspec.convert(state, _State)
        self.written, self.unscaled = own.written, dict.fromkeys(own.unscaled)

    def _updates(
        self, frame: wire.Frame, session: InBand, instrument: Instrument, *, snapshot: bool
    ) -> list[_Update]:
        rows = wire.rows(wire.BOOKS, frame.data)
        updates = [_read(row, instrument, snapshot=snapshot) for row in rows]
        prices: list[str] = []
        if snapshot or session.books.last_id(instrument.name) >= 0:  # else it is left out anyway
            prices = [level[0] for row in rows for level in (*row.bids, *row.asks)]
        decimals = session.meet(instrument.symbol, prices).price_decimals
        for update in updates:
            update.levels = _in_ticks(update.levels, decimals)
        return updates

    def _begin(self, session: InBand, name: str, update: _Update) -> None:
        self._drop(name)
        session.books.snapshot(name, _OLD_ID if update.sequence is None else update.sequence)
        if update.sequence is None:
            self.written[name] = WrittenBook()
        self._apply(session, name, update, snapshot=True)

    def _go_on(self, session: InBand, name: str, update: _Update) -> None:
        if update.sequence is None:
            last_id, follows = _OLD_ID, name in self.written
        else:
            last_id = update.sequence
            follows = name not in self.written
            follows &= update.previous == session.books.last_id(name)
        if not session.books.update(session.batch, name, last_id, follows=follows):
            self._drop(name)
            return
        session.counts["sequence_reset"] += 0 <= last_id < update.previous
        self._apply(session, name, update, snapshot=name in self.unscaled)

    def _apply(self, session: InBand, name: str, update: _Update, *, snapshot: bool) -> None:
        book = self.written.get(name)
        if book is not None and not self._holds(session, name, book, update):
            return
        if session.meet(name.partition(":")[2]).price_decimals is None:
            self.unscaled[name] = None
            return
        self.unscaled.pop(name, None)
        last = _OLD_ID if update.sequence is None else update.sequence
        first = last if update.previous < 0 else update.previous
        bids, asks = update.side(bids=True), update.side(bids=False)
        session.batch.levels(name, (update.venue_ns, first, last), bids, asks, snapshot=snapshot)

    def _holds(self, session: InBand, name: str, book: WrittenBook, update: _Update) -> bool:
        """Apply by the old rule; loses the book when the check fails."""
        for bid, px_ticks, size, text in update.levels:
            book.put(bid=bid, px_ticks=px_ticks, size=size, text=text)
        if not book.is_bounded:
            self._lose(session, name, "overflow")
            return False
        if not update.checksum:
            session.counts["book_unchecked"] += 1
        elif book.checksum() != update.checksum:
            session.counts["checksum_mismatch"] += 1
            self._lose(session, name, "book_mismatch")
            return False
        return True

    def _lose(self, session: InBand, name: str, reason: str) -> None:
        self._drop(name)
        if session.books.last_id(name) >= 0:
            session.books.lose(session.batch, name, reason)

    def _drop(self, name: str) -> None:
        self.written.pop(name, None)
        self.unscaled.pop(name, None)


def _read(row: wire.Book, instrument: Instrument, *, snapshot: bool) -> _Update:
    """A row whose levels have no price in ticks yet."""
    if not snapshot and row.seqId is not None and row.prevSeqId is None:
        raise Refused(Reason.missing_field, "an update needs prevSeqId")
    return _Update(
        wire.stamp_ns(row.ts),
        None if row.seqId is None else numbers.identifier(row.seqId),
        -1 if row.prevSeqId in (None, -1) else numbers.identifier(row.prevSeqId),
        row.checksum or 0,
        [
            (bid, 0, priced(instrument, level)[1], ":".join(level[:2]))
            for bid, side in ((True, row.bids), (False, row.asks))
            for level in side
        ],
    )


def _in_ticks(levels: list[_Level], decimals: int | None) -> list[_Level]:
    """Levels with their prices; none while there is no scale: a known book has none then."""
    if decimals is None:
        return []
    return [
        (bid, numbers.ticks(text.partition(":")[0], decimals), size, text)
        for bid, _, size, text in levels
    ]
