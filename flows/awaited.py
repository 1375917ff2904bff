"""Whose clocks an instrument waits for, and which grid times they allow.

A `Seen` that names the connections of a listing tells whom to wait for: the first at once, a later
one for the grid times after it was received. A connection whose line delists the instrument gives
one more clock and has left then: it holds nothing any more, and when all that are waited for have
left, the instrument is over. Connections may so be parted by grid times. A grid time comes once.
"""

from bisect import bisect_left, insort
from collections.abc import Collection
from typing import Any, Final

from schemas.control import Clock, Seen
from schemas.errors import BrokenInvariant

_ENDED: Final = 1 << 62
_NOT_STARTED: Final = -1


class Awaited:
    """The clocks of one instrument's connections."""

    def __init__(self, connections: Collection[str] | None) -> None:
        self.members: tuple[str, ...] = ()  # waited for while no line has told any
        self.connections = connections  # of the run; None: not known
        self.clocks: dict[str, int] = {}
        self._grids: list[int] = []  # to come
        self._last = _NOT_STARTED  # that was given out
        self._told: list[tuple[int, tuple[str, ...]]] = []  # from when on, whom a line named
        self._leaving: set[str] = set()  # delisted there, one more clock to come
        self._left: set[str] = set()

    def see(self, seen: Seen, *, first: bool) -> None:
        """An instrument is seen; `first`: nothing was known, or what was known is over."""
        if first:
            named = seen.connections or (self._told[-1][1] if self._told else ())
            self._told = [(_NOT_STARTED, named)] if named else []
            self._grids = []
            for name in self._left:
                del self.clocks[name]
            self._left.clear()
        elif seen.connections:
            insort(self._told, (seen.received_ns, seen.connections))
        self._leaving.discard(seen.connection)
        self._left.discard(seen.connection)

    def pass_clock(self, instrument: str, clock: Clock) -> None:
        """A clock has come. Raises BrokenInvariant when it does not rise."""
        before = self.clocks.get(clock.connection, _NOT_STARTED)
        if clock.grid_ns <= before:
            message = (
                f"{instrument}: clock {clock.grid_ns} of {clock.connection} after {before}; "
                "the state is ahead of its source"
            )
            raise BrokenInvariant(message)
        self.clocks[clock.connection] = clock.grid_ns
        if clock.connection in self._leaving:
            self._leaving.discard(clock.connection)
            self._left.add(clock.connection)
        waited = self._waited(clock.grid_ns)
        if waited and clock.connection not in waited:
            return  # it knows the instrument from others' streams
        if clock.grid_ns <= self._last:
            return
        at = bisect_left(self._grids, clock.grid_ns)
        if at == len(self._grids) or self._grids[at] != clock.grid_ns:
            self._grids.insert(at, clock.grid_ns)

    def leave(self, connection: str) -> None:
        """A line of the connection delists the instrument: it gives one more clock."""
        self._leaving.add(connection)

    def end(self, connection: str) -> None:
        """The connection has ended for good."""
        self.clocks[connection] = _ENDED

    def due(self) -> list[int]:
        """Grid times that all have reached, in order, once."""
        count = 0
        for grid_ns in self._grids:
            if self._least(grid_ns) < grid_ns:
                break
            count += 1
        due = self._grids[:count]
        del self._grids[:count]
        if due:
            self._last = due[-1]
        return due

    @property
    def ended(self) -> bool:
        """Whether nothing more comes: all have ended or left."""
        return self._least(_ENDED) == _ENDED

    @property
    def over(self) -> bool:
        """Whether that is because they have left."""
        return bool(self._left) and self.ended and not self._left.isdisjoint(self._who(_ENDED))

    def _waited(self, grid_ns: int) -> tuple[str, ...]:
        """The connections that a grid time waits for; none: all that have told of it."""
        named: tuple[str, ...] = ()
        for since_ns, names in self._told:
            if since_ns >= grid_ns:
                break
            named = names
        if named and self.connections is not None:
            named = tuple(name for name in named if name in self.connections)
        return named or self.members

    def _who(self, grid_ns: int) -> tuple[str, ...]:
        return self._waited(grid_ns) or tuple(self.clocks)

    def _least(self, grid_ns: int) -> int:
        here = [name for name in self._who(grid_ns) if name not in self._left]
        return min((self.clocks.get(name, _NOT_STARTED) for name in here), default=_ENDED)

    def snapshot(self) -> tuple[Any, ...]:
        """Everything, as immutable values."""
        parted = tuple(sorted(self._leaving)), tuple(sorted(self._left))
        clocks = tuple(self.clocks.items())
        return clocks, tuple(self._grids), self._last, tuple(self._told), parted

    def restore(self, packed: tuple[Any, ...]) -> None:
        """Inverse of `snapshot`."""
        clocks, grids, self._last, told, (leaving, left) = packed
        self.clocks, self._grids, self._told = dict(clocks), list(grids), list(told)
        self._leaving, self._left = set(leaving), set(left)
