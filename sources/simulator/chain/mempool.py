"""Transactions that wait: by sender and nonce, replaced for 10 % more, dropped when too old.

The builder takes them by effective tip, each sender's in the order of nonces, while gas lasts.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Final

from sources.simulator.chain.fees import effective_tip
from sources.simulator.chain.transaction import Transaction

MOST: Final = 5_000

Nonces = Callable[[str], int]  # the next nonce that the chain would take of an account


class Mempool:
    """What waits. `nonces` reads the chain."""

    def __init__(self, nonces: Nonces) -> None:
        self._nonces = nonces
        self._waiting: dict[str, dict[int, Transaction]] = {}
        self._since: dict[str, float] = {}  # hash → when it came
        self._by_hash: dict[str, Transaction] = {}

    def __len__(self) -> int:
        return len(self._by_hash)

    def __contains__(self, name: str) -> bool:
        return name in self._by_hash

    def get(self, name: str) -> Transaction | None:
        """A waiting transaction by its hash."""
        return self._by_hash.get(name)

    def all(self) -> list[Transaction]:
        """Everything that waits, oldest first."""
        return list(self._by_hash.values())

    def next_nonce(self, sender: str) -> int:
        """The first nonce after those that are used or wait."""
        nonce = self._nonces(sender)
        own = self._waiting.get(sender, {})
        while nonce in own:
            nonce += 1
        return nonce

    def add(self, transaction: Transaction, at_s: float) -> bool:
        """Take a transaction; False when its nonce is used, or its fees are too low to replace."""
        own = self._waiting.get(transaction.sender, {})
        old = own.get(transaction.nonce)
        if transaction.nonce < self._nonces(transaction.sender) or len(self) >= MOST:
            return False
        if old is not None:
            if old.hash == transaction.hash or not transaction.replaces(old):
                return False
            self._forget(old)
        self._waiting.setdefault(transaction.sender, {})[transaction.nonce] = transaction
        self._by_hash[transaction.hash] = transaction
        self._since[transaction.hash] = at_s
        return True

    def remove(self, name: str) -> None:
        """A transaction is in a block now, or shall never be."""
        found = self._by_hash.get(name)
        if found is not None:
            self._forget(found)

    def drop_used(self) -> None:
        """Drop what cannot be included any more, because its nonce was used."""
        for found in self.all():
            if found.nonce < self._nonces(found.sender):
                self._forget(found)

    def drop_older(self, before_s: float) -> list[Transaction]:
        """Drop what has waited since before a time, and what depends on it."""
        dropped = []
        for found in self.all():
            if found.hash in self._by_hash and self._since[found.hash] < before_s:
                own = self._waiting[found.sender]
                after = [own[nonce] for nonce in sorted(own) if nonce >= found.nonce]
                dropped += after
                for one in after:
                    self._forget(one)
        return dropped

    def best(self, base_wei: int) -> Iterator[tuple[int, Transaction]]:
        """(tip, transaction) by tip at a base fee, each sender's in the order of its nonces.

        Who leaves one out must leave out the sender's later ones too.
        """
        heap: list[tuple[int, str, Transaction]] = []

        def offer(sender: str, nonce: int) -> None:
            found = self._waiting.get(sender, {}).get(nonce)
            if found is not None:
                tip = effective_tip(found.max_fee_wei, found.priority_wei, base_wei)
                if tip >= 0:
                    heappush(heap, (-tip, found.hash, found))

        for sender in list(self._waiting):
            offer(sender, self._nonces(sender))
        while heap:
            negative, _, found = heappop(heap)
            yield -negative, found
            offer(found.sender, found.nonce + 1)

    def _forget(self, transaction: Transaction) -> None:
        own = self._waiting[transaction.sender]
        del own[transaction.nonce]
        if not own:
            del self._waiting[transaction.sender]
        del self._by_hash[transaction.hash]
        del self._since[transaction.hash]
