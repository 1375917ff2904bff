"""One venue on a port of loopback: WebSocket and HTTP, with the venue's delay on what it sends."""

import asyncio
from collections import deque
from math import exp
from random import Random
from time import monotonic
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from sources.simulator.outage import LOSES_EVERY, Failure, spoiled
from sources.simulator.venues.hub import Client, Leave, Request, Venue, cut

DELAY_MS: Final = 4.0  # median, from the venue's making of a frame to its sending
DELAY_SPREAD: Final = 0.8
MOST_WAITING: Final = 200_000  # frames a slow reader may leave waiting
TICK_S: Final = 1.0
CLOSE_S: Final = 1.0  # for clients to say good-bye at the end
LARGEST_MESSAGE: Final = 1 << 20
PING_S: Final = {"binance-usdm": 180.0, "binance-coinm": 180.0, "binance-spot": 20.0}


class Connection:
    """One client's socket: frames wait here until they are due."""

    def __init__(self, socket: web.WebSocketResponse, delay_s: float, rng: Random) -> None:
        self.socket = socket
        self.failure: Failure | None = None
        self.client: Client | None = None
        self.transport: asyncio.BaseTransport | None = None
        self._delay_s = delay_s
        self._rng = rng
        self._due_s = 0.0
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._some = asyncio.Event()
        self._count = 0
        self._slow = False

    def send(self, frame: bytes) -> None:
        """Take a frame that the venue has made."""
        self._count += 1
        lost = self.failure == "stale" and self._count % LOSES_EVERY == 0
        if lost or self.failure == "silent":
            return
        if len(self._waiting) >= MOST_WAITING:
            self._slow = True
            return
        delay_s = self._delay_s * (0.8 + 0.4 * self._rng.random())
        self._due_s = max(self._due_s, monotonic() + delay_s)
        self._waiting.append((self._due_s, frame))
        self._some.set()

    def abort(self) -> None:
        """Drop the connection as a broken line does."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def write(self) -> None:
        """Send what is due, until cancelled. Raises Leave when the client does not read."""
        while True:
            await self._some.wait()
            while self._waiting:
                due_s, frame = self._waiting.popleft()
                wait_s = due_s - monotonic()
                if wait_s > 0.0005:
                    await asyncio.sleep(wait_s)
                if self._slow:
                    cut("too slow a reader")
                await self.socket.send_frame(frame, WSMsgType.TEXT)
            self._some.clear()

    async def watch(self, ping_s: float | None) -> None:
        """Look at the clock once a second, until cancelled. Raises Leave."""
        pinged_s = monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            if self.client is not None:
                self.client.tick(monotonic())
            if ping_s is not None and monotonic() - pinged_s >= ping_s:
                pinged_s = monotonic()
                await self.socket.ping()

    async def read(self) -> None:
        """Hand messages to the venue until the client goes. Raises Leave."""
        async for message in self.socket:
            if message.type is WSMsgType.TEXT and self.client is not None:
                self.client.receive(message.data.encode(), monotonic())


class Port:
    """A venue's server."""

    def __init__(self, venue: Venue, seed: int) -> None:
        self.venue = venue
        self.connections: set[Connection] = set()
        self.failure: Failure | None = None
        rng = Random(f"{seed}/delay/{venue.name}")
        self.delay_s = DELAY_MS / 1000.0 * exp(DELAY_SPREAD * rng.gauss(0.0, 1.0))
        self._rng = rng
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 is any that is free. Raises OSError."""
        app = web.Application(client_max_size=LARGEST_MESSAGE)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        assert site._server is not None
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Close every connection and the port."""
        closing = [one.socket.close(code=WSCloseCode.GOING_AWAY) for one in self.connections]
        if closing:
            await asyncio.wait([asyncio.create_task(one) for one in closing], timeout=CLOSE_S)
        if self._runner is not None:
            await self._runner.cleanup()

    def cut(self) -> None:
        """Drop every connection, without a good-bye."""
        for connection in self.connections:
            connection.abort()

    def fail(self, failure: Failure | None) -> None:
        """A failure begins or ends."""
        self.failure = failure
        farewell = self.venue.farewell() if failure == "leaving" else None
        for connection in self.connections:
            connection.failure = failure
            if farewell is not None:
                connection.send(farewell)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self.failure == "cut":
            return web.Response(status=503)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._talk(request)
        query = dict(request.query)
        body = await request.read()
        asked = Request(request.method, request.path, query, body, request.remote or "")
        answer = self.venue.http(asked, monotonic())
        await asyncio.sleep(self.delay_s)
        text = spoiled(answer.body) if self.failure == "stale" else answer.body
        return web.Response(
            body=text, status=answer.status, headers=answer.headers, content_type="application/json"
        )

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=LARGEST_MESSAGE, compress=False)
        connection = Connection(socket, self.delay_s, self._rng)
        opened = self.venue.open(request.path, request.query, connection.send, monotonic())
        if opened is None:
            return web.Response(status=404)
        connection.client, connection.failure = opened, self.failure
        await socket.prepare(request)
        connection.transport = request.transport
        self.connections.add(connection)
        ping_s = PING_S.get(self.venue.name)
        parts = (connection.read(), connection.write(), connection.watch(ping_s))
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Leave as leave:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=str(leave).encode()[:100])
        except ConnectionError:
            pass  # the client has gone in the middle of a frame
        finally:
            for task in tasks:
                task.cancel()
            self.connections.discard(connection)
            opened.close()
        return socket
