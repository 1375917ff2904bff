"""As-of join of members on grid times, released in order when every member has passed (C2).

Per configured member a queue, a clock and a last value; `low` is the least clock. Every time up
to `low` that is present in any queue is released once, in order, with each member's value as of
then. A member not started holds the alignment; one that has ended no longer does. One that has
left is in no release after its last time.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.errors import BrokenInvariant

_ENDED = 1 << 62
_NOT_STARTED = -1


class Alignment:
    """Values are opaque; None is a value (a clock without one)."""

    def __init__(self, members: Sequence[str]) -> None:
        self.members = tuple(sorted(members))
        self._queues: dict[str, deque[tuple[int, Any]]] = {m: deque() for m in self.members}
        self._clocks = dict.fromkeys(self.members, _NOT_STARTED)
        self._last: dict[str, Any] = dict.fromkeys(self.members)
        self._left: set[str] = set()

    def put(self, member: str, at_ns: int, value: object) -> None:
        """Queue a member's value at a time; of one that has ended nothing is taken any more.

        Raises BrokenInvariant when its time does not rise.
        """
        if self._clocks[member] == _ENDED:
            return
        if at_ns <= self._clocks[member]:
            message = f"{member} at {at_ns} after {self._clocks[member]}: time must rise"
            raise BrokenInvariant(message)
        self._clocks[member] = at_ns
        self._queues[member].append((at_ns, value))

    def end(self, member: str, *, leaves: bool = False) -> None:
        """Let a member no longer hold the others; its last value stays, unless it leaves."""
        self._clocks[member] = _ENDED
        if leaves:
            self._left.add(member)

    def release(self) -> list[tuple[int, Mapping[str, Any]]]:
        """Everything that every member has passed: (time, value of each member as of then)."""
        out: list[tuple[int, Mapping[str, Any]]] = []
        low = min(self._clocks.values(), default=_NOT_STARTED)
        while True:
            heads = [queue[0][0] for queue in self._queues.values() if queue]
            if not heads or min(heads) > low:
                return out
            at_ns = min(heads)
            for member in [m for m in self._left if not self._queues[m]]:
                self._last.pop(member, None)
            for member, queue in self._queues.items():
                if queue and queue[0][0] == at_ns:
                    self._last[member] = queue.popleft()[1]
            out.append((at_ns, dict(self._last)))

    def snapshot(self) -> tuple[Any, ...]:
        """Queues, clocks and last values."""
        return tuple(
            (m, tuple(self._queues[m]), self._clocks[m], self._last.get(m), self._state(m))
            for m in self.members
        )

    def _state(self, member: str) -> str:
        if member not in self._left:
            return "here"
        return "leaving" if member in self._last else "left"

    def restore(self, packed: tuple[Any, ...]) -> None:
        """Inverse of `snapshot`; who has left may be missing from the members by now.

        Raises BrokenInvariant when the members have changed otherwise.
        """
        names = tuple(entry[0] for entry in packed)
        gone = {entry[0] for entry in packed if entry[4] != "here"}.difference(self.members)
        if tuple(name for name in names if name not in gone) != self.members:
            message = "recovery data have other members: start with a new --state folder"
            raise BrokenInvariant(message)
        self.members = names
        for member, queue, clock, last, state in packed:
            self._queues[member] = deque(queue)
            self._clocks[member] = clock
            self._last[member] = last
            if state != "here":
                self._left.add(member)
            if state == "left":
                del self._last[member]
