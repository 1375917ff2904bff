"""Blocks as a node tells of them: a tree by parent hashes, with what is held until it links.

A block's hash commits to its parent, its time and its logs. So logs are facts about a hash that
are never taken back: `removed` says only that the block is not canonical (it is `disowned`, and
with it what stands on it) until a head at it or above it is heard again.

The root is settled: the last block below the window, known by number and hash alone. A block is
linked when its parents, all known, lead to the root. Among linked blocks the canonical tip is the
greatest by

    (not disowned, number, when its head was last heard),

so that late and repeated heads of lower blocks change nothing, and of two at one height the one
that the node named last counts. Fails for a while where a node moves to a lower branch none of
whose abandoned blocks has a log that we follow: until that branch has grown as high.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from schemas.chain import Head, Reading

ITEMS_A_BLOCK: Final = 1 << 16

Key = tuple[int, int, str, str]  # of an item in its block; logs by index, then readings


class Item(Struct, frozen=True):
    """A log of a block, or what was read after it."""

    key: Key
    address: str
    event: Any
    reading: Reading | None = None


class Block(Struct):
    """What is known about a hash. `head` None: only logs or readings so far."""

    number: int
    hash: str
    head: Head | None = None
    heard: int = 0  # by the tree's counter of heads
    disowned: bool = False
    items: list[Item] = []  # by key, each key once


class Missing(Struct, frozen=True, gc=False):
    """A block that is needed. `hash` None: only its number is known."""

    number: int
    hash: str | None


def add_item(block: Block, item: Item) -> int | None:
    """Put an item in its place; its position, or None when it is there already or too much."""
    at = bisect_left(block.items, item.key, key=lambda other: other.key)
    known = at < len(block.items) and block.items[at].key == item.key
    if known or len(block.items) >= ITEMS_A_BLOCK:
        return None
    insort(block.items, item, key=lambda other: other.key)
    return at


class BlockTree:
    """The blocks above the root, at most `capacity` of them; plain state in plain attributes."""

    def __init__(self, capacity: int) -> None:
        self.root_number = -1
        self.root_hash: str | None = None  # until the first head: its parent is the first root
        self.blocks: dict[str, Block] = {}
        self._capacity = capacity
        self._heard = 0

    def block(self, number: int, hash_: str) -> Block | None:
        """The block, made if need be; None when it is not above the root."""
        if self.root_hash is not None and number <= self.root_number:
            return None
        block = self.blocks.get(hash_)
        if block is None:
            block = self.blocks[hash_] = Block(number, hash_, heard=self._heard, items=[])
        return block

    def add_head(self, head: Head) -> bool:
        """Take a head, new or heard before; False when it is settled or contradicts its parent."""
        if self.root_hash is None:
            self.plant(head)
        parent = self.blocks.get(head.parent_hash)
        if parent is not None and parent.head and parent.number != head.at.number - 1:
            return False
        block = self.block(head.at.number, head.at.hash)
        if block is None:
            return False
        if block.head is None:
            block.number, block.head = head.at.number, head
        self._heard += 1
        block.heard = self._heard
        for ancestor in self._down(block):
            ancestor.disowned = False
        return True

    def plant(self, head: Head) -> None:
        """Make the parent of a head the root; blocks that are not above it go."""
        self.settle(head.at.number - 1, head.parent_hash)

    def settle(self, number: int, hash_: str) -> None:
        """Move the root; blocks that are not above it go."""
        self.root_number, self.root_hash = number, hash_
        self.blocks = {h: block for h, block in self.blocks.items() if block.number > number}

    def best(self) -> list[Block]:
        """From just above the root to the canonical tip; empty when nothing owned links."""
        links = self._links()
        rank = (True, self.root_number, 0)
        top = None
        for hash_, own in links.items():
            block = self.blocks[hash_]
            if (own, block.number, block.heard) > rank:
                rank, top = (own, block.number, block.heard), block
        return [] if top is None else list(self._down(top))[::-1]

    def held(self, tip: Block | None) -> Block | None:
        """The block that would be tip, were it linked to the root; None when there is none."""
        links = self._links()
        rank = (self.root_number, 0) if tip is None else (tip.number, tip.heard)
        top = None
        for block in self.blocks.values():
            stands = block.head is not None and not block.disowned and block.hash not in links
            if stands and (block.number, block.heard) > rank:
                rank, top = (block.number, block.heard), block
        return top

    def bottom(self, block: Block) -> Block:
        """The lowest known block of the branch that ends with `block`."""
        return list(self._down(block))[-1]

    def evict(self, keep: Iterable[str]) -> None:
        """Drop what was heard longest ago until the capacity holds; never what is kept."""
        excess = len(self.blocks) - self._capacity
        if excess <= 0:
            return
        kept = set(keep)
        others = [block for block in self.blocks.values() if block.hash not in kept]
        for block in sorted(others, key=lambda b: (b.heard, b.number, b.hash))[:excess]:
            del self.blocks[block.hash]

    def _links(self) -> dict[str, bool]:
        """The linked blocks above the root, parents first. True: not disowned, nor any below."""
        links: dict[str, bool] = {}
        for block in sorted(self.blocks.values(), key=lambda block: block.number):
            if block.head is None:
                continue
            parent = block.head.parent_hash
            if parent == self.root_hash and block.number == self.root_number + 1:
                links[block.hash] = not block.disowned
            elif parent in links and self.blocks[parent].number == block.number - 1:
                links[block.hash] = links[parent] and not block.disowned
        return links

    def _down(self, block: Block) -> Iterator[Block]:
        at: Block | None = block
        while at is not None and at.head is not None:
            yield at
            parent = self.blocks.get(at.head.parent_hash)
            at = parent if parent is not None and parent.number == at.number - 1 else None
