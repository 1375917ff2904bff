"""What the owner of the sockets needs to know of a venue; no venue is named here.

A feed is pure: messages to send, what answers mean, the venue's limits. Its methods are called
for every short frame (see `conversation.CONTROL_BYTES`) and never raise, whatever the frame.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct


class Acknowledged(Struct, frozen=True):
    """What an answer to a subscription says, by topic.

    `refused` and `apart` have (topic, reason); the topic is "" when the venue does not name it.
    Those of `apart` were refused together, as one request: each may be good by itself.
    """

    confirmed: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()


class Plan(Struct, frozen=True):
    """One connection: where to, what to say, what ought to be confirmed.

    `name` is the connection's name, the same after every restart.
    """

    name: str
    url: str
    messages: tuple[bytes, ...]
    expected: tuple[str, ...]  # topics as `Feed.acknowledged` names them; empty: nothing is
    symbols: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    quiet: bool = False  # its streams may be silent for hours: any frame shows that it lives


def having(plans: Iterable[Plan], symbol: str) -> tuple[str, ...]:
    """Names of the connections that have a symbol, sorted."""
    return tuple(sorted(plan.name for plan in plans if symbol in plan.symbols))


class Request(Struct, frozen=True):
    """How a REST answer is asked for. `url` has no fragment."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    body: bytes = b""
    weight: int = 1  # what it costs of `RestLimits.weight_per_minute`


class RestLimits(Struct, frozen=True):
    """What the venue lets one address ask for. `used_header` counts the weight of this minute."""

    weight_per_minute: int
    used_header: str = ""


class Feed(Protocol):
    """One venue, as far as its connections go."""

    @property
    def venue(self) -> str:
        """The venue's id."""
        ...

    @property
    def heartbeat_s(self) -> float:
        """How often `heartbeat()` is sent, the first time after the subscriptions; 0: never."""
        ...

    @property
    def connections_per_minute(self) -> int:
        """Attempts to connect, over all connections of the feed."""
        ...

    @property
    def messages_per_s(self) -> float:
        """Messages sent, of one connection."""
        ...

    @property
    def topics_per_connection(self) -> int:
        """What `plans` shards by."""
        ...

    @property
    def frame_bytes(self) -> int:
        """The largest frame, or REST answer, to accept."""
        ...

    @property
    def lifetime_s(self) -> float | None:
        """A connection is renewed before this age."""
        ...

    @property
    def stale_s(self) -> float:
        """A connection on which nothing but idle frames came for so long is given up."""
        ...

    @property
    def urgent(self) -> tuple[bytes, ...]:
        """Words at the beginning of frames whose events cannot wait for the next grid time."""
        ...

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What goes with every handshake and request: a key, or nothing."""
        ...

    @property
    def rest(self) -> RestLimits:
        """Limits of REST."""
        ...

    def plans(
        self, streams: Sequence[str], symbols: Sequence[str], urls: Mapping[str, str]
    ) -> list[Plan]:
        """One plan per connection, sharded by the venue's limits."""
        ...

    def acknowledged(self, frame: bytes) -> Acknowledged | None:
        """What an acknowledgement says; None for any other frame."""
        ...

    def alone(self, topic: str) -> bytes | None:
        """The request for one topic of a larger one; None where it would be the same again."""
        ...

    def again(self, symbol: str) -> list[bytes]:
        """Messages that bring a new snapshot of one book."""
        ...

    def question(self, url: str) -> bytes | None:
        """What to say on the socket for a wish's URL; None: it is a REST question."""
        ...

    def heartbeat(self) -> bytes | None:
        """What keeps a connection open; None: nothing is needed."""
        ...

    def reply(self, frame: bytes) -> bytes | None:
        """What a frame must be answered with."""
        ...

    def leaving(self, frame: bytes) -> bool:
        """Whether the venue announces that it will cut the connection."""
        ...

    def idle(self, frame: bytes) -> bool:
        """Whether a frame says nothing of the market: an acknowledgement, a pong, a heartbeat.

        Of any other nothing is asked but `leaving`, once all topics are acknowledged.
        """
        ...

    def request(self, url: str) -> Request:
        """How to ask for what a session wished for (`Wish.url`)."""
        ...
