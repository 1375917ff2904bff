"""Hyperliquid books and tickers: whole books, told apart by `time` alone.

A frame older than the last of its kind is left out. The venue may set its clock back: after
some older frames in a row the book is lost and goes on from there. A refused book frame is a
lost book, since no later frame would tell that one is missing.
"""

import re
from typing import Any, Final

from schemas.instrument import instrument_name
from sources import hyperliquid_wire as wire
from sources import wire_numbers as numbers
from sources.assumed import decided
from sources.hyperliquid_listing import VENUE, meet
from sources.hyperliquid_wire import decode
from sources.in_band import InBand

OLD_IN_A_ROW: Final = 20
NO_ID: Final = 0  # of a ticker that is not to be compared with the book of its `time`

_BOOK: Final = "l2Book"
_TOP: Final = "bbo"
_CHANNEL = re.compile(rb'"channel"\s*:\s*"(\w+)"')
_COIN = re.compile(rb'"coin"\s*:\s*"([^"\\]{1,64})"')
_EMPTY_SIDE: Final = (float("nan"), 0.0)


class Books:
    """How far the books and tickers of a stream have come."""

    def __init__(self, *, tops_match_books: bool) -> None:
        self.tops_match_books = tops_match_books
        self.newest_ms: dict[str, int] = {}  # channel:coin → time of its newest frame
        self.olds: dict[str, int] = {}  # channel:coin → older frames in a row

    def book(self, raw: Any, session: InBand) -> None:
        """Read a whole book."""
        book = decode(wire.BOOK, raw)
        venue_ns, number = numbers.stamp_ns(book.time), numbers.identifier(book.time)
        instrument = meet(book.coin, session)
        decimals = instrument.price_decimals or 0
        bids, asks = (
            [(numbers.ticks(level.px, decimals), numbers.size(level.sz)) for level in side]
            for side in book.levels
        )
        name = instrument.name
        if self._is_old(_BOOK, book.coin, book.time, session):
            return
        if book.time < session.books.last_id(name):
            session.books.lose(session.batch, name, "sequence")  # the clock was set back
        session.books.snapshot(name, number)
        ids = venue_ns, number, number
        session.batch.levels(name, ids, bids, asks, snapshot=True, whole=True)

    def top(self, raw: Any, session: InBand) -> None:
        """Read a ticker; a side that is null or not there is empty."""
        top = decode(wire.TOP, raw)
        venue_ns = numbers.stamp_ns(top.time)
        sides: list[float] = []
        for place in range(2):
            best = top.bbo[place] if place < len(top.bbo) else None
            known = None if best is None else (numbers.price(best.px), numbers.size(best.sz))
            sides += known or _EMPTY_SIDE
        name = meet(top.coin, session).name
        if not self._is_old(_TOP, top.coin, top.time, session):
            number = NO_ID
            if self.tops_match_books:
                number = numbers.identifier(top.time)
                session.counts[decided("tops_match_books")] += 1
            session.batch.row(name, "top", venue_ns, number, *sides)

    def lose(self, payload: bytes, session: InBand) -> None:
        """Lose the books that a refused frame may have been of."""
        channel = _CHANNEL.search(payload)
        if not payload.startswith(b"{") or (channel is not None and channel[1] != _BOOK.encode()):
            return
        known = sorted(session.books.states)
        coin = _COIN.search(payload)
        name = None if coin is None else instrument_name(VENUE, coin[1].decode("utf-8", "replace"))
        for instrument in known:
            if name in (None, instrument):
                session.books.lose(session.batch, instrument, "sequence")

    def _is_old(self, channel: str, coin: str, time_ms: int, session: InBand) -> bool:
        key = f"{channel}:{coin}"
        olds = self.olds.get(key, 0) + 1 if time_ms < self.newest_ms.get(key, -1) else 0
        if 0 < olds <= OLD_IN_A_ROW:
            self.olds[key] = olds
            session.counts[f"old:{channel}"] += 1
            return True
        self.olds.pop(key, None)
        self.newest_ms[key] = time_ms
        return False

    # -- recovery ----------------------------------------------------------------------------

    def lost(self) -> None:
        """A new stream: its times start anew."""
        self.newest_ms.clear()
        self.olds.clear()

    def snapshot(self) -> Any:
        """State as plain values."""
        return dict(self.newest_ms), dict(self.olds)

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        newest_ms, olds = state
        self.newest_ms, self.olds = dict(newest_ms), dict(olds)
