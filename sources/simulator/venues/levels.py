"""The public form of a book: its first levels as they were last told, and what has changed since.

A level that drops out of the first N is told as gone; one that moves in is told as new. So what
a client holds after each frame is exactly the first N levels of the engine's book.
"""

from sources.simulator.book import ASK, BID, OrderBook

Levels = list[tuple[int, int]]  # price in ticks, lots; best first


class Told:
    """A book as it was last told. `most` levels a side; None: all of them."""

    def __init__(self, book: OrderBook, most: int | None = None) -> None:
        self._book = book
        self._most = most
        self._sides: dict[int, dict[int, int]] = {BID: {}, ASK: {}}

    def tell(self) -> tuple[Levels, Levels]:
        """Changes of bids and asks since the last time, lots 0 for what is gone; now told."""
        return self._changes(BID), self._changes(ASK)

    def sides(self) -> tuple[dict[int, int], dict[int, int]]:
        """Lots by price as last told, bids and asks; a later `tell` leaves these as they are."""
        return self._sides[BID], self._sides[ASK]

    def known(self, side: int, most: int | None = None) -> Levels:
        """What was last told of a side."""
        levels = sorted(self._sides[side].items(), key=lambda level: -side * level[0])
        return levels[:most]

    def _changes(self, side: int) -> Levels:
        old, new = self._sides[side], dict(self._book.levels(side, self._most))
        if old == new:
            return []
        self._sides[side] = new
        gone = [(price, 0) for price in old.keys() - new.keys()]
        changes = [*(new.items() - old.items()), *gone]
        changes.sort(key=lambda level: -side * level[0])
        return changes
