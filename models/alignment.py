"""As-of join of members on grid times, released in order when every member has passed (C2).

Per configured member a queue, a clock and a last value; `low` is the least clock. Every time up
to `low` that is present in any queue is released once, in order, with each member's value as of
then. A member not started holds the alignment; one that has ended no longer does.
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

    def put(self, member: str, at_ns: int, value: object) -> None:
        """Queue a member's value at a time. Raises BrokenInvariant when its time does not rise."""
        if at_ns <= self._clocks[member]:
            message = f"{member} at {at_ns} after {self._clocks[member]}: time must rise"
            raise BrokenInvariant(message)
        self._clocks[member] = at_ns
        self._queues[member].append((at_ns, value))

    def end(self, member: str) -> None:
        """Let a member no longer hold the others."""
        self._clocks[member] = _ENDED

    def release(self) -> list[tuple[int, Mapping[str, Any]]]:
        """Everything that every member has passed: (time, value of each member as of then)."""
        out: list[tuple[int, Mapping[str, Any]]] = []
        low = min(self._clocks.values(), default=_NOT_STARTED)
        while True:
            heads = [queue[0][0] for queue in self._queues.values() if queue]
            if not heads or min(heads) > low:
                return out
            at_ns = min(heads)
            for member, queue in self._queues.items():
                if queue and queue[0][0] == at_ns:
                    self._last[member] = queue.popleft()[1]
            out.append((at_ns, dict(self._last)))

    def snapshot(self) -> tuple[Any, ...]:
        """Queues, clocks and last values."""
        return tuple(
            (m, tuple(self._queues[m]), self._clocks[m], self._last[m]) for m in self.members
        )

    def restore(self, packed: tuple[Any, ...]) -> None:
        """Inverse of `snapshot`. Raises BrokenInvariant when the members have changed."""
        if tuple(entry[0] for entry in packed) != self.members:
            message = "recovery data have other members: start with a new --state folder"
            raise BrokenInvariant(message)
        for member, queue, clock, last in packed:
            self._queues[member] = deque(queue)
            self._clocks[member] = clock
            self._last[member] = last
