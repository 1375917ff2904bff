"""What the feeds of all venues have in common: names, limits, sharding, hosts, signs of life.

A venue's feed is a subclass in `<venue>_feed.py`, made from its `<venue>_subscribe.py`. It knows
what it has asked for, because some answers mean something only beside their question.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from schemas.errors import UsageError, nearest
from schemas.instrument import Instrument
from sources.instruments import Page
from sources.live.feed import Acknowledged, Plan, Request, RestLimits
from sources.placement import Split, connection_name, connection_number, parts

__all__ = [
    "CHATTY", "FRAME_BYTES", "Poll", "PolledPlan", "Said", "VenueFeed", "connection_name",
    "first_only", "groups",
]  # fmt: skip

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
    headers: tuple[tuple[str, str], ...] = ()  # of every handshake and request: a key, or nothing
    fixed: tuple[Instrument, ...] = ()  # instruments that nobody chooses and no listing has
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
    urgent: tuple[bytes, ...] = ()

    def __init__(self, accounts: Sequence[str] = ()) -> None:
        self.accounts = tuple(accounts)
        self._placed: dict[str, Sequence[str]] = {}  # while plans are made

    def authorise(self, key: str) -> None:
        """Use a key from now on. Raises UsageError where the venue takes none."""
        message = f"{self.venue} takes no key: what it shows is public"
        raise UsageError(message)

    # -- connections ---------------------------------------------------------------------------

    def plans(
        self,
        streams: Sequence[str],
        symbols: Sequence[str],
        urls: Mapping[str, str],
        placed: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> list[Plan]:
        """One plan per connection. `urls["ws_url"]` replaces scheme and host. Raises UsageError.

        No streams: the venue's default ones. placed: symbols of connections that there are, by
        name: where one is it stays (see `placement`). Without, the order of symbols decides.
        """
        for word in streams:
            if word not in self.streams:
                message = f'{self.venue} has no stream "{word}": {nearest(word, self.streams)}'
                raise UsageError(message)
        wanted = tuple(dict.fromkeys(streams or self.default_streams))
        self._placed = dict(placed)
        asked = self._plans(wanted, tuple(dict.fromkeys(symbols)))
        made = [plan for plan in asked if plan.messages]
        if not made:
            message = f"{self.venue} has nothing on {', '.join(wanted)} of what was chosen"
            raise UsageError(message)
        base = urls.get("ws_url")
        made = [replace(plan, quiet=CHATTY.isdisjoint(plan.streams)) for plan in made]
        return [_at(plan, base) if base else plan for plan in made]

    def _numbered(
        self, split: Split, symbols: Sequence[str], tier: str = ""
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Number and symbols of each connection of a tier."""
        before = {
            number: part
            for name, part in self._placed.items()
            if (number := connection_number(name, self.venue, tier)) is not None
        }
        return list(parts(split, symbols, before).items())

    def _one_each(
        self,
        split: Split,
        streams: tuple[str, ...],
        symbols: Sequence[str],
        url: str,
        subscriptions: Callable[[Sequence[str], Sequence[str]], Iterable[bytes]],
        topics: Callable[[Sequence[str], Sequence[str]], Iterable[str]],
    ) -> list[PolledPlan]:
        """Plans where what is asked for depends on a connection's own streams and symbols alone."""
        return [
            PolledPlan(
                name=connection_name(self.venue, number),
                url=url,
                messages=tuple(subscriptions(streams, part)),
                expected=tuple(topics(streams, part)),
                symbols=part,
                streams=streams,
            )
            for number, part in self._numbered(split, symbols)
            if part  # one that is emptied has nothing to say
        ]

    @abstractmethod
    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        """Plans at the venue's own hosts."""

    def acknowledged(self, frame: bytes) -> Acknowledged | None:
        """What an acknowledgement says; None for any other frame."""
        said = None if self.is_market(frame) else self._accepted(frame)
        if said is None:
            return None
        confirmed, refused = tuple(said.confirmed), tuple(said.refused)
        if self._is_of_request(said):
            return Acknowledged(confirmed, apart=refused)
        return Acknowledged(confirmed, refused)

    def _is_of_request(self, said: Said) -> bool:
        """Whether a request of several topics was refused as one, perhaps for one of them."""
        return len(said.refused) > 1 and not said.confirmed

    def alone(self, topic: str) -> bytes | None:
        """The request for one topic of a larger one; None where each request is of one."""
        return None

    def join(self, plan: Plan, topics: Sequence[str]) -> tuple[bytes, ...]:
        """Messages that subscribe to some topics of a plan while it runs."""
        single = len(plan.messages) == len(plan.expected)  # each message is of one topic
        own = dict(zip(plan.expected, plan.messages, strict=True)) if single else {}
        found = (self.alone(topic) or own.get(topic) for topic in topics)
        return tuple(message for message in found if message is not None)

    def leave(self, plan: Plan, topics: Sequence[str]) -> tuple[bytes, ...]:
        """Messages that give up some topics: every venue's word for that is `un` and subscribe."""
        return tuple(_unsubscribing(message) for message in self.join(plan, topics))

    def polls(self, plan: Plan) -> tuple[Poll, ...]:
        """What is to be asked again and again beside a connection."""
        return plan.every if isinstance(plan, PolledPlan) else ()

    @abstractmethod
    def _accepted(self, frame: bytes) -> Said | None:
        """What a frame that is of no stream confirms or refuses."""

    def again(self, symbol: str) -> list[bytes]:
        """Messages that bring a new snapshot of one book; none where REST has it."""
        return []

    def question(self, url: str) -> bytes | None:
        """What to say on the socket for a wish's URL; None: it is a REST question."""
        return None

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
        return not self.is_market(frame)

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


def _unsubscribing(message: bytes) -> bytes:
    for word, other in ((b"SUBSCRIBE", b"UNSUBSCRIBE"), (b"subscribe", b"unsubscribe")):
        message = re.sub(rb"(?<=[\"/])" + word + rb'(?=")', other, message, count=1)
    return message


def _at(plan: PolledPlan, base: str) -> PolledPlan:
    there = urlsplit(base)
    url = urlsplit(plan.url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()
    return replace(plan, url=url)
