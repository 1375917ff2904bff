"""Recordings as one Bytewax source: one merged partition over all files.

The file whose next line is oldest is read first, up to the next grid time after the oldest line
of the others. Results do not depend on how files interleave (clocks are per connection); the
interleaving only keeps what the steps have to queue small.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event
from typing import Any

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from schemas.errors import BrokenInvariant
from sources.connection import Connection, Keyed
from sources.lines import BAD, Lines
from sources.listing import Listing, open_listed
from sources.recording import Recording
from sources.registry import Refine, session_for

Opener = Callable[[Listing], Recording]


class ReplaySettings:
    """What a replay needs besides its files."""

    def __init__(
        self,
        *,
        grid_ns: int,
        hole_ns: int,
        chunk_frames: int,
        ends: bool,
        refine: Refine,
        stop: Event,
        opener: Opener = open_listed,
    ) -> None:
        self.grid_ns = grid_ns
        self.hole_ns = hole_ns
        self.chunk_frames = chunk_frames
        self.ends = ends
        self.refine = refine
        self.stop = stop
        self.opener = opener


class _Reader:
    """One file: its lines from where it was left, its connection."""

    def __init__(
        self, listing: Listing, settings: ReplaySettings, state: tuple[Any, ...] | None
    ) -> None:
        self.listing = listing
        self.recording = settings.opener(listing)
        session = session_for(listing.venue, listing.connection, settings.refine, listing.assumed)
        session.list_instruments(listing.instruments)
        session.prefer_trades(listing.single_fills)
        self.connection = Connection(
            listing.connection,
            session,
            grid_ns=settings.grid_ns,
            hole_ns=settings.hole_ns,
            foreign=listing.foreign,
        )
        self.ended = False
        self.opening: list[Keyed] = []
        if state is None:
            self.opening = self.connection.open(listing.first_ns)
        else:
            self.connection.restore(state)
            passed, hashed = 0, self.connection.digest_from
            for data in self.recording.skip(self.connection.bytes_done):
                self.connection.digest.update(data[max(0, hashed - passed) :])
                passed += len(data)
        self._blocks: Iterator[Lines] = self.recording.blocks(
            self.recording.lines_before + self.connection.lines_done + 1
        )
        self._lines: Lines | None = None
        self._at = 0

    def next_ns(self) -> int | None:
        """Stamp of the next line (the clock where it has none), None at the end."""
        while self._lines is None or self._at >= len(self._lines):
            self._lines, self._at = next(self._blocks, None), 0
            if self._lines is None:
                return None
        if self._lines.kind[self._at] == BAD:
            return self.connection.last_ns
        return int(self._lines.received_ns[self._at])

    def take(self, most: int, before_ns: int | None) -> list[Keyed]:
        """Items of at most `most` lines, of those before `before_ns`."""
        lines = self._lines
        if lines is None:
            return []
        end = min(self._at + most, len(lines))
        if before_ns is not None:
            late = lines.received_ns[self._at : end] >= before_ns
            if late.any():
                end = self._at + max(1, int(late.argmax()))
        part = lines.part(self._at, end)
        self._at = end
        items = self.connection.take(part)
        self.connection.asked.clear()  # the answers, if there were any, are in the recording
        return items


Bundle = tuple[str, list[Any]]


def bundled(items: Sequence[Keyed]) -> list[Bundle]:
    """Items of one key together: the engine pays for each that it carries."""
    bundles: dict[str, list[Any]] = {}
    for key, item in items:
        bundles.setdefault(key, []).append(item)
    return list(bundles.items())


class ReplayPartition(StatefulSourcePartition[Bundle, tuple[Any, ...]]):
    """All files of a replay, merged."""

    def __init__(
        self,
        listings: Sequence[Listing],
        settings: ReplaySettings,
        state: tuple[Any, ...] | None,
        readers: dict[str, "Connection"],
        recordings: dict[str, Recording],
    ) -> None:
        states: Mapping[str, Any] = dict(state or ())
        if state is not None and set(states) != {listing.connection for listing in listings}:
            message = f"recovery data are of {sorted(states)}, not of the files given"
            raise BrokenInvariant(message)
        self.settings = settings
        self.readers = [
            _Reader(listing, settings, states.get(listing.connection))
            for listing in sorted(listings, key=lambda listing: listing.connection)
        ]
        for reader in self.readers:
            readers[reader.connection.name] = reader.connection
            recordings[reader.connection.name] = reader.recording

    def next_batch(self) -> list[Bundle]:
        """The next items in bundles."""
        return bundled(self.items())

    def items(self) -> list[Keyed]:
        """Items of some lines of the file that is furthest behind.

        Raises StopIteration at the end of all files, or when asked to stop.
        """
        if self.settings.stop.is_set():
            raise StopIteration
        out: list[Keyed] = []
        for reader in self.readers:
            out += reader.opening
            reader.opening = []
        if out:
            return out
        waiting: list[tuple[int, int]] = []
        for index, reader in enumerate(self.readers):
            at_ns = reader.next_ns()
            if at_ns is not None:
                waiting.append((at_ns, index))
            elif self.settings.ends and not reader.ended:
                reader.ended = True
                out += reader.connection.end()
        if out:
            return out
        if not waiting:
            raise StopIteration
        waiting.sort()
        before_ns = None
        if len(waiting) > 1:
            grid_ns = self.settings.grid_ns
            before_ns = waiting[1][0] // grid_ns * grid_ns + grid_ns
        return self.readers[waiting[0][1]].take(self.settings.chunk_frames, before_ns)

    def snapshot(self) -> tuple[Any, ...]:
        """Per file where to read on."""
        return tuple(
            (reader.connection.name, None if reader.opening else reader.connection.snapshot())
            for reader in self.readers  # None: its first items are not out yet, so it opens anew
        )

    def close(self) -> None:
        """Close the files."""
        for reader in self.readers:
            reader.recording.close()


class ReplaySource(FixedPartitionedSource[Bundle, tuple[Any, ...]]):
    """The files of a replay. `connections` and `recordings` fill when the flow has started."""

    def __init__(self, listings: Sequence[Listing], settings: ReplaySettings) -> None:
        self.listings = listings
        self.settings = settings
        self.connections: dict[str, Connection] = {}
        self.recordings: dict[str, Recording] = {}

    def list_parts(self) -> list[str]:
        """One partition, whatever the files: its name never changes."""
        return ["replay"]

    def build_part(
        self, step_id: str, for_part: str, resume_state: tuple[Any, ...] | None
    ) -> ReplayPartition:
        """Open the files and go to where they were left."""
        return ReplayPartition(
            self.listings, self.settings, resume_state, self.connections, self.recordings
        )
