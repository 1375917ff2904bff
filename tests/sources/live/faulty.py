"""A made-up venue, servers that misbehave on loopback, and a connection that is watched."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from socket import SO_LINGER, SOL_SOCKET
from time import monotonic, time_ns
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from schemas.units import NS_PER_MS
from sources.live.feed import Acknowledged, Plan, Request, RestLimits
from sources.live.lane import Lane
from sources.live.rates import Attempts
from sources.live.socket import Link, Surroundings
from sources.live.timing import Timing

QUICK = Timing(
    grid_ns=50 * NS_PER_MS,
    clock_late_ns=5 * NS_PER_MS,
    backoff_least_s=0.02,
    backoff_most_s=0.16,
    open_s=0.2,
    acknowledge_s=0.1,
    ping_s=5.0,
    send_s=0.2,
    close_s=0.2,
    request_s=0.3,
    wish_repeat_s=0.1,
)
AGAIN_S = 2 * QUICK.backoff_most_s + 5.0  # two steps and 5 s: within this a connection is back
DATA = b'{"price":"1"}'
Handler = Callable[[ServerConnection], Awaitable[None]]


def message(word: str, about: Any = None) -> bytes:
    return msgspec.json.encode({word: about})


class ToyFeed:
    """A venue whose frames are objects with one word: ok, no, pong, ask, bye; the rest is data."""

    def __init__(self, **other: Any) -> None:
        self.venue = "toy"
        self.heartbeat_s = 0.0
        self.connections_per_minute = 60_000
        self.messages_per_s = 1000.0
        self.topics_per_connection = 2
        self.frame_bytes = 1 << 20
        self.lifetime_s: float | None = None
        self.stale_s = 30.0
        self.urgent: tuple[bytes, ...] = ()
        self.headers: tuple[tuple[str, str], ...] = ()
        self.rest = RestLimits(100_000, "x-used")
        for name, value in other.items():
            assert hasattr(self, name)
            setattr(self, name, value)

    def plans(
        self, streams: Sequence[str], symbols: Sequence[str], urls: Mapping[str, str]
    ) -> list[Plan]:
        return [plan(urls["ws"], *symbols)]

    def acknowledged(self, frame: bytes) -> Acknowledged | None:
        said = _said(frame)
        if "ok" in said:
            return Acknowledged(confirmed=tuple(said["ok"]))
        if "no" in said:
            return Acknowledged(refused=tuple((topic, why) for topic, why in said["no"]))
        return None

    def alone(self, topic: str) -> bytes | None:
        return None  # each request is of one symbol

    def again(self, symbol: str) -> list[bytes]:
        return [message("leave", symbol), message("join", symbol)]

    def question(self, url: str) -> bytes | None:
        return None

    def heartbeat(self) -> bytes | None:
        return message("ping")

    def reply(self, frame: bytes) -> bytes | None:
        said = _said(frame)
        return message("answer", said["ask"]) if "ask" in said else None

    def leaving(self, frame: bytes) -> bool:
        return "bye" in _said(frame)

    def idle(self, frame: bytes) -> bool:
        return bool(_said(frame).keys() & {"ok", "no", "pong", "ask", "bye"})

    def request(self, url: str) -> Request:
        if "#" in url:
            url, _, question = url.partition("#")
            return Request(url, "POST", message("type", question), weight=3)
        return Request(url, weight=2)


def _said(frame: bytes) -> dict[str, Any]:
    with suppress(msgspec.DecodeError):
        said = msgspec.json.decode(frame)
        if isinstance(said, dict):
            return said
    return {}


def plan(url: str, *symbols: str, name: str = "toy-1") -> Plan:
    """A connection that subscribes to each symbol with one message."""
    return Plan(name, url, tuple(message("join", s) for s in symbols), symbols, symbols, ("book",))


class Watched:
    """A lane with what was appended to its spool, in order, and what was told of it."""

    def __init__(
        self,
        name: str = "toy-1",
        *,
        now_ns: Callable[[], int] = time_ns,
        most_frames: int = 10_000,
        most_bytes: int = 64 << 20,
    ) -> None:
        self.appended: list[bytes] = []
        self.told: list[str] = []
        self.lane: Lane[int] = Lane(
            name,
            append=self._append,
            now_ns=now_ns,
            most_frames=most_frames,
            most_bytes=most_bytes,
        )

    def _append(self, lines: list[bytes]) -> int:
        self.appended += lines
        return len(self.appended)

    def tell(self, text: str) -> None:
        self.told.append(text)

    @property
    def payloads(self) -> list[bytes]:
        """Appended payloads, without clock lines."""
        said = [line[:-1].partition(b" ")[2] for line in self.appended]
        return [payload for payload in said if payload != b'!{"k":"clock"}']

    @property
    def closes(self) -> list[tuple[str, str]]:
        """Reason and detail of every close line."""
        lines = [
            msgspec.json.decode(p[1:]) for p in self.payloads if p.startswith(b'!{"k":"close"')
        ]
        return [(line["reason"], line["detail"]) for line in lines]

    @property
    def opens(self) -> int:
        """Number of open lines."""
        return sum(payload.startswith(b'!{"k":"open"') for payload in self.payloads)


def link(watched: Watched, to: Plan, feed: ToyFeed, timing: Timing = QUICK) -> Link:
    """A connection on its own, with nobody else around."""
    around = Surroundings(
        feed=feed,
        timing=timing,
        attempts=Attempts(feed.connections_per_minute),
        tell=watched.tell,
        random=lambda: 0.5,
        on_open=lambda _: None,
        on_ready=lambda _: None,
    )
    return Link(to, watched.lane, around)


@asynccontextmanager
async def running(one: Link) -> AsyncIterator[None]:
    """Run a connection while the body lasts, then stop it."""
    task = asyncio.create_task(one.run())
    try:
        yield
    finally:
        one.stop()
        await asyncio.wait_for(task, 2.0)


async def until(condition: Callable[[], object], within_s: float = AGAIN_S) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.002)


@asynccontextmanager
async def venue(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """A WebSocket server; the URL to reach it. What still runs at the end is cancelled."""
    under_way: set[asyncio.Future[None]] = set()

    async def guarded(socket: ServerConnection) -> None:
        work = asyncio.ensure_future(handler(socket))
        under_way.add(work)
        with suppress(asyncio.CancelledError, ConnectionClosed):
            await work

    options = {"close_timeout": 0.1, "compression": None} | options
    async with serve(guarded, "127.0.0.1", 0, **options) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        try:
            yield f"ws://127.0.0.1:{port}/stream"
        finally:
            for work in under_way:
                work.cancel()


@asynccontextmanager
async def plain(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A TCP server; its `127.0.0.1:port`."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.close()


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, read, never answer."""
    with suppress(ConnectionError):
        while await reader.read(1000):
            pass
    writer.close()


async def talk(socket: ServerConnection) -> None:
    """A venue that works: confirms what is joined, then sends data, answers pings."""
    async for said in socket:
        asked = msgspec.json.decode(said)
        if "join" in asked:
            await socket.send(message("ok", [asked["join"]]).decode())
            await socket.send(DATA.decode())
        elif "ping" in asked:
            await socket.send(message("pong").decode())


def reset(socket: ServerConnection) -> None:
    """Cut with a TCP reset."""
    raw = socket.transport.get_extra_info("socket")
    raw.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    socket.transport.abort()


def faster(timing: Timing = QUICK, **other: Any) -> Timing:
    """The same with some times changed."""
    return replace(timing, **other)


class Asked(NamedTuple):
    """A request that a `rest` server got."""

    at_s: float
    method: str
    path: str
    body: bytes


Answer = tuple[int, dict[str, str], bytes]


@asynccontextmanager
async def rest(answer: Callable[[int], Answer | None], asked: list[Asked]) -> AsyncIterator[str]:
    """An HTTP server: the n-th request, from 0, gets `answer(n)`; None: it is never answered."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:  # connected and thought better of it
            writer.close()
            return
        method, path, _ = head.split(" ", 2)
        lengths = [x.split(":")[1] for x in head.lower().split("\r\n") if "content-length" in x]
        body = await reader.readexactly(int(lengths[0])) if lengths else b""
        asked.append(Asked(monotonic(), method, path, body))
        found = answer(len(asked) - 1)
        if found is not None:
            status, headers, text = found
            said = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            start = f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\nConnection: close\r\n"
            writer.write(f"{start}{said}\r\n".encode() + text)
            with suppress(ConnectionError):
                await writer.drain()
        else:
            await deaf(reader, writer)
        writer.close()

    async with plain(handler) as place:
        yield f"http://{place}"
