"""A node's side of a conversation: frames from a few numbers."""

import json
from typing import Any

from msgspec import to_builtins

from schemas.chain_contract import ChainSettings, OracleContract, PoolContract
from sources.evm.node import EvmNode
from sources.in_band import InBand
from tests.sources.talk import as_is

CHAIN, CONNECTION = "evm-1:chain", "evm-1-1"
POOL, PROXY, AGGREGATOR = "0x" + "ab" * 20, "0x" + "cd" * 20, "0x" + "ef" * 20
SENDER, ROUTER = "0x" + "a1" * 20, "0x" + "b2" * 20
WATCHED = ChainSettings(
    id=1,
    name="ethereum",
    pool=[PoolContract(address=POOL, protocol="uniswap-v2", asset="ETH")],
    oracle=[OracleContract(proxy=PROXY, asset="ETH")],
)
BARE = ChainSettings(id=1, name="ethereum")


def node(chain: ChainSettings = BARE) -> InBand:
    return InBand(EvmNode(chain), CONNECTION, as_is)


def h(number: int, branch: int = 0) -> str:
    """A block's hash."""
    return f"0x{branch:02x}{number:062x}"


def notice(result: Any) -> str:
    said = {"subscription": "0x1", "result": result}
    return json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": said})


def answer(name: str, result: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": name, "result": result})


def trouble(name: str, code: int, message: str) -> str:
    error = {"code": code, "message": message}
    return json.dumps({"jsonrpc": "2.0", "id": name, "error": error})


def header(number: int, branch: int = 0, parent: str | None = None, **more: Any) -> dict[str, Any]:
    found = {
        "number": hex(number), "hash": h(number, branch), "parentHash": parent or h(number - 1),
        "timestamp": hex(1_700_000_000 + 12 * number), "gasUsed": "0xe4e1c0",
        "gasLimit": "0x1c9c380", "baseFeePerGas": "0x3b9aca00", "extraData": "0x",
    }  # fmt: skip
    return found | more


def log(number: int, index: int, topics: list[str], data: str, **more: Any) -> dict[str, Any]:
    found = {
        "address": POOL, "topics": topics, "data": data, "blockNumber": hex(number),
        "blockHash": h(number), "transactionHash": h(index, 0x77), "transactionIndex": "0x0",
        "logIndex": hex(index), "removed": False,
    }  # fmt: skip
    return found | more


def sync(number: int, index: int, reserve0: int, reserve1: int, **more: Any) -> dict[str, Any]:
    topic = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1"
    return log(number, index, [topic], f"0x{reserve0:064x}{reserve1:064x}", **more)


def transaction(name: int, **more: Any) -> dict[str, Any]:
    found = {
        "hash": h(name, 0x99), "from": SENDER.upper().replace("0X", "0x"), "to": ROUTER,
        "nonce": "0x7", "type": "0x2", "value": "0x0", "gas": "0x5208", "input": "0x",
        "gasPrice": None, "maxFeePerGas": "0x77359400", "maxPriorityFeePerGas": "0x3b9aca00",
        "blockHash": None, "blockNumber": None, "accessList": [],
    }  # fmt: skip
    return found | more


def asked(items: list[Any]) -> list[Any]:
    """What wishes ask for, as plain values."""
    return [json.loads(item.url.removeprefix("rpc ")) for item in items if hasattr(item, "reason")]


def names(items: list[Any]) -> list[str]:
    """The names of what is asked for, a batch by its first."""
    found = asked(items)
    return [(one[0] if isinstance(one, list) else one)["id"] for one in found]


def said(items: list[Any]) -> list[Any]:
    """What goes on into the flow."""
    return [item.said for item in items if hasattr(item, "said")]


def plain(items: list[Any]) -> list[Any]:
    return [to_builtins(item) for item in items]
