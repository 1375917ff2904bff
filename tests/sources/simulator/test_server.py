"""Real sockets: a market at high speed, heard by our session over WebSocket and REST."""

import asyncio
import contextlib
import json
from typing import Any

import httpx
import numpy as np
import pytest
import websockets

from schemas.chunk import Chunk
from schemas.control import Gap, Rejected, Wish
from sources.lines import index_lines
from sources.registry import feed_for, session_for
from sources.simulator.server import HOST, Server
from sources.simulator.venues.registry import venues_of
from tests.sources.simulator.hearing import EPOCH_MS, small_world

NONE = np.zeros(0, np.bool_)


class Socketed:
    """A server of two venues while it is in use."""

    def __init__(self, *, failing: bool = False, speed: float = 10.0) -> None:
        world = small_world("binance-usdm", "okx")
        venues = venues_of(world, EPOCH_MS, ["binance-usdm", "okx"])
        self.server = Server(world, venues, seed=1, speed=speed, failing=failing)
        self.stop = asyncio.Event()

    async def __aenter__(self) -> dict[str, int]:
        ports = await self.server.start(0, [0, 1])
        self.running = asyncio.create_task(self.server.run(0.0, self.stop))
        return ports

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await self.running
        await self.server.stop()


async def hear_binance(port: int) -> list[Any]:
    session = session_for("binance-usdm", "c", lambda instrument: instrument)
    items: list[Any] = []
    count = 0

    def take(payload: bytes) -> list[Any]:
        nonlocal count
        count += 1
        lines = index_lines(np.frombuffer(b"%d %s\n" % (count, payload), np.uint8), count)
        found = session.lines(lines, lines.received_ns, NONE)
        items.extend(found)
        return [item for item in found if isinstance(item, Wish)]

    async with (
        websockets.connect(f"ws://{HOST}:{port}/public/stream") as socket,
        httpx.AsyncClient() as client,
    ):
        params = [f"btcusdt@{name}" for name in ("depth@100ms", "bookTicker", "trade")]
        await socket.send(json.dumps({"method": "SUBSCRIBE", "params": params, "id": 1}))
        while count < 400:
            for wish in take(await socket.recv(decode=False)):
                answer = await client.get(
                    wish.url.replace("https://fapi.binance.com", f"http://{HOST}:{port}")
                )
                assert int(answer.headers["X-MBX-USED-WEIGHT-1M"]) >= 20
                take(b"@%s %s" % (wish.url.encode(), answer.content))
    return items


async def over_sockets() -> None:
    async with Socketed() as ports:
        items = await hear_binance(ports["binance-usdm"])
        assert [item for item in items if isinstance(item, Gap | Rejected)] == []
        assert {item.kind for item in items if isinstance(item, Chunk)} == {"book", "top", "trade"}
        async with httpx.AsyncClient() as client:
            host = f"http://{HOST}:{ports['okx']}"
            swaps = await client.get(f"{host}/api/v5/public/instruments?instType=SWAP")
            assert [row["instId"] for row in swaps.json()["data"]] == ["BTC-USDT-SWAP"]
            assert (await client.get(f"{host}/nothing")).status_code == 404
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(f"ws://{HOST}:{ports['okx']}/nothing")


async def too_many_messages() -> None:
    async with Socketed() as ports:
        url = f"ws://{HOST}:{ports['binance-usdm']}/public/ws"
        async with websockets.connect(url) as socket:
            for number in range(12):
                await socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": number}))
            with pytest.raises(websockets.ConnectionClosed) as closed:
                while True:
                    await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


async def outages() -> None:
    """Ends when everything that can fail has failed."""
    made = Socketed(failing=True, speed=150.0)
    feed = feed_for("okx")
    seen: set[str | None] = set()
    told = 0
    async with made as ports:
        url = f"ws://{HOST}:{ports['okx']}/ws/v5/public"
        cut = 0
        while seen != {None, "leaving", "cut", "silent", "stale"} or not (cut and told):
            try:
                async with websockets.connect(url) as socket:
                    while True:
                        seen.add(made.server.ports[1].failure)
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(0.02):
                                told += feed.leaving(await socket.recv(decode=False))
            except websockets.ConnectionClosed:
                cut += 1
            except websockets.InvalidStatus:
                await asyncio.sleep(0.01)
            seen.add(made.server.ports[1].failure)


@pytest.mark.parametrize("talk", [over_sockets, too_many_messages])
def test_sockets(talk: Any) -> None:
    asyncio.run(asyncio.wait_for(talk(), 9.0))


def test_venues_fail_and_come_back() -> None:
    asyncio.run(asyncio.wait_for(outages(), 15.0))


def test_it_ends_with_its_minutes() -> None:
    made = Socketed(speed=100.0)

    async def run() -> float:
        await made.server.start(0, [0, 1])
        await made.server.run(0.1, made.stop)
        await made.server.stop()
        return made.server.world.now_ms

    assert asyncio.run(asyncio.wait_for(run(), 5.0)) == 6000.0
