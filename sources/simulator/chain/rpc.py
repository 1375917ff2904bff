"""JSON-RPC of a node over a simulated chain: requests in, results or errors out; no socket.

-32602 parameters, -32601 unknown method, -32000 state that is not kept, -32005 too much at once,
3 a call that reverts.
"""

from collections.abc import Callable
from typing import Any, Final

from sources.simulator.chain.block import Block
from sources.simulator.chain.chain import Chain
from sources.simulator.chain.contract import Revert
from sources.simulator.chain.fee_history import fee_history
from sources.simulator.chain.params import (
    INVALID,
    Filter,
    RpcError,
    address,
    data,
    hash_of,
    number_of,
)
from sources.simulator.chain.words import ZERO, encoded, hex_of, quantity, selector

NO_METHOD: Final = -32601
MISSING: Final = -32000
TOO_MUCH: Final = -32005
REVERTED: Final = 3
MOST_BLOCKS: Final = 10_000  # of a range of logs
MOST_LOGS: Final = 10_000
SAFE_BLOCKS: Final = 32  # behind the head


class Rpc:
    """Answers requests about a chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._methods: dict[str, tuple[int, int, Callable[..., Any]]] = {
            "eth_chainId": (0, 0, lambda: quantity(chain.spec.chain_id)),
            "net_version": (0, 0, lambda: str(chain.spec.chain_id)),
            "web3_clientVersion": (0, 0, lambda: "simulated"),
            "eth_syncing": (0, 0, lambda: False),
            "eth_blockNumber": (0, 0, lambda: quantity(chain.head.number)),
            "eth_getBlockByNumber": (2, 2, self._block_by_number),
            "eth_getBlockByHash": (2, 2, self._block_by_hash),
            "eth_getLogs": (1, 1, self._logs),
            "eth_getTransactionByHash": (1, 1, self._transaction),
            "eth_getTransactionReceipt": (1, 1, self._receipt),
            "eth_getTransactionCount": (2, 2, self._count),
            "eth_getCode": (2, 2, self._code),
            "eth_feeHistory": (2, 3, self._fees),
            "eth_gasPrice": (0, 0, lambda: quantity(chain.next_base_wei * 11 // 10)),
            "eth_call": (1, 2, self._call),
        }

    def answer(self, method: Any, params: Any) -> Any:
        """The result of a request. Raises RpcError."""
        found = self._methods.get(method) if isinstance(method, str) else None
        if found is None:
            message = f"the method {str(method)[:60]} does not exist/is not available"
            raise RpcError(NO_METHOD, message)
        least, most, function = found
        if not isinstance(params, list) or not least <= len(params) <= most:
            raise RpcError(INVALID, f"{method} takes {least} to {most} params")
        return function(*params)

    # -- blocks ----------------------------------------------------------------------------------

    def find(self, at: Any) -> Block | None:
        """A canonical block by number, tag, or {"blockHash": …}. Raises RpcError."""
        chain = self.chain
        if isinstance(at, dict):
            if "blockHash" in at:
                return self._canonical(hash_of(at["blockHash"]))
            at = at.get("blockNumber")
        if at in ("latest", "pending"):
            return chain.head
        if at in ("safe", "finalized"):
            return chain.block(max(chain.blocks[0].number, chain.head.number - SAFE_BLOCKS))
        if at == "earliest":
            return chain.blocks[0]
        return chain.block(number_of(at))

    def _canonical(self, name: str) -> Block | None:
        block = self.chain.by_hash.get(name)
        return block if block is not None and self.chain.block(block.number) is block else None

    def _needed(self, at: Any) -> Block:
        block = self.find(at)
        if block is None:
            raise RpcError(MISSING, "header not found")
        return block

    def _block_by_number(self, at: Any, full: Any) -> dict[str, Any] | None:
        _flag(full)
        block = self.find(at)
        return None if block is None else block.row(full=full)

    def _block_by_hash(self, name: Any, full: Any) -> dict[str, Any] | None:
        _flag(full)
        block = self.chain.by_hash.get(hash_of(name))
        return None if block is None else block.row(full=full)

    def _transaction(self, name: Any) -> dict[str, Any] | None:
        wanted = hash_of(name)
        place = self.chain.places.get(wanted)
        if place is not None:
            return self.chain.by_hash[place[0]].transaction(place[1])
        waiting = self.chain.mempool.get(wanted)
        return None if waiting is None else waiting.row()

    def _receipt(self, name: Any) -> dict[str, Any] | None:
        place = self.chain.places.get(hash_of(name))
        return None if place is None else self.chain.by_hash[place[0]].receipt(place[1])

    def _count(self, who: Any, at: Any) -> str:
        sender = address(who)
        if at == "pending":
            return quantity(self.chain.mempool.next_nonce(sender))
        return quantity(self._state(self._needed(at)).get(("nonce", sender)))

    def _code(self, who: Any, at: Any) -> str:
        self._needed(at)
        return "0x60806040" if address(who) in self.chain.contracts else "0x"

    # -- logs and fees ---------------------------------------------------------------------------

    def _logs(self, given: Any) -> list[dict[str, Any]]:
        wanted = Filter(given)
        if "blockHash" in given:
            block = self.chain.by_hash.get(hash_of(given["blockHash"]))
            if block is None:
                raise RpcError(MISSING, "unknown block")
            return [row for row in block.logs() if wanted.takes(row)]
        first = self._needed(given.get("fromBlock", "latest")).number
        end = self.find(given.get("toBlock", "latest"))
        last = self.chain.head.number if end is None else end.number
        if last < first:
            raise RpcError(INVALID, "invalid block range params")
        if last - first >= MOST_BLOCKS:
            raise RpcError(TOO_MUCH, f"a range is at most {MOST_BLOCKS} blocks")
        found: list[dict[str, Any]] = []
        for number in range(first, last + 1):
            block = self.chain.block(number)
            if block is not None:
                found += [row for row in block.logs() if wanted.takes(row)]
            if len(found) > MOST_LOGS:
                raise RpcError(TOO_MUCH, f"query returned more than {MOST_LOGS} results")
        return found

    def _fees(self, count: Any, newest: Any, percentiles: Any = None) -> dict[str, Any]:
        wanted = count if type(count) is int else number_of(count)
        return fee_history(self.chain, wanted, self._needed(newest), percentiles)

    # -- calls -----------------------------------------------------------------------------------

    def _state(self, block: Block) -> Any:
        try:
            return self.chain.state(block.number)
        except LookupError as error:
            raise RpcError(MISSING, str(error)) from error

    def _call(self, given: Any, at: Any = "latest") -> str:
        if not isinstance(given, dict):
            raise RpcError(INVALID, "a call is an object")
        to = address(given.get("to"))
        calldata = data(given.get("data", given.get("input", "0x")))
        sender = address(given.get("from", ZERO))
        block = self._needed(at)
        self._state(block)
        try:
            return hex_of(self.chain.call(to, calldata, sender, block.number))
        except Revert as why:
            reason = hex_of(selector("Error(string)") + encoded(["string"], [str(why)]))
            raise RpcError(REVERTED, f"execution reverted: {why}", reason) from why


def _flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise RpcError(INVALID, "expected a boolean")
