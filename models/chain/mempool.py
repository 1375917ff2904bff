"""Transactions that wait: first seen, replaced, dropped, mined; what they would move.

A transaction is replaced by another of the same sender and nonce; dropped when it has waited for
`drop_after_s`, or when there are more than `most` and it is of those that offer least; mined when a
block has it. What a block mined waits again when that block is undone.
"""

import pickle
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from schemas.chain import Pending
from schemas.units import NS_PER_S

DROP_AFTER_S: Final = 600.0
MOST: Final = 20_000
_SHARE: Final = 20
_BLOCKS: Final = 64  # whose transactions may come back
_HALF_LIFE: Final = 20  # mined transactions, of the inclusion delay


class Waiting(Struct, frozen=True):
    """A transaction that waits, and since when we know of it."""

    transaction: Pending
    seen_ns: int


class Mined(Struct, frozen=True):
    """A block's transactions, and those of them that had waited here."""

    hash: str
    transactions: tuple[str, ...]
    waited: tuple[Waiting, ...]


class Mempool:
    """The transactions that wait on one chain, as far as its node shows them."""

    def __init__(self, *, most: int = MOST, drop_after_s: float = DROP_AFTER_S) -> None:
        self.counts: Counter[str] = Counter()  # seen, replaced, dropped, mined: never reset here
        self.delay_s: float | None = None  # EWMA from first seen to mined
        self._most = most
        self._drop_ns = round(drop_after_s * NS_PER_S)
        self._waiting: dict[str, Waiting] = {}  # by hash, in order of sight
        self._by_nonce: dict[tuple[str, int], str] = {}
        self._mined: deque[Mined] = deque()
        self._included: Counter[str] = Counter()  # hashes in these blocks; branches share some

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting.values())

    def see(self, transaction: Pending, at_ns: int) -> None:
        """A transaction waits. One that a known block has mined does not."""
        if transaction.hash in self._waiting or transaction.hash in self._included:
            return
        key = transaction.sender, transaction.nonce
        before = self._by_nonce.get(key)
        if before is not None:
            del self._waiting[before]
            self.counts["replaced"] += 1
        self._add(Waiting(transaction, at_ns))
        self.counts["seen"] += 1
        self._trim()

    def mine(self, block_hash: str, transactions: Sequence[str], at_ns: int) -> None:
        """A block has these; a second telling changes nothing."""
        if any(block.hash == block_hash for block in self._mined):
            return
        found = [self._waiting[h] for h in transactions if h in self._waiting]
        for waiting in found:
            self._remove(waiting)
            self._delayed((at_ns - waiting.seen_ns) / NS_PER_S)
        self.counts["mined"] += len(found)
        self._mined.append(Mined(block_hash, tuple(transactions), tuple(found)))
        self._included.update(transactions)
        if len(self._mined) > _BLOCKS:
            self._exclude(self._mined.popleft())

    def unmine(self, block_hash: str) -> None:
        """A block is undone: what it had waits again, unless its nonce was used meanwhile."""
        block = next((block for block in self._mined if block.hash == block_hash), None)
        if block is None:
            return
        self._mined.remove(block)
        self._exclude(block)
        for waiting in block.waited:
            transaction = waiting.transaction
            free = (transaction.sender, transaction.nonce) not in self._by_nonce
            if free and transaction.hash not in self._included:
                self._add(waiting)
        self._trim()

    def pass_time(self, now_ns: int) -> None:
        """Drop what has waited too long."""
        late = [w for w in self if now_ns - w.seen_ns >= self._drop_ns]
        for waiting in late:
            self._remove(waiting)
        self.counts["dropped"] += len(late)

    def forget(self) -> None:
        """Know nothing of what waits: the connection was lost."""
        self._waiting.clear()
        self._by_nonce.clear()

    def _add(self, waiting: Waiting) -> None:
        transaction = waiting.transaction
        self._waiting[transaction.hash] = waiting
        self._by_nonce[transaction.sender, transaction.nonce] = transaction.hash

    def _trim(self) -> None:
        """A twentieth goes when there are too many: not one by one, for it takes a search."""
        while len(self._waiting) > self._most:
            least = sorted(self, key=lambda w: (offer_wei(w.transaction), w.seen_ns))
            for waiting in least[: max(1, self._most // _SHARE)]:
                self._remove(waiting)
                self.counts["dropped"] += 1

    def _remove(self, waiting: Waiting) -> None:
        transaction = waiting.transaction
        del self._waiting[transaction.hash]
        del self._by_nonce[transaction.sender, transaction.nonce]

    def _exclude(self, block: Mined) -> None:
        self._included.subtract(block.transactions)
        for transaction in block.transactions:
            if not self._included[transaction]:
                del self._included[transaction]

    def _delayed(self, seconds: float) -> None:
        weight = 1.0 - 0.5 ** (1.0 / _HALF_LIFE)
        before = seconds if self.delay_s is None else self.delay_s
        self.delay_s = before + weight * (seconds - before)

    def snapshot(self) -> bytes:
        """Everything."""
        state = list(self._waiting.values()), list(self._mined), dict(self.counts), self.delay_s
        return pickle.dumps(state)  # amounts have 256 bits: more than msgpack takes

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        waiting, mined, counts, self.delay_s = pickle.loads(state)
        self.forget()
        for one in waiting:
            self._add(one)
        self._mined = deque(mined)
        self._included = Counter(h for block in mined for h in block.transactions)
        self.counts = Counter(counts)


def offer_wei(transaction: Pending) -> int:
    """The most that a transaction pays per gas; 0 when its type does not say."""
    return transaction.max_fee_wei or transaction.gas_price_wei or 0


def tip_wei(transaction: Pending, base_fee_wei: int) -> int:
    """What the block's builder gets per gas at a base fee; negative: it cannot be included."""
    most = offer_wei(transaction)
    if transaction.max_priority_wei is None:
        return most - base_fee_wei
    return min(transaction.max_priority_wei, most - base_fee_wei)
