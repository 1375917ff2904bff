"""What was folded of the canonical blocks, item by item, so that any of it can be taken back.

After `replay` the folds have taken all items of the blocks here, in the order of the blocks and of
the keys in each, every one exactly once. What changes the blocks only takes back; so many changes
in a row cost one replay, not one each.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from models.chain.block_tree import Block
from models.chain.fold import Fold


class Entry(Struct):
    """A block and, of each of its items that the folds have taken, what each fold returned."""

    block: Block
    done: list[tuple[Any, ...]]


class Journal:
    """The blocks that the folds stand on, lowest first."""

    def __init__(self, folds: Sequence[Fold]) -> None:
        self.folds = tuple(folds)
        self.entries: list[Entry] = []
        self._whole = 0  # so many entries are folded whole; of those after the next one nothing is

    def load(self, entries: list[Entry]) -> None:
        """Stand on these, which the folds have taken whole."""
        self.entries, self._whole = entries, len(entries)

    def move(self, path: Sequence[Block]) -> tuple[list[Block], list[Block]]:
        """Stand on `path` instead; returns what was left (highest first) and what was joined."""
        same = 0
        for entry, block in zip(self.entries, path, strict=False):
            if entry.block.hash != block.hash:
                break
            same += 1
        left = [entry.block for entry in reversed(self.entries[same:])]
        self._undo_from(same)
        joined = list(path[same:])
        self.entries[same:] = [Entry(block, []) for block in joined]
        return left, joined

    def rewind(self, block: Block, at: int) -> None:
        """An item was put into `block` at `at`: take back what follows it."""
        position = block.number - self.entries[0].block.number if self.entries else -1
        if not 0 <= position < len(self.entries):
            return
        entry = self.entries[position]
        if entry.block.hash != block.hash:
            return
        self._undo_from(position + 1)
        self._undo(entry, at)
        self._whole = min(self._whole, position)

    def rewind_all(self) -> None:
        """Take back all that can be."""
        self._undo_from(0)

    def replay(self) -> int:
        """Fold all that is not folded; returns how many items that were."""
        folded = sum(self._apply(entry) for entry in self.entries[self._whole :])
        self._whole = len(self.entries)
        return folded

    def forget(self, count: int) -> None:
        """The lowest `count` blocks, folded whole, can be taken back no more."""
        del self.entries[:count]
        self._whole -= count

    def _undo_from(self, position: int) -> None:
        for entry in reversed(self.entries[position : self._whole + 1]):
            self._undo(entry, 0)
        self._whole = min(self._whole, position)

    def _apply(self, entry: Entry) -> int:
        if entry.block.head is None:
            return 0
        at, rest = entry.block.head.at, entry.block.items[len(entry.done) :]
        for item in rest:
            entry.done.append(tuple(f.apply(at, item.address, item.event) for f in self.folds))
        return len(rest)

    def _undo(self, entry: Entry, down_to: int) -> None:
        while len(entry.done) > down_to:
            for fold, done in zip(reversed(self.folds), reversed(entry.done.pop()), strict=True):
                if done is not None:
                    fold.undo(done)
