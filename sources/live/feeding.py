"""One live connection's way in: its spool, its lane, its part of the feed's owner, its health."""

from collections.abc import Iterator
from threading import Lock
from typing import Any

from schemas.control import Wish
from sources.instrument_lines import WORD, Listings
from sources.live.health import FeedHealth, Meter
from sources.live.lane import Lane
from sources.live.owner import SocketOwner
from sources.live.reread import reread
from sources.live.spool import Position, Spool
from sources.live.venue_offset import VenueOffset


class Gate:
    """Starts a feed when all of its connections have read what was received before."""

    def __init__(self, owner: SocketOwner) -> None:
        self._owner = owner
        self._waiting = {plan.name for plan in owner.plans}
        self._lock = Lock()

    def ready(self, connection: str) -> None:
        """The connection has."""
        with self._lock:
            self._waiting.discard(connection)
            if not self._waiting:
                self._owner.start()


class Feeding:
    """What the flow's thread does with one connection."""

    def __init__(
        self,
        spool: Spool,
        lane: Lane[Position],
        owner: SocketOwner,
        gate: Gate,
    ) -> None:
        self.name = lane.name
        self.spool = spool
        self.lane = lane
        self.owner = owner
        self.news: tuple[Listings, dict[str, Any]] = Listings(), {}
        """What a line says at the start of other instruments than before; the header from then."""
        self._gate = gate
        self._meter = Meter(lane.name, lane.counters)
        self._offset = VenueOffset()
        self._gaps = 0
        self._rejected = 0

    def since(self, begin: int, end: int) -> Iterator[bytes]:
        """Bytes [begin, end) of the spool's stream, for the digest."""
        return reread(self.spool.folder, begin, end) if begin < end else iter(())

    def lines_from(self, byte: int) -> Iterator[bytes]:
        """Whole lines of the spool from a byte on, in blocks."""
        return reread(self.spool.folder, byte)

    def start(self, *, again: bool) -> None:
        """Everything earlier has been read; `again`: there was something, so this is a restart."""
        if again:
            self.lane.control("start")
        said, header = self.news
        if said:
            self.lane.insist(WORD, listed=said.listed, delisted=said.delisted)
            self.spool.begin_with(header)
        self._gate.ready(self.name)

    def drain(self, most_lines: int) -> tuple[bytes, bool]:
        """Lines that have come, without waiting; whether some are urgent.

        Raises what ended the feed.
        """
        drained = self.lane.drain(most_lines)
        return drained.data, drained.urgent

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.owner.ended

    def wish(self, wish: Wish) -> None:
        """Ask for what the session wishes for."""
        self.owner.wish(self.name, wish)

    def satisfied(self, instrument: str, url: str | None = None) -> None:
        """The instrument's book is known (`url`: only what was wished for there has come)."""
        self.owner.satisfied(self.name, instrument, url)

    def mismatched(self, instrument: str) -> None:
        """The flow found the instrument's book wrong: its session is to lose it."""
        self.owner.mismatched(self.name, instrument)

    def seen(self, at_ns: int, gaps: int, rejected: int, lags_ms: list[float]) -> None:
        """Totals of the session since the start, and lags of rows received up to `at_ns`."""
        self._gaps, self._rejected = gaps, rejected
        self._meter.lags(lags_ms)
        self._offset.take(at_ns, lags_ms)

    def health(self) -> FeedHealth:
        """What happened since the last time."""
        return self._meter.row(
            gaps=self._gaps,
            rejected=self._rejected,
            queue_frames=self.lane.waiting_frames,
            stale_instruments=self.owner.stale(self.name),
            clock_offset_ms=self._offset.least_ms(self.lane.last_ns),
        )
