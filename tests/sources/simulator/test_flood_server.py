"""The flood's server: at its rate, its parts for each client, and a book by REST."""

import asyncio
import json

import httpx
import websockets

from sources.simulator.flood_server import Flood


async def heard(port: int, names: list[str], count: int) -> list[dict[str, object]]:
    url = f"ws://127.0.0.1:{port}/public/stream"
    async with websockets.connect(url, close_timeout=0.2) as socket:
        params = [f"{name.lower()}@depth@100ms" for name in names]
        await socket.send(json.dumps({"method": "SUBSCRIBE", "params": params, "id": 1}))
        assert json.loads(await socket.recv()) == {"result": None, "id": 1}
        return [json.loads(await socket.recv()) for _ in range(count)]


async def flooded() -> None:
    flood = Flood(1, 20_000, 3)
    port = await flood.start(0)
    stop = asyncio.Event()
    running = asyncio.create_task(flood.run(stop))
    names = list(flood.symbols)
    try:
        first, second = await asyncio.gather(
            heard(port, names[:2], 400), heard(port, names[2:], 400)
        )
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            book = await client.get("/fapi/v1/depth", params={"symbol": names[0]})
            none = await client.get("/fapi/v1/depth", params={"symbol": "NONE"})
            listing = await client.get("/fapi/v1/exchangeInfo")
    finally:
        stop.set()
        await running
        await flood.stop()
    for frames, mine in ((first, names[:2]), (second, names[2:])):
        assert {frame["data"]["s"] for frame in frames} == set(mine)  # type: ignore[index]
        for name in mine:
            chain = [f["data"] for f in frames if f["data"]["s"] == name]  # type: ignore[index]
            depths = [frame for frame in chain if frame["e"] == "depthUpdate"]
            assert len(depths) == sum(1 for k in range(len(chain)) if k % 8 == 0)
            assert [d["pu"] for d in depths[1:]] == [d["u"] for d in depths[:-1]]
    assert len(book.json()["bids"]) == len(book.json()["asks"]) == 200
    assert none.status_code == 400
    assert [row["symbol"] for row in listing.json()["symbols"]] == names
    assert flood.sent >= 800


def test_two_clients_share_the_rate_and_the_symbols() -> None:
    asyncio.run(asyncio.wait_for(flooded(), 8.0))
