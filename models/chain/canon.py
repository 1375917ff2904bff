"""The canonical chain as it stands, from heads, logs and readings in whatever order they come.

The rule that makes the order of arrival immaterial: the folds have always taken, exactly once, all
items known of the canonical blocks above the root, block by block from the root to the tip; in a
block its logs by log index, then its readings. A node marks no end of a block's logs, so a log is
folded as soon as its block is canonical, and one that belongs before others takes these back first
and folds them again. A log or reading whose head is not known waits for it. Which blocks are
canonical: `models.chain.block_tree`. So the state is a function of what is known and of the tip,
and once everything has come and the tip's head was heard last, of the canonical chain alone.

Skipped blocks: what stands on an unknown parent is held, the folds stay at the last linked tip,
`incomplete` is true and `missing` says what to ask for. Answer with the logs of a block before its
head, so that the block joins whole. Undoing ends `depth` blocks below the tip: what comes later
for a block there is not folded and counted in `late` (most are repeats). When the canonical chain
proves to leave ours below that, or what is held leads the tip by more than `gap` blocks, the state
is lost: the folds are as new, the lowest held block is the first, and readings are needed anew.

The first head starts the chain; logs and readings of blocks below it do not count. One object is
one chain. A head's number is believed.
"""

import pickle
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from models.chain.block_tree import Block, BlockTree, Item, Missing, add_item
from models.chain.fold import Fold
from models.chain.journal import Journal
from schemas.chain import BlockAt, Head, Log, Reading

DEPTH: Final = 64
GAP: Final = 256


class Change(Struct, frozen=True):
    """What an item changed. After `lost` ("reorg", "gap") nothing from before holds."""

    orphaned: tuple[BlockAt, ...] = ()  # no longer canonical, highest first
    joined: tuple[BlockAt, ...] = ()  # canonical now, lowest first
    folded: int = 0  # items that were folded, again or for the first time
    unread: tuple[Reading, ...] = ()  # taken back with their blocks: ask again
    lost: str | None = None


class Canon:
    """One chain: its window of blocks and the folds that stand on it."""

    def __init__(self, folds: Sequence[Fold], depth: int = DEPTH, gap: int = GAP) -> None:
        self._depth, self._gap = depth, gap
        self._tree = BlockTree(depth + 2 * gap)
        self._journal = Journal(folds)
        self._empty = [fold.snapshot() for fold in folds]
        self.late = 0  # heads, logs and readings of settled blocks, or that contradict others

    @property
    def head(self) -> Head | None:
        """The canonical tip; None before the first head, or while all of the window is disowned."""
        return self._journal.entries[-1].block.head if self._journal.entries else None

    @property
    def incomplete(self) -> bool:
        """Something is held that would be the tip if the blocks between were known."""
        return self._tree.held(self._tip()) is not None

    def confirmations(self, number: int, hash_: str) -> int | None:
        """Blocks from this one to the tip, itself included; None: it is not in the window."""
        entries = self._journal.entries
        position = number - entries[0].block.number if entries else -1
        if not 0 <= position < len(entries) or entries[position].block.hash != hash_:
            return None
        return len(entries) - position

    def missing(self) -> list[Missing]:
        """The blocks to ask for, lowest first; only the last of them is known by its hash."""
        tip = self._tip()
        held = self._tree.held(tip)
        if held is None:
            return []
        bottom = self._tree.bottom(held)
        if bottom.head is None:
            return []
        below = self._tree.root_number if tip is None else tip.number
        parent = bottom.number - 1
        numbers = range(max(below + 1, parent - self._gap), parent)
        return [Missing(number, None) for number in numbers] + [
            Missing(parent, bottom.head.parent_hash)
        ]

    def take(self, said: Head | Log | Reading) -> Change | None:
        """Take one item; None when neither the chain nor the folds changed."""
        changes = self.take_all((said,))
        return changes[0] if changes else None

    def take_all(self, said: Iterable[Head | Log | Reading]) -> list[Change]:
        """Take items that came together, as after asking for what was missing.

        The same as one by one, with fewer changes: logs in a row are folded once, not each.
        """
        changes = []
        for item in said:
            if self._put(item) and (change := self._follow()) is not None:
                changes.append(change)
        folded = self._journal.replay()
        return [*changes, Change(folded=folded)] if folded else changes

    def refold(self) -> int:
        """Fold the window again, for folds that have learnt what concerns them; items folded.

        What was said below the window stays as it was folded then.
        """
        self._journal.rewind_all()
        return self._journal.replay()

    def snapshot(self) -> bytes:
        """Everything, the folds too."""
        folds = [fold.snapshot() for fold in self._journal.folds]
        state = (vars(self._tree), self._journal.entries, self.late, self._empty, folds)
        return pickle.dumps(state)

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`, for an object made with folds of the same kinds."""
        tree, entries, self.late, self._empty, folds = pickle.loads(state)
        vars(self._tree).update(tree)
        self._journal.load(entries)
        for fold, own in zip(self._journal.folds, folds, strict=True):
            fold.restore(own)

    def _tip(self) -> Block | None:
        return self._journal.entries[-1].block if self._journal.entries else None

    def _put(self, said: Head | Log | Reading) -> bool:
        """Note an item; True when it says something about which blocks are canonical."""
        if isinstance(said, Head):
            if self._tree.add_head(said):
                return True
            self.late += 1
            return False
        block = self._tree.block(said.block_number, said.block_hash)
        if block is None or block.number != said.block_number:
            self.late += 1
            return False
        if isinstance(said, Reading):
            key = (1, 0, said.address, repr(said.event))
            item = Item(key, said.address, said.event, said)
        else:
            item = Item((0, said.log_index, "", ""), said.address, said.event)
        at = add_item(block, item)
        if at is not None:
            self._journal.rewind(block, at)
        if block.head is None:
            self._evict()
        if isinstance(said, Log) and said.removed and not block.disowned:
            block.disowned = True
            return True
        return False

    def _follow(self) -> Change | None:
        """Stand on the best chain that is known, or begin anew where that cannot be."""
        path = self._tree.best()
        lost = self._lost(path)
        orphaned: list[Block] = []
        if lost is not None:
            orphaned = [entry.block for entry in reversed(self._journal.entries)]
            self._journal.load([])
            for fold, empty in zip(self._journal.folds, self._empty, strict=True):
                fold.restore(empty)
            path = self._tree.best()
        left, joined = self._journal.move(path)
        folded = self._journal.replay()
        excess = len(path) - self._depth
        if excess > 0:
            settled = path[excess - 1]
            self._journal.forget(excess)
            self._tree.settle(settled.number, settled.hash)
        self._evict()
        orphaned += left
        if not orphaned and not joined and not folded:
            return None
        return Change(
            _at(orphaned),
            _at(joined),
            folded,
            tuple(item.reading for block in orphaned for item in block.items if item.reading),
            lost,
        )

    def _lost(self, path: list[Block]) -> str | None:
        tip = path[-1] if path else None
        held = self._tree.held(tip)
        if held is None:
            return None
        bottom = self._tree.bottom(held)
        lead = held.number - (self._tree.root_number if tip is None else tip.number)
        reason = "reorg" if bottom.number <= self._tree.root_number + 1 else None
        if reason is None and lead > self._gap and held is not bottom:
            reason = "gap"
        if reason is not None and bottom.head is not None:
            self._tree.plant(bottom.head)
        return reason

    def _evict(self) -> None:
        self._tree.evict(entry.block.hash for entry in self._journal.entries)


def _at(blocks: Sequence[Block]) -> tuple[BlockAt, ...]:
    return tuple(block.head.at for block in blocks if block.head is not None)
