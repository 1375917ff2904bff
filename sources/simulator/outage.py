"""What fails in the scenario `outage`, and when: drawn from the seed, in market time.

leaving a venue that does so announces that it will cut
cut     all connections are dropped, new ones refused
silent  connections stay open and nothing comes; what was to be sent is lost
stale   REST books are of another time and never match; of each stream a frame now and then is lost
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

Failure = Literal["leaving", "cut", "silent", "stale"]
KINDS: Final[tuple[Failure, ...]] = ("cut", "silent", "stale")
FIRST_MS: Final = (15_000.0, 30_000.0)
LASTS_MS: Final[dict[Failure, float]] = {"cut": 4_000.0, "silent": 25_000.0, "stale": 30_000.0}
LEAD_MS: Final = 5_000.0  # from the announcement to the cut
PAUSE_MS: Final = (20_000.0, 60_000.0)
LOSES_EVERY: Final = 40  # frames of a connection, while stale
SHIFT: Final = 5_000_000  # how far the id of a stale book lies back
_BOOK_ID = re.compile(rb'"lastUpdateId":(\d+)')


@dataclass(frozen=True, slots=True)
class Window:
    """A failure of a venue, in ms of market time."""

    venue: str
    kind: Failure
    begin_ms: float
    end_ms: float


class Outages:
    """The failures of all venues; without a seed nothing fails."""

    def __init__(self, seed: int | None, venues: Sequence[str]) -> None:
        self._next: dict[str, Window] = {}
        self._rngs = {} if seed is None else {v: Random(f"{seed}/outage/{v}") for v in venues}
        for venue, rng in self._rngs.items():
            self._next[venue] = _window(venue, rng, 0, rng.uniform(*FIRST_MS))
        self._counts = dict.fromkeys(venues, 0)

    def now(self, venue: str, at_ms: float) -> Failure | None:
        """What fails at a venue; `at_ms` never goes back."""
        window = self._next.get(venue)
        if window is None:
            return None
        while at_ms >= window.end_ms:
            rng = self._rngs[venue]
            self._counts[venue] += 1
            begin_ms = window.end_ms + rng.uniform(*PAUSE_MS)
            window = self._next[venue] = _window(venue, rng, self._counts[venue], begin_ms)
        if at_ms >= window.begin_ms:
            return window.kind
        soon = window.kind == "cut" and at_ms >= window.begin_ms - LEAD_MS
        return "leaving" if soon else None


def spoiled(body: bytes) -> bytes:
    """A REST book of another time: its id lies before all that is streamed."""
    return _BOOK_ID.sub(lambda found: b'"lastUpdateId":%d' % (int(found[1]) - SHIFT), body)


def _window(venue: str, rng: Random, count: int, begin_ms: float) -> Window:
    """The next failure; the kinds take turns from a first one that is drawn."""
    place = count if count else rng.randrange(len(KINDS))
    kind = KINDS[place % len(KINDS)]
    return Window(venue, kind, begin_ms, begin_ms + LASTS_MS[kind])
