"""What every simulated venue is: clients who talk to it, topics they subscribe to, REST answers.

Pure: no socket and no wall clock here. A server (or a test) opens a `Client` for a connection,
hands it what came in, and is given what goes out, in order, by the `send` it passed. Frames are
made when they are sent, so a snapshot and the changes after it cannot miss each other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import orjson

from sources.simulator.world.trading import Trading
from sources.simulator.world.world import World

Send = Callable[[bytes], None]
OK: Final = 200
BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
TOO_MANY: Final = 429


class Leave(Exception):
    """The venue closes this connection."""


def cut(reason: str) -> NoReturn:
    """Close the connection. Raises Leave."""
    raise Leave(reason)


@dataclass(frozen=True, slots=True)
class Answer:
    """A REST answer."""

    body: bytes
    status: int = OK
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """A REST request; `path` begins with a slash."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""
    client: str = ""  # address, for limits


def packed(value: Any) -> bytes:
    """JSON without white space."""
    return orjson.dumps(value)


class Client(ABC):
    """One connection. A venue's own clients say what frames look like to them."""

    def __init__(self, venue: "Venue", send: Send, wall_s: float) -> None:
        self.venue = venue
        self.sent = 0  # frames so far
        self._send = send
        self.topics: dict[str, Any] = {}  # topic → what the venue wants to remember of it
        self.opened_s = wall_s
        self.heard_s = wall_s
        self._times: list[float] = []

    def send(self, frame: bytes) -> None:
        """Send a frame."""
        self.sent += 1
        self._send(frame)

    @abstractmethod
    def receive(self, text: bytes, wall_s: float) -> None:
        """Take a message. Raises Leave."""

    def tick(self, wall_s: float) -> None:
        """Look at the wall clock, about once a second: heartbeats, idle cuts. Raises Leave."""
        del wall_s

    def deliver(self, topic: str, frame: bytes) -> None:
        """Send a frame of a topic."""
        del topic
        self.send(frame)

    def subscribe(self, topic: str, remember: Any = None) -> None:
        """Get the frames of a topic from now on."""
        self.topics[topic] = remember
        self.venue.topics.setdefault(topic, {})[self] = None

    def unsubscribe(self, topic: str) -> bool:
        """Get them no longer; whether it was subscribed."""
        known = topic in self.topics
        self.topics.pop(topic, None)
        self.venue.topics.get(topic, {}).pop(self, None)
        return known

    def close(self) -> None:
        """The connection is gone."""
        for topic in list(self.topics):
            self.unsubscribe(topic)

    def limit(self, wall_s: float, most: int, per_s: float) -> None:
        """Cut whoever sends more than `most` messages in `per_s`. Raises Leave."""
        self._times = [at for at in self._times if wall_s - at < per_s]
        self._times.append(wall_s)
        if len(self._times) > most:
            text = f"more than {most} messages in {per_s} s"
            raise Leave(text)


class Venue(ABC):
    """A venue: its markets, who listens to what, its REST interface."""

    name: str

    def __init__(self, world: World, epoch_ms: int) -> None:
        self.world = world
        self.epoch_ms = epoch_ms
        self.trading: dict[str, Trading] = {
            symbol: trading
            for (venue, symbol), trading in world.trading.items()
            if venue == self.name
        }
        self.topics: dict[str, dict[Client, None]] = {}

    @abstractmethod
    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """A connection to a path; None where there is nothing."""

    @abstractmethod
    def http(self, request: Request, wall_s: float) -> Answer:
        """A REST answer."""

    def farewell(self) -> bytes | None:
        """What it says to everybody before it cuts; None: nothing."""
        return None

    def accounts(self, most: int) -> list[str]:
        """Addresses of accounts that anybody may watch, the biggest first."""
        del most
        return []

    def wanted(self, topic: str) -> bool:
        """Whether anybody listens."""
        return bool(self.topics.get(topic))

    def publish(self, topic: str, frame: bytes) -> None:
        """Send a frame to whoever listens."""
        for client in list(self.topics.get(topic, ())):
            client.deliver(topic, frame)

    def ms(self, at_ms: float) -> int:
        """Unix ms of a market time."""
        return self.epoch_ms + int(at_ms)

    @property
    def now(self) -> int:
        """Unix ms of now, in market time."""
        return self.ms(self.world.now_ms)


class Weights:
    """A venue's allowance of REST weight per minute and address."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._used: dict[tuple[str, int], int] = {}

    def use(self, client: str, weight: int, wall_s: float) -> int:
        """Take weight; what is used in this minute, more than `most` when it is refused."""
        minute = int(wall_s // 60.0)
        key = (client, minute)
        used = self._used.get(key, 0) + weight
        self._used = {k: v for k, v in self._used.items() if k[1] == minute}
        self._used[key] = used
        return used
