"""A venue on loopback whose trades are numbered without a gap, and what can befall it."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.sources.live.faulty import message, reset
from tests.sources.live.outages import free_port
from tests.sources.talk import trade

CERTIFICATES = Path(__file__).parent / "certificates"
EVERY_S = 0.002  # between two trades
UNHEARD = 10  # trades that go by before a connection gets its first
Behaviour = Callable[["Market", ServerConnection], Awaitable[None]]


def secured(certificate: str) -> ssl.SSLContext:
    """The server's side of TLS with a certificate for `here` or `elsewhere`."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
    return made


def trusting() -> ssl.SSLContext:
    """The client's side of TLS: both certificates are trusted, whoever shows them."""
    made = ssl.create_default_context()
    for path in CERTIFICATES.glob("*.pem"):
        made.load_verify_locations(path)
    return made


class Market:
    """The venue; it can close and open again on its port. `number` is that of the last trade."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.port = free_port()
        self.number = 0
        self.behaviour = behaviour or Market.trade
        self.sockets: set[ServerConnection] = set()  # open ones
        self.halted: set[ServerConnection] = set()  # those that say nothing any more
        self.connected = 0
        self._server: Server | asyncio.Server | None = None
        self._under_way: set[asyncio.Future[None]] = set()

    async def open(self, **options: Any) -> None:
        """Let them come."""
        options = {"close_timeout": 0.1, "compression": None} | options
        self._server = await serve(self._talk, "127.0.0.1", self.port, **options)

    async def open_plain(
        self, handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    ) -> None:
        """Put something on the port that is no WebSocket server."""
        self._server = await asyncio.start_server(handler, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Cut everybody off and listen no more."""
        server, self._server = self._server, None
        self.cut()
        for work in self._under_way:
            work.cancel()
        if server is not None:
            server.close()
        if isinstance(server, Server):
            await server.wait_closed()

    def cut(self) -> None:
        """Reset every open connection."""
        for socket in self.sockets:
            if not socket.transport.is_closing():
                reset(socket)

    def halt(self, *, deaf: bool) -> None:
        """Say nothing more on what is open now; `deaf`: do not listen either, pings included."""
        self.halted |= self.sockets
        if deaf:
            for socket in self.sockets:
                socket.transport.pause_reading()

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something else until the market closes."""
        self._under_way.add(asyncio.ensure_future(work))

    async def _talk(self, socket: ServerConnection) -> None:
        self.connected += 1
        self.sockets.add(socket)
        work = asyncio.ensure_future(self._confirmed(socket))
        self._under_way.add(work)
        with suppress(asyncio.CancelledError, ConnectionClosed):
            await work
        self._under_way.discard(work)
        self.sockets.discard(socket)

    async def _confirmed(self, socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(message("ok", ["A"]).decode())
        self.number += UNHEARD
        await self.behaviour(self, socket)

    async def trade(self, socket: ServerConnection, most: int | None = None) -> None:
        """Send one trade after the other, so many or for ever."""
        while most is None or most > 0:
            if socket in self.halted:
                await socket.wait_closed()
                return
            self.number += 1
            await socket.send(trade(self.number))
            await asyncio.sleep(EVERY_S)
            if most is not None:
                most -= 1
