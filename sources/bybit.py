"""Bybit v5 linear contracts as a pure session: which frame goes where.

Book    snapshot in the stream, then changes whose `u` rises by one; `u` = 1 always overwrites
Sides   a fill's `S` is the taker's; a liquidation's `S` is the POSITION's: Buy, a long is gone
Numbers prices, sizes, rates are text; empty text means "none"; sizes are base coin
Seen    live frames of 2026-08 … 2026-10, a recording of 2026-08
"""

from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlsplit

from schemas.control import Reason
from schemas.instrument import Instrument
from sources import bybit_listing as listing
from sources import bybit_rows as rows
from sources import bybit_wire as wire
from sources.batch import Row
from sources.bybit_assumed import BybitAssumed
from sources.bybit_books import Books
from sources.in_band import InBand
from sources.wire_numbers import Refused

USUAL: Final = BybitAssumed()
REMEMBERED_FRAMES: Final = 16  # per topic of fills or liquidations

_SHOWN: Final = 40  # characters of a venue's word that a count is named after


class Bybit:
    """The reader of one connection to the linear endpoint, for `in_band.InBand`."""

    venue = listing.VENUE

    def __init__(self, assumed: BybitAssumed = USUAL) -> None:
        self.books = Books(break_is_gap=assumed.break_is_gap)
        self.recent: dict[str, list[bytes]] = {}  # topic → digests of its last frames

    def infer(self, symbol: str) -> Instrument:
        """Metadata as far as the symbol tells."""
        return listing.infer(symbol)

    def read(self, payload: bytes, session: InBand) -> None:
        """Read one frame."""
        try:
            head = wire.HEAD.read(payload)
        except Refused:
            self.books.unreadable(session)
            raise
        if head.topic is None:
            session.counts[_without_topic(head)] += 1
            return
        family, _, symbol = head.topic.partition(".")
        depth = ""
        if family == "orderbook":
            depth, _, symbol = symbol.partition(".")
        if family not in _FAMILIES:
            session.counts[_unknown(family)] += 1
        elif family == "orderbook" and depth not in _DEPTHS:
            session.counts[_unknown(f"orderbook.{depth}")] += 1  # "full", "rpi"
        elif symbol not in session.known and not listing.is_linear(symbol):
            session.counts[_unknown(f"{family} of another product")] += 1
        elif family == "publicTrade":
            self._add("trade", rows.fills(payload, symbol), payload, head.topic, session)
        elif family == "allLiquidation":
            gone = rows.liquidations(payload, symbol)
            self._add("liquidation", gone, payload, head.topic, session)
        elif family == "tickers":
            mark = rows.mark(payload, symbol)
            _add_one("mark", mark, symbol, session, "ticker without a mark")
        elif depth == "1":
            top = rows.top(payload, symbol)
            _add_one("top", top, symbol, session, _unknown("orderbook.1 delta"))
        else:
            self.books.read(payload, int(depth), symbol, session)

    def answer(self, url: str, body: bytes, session: InBand) -> None:
        """Read one REST answer: the listing is the only one of use."""
        try:
            path = urlsplit(url).path
        except ValueError as error:
            raise Refused(Reason.wrong_type, f"an answer whose URL is none: {error}") from error
        if not path.endswith("/instruments-info"):
            session.counts[f"unknown answer:{path[:_SHOWN]}"] += 1
            return
        page = listing.read_listing(body)
        session.counts["listing of another product"] += page.other_products
        session.counts["listing refused"] += len(page.refused)
        for instrument in page.instruments:
            session.learn(instrument)

    def _add(
        self, kind: str, found: list[Row], payload: bytes, topic: str, session: InBand
    ) -> None:
        """Add the rows of a frame, unless the same bytes are among the last of its topic.

        A frame holds its fills' own ids, or the time it was pushed: no two are equal by chance.
        """
        if not found:
            session.counts["empty"] += 1
            return
        digest = blake2b(payload, digest_size=8).digest()
        recent = self.recent.get(topic, [])
        if digest in recent:
            session.counts["duplicate"] += 1
            return
        self.recent[topic] = [*recent, digest][-REMEMBERED_FRAMES:]
        name = session.meet(topic.partition(".")[2]).name
        for row in found:
            session.batch.row(name, kind, *row)

    # -- recovery ----------------------------------------------------------------------------

    def lost(self) -> None:
        """The connection starts anew."""
        self.books.depths, self.recent = {}, {}

    def snapshot(self) -> Any:
        """Depths and digests, as plain values."""
        return [self.books.depths, self.recent]

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        self.books.depths, self.recent = state


_FAMILIES: Final = ("orderbook", "publicTrade", "tickers", "allLiquidation")
_DEPTHS: Final = ("1", "50", "200", "500", "1000")  # 500 in old recordings only


def _add_one(kind: str, row: Row | None, symbol: str, session: InBand, unused: str) -> None:
    if row is None:
        session.counts[unused] += 1
        return
    session.batch.row(session.meet(symbol).name, kind, *row)


def _without_topic(head: wire.Head) -> str:
    """What to count an acknowledgement, a pong, an error or an unknown frame as."""
    if head.success is False:
        return "error"
    if isinstance(head.op, str) or head.type == "COMMAND_RESP":  # the option endpoint's answer
        return "control"
    return _unknown(str(head.type or ""))


def _unknown(kind: str) -> str:
    return f"unknown:{kind[:_SHOWN]}"
