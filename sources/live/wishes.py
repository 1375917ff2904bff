"""What sessions have wished for and not got yet: when to ask, ask again, and say that it is late.

A wish is asked for at once when its connection is ready, then every `repeat_s` until it is
satisfied. A session wishes anew when an answer did not do: that is asked for soon, but not faster
than the least times. After `TRIES` that brought nothing its instrument is stale, which is told
once, and nothing hastens the tries any more. Time is passed in.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from schemas.control import Wish

TRIES: Final = 3
FETCH_LEAST_S: Final = 1.0  # between two REST requests of one wish
AGAIN_LEAST_S: Final = 5.0  # between two renewals of one subscription


class Asking(Struct):
    """One wish that is not satisfied. Without a URL the subscription is renewed."""

    connection: str
    instrument: str
    url: str
    due_s: float
    asked_s: float | None = None  # None: not yet
    tries: int = 0
    in_vain: bool = False  # the answer to the last try did not do

    @property
    def least_s(self) -> float:
        """Least time between two tries."""
        return FETCH_LEAST_S if self.url else AGAIN_LEAST_S


class Wishes:
    """The wishes of all connections of one feed."""

    def __init__(self, repeat_s: float) -> None:
        self._repeat_s = repeat_s
        self._open: dict[tuple[str, str, str], Asking] = {}

    def add(self, connection: str, wish: Wish, now_s: float) -> None:
        """Take a session's wish; the same one again says that the answer did not do."""
        key = connection, wish.instrument, wish.url
        asking = self._open.setdefault(key, Asking(*key, due_s=now_s))
        if asking.asked_s is None:
            return
        asking.in_vain = True
        if asking.tries < TRIES:
            asking.due_s = min(asking.due_s, max(now_s, asking.asked_s + asking.least_s))

    def satisfied(self, connection: str, instrument: str, url: str | None = None) -> None:
        """Forget an instrument's wishes (`url`: only the one for it): it got what it wanted."""
        for key in [
            (c, i, u)
            for c, i, u in self._open
            if c == connection and i == instrument and url in (None, u)
        ]:
            del self._open[key]

    def opened(self, connection: str, now_s: float) -> None:
        """A connection was opened anew: answers so far are of no use, its snapshots come again."""
        for asking in self._open.values():
            if asking.connection == connection:
                if asking.url:
                    asking.due_s = now_s
                else:  # the subscription itself asks
                    asking.asked_s, asking.due_s = now_s, now_s + self._repeat_s

    def due(self, now_s: float, is_ready: Callable[[str], bool]) -> list[Asking]:
        """What to ask for now; it counts as asked."""
        now_due = [
            asking
            for asking in self._open.values()
            if asking.due_s <= now_s and is_ready(asking.connection)
        ]
        for asking in now_due:
            asking.asked_s = now_s
            asking.tries += 1
            asking.in_vain = False
            asking.due_s = now_s + self._repeat_s
        return now_due

    def next_s(self, is_ready: Callable[[str], bool]) -> float | None:
        """When something will be due; None: nothing is waited for."""
        times = [a.due_s for a in self._open.values() if is_ready(a.connection)]
        return min(times, default=None)

    def stale(self, now_s: float) -> dict[str, tuple[str, ...]]:
        """By connection the instruments that have waited through `TRIES` tries, sorted."""
        found: dict[str, set[str]] = {}
        for asking in self._open.values():
            over = asking.in_vain or asking.due_s <= now_s  # the latest try has had its time
            if asking.tries > TRIES or (asking.tries == TRIES and over):
                found.setdefault(asking.connection, set()).add(asking.instrument)
        return {connection: tuple(sorted(names)) for connection, names in found.items()}
