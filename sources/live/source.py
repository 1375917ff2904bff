"""Live connections as a Bytewax source: one partition for each, whose name never changes.

spool from where the state stands ─▶ `!start` ─▶ the lane, as lines come ─▶ Connection ─▶ bundles

The state is that of the connection alone: how many bytes of the spool it has read says where to
go on. Whatever an earlier process had received and not committed is read again from the spool.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from msgspec import Struct

from schemas.chunk import Chunk
from schemas.control import Reason, Seen, Wish
from schemas.units import NS_PER_MS, NS_PER_S, NS_PER_US, floor_ns
from sources.connection import Connection, Keyed
from sources.lines import index_lines
from sources.live.feeding import Feeding
from sources.replay import Bundle, bundled

POLL: Final = timedelta(milliseconds=5)  # between two looks into the queue …
SOON: Final = timedelta(milliseconds=1)  # … when a line past a grid time is about to come
_SOON_NS: Final = 20 * NS_PER_MS  # after the grid time: a clock line comes before
PATIENCE_NS: Final = 250 * NS_PER_MS  # between stamps of lines that are taken together at most
_LINES: Final = 8192  # taken at a time
_MANY: Final = (256, 2048)  # lines that are taken at once, by the number of instruments
_EACH: Final = 25  # of an instrument: a chunk of these costs little more than the rows in it
_BACK: Final = 2  # states: a kill leads back to one of the last, whichever is stored by then


class LiveConnection(Struct):
    """One connection: its way in, and how its lines become items."""

    feeding: Feeding
    connection: Connection


class LivePartition(StatefulSourcePartition[Bundle, tuple[Any, ...]]):
    """One connection. `stop()` true: what has been received is given out, then it ends."""

    def __init__(
        self,
        live: LiveConnection,
        state: tuple[Any, ...] | None,
        stop: Callable[[], bool],
        now: Callable[[], datetime],
        patience_ns: int = PATIENCE_NS,
    ) -> None:
        self.live = live
        self._patience_ns = patience_ns
        self.connection = live.connection
        self._stop = stop
        self._now = now
        self._unlisted: dict[str, str] = {}  # those whose metadata are, and the listing's URL
        self._next_awake: datetime | None = None
        if state is not None:
            self.connection.restore(state)
        self._begins = deque([self.connection.digest_from])  # what each state needs, oldest first
        self._awaiting = self.connection.roster.awaiting()  # instruments whose book is wished for
        self._opened = self.connection.lines_done > 0  # a state may be from before any line
        self._earlier: Iterator[bytes] | None = self._since(live.feeding)
        self._later = b""  # lines after the last grid time: they are taken with those to come

    def _since(self, feeding: Feeding) -> Iterator[bytes]:
        """What the spool has after the state; the digest gets what it lacks on the way."""
        done = self.connection.bytes_done
        for data in feeding.since(self.connection.digest_from, done):
            self.connection.digest.update(data)
        yield from feeding.lines_from(done)

    def next_batch(self) -> list[Bundle]:
        """Items of what has come; empty when nothing has. Raises StopIteration at the end."""
        if self._earlier is not None:
            data = next(self._earlier, None)
            if data is not None:
                return self._taken(data)
            self._earlier = None
            for instrument in sorted(self._awaiting):  # the session does not wish for them anew
                self.live.feeding.wish(Wish(instrument, "", "start"))
            self.live.feeding.start(again=self.connection.lines_done > 0)
        ended = self._stop() and self.live.feeding.ended
        if ended or self._worth_taking():
            drained, urgent = self.live.feeding.drain(_LINES)
            data, self._later = self._later + drained, b""
            if data:
                whole = ended or urgent or self._patience_ns == 0
                return self._taken(data if whole else self._until_grid(data))
            if ended:
                raise StopIteration
        self._next_awake = self._look_again(self._now())
        return []

    def _look_again(self, now: datetime) -> datetime:
        """When: just after the next grid time, if that is near."""
        next_ns = self.connection.last_grid + self.connection.grid_ns
        away_ns = next_ns - round(now.timestamp() * NS_PER_S)
        if away_ns <= 0:
            return now + (SOON if away_ns > -_SOON_NS else POLL)
        return now + min(POLL, timedelta(microseconds=away_ns / NS_PER_US))

    def _worth_taking(self) -> bool:
        """Whether what waits is to be taken now: few lines cost as much as many.

        They are, when a grid time has passed, when something is urgent, many, or has waited long.
        """
        lane, connection = self.live.feeding.lane, self.connection
        return (
            lane.urgent
            or lane.last_ns >= connection.last_grid + connection.grid_ns
            or lane.last_ns - connection.last_ns >= self._patience_ns
            or lane.waiting_frames >= min(self._many(), lane.most_frames // 4)
        )

    def _many(self) -> int:
        least, most = _MANY
        return max(least, min(most, _EACH * len(self.connection.known)))

    def _until_grid(self, data: bytes) -> bytes:
        """Lines up to the first one after the last grid time; the others are kept for later."""
        lines = index_lines(np.frombuffer(data, np.uint8), 1)
        grid_ns = floor_ns(lines.received_ns.item(-1), self.connection.grid_ns)
        if grid_ns <= self.connection.last_grid:
            return data
        at = int(np.searchsorted(lines.received_ns, grid_ns))
        end = lines.past.item(at)
        self._later = data[end:]
        return data[:end]

    def next_awake(self) -> datetime | None:
        """When to look again."""
        return self._next_awake

    def _taken(self, data: bytes) -> list[Bundle]:
        self._next_awake = None
        connection, feeding = self.connection, self.live.feeding
        lines = index_lines(np.frombuffer(data, np.uint8), connection.lines_done + 1)
        opening: list[Keyed] = []
        if not self._opened:
            self._opened = True
            opening = connection.open(int(lines.received_ns[0]))
        items = connection.take(lines)
        self._pass_on_wishes(items)
        counts = connection.counts
        feeding.seen(connection.last_ns, counts["gaps"], counts["rejected"], lags_ms(items))
        return bundled([*opening, *items])

    def _pass_on_wishes(self, items: Sequence[Keyed]) -> None:
        """Tell the owner what is wished for, then what has come: also within the same lines."""
        connection, feeding = self.connection, self.live.feeding
        books = set(self._awaiting)
        for wish in connection.wishes:
            feeding.wish(wish)
            if wish.reason == Reason.no_metadata:
                self._unlisted[wish.instrument] = wish.url
            else:
                books.add(wish.instrument)
        connection.wishes.clear()
        for asked in connection.asked:
            if isinstance(asked, Wish):
                feeding.wish(asked)
            else:
                feeding.satisfied(asked.instrument, asked.url)
        connection.asked.clear()
        self._awaiting = connection.roster.awaiting()
        for instrument in sorted(books - self._awaiting):
            feeding.satisfied(instrument)
        for instrument, item in items:
            if isinstance(item, Seen) and instrument in self._unlisted:
                feeding.satisfied(instrument, self._unlisted.pop(instrument))

    def snapshot(self) -> tuple[Any, ...]:
        """How far the spool has been read, the clock, the session.

        What no state needs from which a later process may start can be deleted.
        """
        self._begins.append(self.connection.digest_from)
        if len(self._begins) > _BACK + 1:
            self._begins.popleft()
            self.live.feeding.spool.need(self._begins[0])
        return self.connection.snapshot()

    def close(self) -> None:
        """The connection's owner closes it."""


def lags_ms(items: Sequence[Keyed]) -> list[float]:
    """Received − venue time, in ms, of the last row of each chunk that has a venue time."""
    lags = []
    for _, item in items:
        if isinstance(item, Chunk) and len(item):
            venue_ns = item.columns["venue_ns"].item(-1)
            if venue_ns:
                lags.append((item.received_ns.item(-1) - venue_ns) / NS_PER_MS)
    return lags


class LiveSource(FixedPartitionedSource[Bundle, tuple[Any, ...]]):
    """All connections of a run."""

    def __init__(
        self,
        connections: Mapping[str, LiveConnection],
        stop: Callable[[], bool],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience_ns: int = PATIENCE_NS,
    ) -> None:
        self.connections = connections
        self._patience_ns = patience_ns
        self._stop = stop
        self._now = now

    def list_parts(self) -> list[str]:
        """The connections' names."""
        return list(self.connections)

    def build_part(
        self, step_id: str, for_part: str, resume_state: tuple[Any, ...] | None
    ) -> LivePartition:
        """Go on where the state stands."""
        live = self.connections[for_part]
        return LivePartition(live, resume_state, self._stop, self._now, self._patience_ns)
