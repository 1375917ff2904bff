"""Readings under way: rounds of calls at one block, until each has become events.

A round is asked in batches of at most BATCH calls, all at the block of the first round. A reading
that is undone by a reorg, or cut off by a loss of the connection, begins again at a later block.
"""

import pickle
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from sources.evm import rpc
from sources.evm.readings import Ask, Discovery
from sources.evm.readings_pools import PoolReading

BATCH: Final = 25  # calls in a message: providers count each, and refuse long ones
REREAD_S: Final = 3600
_OWN: Final = ("oracle-", "aave-", "comet-")  # aggregators, parameters, rates
Begin = Callable[[], Discovery[Any]]
Message = tuple[str, bytes]  # a question's name, and what to send


class Under(Struct):
    """A reading under way."""

    discovery: Discovery[Any]
    asks: tuple[Ask, ...]
    results: dict[int, bytes]
    turn: int
    number: int
    block_hash: str


class Inquiry:
    """All readings of a chain. wanted: how each begins, by a name without colons."""

    def __init__(self, wanted: Mapping[str, Begin]) -> None:
        self.wanted = dict(wanted)
        self.done: dict[str, int] = {}  # block of the reading, by name
        self.bounds: dict[str, tuple[int, int]] = {}  # ticks that were read of a pool, by name
        self.hour = -1  # of the last reading of everything
        self._under: dict[str, Under] = {}

    def begin(self, number: int, block_hash: str) -> list[Message]:
        """Begin what is neither done nor under way, at a block that the node has."""
        out: list[Message] = []
        for name, first in self.wanted.items():
            if name not in self.done and name not in self._under:
                discovery = first()
                asks = discovery.asks()
                self._under[name] = Under(discovery, asks, {}, 0, number, block_hash)
                out += self._messages(name)
        return out

    def undone(self, number: int) -> None:
        """Blocks from `number` on may be of another branch now: what was read there is not."""
        self.done = {name: at for name, at in self.done.items() if at < number}
        self._under = {name: one for name, one in self._under.items() if one.number < number}

    def passed(self, at_s: int) -> None:
        """The chain's time is `at_s`: what may change without a log of ours is read every hour."""
        if at_s // REREAD_S != self.hour:
            self.hour = at_s // REREAD_S
            self.done = {name: at for name, at in self.done.items() if not name.startswith(_OWN)}

    def moved(self, name: str, tick: int) -> None:
        """A pool's price is at a tick; where that was not read, it is read again."""
        low, high = self.bounds.get(name, (tick, tick + 1))
        if not low <= tick < high:
            self.done.pop(name, None)

    def forget(self) -> None:
        """The connection starts anew: rounds that were under way get no more answers."""
        self._under.clear()

    def take(self, name: str, turn: int, place: int, data: bytes) -> tuple[Under | None, str]:
        """One answer; a call that failed is b"".

        Returns the reading when its round is complete by it (else None), and the name of the
        question that is wholly answered by it (else "").
        """
        under = self._under.get(name)
        if under is None or under.turn != turn or not 0 <= place < len(under.asks):
            return None, ""
        under.results[place] = data
        first = place - place % BATCH
        batch = range(first, min(first + BATCH, len(under.asks)))
        answered = all(one in under.results for one in batch)
        complete = len(under.results) == len(under.asks)
        return under if complete else None, f"read:{name}:{turn}:{first}" if answered else ""

    def finish(self, name: str, under: Under) -> tuple[Any, list[Message]]:
        """What a complete round has brought: a result, or None and the next round.

        Raises Malformed: the reading is then not under way any more, and begins again some day.
        """
        results = [under.results[place] for place in range(len(under.asks))]
        del self._under[name]
        found = under.discovery.take(results)
        if not isinstance(found, Discovery):
            self.done[name] = under.number
            if isinstance(found, PoolReading):
                self.bounds[name] = found.known_from, found.known_to
            return found, []
        self._under[name] = Under(
            found, found.asks(), {}, under.turn + 1, under.number, under.block_hash
        )
        return None, self._messages(name)

    def snapshot(self) -> bytes:
        """Everything, also what is under way: its answers may be in the spool already."""
        return pickle.dumps((self.wanted, self.done, self.bounds, self.hour, self._under))

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        self.wanted, self.done, self.bounds, self.hour, self._under = pickle.loads(state)

    def _messages(self, name: str) -> list[Message]:
        under = self._under[name]
        return [
            (
                f"read:{name}:{under.turn}:{first}",
                rpc.reading(
                    name, under.turn, under.asks[first : first + BATCH], first, under.number
                ),
            )
            for first in range(0, len(under.asks), BATCH)
        ]
