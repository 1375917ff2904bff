"""What the feeds of all venues have in common: names, limits, sharding, hosts, signs of life.

A venue's feed is a subclass in `<venue>_feed.py`, made from its `<venue>_subscribe.py`. It knows
what it has asked for, because some answers mean something only beside their question.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from schemas.errors import UsageError, nearest
from sources.instruments import Page
from sources.live.feed import Acknowledged, Plan, Request, RestLimits

CHATTY: Final = frozenset({"book", "top", "mark", "quote", "index"})
"""Streams that say something every few seconds; the others may be silent for hours."""

FRAME_BYTES: Final = 64 << 20  # a listing of everything is 10 MB, a snapshot of a book 5


class Poll(Struct, frozen=True):
    """A REST question that is asked again and again: what no stream has."""

    url: str
    every_s: float


class PolledPlan(Plan, frozen=True):
    """A plan with what is to be asked beside it; the answers are lines of its connection."""

    every: tuple[Poll, ...] = ()


class Said(Protocol):
    """What a venue's own `accepted` gives: topics, and topics with reasons."""

    @property
    def confirmed(self) -> list[str]:
        """Topics."""
        ...

    @property
    def refused(self) -> list[tuple[str, str]]:
        """(topic, reason)."""
        ...


class VenueFeed(ABC):
    """A Feed (see `live/feed.py`) and a Lister (see `instruments.py`), but for the venue."""

    venue: str
    streams: tuple[str, ...]  # that the venue has
    default_streams: tuple[str, ...]
    most_accounts = 0  # that may be watched; 0: the venue shows nobody's account to others
    account_form = ""  # of an account's name, as a regular expression …
    account_words = ""  # … and in words
    heartbeat_s: float
    connections_per_minute: int
    messages_per_s: float
    topics_per_connection: int
    rest: RestLimits
    frame_bytes = FRAME_BYTES
    lifetime_s: float | None = None
    stale_s = 60.0

    def __init__(self, accounts: Sequence[str] = ()) -> None:
        self.accounts = tuple(accounts)
        self._quiet = False  # a plan has nothing but streams that may be silent for hours

    # -- connections ---------------------------------------------------------------------------

    def plans(
        self, streams: Sequence[str], symbols: Sequence[str], urls: Mapping[str, str]
    ) -> list[Plan]:
        """One plan per connection. `urls["ws_url"]` replaces scheme and host. Raises UsageError.

        No streams: the venue's default ones. The order of symbols decides which share a connection.
        """
        for word in streams:
            if word not in self.streams:
                message = f'{self.venue} has no stream "{word}": {nearest(word, self.streams)}'
                raise UsageError(message)
        wanted = tuple(dict.fromkeys(streams or self.default_streams))
        asked = self._plans(wanted, tuple(dict.fromkeys(symbols)))
        made = [plan for plan in asked if plan.messages]
        if not made:
            message = f"{self.venue} has nothing on {', '.join(wanted)} of what was chosen"
            raise UsageError(message)
        self._quiet = any(CHATTY.isdisjoint(plan.streams) for plan in made)
        base = urls.get("ws_url")
        return [_at(plan, base) if base else plan for plan in made]

    @abstractmethod
    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        """Plans at the venue's own hosts."""

    def acknowledged(self, frame: bytes) -> Acknowledged | None:
        """What an acknowledgement says; None for any other frame."""
        said = None if self.is_market(frame) else self._accepted(frame)
        return None if said is None else Acknowledged(tuple(said.confirmed), tuple(said.refused))

    def polls(self, plan: Plan) -> tuple[Poll, ...]:
        """What is to be asked again and again beside a connection."""
        return plan.every if isinstance(plan, PolledPlan) else ()

    @abstractmethod
    def _accepted(self, frame: bytes) -> Said | None:
        """What a frame that is of no stream confirms or refuses."""

    def again(self, symbol: str) -> list[bytes]:
        """Messages that bring a new snapshot of one book; none where REST has it."""
        return []

    def heartbeat(self) -> bytes | None:
        """What keeps a connection open; None: nothing is needed."""
        return None

    def reply(self, frame: bytes) -> bytes | None:
        """What a frame must be answered with: most venues ask nothing."""
        return None

    def leaving(self, frame: bytes) -> bool:
        """Whether the venue announces that it will cut the connection: most do not."""
        return False

    @abstractmethod
    def is_market(self, frame: bytes) -> bool:
        """Whether a frame is of a stream, by its first bytes: this is asked of every short one."""

    def idle(self, frame: bytes) -> bool:
        """Whether a frame is silence: it is not of a stream, and streams ought to speak."""
        return not self._quiet and not self.is_market(frame)

    # -- REST ----------------------------------------------------------------------------------

    @abstractmethod
    def listing_urls(self) -> tuple[str, ...]:
        """What to ask for to know everything that is listed."""

    @abstractmethod
    def page(self, url: str, body: bytes) -> Page:
        """What one of these answers says. Raises Refused."""

    def request(self, url: str) -> Request:
        """How to ask for an answer."""
        return Request(url.partition("#")[0], weight=self._weight(url))

    def _weight(self, url: str) -> int:
        return 1


def connection_name(venue: str, number: int, tier: str = "") -> str:
    """The name of the number-th connection (from 1) of a venue or of a tier of it.

    >>> connection_name("v", 1), connection_name("v", 1, "public"), connection_name("v", 2, "p")
    ('v-1', 'v-public', 'v-p-2')
    """
    if not tier:
        return f"{venue}-{number}"
    return f"{venue}-{tier}" if number == 1 else f"{venue}-{tier}-{number}"


def groups(symbols: Sequence[str], topics_each: int, most: int) -> list[tuple[str, ...]]:
    """Symbols in groups of which each has at most `most` topics, but at least one symbol.

    >>> groups(["A", "B", "C"], 2, 5)
    [('A', 'B'), ('C',)]
    """
    size = max(1, most // max(1, topics_each))
    return [tuple(symbols[k : k + size]) for k in range(0, len(symbols), size)]


def first_only(found: Iterable[str], seen: dict[str, None]) -> list[str]:
    """Those that no earlier connection has asked for; they are added to `seen`."""
    new = [name for name in dict.fromkeys(found) if name not in seen]
    seen.update(dict.fromkeys(new))
    return new


def _at(plan: PolledPlan, base: str) -> PolledPlan:
    there = urlsplit(base)
    url = urlsplit(plan.url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()
    return PolledPlan(
        plan.name, url, plan.messages, plan.expected, plan.symbols, plan.streams, plan.every
    )
