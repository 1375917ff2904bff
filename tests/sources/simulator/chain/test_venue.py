"""The node over a real WebSocket, in a simulated world; the truth beside it."""

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

import httpx
import websockets

from sources.simulator.chain.truth import write_chain_truth
from sources.simulator.chain.venue import PER_S, Evm
from sources.simulator.server import HOST, Server
from sources.simulator.venues.registry import venues_of
from tests.sources.simulator.hearing import EPOCH_MS, small_world

CALM = 30_000.0


class Talk:
    """A connection that keeps what it hears."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.heard: dict[str, list[Any]] = {}
        self._count = 0

    async def ask(self, method: str, *params: Any) -> Any:
        self._count += 1
        name = self._count
        await self.socket.send(
            json.dumps({"jsonrpc": "2.0", "id": name, "method": method, "params": params})
        )
        while True:
            row = await self.hear()
            if row is not None:
                assert row["id"] == name
                return row["result"] if "result" in row else row["error"]["code"]

    async def hear(self) -> Any:
        row = json.loads(await self.socket.recv())
        if "method" not in row:
            return row
        params = row["params"]
        self.heard.setdefault(params["subscription"], []).append(params["result"])
        return None


async def talk() -> None:
    world = small_world(name="reorg", assets=())
    venues = venues_of(world, EPOCH_MS, ["evm"])
    server = Server(world, venues, seed=1, speed=60.0, failing=False)
    ports = await server.start(0, [0])
    stop = asyncio.Event()
    running = asyncio.create_task(server.run(0.0, stop))
    base = f"{HOST}:{ports['evm']}/evm"
    async with websockets.connect(f"ws://{base}/8453") as socket, httpx.AsyncClient() as client:
        node = Talk(socket)
        assert await node.ask("eth_chainId") == hex(8453)
        heads = await node.ask("eth_subscribe", "newHeads")
        hashes = await node.ask("eth_subscribe", "newPendingTransactions")
        full = await node.ask("eth_subscribe", "newPendingTransactions", True)
        logs = await node.ask("eth_subscribe", "logs", {})
        assert await node.ask("eth_subscribe", "nothing") == -32601
        assert await node.ask("eth_subscribe") == -32602
        assert await node.ask("eth_unsubscribe", "0x1") == -32000
        while not (
            any(row["removed"] for row in node.heard.get(logs, []))
            and len(node.heard.get(heads, [])) > 12
            and len(node.heard.get(full, [])) > 20
        ):
            await node.hear()
        assert await node.ask("eth_unsubscribe", full) is True
        rows, names = [row["hash"] for row in node.heard[full]], node.heard[hashes]
        first = names.index(rows[0])  # one subscription is older
        assert names[first : first + len(rows)] == rows
        check_heads(node.heard[heads])
        check_logs(node.heard[logs])
        answer = await client.get(f"http://{base}/8453")
        assert {"USDC", "aave pool", "ETH / USD proxy"} <= set(answer.json())
        posted = {"id": 1, "method": "eth_chainId", "params": []}
        answer = await client.post(f"http://{base}/1", json=posted)
        assert answer.json()["result"] == "0x1"
        assert (await client.get(f"http://{base}/2")).status_code == 404
    stop.set()
    await running
    await server.stop()


def check_heads(heads: list[dict[str, Any]]) -> None:
    """Each head's parent was a head before it, or the first one's."""
    known = {heads[0]["hash"]}
    again = 0
    for before, head in itertools.pairwise(heads):
        again += head["parentHash"] != before["hash"]
        if int(head["number"], 16) > int(heads[0]["number"], 16):
            assert head["parentHash"] in known
        known.add(head["hash"])
    assert again


def check_logs(rows: list[dict[str, Any]]) -> None:
    """What is removed was the last that was there."""
    there: list[dict[str, Any]] = []
    for row in rows:
        if row["removed"] and there:
            assert there.pop() == {**row, "removed": False}
        elif not row["removed"]:
            there.append(row)


def test_over_a_socket() -> None:
    asyncio.run(asyncio.wait_for(talk(), 25.0))


def test_too_many_requests_are_refused_and_a_crash_is_told(tmp_path: Path) -> None:
    world = small_world(name="depeg", assets=())
    (evm,) = venues_of(world, EPOCH_MS, ["evm"])
    assert isinstance(evm, Evm)
    frames: list[bytes] = []
    client = evm.open("/evm/1", {}, frames.append, 0.0)
    assert client is not None
    assert evm.open("/evm/5", {}, frames.append, 0.0) is None
    asked = json.dumps([{"id": 1, "method": "eth_chainId"}] * 700).encode()
    client.receive(asked, 0.2)
    client.receive(asked, 0.3)
    codes = [row.get("error", {}).get("code") for row in json.loads(frames[1])]
    assert codes == [None] * (PER_S - 700) + [-32005] * (1_400 - PER_S)
    client.receive(asked, 1.3)
    assert all("result" in row for row in json.loads(frames[2]))
    client.close()
    networks = [node.network for node in evm.nodes.values()]
    with write_chain_truth(networks, tmp_path / "truth.jsonl"):
        world.run(CALM)
    rows = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_bytes().splitlines()]
    for network in networks:
        own = [row for row in rows if row["chain"] == network.spec.chain_id]
        blocks = [row["hash"] for row in own if row["k"] == "block"]
        assert blocks == [block.hash for block in network.chain.blocks]
        accounts = {row["address"]: row for row in own if row["k"] == "account"}
        assert set(accounts) == set(network.actors.borrowers)
        frame = network.chain.frame()
        for who, row in accounts.items():
            for name, reserve in network.made.reserves.items():
                assert int(row["debt"].get(name, 0)) == reserve.debt_token.scaled(frame, who)
        pools = {row["address"]: row for row in own if row["k"] == "pool"}
        slot = network.made.ranges[0].slot(frame)
        assert pools[network.made.ranges[0].address]["tick"] == slot.tick
    with write_chain_truth(networks, None):
        assert networks[0].chain.head.number > networks[0].spec.first_block
