"""A node's telling of a random tree of blocks, and the plain fold of its final canonical chain.

Independent of `models`: `tell` grows the tree and writes down what the node says, in order;
`fresh` folds the final chain from nothing. `Trace` is the simplest fold that can be taken back:
it writes down all it is given, and will not take back anything but the last.
"""

import pickle
import random
from typing import Any

from msgspec import Struct

from schemas.chain import BlockAt, Head, Log, Reading
from schemas.chain_event import Transfer, V2Sync

Said = Head | Log | Reading
ADDRESSES = ("0xaa", "0xbb", "0xcc")


class Trace:
    """Writes down every item; addresses that end in `skip` do not concern it."""

    def __init__(self, skip: str = "-") -> None:
        self.rows: list[tuple[Any, ...]] = []
        self._skip = skip

    def apply(self, at: BlockAt, address: str, event: Any) -> Any:
        if address.endswith(self._skip):
            return None
        row = (at.number, at.hash, at.timestamp_s, address, event)
        self.rows.append(row)
        return len(self.rows), row

    def undo(self, done: Any) -> None:
        length, row = done
        assert (len(self.rows), self.rows.pop()) == (length, row)

    def snapshot(self) -> bytes:
        return pickle.dumps(self.rows)

    def restore(self, state: bytes) -> None:
        self.rows = pickle.loads(state)


class Full(Struct):
    """A block with all that belongs to it."""

    head: Head
    logs: list[Log]
    readings: list[Reading]

    def said(self) -> list[Said]:
        return [*self.logs, *self.readings, self.head]


class Story(Struct):
    """What a node said in order, the final chain, and every block that ever was."""

    said: list[Said]
    chain: list[Full]
    blocks: dict[str, Full]


def head(number: int, hash_: str, parent: str) -> Head:
    return Head(BlockAt(number, hash_, 1000 + 12 * number), parent, 10**9, 1, 2)


def grow(dice: random.Random, number: int, parent: str, name: str) -> Full:
    """A block with a few logs, whose indices have holes, and now and then a reading."""
    hash_ = f"0x{name}"
    indices = sorted(dice.sample(range(12), dice.choice((0, 0, 1, 2, 4))))
    logs = [
        Log(number, hash_, f"0xt{i}", i, dice.choice(ADDRESSES), Transfer("a", "b", i + 2**70))
        for i in indices
    ]
    readings = [
        Reading(number, hash_, dice.choice(ADDRESSES), V2Sync(dice.randrange(9), 1))
        for _ in range(dice.choice((0, 0, 0, 1, 2)))
    ]
    return Full(head(number, hash_, parent), logs, readings)


def removal(log: Log) -> Log:
    return Log(
        log.block_number, log.block_hash, log.transaction, log.log_index, log.address, log.event,
        removed=True,
    )  # fmt: skip


def tell(dice: random.Random, steps: int, deepest: int = 3, first: int = 100) -> Story:
    """Blocks one after another; now and then some are left for others, perhaps for good."""
    chain = [grow(dice, first, "0xroot", "first")]
    blocks = {chain[0].head.at.hash: chain[0]}
    said: list[Said] = list(chain[0].said())
    for step in range(steps):
        depth = dice.randint(1, deepest) if dice.random() < 0.3 else 0
        depth = min(depth, len(chain) - 1)
        left = [chain.pop() for _ in range(depth)]
        for block in left:
            said += [removal(log) for log in reversed(block.logs)]
        wanted = chain[-1].head.at.number + depth + dice.randint(0 if depth else 1, 2)
        while chain[-1].head.at.number < wanted:
            tip = chain[-1].head.at
            again = [b for b in blocks.values() if b.head.parent_hash == tip.hash]
            if again and dice.random() < 0.3:
                block = dice.choice(again)
            else:
                block = grow(dice, tip.number + 1, tip.hash, f"{step}_{len(blocks)}")
                blocks[block.head.at.hash] = block
            chain.append(block)
            logs = list(block.logs)
            said += [*logs, block.head, *block.readings] if dice.random() < 0.5 else block.said()
    return Story(said, chain, blocks)


def fresh(chain: list[Full], skip: str = "-") -> list[tuple[Any, ...]]:
    """All items of a chain in the one order that counts; a reading said twice counts once."""
    rows: list[tuple[Any, ...]] = []
    for block in chain:
        at = (block.head.at.number, block.head.at.hash, block.head.at.timestamp_s)
        logs = {log.log_index: log for log in block.logs}
        after = {(r.address, repr(r.event)): r for r in block.readings}
        for item in [logs[i] for i in sorted(logs)] + [after[k] for k in sorted(after)]:
            if not item.address.endswith(skip):
                rows.append((*at, item.address, item.event))
    return rows
