"""What a node answers, and how it refuses; without a socket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sources.simulator.chain.fee_history import tips
from sources.simulator.chain.params import RpcError
from sources.simulator.chain.rpc import Rpc
from sources.simulator.chain.venue import respond
from sources.simulator.chain.words import call
from tests.sources.simulator.chain.scripted import ask, run

HASH = "0x" + 64 * "a"


@pytest.fixture(scope="module")
def rpc() -> Iterator[Rpc]:
    yield Rpc(run(110.0, reorgs=True).chain)


def test_blocks_and_transactions(rpc: Rpc) -> None:
    head = rpc.chain.head
    assert rpc.answer("eth_chainId", []) == "0x1"
    assert rpc.answer("eth_blockNumber", []) == hex(head.number)
    block = rpc.answer("eth_getBlockByNumber", ["latest", True])
    assert block == rpc.answer("eth_getBlockByHash", [head.hash, True])
    short = rpc.answer("eth_getBlockByNumber", [hex(head.number), False])
    assert short["transactions"] == [row["hash"] for row in block["transactions"]]
    assert {key: short[key] for key in head.header()} == head.header()
    assert len(bytes.fromhex(short["logsBloom"][2:])) == 256
    for row in block["transactions"]:
        assert rpc.answer("eth_getTransactionByHash", [row["hash"]]) == row
        receipt = rpc.answer("eth_getTransactionReceipt", [row["hash"]])
        assert int(receipt["effectiveGasPrice"], 16) == int(row["gasPrice"], 16)
    waiting = rpc.chain.mempool.all()[0]
    row = rpc.answer("eth_getTransactionByHash", [waiting.hash])
    assert (row["blockHash"], row["hash"]) == (None, waiting.hash)
    assert rpc.answer("eth_getBlockByNumber", ["0x1", False]) is None
    assert rpc.answer("eth_getTransactionByHash", [HASH]) is None


def test_an_orphan_is_known_by_its_hash_alone(rpc: Rpc) -> None:
    canonical = {block.hash for block in rpc.chain.blocks}
    orphan = next(block for name, block in rpc.chain.by_hash.items() if name not in canonical)
    assert rpc.answer("eth_getBlockByHash", [orphan.hash, False])["hash"] == orphan.hash
    at = rpc.answer("eth_getBlockByNumber", [hex(orphan.number), False])
    assert at["hash"] != orphan.hash
    rows = rpc.answer("eth_getLogs", [{"blockHash": orphan.hash}])
    assert rows == orphan.logs()


def test_logs_by_range_address_and_topics(rpc: Rpc) -> None:
    first, last = rpc.chain.blocks[1], rpc.chain.head
    every = [row for block in rpc.chain.blocks[1:] for row in block.logs()]
    whole = {"fromBlock": hex(first.number), "toBlock": "latest"}
    assert rpc.answer("eth_getLogs", [whole]) == every
    one = every[0]
    some = {"address": [one["address"].upper().replace("0X", "0x")],
            "topics": [[one["topics"][0], HASH], None]}  # fmt: skip
    wanted = [
        row for row in every
        if row["address"] == one["address"] and row["topics"][0] == one["topics"][0]
        and len(row["topics"]) > 1
    ]  # fmt: skip
    assert rpc.answer("eth_getLogs", [whole | some]) == wanted
    rows = rpc.answer("eth_getLogs", [{"blockHash": last.hash}])
    assert rows == last.logs()


def test_state_of_an_old_block(rpc: Rpc) -> None:
    """A pool's reserves at every block are those of the last Sync up to it."""
    sync = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1"
    pool = next(r["address"] for b in rpc.chain.blocks for r in b.logs() if r["topics"][0] == sync)
    known: str | None = None
    asked = 0
    for block in rpc.chain.blocks:
        for row in block.logs():
            if row["address"] == pool and row["topics"][0] == sync:
                known = row["data"]
        if known is not None:
            question = {"to": pool, "data": "0x" + call("getReserves()").hex()}
            for at in (hex(block.number), {"blockHash": block.hash}):
                answer = rpc.answer("eth_call", [question, at])
                assert answer[: len(known)] == known
                asked += 1
    assert asked > 20


def test_the_fee_history(rpc: Rpc) -> None:
    head = rpc.chain.head
    row = rpc.answer("eth_feeHistory", ["0x5", "latest", [0, 50, 100]])
    blocks = rpc.chain.blocks[-5:]
    assert row["oldestBlock"] == hex(head.number - 4)
    assert row["baseFeePerGas"][:5] == [hex(block.base_fee_wei) for block in blocks]
    assert row["baseFeePerGas"][5] == hex(rpc.chain.next_base_wei)
    assert row["gasUsedRatio"] == [block.gas_used / block.gas_limit for block in blocks]
    for block, reward in zip(blocks, row["reward"], strict=True):
        paid = sorted(receipt.tip_wei for receipt in block.receipts) or [0]
        assert [int(one, 16) for one in (reward[0], reward[2])] == [paid[0], paid[-1]]
    half = tips(blocks[-1], [50.0])[0]
    below = sum(r.transaction.burns for r in blocks[-1].receipts if r.tip_wei < half)
    upto = sum(r.transaction.burns for r in blocks[-1].receipts if r.tip_wei <= half)
    assert below <= blocks[-1].gas_used / 2 <= upto


def test_tokens_say_what_they_are(rpc: Rpc) -> None:
    usdc = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
    assert ask(rpc, usdc, "symbol()", "(string)") == ("USDC",)
    assert ask(rpc, usdc, "decimals()", "(uint8)") == (6,)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("eth_nothing", [], -32601), (None, [], -32601), ("eth_call", [], -32602),
        ("eth_getBlockByNumber", ["0x01", False], -32602), ("eth_chainId", {}, -32602),
        ("eth_getBlockByNumber", ["latest", 1], -32602), ("eth_getLogs", [7], -32602),
        ("eth_getBlockByHash", ["0x12", False], -32602), ("eth_call", ["0x", "latest"], -32602),
        ("eth_getLogs", [{"address": "nobody"}], -32602),
        ("eth_getLogs", [{"topics": [None] * 5}], -32602),
        ("eth_getLogs", [{"topics": {"0": HASH}}], -32602),
        ("eth_getLogs", [{"fromBlock": "latest", "toBlock": "earliest"}], -32602),
        ("eth_getLogs", [{"blockHash": HASH}], -32000),
        ("eth_feeHistory", ["0x5", "latest", [50, 10]], -32602),
        ("eth_feeHistory", ["0x5", "latest", ["a"]], -32602),
        ("eth_call", [{"to": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "data": "0x123"}],
         -32602),
        ("eth_call", [{"to": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "data": "0x12345678"}],
         3),
        ("eth_call", [{"to": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"}, "0x1"], -32000),
    ],
)  # fmt: skip
def test_errors(rpc: Rpc, method: Any, params: Any, code: int) -> None:
    with pytest.raises(RpcError) as raised:
        rpc.answer(method, params)
    assert raised.value.code == code


def test_batches_and_broken_requests(rpc: Rpc) -> None:
    asked = [{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}, 5,
             {"id": "b", "method": "eth_x", "params": []}]  # fmt: skip
    found = json.loads(respond(json.dumps(asked).encode(), rpc.answer))
    assert found[0] == {"jsonrpc": "2.0", "id": 1, "result": "0x1"}
    assert [row.get("error", {}).get("code") for row in found] == [None, -32600, -32601]
    assert found[2]["id"] == "b"
    for text, code in ((b"{", -32700), (b"[]", -32600), (b"7", -32600), (b"\xff", -32700)):
        row = json.loads(respond(text, rpc.answer))
        assert row["error"]["code"] == code
        assert row["id"] is None
