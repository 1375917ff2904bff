"""JSON-RPC of a node: what is asked for, with ids that say what an answer will mean, and frames.

An id is text, `<what>:<of what>`, so that a recording, which holds no questions, can be read:

sub:<stream>       eth_subscribe       confirmed by `subscribed`
block:<hash>       eth_getBlockByHash  header, and hashes of transactions
logs:<hash>:<n>    eth_getLogs         of one block, by filter n
tx:<hash>          eth_getTransactionByHash
fees:<number>      eth_feeHistory      up to that block
read:<name>:<n>:<k> eth_call           k-th question of round n of a reading
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from sources.evm.readings import Ask

VERSION: Final = "2.0"
FEE_BLOCKS: Final = 20  # of fee history
PERCENTILES: Final = (10.0, 50.0, 90.0)  # of priority fees
_ENCODE = msgspec.json.Encoder(order="deterministic").encode


class Trouble(Struct):
    """An error of the node. Unknown methods and parameters are no use asking again."""

    code: int = 0
    message: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the same question will never be answered."""
        return self.code in (-32600, -32601, -32602)


class Notice(Struct):
    """What a subscription says."""

    subscription: str
    result: msgspec.Raw


class Frame(Struct):
    """An answer (`id`), or a notice (`params`)."""

    id: str | int | None = None
    method: str | None = None
    params: Notice | None = None
    result: msgspec.Raw = msgspec.Raw()  # empty: there is none
    error: Trouble | None = None


def question(name: str, method: str, params: Sequence[Any]) -> bytes:
    """One request as it is sent."""
    return _ENCODE({"jsonrpc": VERSION, "id": name, "method": method, "params": list(params)})


def block(block_hash: str) -> bytes:
    """The header of a block, and the hashes of its transactions."""
    return question(f"block:{block_hash}", "eth_getBlockByHash", (block_hash, False))


def logs(block_hash: str, number: int, log_filter: dict[str, Any]) -> bytes:
    """The logs of one block that a filter lets through."""
    asked = {**log_filter, "blockHash": block_hash}
    return question(f"logs:{block_hash}:{number}", "eth_getLogs", (asked,))


def transaction(transaction_hash: str) -> bytes:
    """A transaction of which only the hash was said."""
    return question(f"tx:{transaction_hash}", "eth_getTransactionByHash", (transaction_hash,))


def fee_history(number: int) -> bytes:
    """Fees of the blocks up to `number`."""
    asked = (hex(FEE_BLOCKS), hex(number), PERCENTILES)
    return question(f"fees:{number}", "eth_feeHistory", asked)


def reading(name: str, turn: int, asks: Sequence[Ask], first: int, number: int) -> bytes:
    """Calls of a round as one batch, the first of them by its place, at the state after a block."""
    return _ENCODE(
        [
            {
                "jsonrpc": VERSION,
                "id": f"read:{name}:{turn}:{place}",
                "method": "eth_call",
                "params": [{"to": ask.to, "data": "0x" + ask.data.hex()}, hex(number)],
            }
            for place, ask in enumerate(asks, first)
        ]
    )


def subscription(stream: str, *params: Any) -> bytes:
    """A subscription, confirmed by the id `sub:<stream>`."""
    return question(f"sub:{stream}", "eth_subscribe", params)
