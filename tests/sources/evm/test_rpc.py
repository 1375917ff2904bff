"""Questions as they are sent: bytes that a node takes, ids that say what an answer means."""

import json

from sources.evm import rpc
from sources.evm.readings import Ask

HASH = "0x" + "ab" * 32


def test_every_question_whole() -> None:
    said = [
        rpc.block(HASH), rpc.logs(HASH, 1, {"topics": [["0x1"]]}), rpc.transaction(HASH),
        rpc.fee_history(255), rpc.subscription("logs-0", "logs", {"topics": []}),
        rpc.subscription("heads", "newHeads"),
    ]  # fmt: skip
    assert [json.loads(one) for one in said] == [
        {"jsonrpc": "2.0", "id": f"block:{HASH}", "method": "eth_getBlockByHash",
         "params": [HASH, False]},
        {"jsonrpc": "2.0", "id": f"logs:{HASH}:1", "method": "eth_getLogs",
         "params": [{"topics": [["0x1"]], "blockHash": HASH}]},
        {"jsonrpc": "2.0", "id": f"tx:{HASH}", "method": "eth_getTransactionByHash",
         "params": [HASH]},
        {"jsonrpc": "2.0", "id": "fees:255", "method": "eth_feeHistory",
         "params": ["0x14", "0xff", [10.0, 50.0, 90.0]]},
        {"jsonrpc": "2.0", "id": "sub:logs-0", "method": "eth_subscribe",
         "params": ["logs", {"topics": []}]},
        {"jsonrpc": "2.0", "id": "sub:heads", "method": "eth_subscribe", "params": ["newHeads"]},
    ]  # fmt: skip


def test_a_round_of_calls_is_one_batch_with_places() -> None:
    asks = (Ask("0x01", b"\x01\x02"), Ask("0x02", b""))
    found = json.loads(rpc.reading("pool-0x01", 2, asks, 100, 16))
    assert found == [
        {"jsonrpc": "2.0", "id": "read:pool-0x01:2:100", "method": "eth_call",
         "params": [{"to": "0x01", "data": "0x0102"}, "0x10"]},
        {"jsonrpc": "2.0", "id": "read:pool-0x01:2:101", "method": "eth_call",
         "params": [{"to": "0x02", "data": "0x"}, "0x10"]},
    ]  # fmt: skip


def test_the_same_question_is_the_same_bytes() -> None:
    first = rpc.logs(HASH, 0, {"topics": [], "address": []})
    assert first == rpc.logs(HASH, 0, {"address": [], "topics": []})


def test_which_errors_are_final() -> None:
    final = [code for code in (-32700, -32600, -32601, -32602, -32000, -32005, 3)
             if rpc.Trouble(code).is_final]  # fmt: skip
    assert final == [-32600, -32601, -32602]
