"""Deribit's books: the chained one and the grouped one, one channel at a time per instrument.

Chained  a snapshot takes over from any other channel; a change follows when its `prev_change_id`
         is the last id. The last frame once more is left out; any other break is a loss
Grouped  every frame is a snapshot of the top N; one older by id and by time is left out
Refused  a frame that cannot be used loses its book at once: the next change may be minutes away
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Raw

from schemas.control import Reason
from schemas.instrument import Instrument, instrument_name
from sources import wire_numbers as numbers
from sources.deribit_instruments import VENUE, base_size, meet
from sources.deribit_wire import BOOK, GROUPED, Book, Change, Grouped, Level, decode, text
from sources.in_band import InBand
from sources.wire_numbers import Refused

Levels = list[tuple[int, float]]

_ACTIONS: Final = ("new", "change", "delete")


class Books:
    """Which channel each book comes from. The chains themselves are the session's."""

    def __init__(self) -> None:
        self.feeds: dict[str, tuple[str, int]] = {}  # symbol → channel, last stamp in ns

    def read(self, channel: str, symbol: str, data: Raw, session: InBand, *, grouped: bool) -> None:
        """Read one frame. Raises Refused, once the book is lost."""
        name = instrument_name(VENUE, symbol)
        known = session.books.last_id(name) >= 0
        ours = not known or self._feed(symbol)[0] == channel
        try:
            if not grouped:
                self._chained(channel, symbol, decode(BOOK, data), session, ours=ours)
            elif ours:
                self._grouped(channel, symbol, decode(GROUPED, data), session)
            else:
                session.counts["other_book"] += 1
        except Refused:
            if ours:
                session.books.lose(session.batch, name, "sequence")
            raise

    def _feed(self, symbol: str) -> tuple[str, int]:
        return self.feeds.get(symbol, ("", 0))

    def _chained(
        self, channel: str, symbol: str, frame: Book, session: InBand, *, ours: bool
    ) -> None:
        fresh = frame.type == "snapshot"
        if not fresh and frame.type != "change":
            raise Refused(Reason.wrong_type, f"a book frame of type {frame.type[:40]!r}")
        if not fresh and not ours:
            session.counts["other_book"] += 1
            return
        number, venue_ns = numbers.identifier(frame.change_id), numbers.stamp_ns(frame.timestamp)
        previous = -1 if fresh else numbers.identifier(frame.prev_change_id)
        if number < previous:
            raise Refused(Reason.bad_id, f"ids run backwards: from {previous} to {number}")
        for level in (*frame.bids, *frame.asks):
            if level.action not in _ACTIONS:
                raise Refused(Reason.wrong_type, f"a level's action is {level.action[:40]!r}")
        instrument, bids, asks = _sides(frame.bids, frame.asks, symbol, session)
        name, chains, batch = instrument.name, session.books, session.batch
        if fresh:
            chains.snapshot(name, number)
            self.feeds[symbol] = channel, venue_ns
        else:
            last = chains.last_id(name)
            if number == last != previous:
                session.counts["book_again"] += 1
                return
            if not chains.update(batch, name, number, follows=previous == last):
                return
        batch.levels(name, (venue_ns, number, number), bids, asks, snapshot=fresh)

    def _grouped(self, channel: str, symbol: str, frame: Grouped, session: InBand) -> None:
        number, venue_ns = numbers.identifier(frame.change_id), numbers.stamp_ns(frame.timestamp)
        instrument, bids, asks = _sides(frame.bids, frame.asks, symbol, session)
        if number < session.books.last_id(instrument.name) and venue_ns <= self._feed(symbol)[1]:
            session.counts["book_old"] += 1
            return
        session.books.snapshot(instrument.name, number)
        self.feeds[symbol] = channel, venue_ns
        ids = venue_ns, number, number
        session.batch.levels(instrument.name, ids, bids, asks, snapshot=True, whole=True)


def _sides(
    bids: Sequence[Change | Level], asks: Sequence[Change | Level], symbol: str, session: InBand
) -> tuple[Instrument, Levels, Levels]:
    """The instrument and both sides, in ticks and base coin. Raises Refused."""
    written = [(text(level.price), text(level.amount)) for level in (*bids, *asks)]
    amounts = [numbers.size(amount) for _, amount in written]
    instrument = meet(session, symbol, [price for price, _ in written])
    decimals = instrument.price_decimals or 0
    levels = [
        (numbers.ticks(price, decimals), base_size(instrument, amount, numbers.price(price)))
        for (price, _), amount in zip(written, amounts, strict=True)
    ]
    for k, level in enumerate((*bids, *asks)):
        if isinstance(level, Change) and level.action == "delete":
            levels[k] = levels[k][0], 0.0
    return instrument, levels[: len(bids)], levels[len(bids) :]
