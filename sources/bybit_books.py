"""Bybit's books of N levels: a snapshot in the stream, then changes whose `u` rises by one.

    snapshot, or u = 1    applies, whatever came before (u = 1: the venue's service was restarted)
    u = last + 1          applies
    u = last              the same frame again: left out, counted "duplicate"
    u > last + 1          a loss; counted "book_break"
    u < last              a loss, counted likewise: the venue counts anew and this is no snapshot

The venue promises the step of one for its full book only. Should N levels not keep it, a Books of
`break_is_gap=False` applies what comes after a jump (see bybit_assumed). `seq` is no chain: it
leaves numbers out.

A book is made of one depth. Should another come on the same connection, its frames are counted
"other_depth" for as long as the book is known; after a loss the first snapshot decides.
"""

from msgspec import Struct

from schemas.control import Reason
from schemas.instrument import instrument_name
from sources import bybit_wire as wire
from sources import wire_numbers as numbers
from sources.assumed import decided
from sources.bybit_rows import same_symbol
from sources.in_band import InBand
from sources.wire_numbers import Refused, scale_of

Levels = list[tuple[int, float]]


class Change(Struct):
    """A book frame, proven."""

    u: int
    venue_ns: int
    fresh: bool  # it overwrites the book
    prices: list[str]
    decimals: int | None  # None: no price has told yet what a tick is
    bids: Levels
    asks: Levels


class Books:
    """The books of one connection."""

    def __init__(self, *, break_is_gap: bool) -> None:
        self.break_is_gap = break_is_gap
        self.depths: dict[str, int] = {}  # symbol → the depth that its known book is made of

    def read(self, payload: bytes, depth: int, symbol: str, session: InBand) -> None:
        """Read one frame. Raises Refused, and then the book that it was of is lost."""
        name = instrument_name(session.venue, symbol)
        known = session.books.last_id(name) >= 0
        mine = not known or self.depths.get(symbol) == depth
        try:
            change = _change(payload, symbol, session)
        except Refused:
            if known and mine:
                session.books.lose(session.batch, name, "sequence")
            raise
        if not mine:
            session.counts["other_depth"] += 1
            return
        session.meet(symbol, change.prices)
        if change.fresh and change.decimals is None:
            session.counts["empty_book"] += 1  # its rows would have no price scale
            return
        if change.fresh:
            self.depths[symbol] = depth
            session.books.snapshot(name, change.u)
        elif not self._follows(name, change.u, session):
            return
        ids = change.venue_ns, change.u, change.u
        session.batch.levels(name, ids, change.bids, change.asks, snapshot=change.fresh)

    def _follows(self, name: str, u: int, session: InBand) -> bool:
        last_id = session.books.last_id(name)
        if u == last_id:
            session.counts["duplicate"] += 1
            return False
        follows = u == last_id + 1
        if last_id >= 0 and not follows:
            session.counts["book_break"] += 1
            if u > last_id:
                session.counts[decided("break_is_gap")] += 1
                follows = not self.break_is_gap
        return session.books.update(session.batch, name, u, follows=follows)

    def unreadable(self, session: InBand) -> None:
        """A frame that names no book was lost: it may have been any book's.

        Where every break is a gap, the next change of that book shows it.
        """
        if not self.break_is_gap:
            session.books.lose_all(session.batch, "sequence")


def _change(payload: bytes, symbol: str, session: InBand) -> Change:
    """Prove a frame wholly before anything is learnt from it. Raises Refused."""
    frame = wire.BOOK.read(payload)
    data = frame.data
    same_symbol(data.s, symbol)
    u = numbers.identifier(data.u)
    if u == 0:
        raise Refused(Reason.bad_id, "u counts from 1")
    venue_ns = numbers.stamp_ns(frame.cts or frame.ts)
    prices = [px for px, _ in (*data.b, *data.a)]
    instrument = session.known.get(symbol) or session.refine(session.reader.infer(symbol))
    decimals = instrument.price_decimals
    if decimals is None and prices:
        decimals = max(map(scale_of, prices))  # as `meet` will say
    bids, asks = (
        [(numbers.ticks(px, decimals or 0), numbers.size(size)) for px, size in side]
        for side in (data.b, data.a)
    )
    fresh = frame.type == "snapshot" or u == 1
    return Change(u, venue_ns, fresh, prices, decimals, bids, asks)
