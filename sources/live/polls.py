"""REST questions that are asked again and again, spread evenly over their interval.

What no stream has (open interest, funding intervals) is asked for beside a connection, while it
is open, and the answers are lines of it. Time is passed in.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

LATER_S: Final = 1.0  # until a connection that is not open is looked at again


class Polled(Protocol):
    """One question."""

    @property
    def url(self) -> str:
        """As a session wishes for it."""
        ...

    @property
    def every_s(self) -> float:
        """Seconds between two times of asking."""
        ...


class Polls:
    """The questions of all connections of one feed, by connection."""

    def __init__(self, by_connection: Mapping[str, Sequence[Polled]]) -> None:
        self._by_connection = by_connection
        self._heap: list[tuple[float, str, str, float]] | None = None  # due, connection, url, every

    def due(self, now_s: float, is_ready: Callable[[str], bool]) -> list[tuple[str, str]]:
        """(connection, url) of what is to be asked now."""
        if self._heap is None:
            self._heap = list(self._spread(now_s))
            heapq.heapify(self._heap)
        found = []
        while self._heap and self._heap[0][0] <= now_s:
            due_s, connection, url, every_s = self._heap[0]
            if is_ready(connection):
                found.append((connection, url))
                again_s = now_s + every_s - (now_s - due_s) % every_s  # the same beat, if late
            else:
                again_s = now_s + min(every_s, LATER_S)
            heapq.heapreplace(self._heap, (again_s, connection, url, every_s))
        return found

    def change(self, connection: str, polls: Sequence[Polled], now_s: float) -> None:
        """Ask other questions beside a connection; one that stays keeps its beat."""
        self._by_connection = {**self._by_connection, connection: polls}
        if self._heap is None:
            return
        due = {entry[2]: entry for entry in self._heap if entry[1] == connection}
        others = [entry for entry in self._heap if entry[1] != connection]
        own = [due.get(entry[2], entry) for entry in self._spread(now_s) if entry[1] == connection]
        self._heap = [*others, *own]
        heapq.heapify(self._heap)

    def next_s(self) -> float | None:
        """When `due` will have something; None: never."""
        return self._heap[0][0] if self._heap else None

    def _spread(self, now_s: float) -> list[tuple[float, str, str, float]]:
        spread = []
        for connection, polls in self._by_connection.items():
            alike: dict[float, list[str]] = {}
            for poll in polls:
                alike.setdefault(poll.every_s, []).append(poll.url)
            for every_s, urls in alike.items():
                spread += [
                    (now_s + every_s * k / len(urls), connection, url, every_s)
                    for k, url in enumerate(urls)
                ]
        return spread
