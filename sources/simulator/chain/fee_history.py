"""eth_feeHistory: base fees, fullness, and tips at percentiles of the gas that was used."""

from typing import Any, Final

from sources.simulator.chain.block import Block
from sources.simulator.chain.chain import Chain
from sources.simulator.chain.params import INVALID, RpcError
from sources.simulator.chain.words import quantity

MOST: Final = 1_024


def fee_history(chain: Chain, count: int, newest: Block, percentiles: Any) -> dict[str, Any]:
    """Of the last `count` blocks up to one. Raises RpcError."""
    wanted = _percentiles(percentiles)
    first = max(chain.blocks[0].number, newest.number - min(MOST, count) + 1)
    blocks = [block for n in range(first, newest.number + 1) if (block := chain.block(n))]
    after = chain.block(newest.number + 1)
    next_wei = chain.next_base_wei if after is None else after.base_fee_wei
    row: dict[str, Any] = {
        "oldestBlock": quantity(first),
        "baseFeePerGas": [quantity(b.base_fee_wei) for b in blocks] + [quantity(next_wei)],
        "gasUsedRatio": [b.gas_used / b.gas_limit for b in blocks],
    }
    if wanted:
        row["reward"] = [[quantity(tip) for tip in tips(block, wanted)] for block in blocks]
    return row


def tips(block: Block, percentiles: list[float]) -> list[int]:
    """The tip below which so many percent of the block's gas were paid for."""
    paid = sorted((r.tip_wei, r.transaction.burns) for r in block.receipts)
    if not paid:
        return [0 for _ in percentiles]
    found, place, spent = [], 0, paid[0][1]
    for percentile in percentiles:
        while spent < block.gas_used * percentile / 100.0 and place < len(paid) - 1:
            place += 1
            spent += paid[place][1]
        found.append(paid[place][0])
    return found


def _percentiles(given: Any) -> list[float]:
    if given is None:
        return []
    rising = isinstance(given, list) and all(type(p) in (int, float) for p in given)
    if not rising or given != sorted(given) or any(not 0 <= p <= 100 for p in given):
        message = "percentiles rise from 0 to 100"
        raise RpcError(INVALID, message)
    if len(given) > 100:
        message = "too many percentiles"
        raise RpcError(INVALID, message)
    return [float(p) for p in given]
