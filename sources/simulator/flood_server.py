"""A Binance USD-M server that sends flood frames at a fixed rate, many in one write.

A connection gets the symbols whose depth it subscribed to, and of the whole rate its part: what
one symbol gets depends on how many there are. WebSocket frames are put together here and written
straight to the transport: that is what makes 50,000 a second cheap. A client that does not read
is not waited for beyond the transport's buffer: its frames are kept back and counted.
"""

import asyncio
from time import monotonic, time
from typing import Final

import orjson
from aiohttp import WSMsgType, web

from sources.simulator.flood import Symbol
from sources.simulator.server import HOST
from sources.simulator.venues.hub import packed

TURN_S: Final = 0.004
MOST_BUFFERED: Final = 8 << 20  # bytes of a connection
MOST_AT_ONCE: Final = 2000  # frames of one turn


class Reader:
    """A connection: its symbols and where its pattern stands."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.symbols: list[Symbol] = []
        self.place = 0

    def frames(self, count: int, now_ms: int) -> bytes:
        """The next so many frames, as bytes of the wire."""
        symbols, parts = self.symbols, []
        many = len(symbols)
        for place in range(self.place, self.place + count):
            frame = symbols[place % many].next(place // many, now_ms)
            size = len(frame)
            if size < 126:
                parts.append(b"\x81%c" % size)
            else:
                parts.append(b"\x81\x7e" + size.to_bytes(2, "big"))
            parts.append(frame)
        self.place += count
        return b"".join(parts)


class Flood:
    """The server. `rate` is frames per second over all connections."""

    def __init__(self, seed: int, rate: int, instruments: int) -> None:
        self.rate = rate
        names = [f"FLOOD{number:03d}USDT" for number in range(instruments)]
        self.symbols = {name: Symbol(seed, name) for name in names}
        self.readers: dict[Reader, None] = {}
        self.sent = 0
        self.kept_back = 0  # frames that were due and not sent: a client does not read
        self._taken: set[str] = set()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> int:
        """Listen; the port. Raises OSError."""
        app = web.Application()
        app.router.add_get("/fapi/v1/depth", self._depth)
        app.router.add_get("/fapi/v1/exchangeInfo", self._listing)
        app.router.add_get("/fapi/v1/ticker/24hr", self._nothing)
        app.router.add_get("/fapi/v1/fundingInfo", self._nothing)
        app.router.add_get("/{path:.*}", self._talk)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def run(self, stop: asyncio.Event, seconds: float = 0.0) -> None:
        """Send at the rate until `stop`, or for so many seconds."""
        began_s = last_s = monotonic()
        owed = 0.0
        while not stop.is_set() and (not seconds or last_s - began_s < seconds):
            await asyncio.sleep(TURN_S)
            now_s = monotonic()
            owed += (now_s - last_s) * self.rate
            last_s = now_s
            count, readers = int(owed), list(self.readers)
            owed -= count
            if not readers:
                continue
            shares = [count // len(readers)] * len(readers)
            for turn in range(self.sent, self.sent + count % len(readers)):
                shares[turn % len(readers)] += 1  # in turns: at a low rate these are all there is
            for reader, share in zip(readers, shares, strict=True):
                self._send(reader, share)

    def _send(self, reader: Reader, count: int) -> None:
        full = reader.transport.get_write_buffer_size() > MOST_BUFFERED
        sent = 0 if full or not reader.symbols else min(count, MOST_AT_ONCE)
        if sent:
            reader.transport.write(reader.frames(sent, int(time() * 1000.0)))
        self.sent += sent
        self.kept_back += count - sent if reader.symbols else 0

    async def _depth(self, request: web.Request) -> web.Response:
        symbol = self.symbols.get(request.query.get("symbol", ""))
        if symbol is None:
            body = packed({"code": -1121, "msg": "Invalid symbol."})
            return web.Response(body=body, status=400, content_type="application/json")
        body = symbol.snapshot(int(time() * 1000.0))
        return web.Response(body=body, content_type="application/json")

    async def _listing(self, request: web.Request) -> web.Response:
        del request
        rows = [
            {"symbol": name, "pair": name, "contractType": "PERPETUAL", "status": "TRADING",
             "baseAsset": name.removesuffix("USDT"), "quoteAsset": "USDT",
             "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.10"}]}
            for name in self.symbols
        ]  # fmt: skip
        return web.Response(body=packed({"symbols": rows}), content_type="application/json")

    async def _nothing(self, request: web.Request) -> web.Response:
        """Volumes and funding intervals, of which a flood has none."""
        del request
        return web.Response(body=b"[]", content_type="application/json")

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        if not request.path.startswith("/public/"):
            return web.Response(status=404)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert request.transport is not None
        reader = Reader(request.transport)
        mine: set[str] = set()
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                asked = orjson.loads(message.data)
                names = {str(p).partition("@")[0].upper() for p in asked.get("params", [])}
                fresh = names & self.symbols.keys() - self._taken  # a book's ids go one way only
                mine |= fresh
                self._taken |= fresh
                answer = {"result": None, "id": asked.get("id")}
                await socket.send_frame(packed(answer), WSMsgType.TEXT)
                reader.symbols = [self.symbols[name] for name in sorted(mine)]
                if reader.symbols:
                    self.readers[reader] = None
        finally:
            self.readers.pop(reader, None)
            self._taken -= mine
        return socket
