"""What a session has read of a batch of lines: rows by instrument and kind, and other items.

A line counts wholly or not at all: what it gave is kept aside until `commit`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from schemas.account import AccountState
from schemas.chain import ChainItem
from schemas.chunk import COLUMNS, SNAPSHOT, WHOLE, Array, Chunk
from schemas.control import Seen
from sources.frozen import frozen
from sources.session import Item

Row = tuple[float, ...]
_BOOK: Final = "book"


class Batch:
    """Rows of one connection. `at` says which line the following rows are of."""

    def __init__(self, connection: str) -> None:
        self.connection = connection
        self.received_ns = 0
        self.line = 0
        self._items: list[Item] = []
        self._rows: dict[tuple[str, str], list[tuple[int, int, Row]]] = {}
        self._line_items: list[Item] = []
        self._line_rows: list[tuple[str, str, Row]] = []

    def at(self, received_ns: int, line: int) -> None:
        """Begin a line, by the source's clock."""
        self.received_ns, self.line = received_ns, line

    def item(self, item: Item) -> None:
        """Add an item that is not a row: Seen, Gap, Wish, Rejected, what a chain says."""
        self._line_items.append(item)

    def row(self, instrument: str, kind: str, *values: float) -> None:
        """Add a row; values in the order of `COLUMNS[kind]`, sizes in base coin."""
        self._line_rows.append((instrument, kind, values))

    def levels(
        self,
        instrument: str,
        ids: tuple[int, int, int],
        bids: Sequence[tuple[int, float]],
        asks: Sequence[tuple[int, float]],
        *,
        snapshot: bool,
        whole: bool = False,
    ) -> None:
        """Add a book frame: ids = (venue_ns, first id, last id), levels (price in ticks, size).

        A frame without levels becomes a row of side 0, which carries its ids on. `whole`: each
        frame of this stream is a snapshot, so no change between two of them is ever told.
        """
        fresh = WHOLE if whole else SNAPSHOT if snapshot else 0
        for side, levels in ((1, bids), (-1, asks)):
            for px_ticks, size in levels:
                self._line_rows.append((instrument, _BOOK, (*ids, side, px_ticks, size, fresh)))
        if not bids and not asks:
            self._line_rows.append((instrument, _BOOK, (*ids, 0, 0, 0.0, fresh)))

    def untell(self, symbol: str) -> None:
        """Take back the line's Seen of a symbol."""
        self._line_items = [
            item
            for item in self._line_items
            if not (isinstance(item, Seen) and item.instrument.symbol == symbol)
        ]

    def commit(self) -> None:
        """Keep what the line gave."""
        for instrument, kind, values in self._line_rows:
            rows = self._rows.setdefault((instrument, kind), [])
            rows.append((self.received_ns, self.line, values))
        self._items += self._line_items
        self._line_rows, self._line_items = [], []

    def drop(self) -> list[str]:
        """Forget what the line told of the market, keep what it told of the stream.

        Returns the names of the books it spoke of.
        """
        books = [name for name, kind, _ in self._line_rows if kind == _BOOK]
        self._line_rows = []
        self._line_items = [
            i for i in self._line_items if not isinstance(i, AccountState | ChainItem)
        ]
        self.commit()
        return list(dict.fromkeys(books))

    def take(self) -> list[Item]:
        """Everything committed, as items: chunks, one per instrument and kind, come last."""
        items = self._items
        for (instrument, kind), rows in self._rows.items():
            received, lines, values = zip(*rows, strict=True)
            columns = {
                name: frozen(np.array(column, dtype))
                for (name, dtype), column in zip(
                    COLUMNS[kind].items(), zip(*values, strict=True), strict=True
                )
            }
            stamps = _integers(received), _integers(lines)
            items.append(Chunk(instrument, kind, *stamps, columns, self.connection))
        self._items, self._rows = [], {}
        return items


def _integers(values: Sequence[int]) -> Array:
    return frozen(np.array(values, np.int64))
