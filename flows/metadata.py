"""What is known of one instrument as of a grid time, whichever connection told it first.

The first Seen counts at once. A later one changes something, and does so for the grid times after
it was received: connections come in any order, rows must not depend on it. A price scale is only
taken from the connection that carries the book, whose ticks are of that scale.
"""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from flows.waiting import Piece
from schemas.chunk import Chunk
from schemas.control import Seen
from schemas.errors import BrokenInvariant


class Metadata:
    """The Seen that counts, and those that are to come."""

    def __init__(self) -> None:
        self.seen: Seen | None = None
        self.over = False  # delisted, and its last tick is out
        self._later: list[Seen] = []

    @property
    def told(self) -> Seen:
        """The Seen that counts. Raises BrokenInvariant when there was none."""
        if self.seen is None:
            message = "events of an instrument before it was seen"
            raise BrokenInvariant(message)
        return self.seen

    def take(self, seen: Seen) -> bool:
        """Take a Seen; True when it counts at once: the first one, and one after it was over."""
        first = self.seen is None or self.over
        if first:
            known = None if self.seen is None else self.seen.instrument.price_decimals
            self.seen, self.over, self._later = _scaled(seen, known), False, []
        else:
            self._later.append(seen)
            self._later.sort(key=_place)
        return first

    def due(self, grid_ns: int, book_from: str | None) -> list[Seen]:
        """Those that count from this grid time on, in order; `seen` is the last of them."""
        found = []
        while self._later and self._later[0].received_ns < grid_ns:
            seen = self._later.pop(0)
            known = None if self.seen is None else self.seen.instrument.price_decimals
            if known is not None and book_from not in (None, seen.connection):
                seen = replace(seen, instrument=replace(seen.instrument, price_decimals=known))
            self.seen = _scaled(seen, known)
            found.append(self.seen)
        return found

    def snapshot(self) -> tuple[Any, ...]:
        """Everything, as immutable values."""
        return self.seen, tuple(self._later), self.over

    def restore(self, packed: tuple[Any, ...]) -> None:
        """Inverse of `snapshot`."""
        self.seen, later, self.over = packed
        self._later = list(later)


def without_old_scale(ready: Sequence[Piece], seen: Seen) -> list[Piece]:
    """Leave out book rows of another scale: those that its connection sent before it told."""
    return [
        piece
        for piece in ready
        if not (
            isinstance(piece[1], Chunk)
            and piece[1].kind == "book"
            and piece[0] == seen.connection
            and piece[1].line[piece[2]] < seen.line
        )
    ]


def _scaled(seen: Seen, known: int | None) -> Seen:
    """A scale that was told stays where nothing tells another."""
    if known is None or seen.instrument.price_decimals is not None:
        return seen
    return replace(seen, instrument=replace(seen.instrument, price_decimals=known))


def _place(seen: Seen) -> tuple[int, str, int]:
    return seen.received_ns, seen.connection, seen.line
