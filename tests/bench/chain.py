"""What chains cost: 500 waiting transactions a second, and the heads of 20 chains.

    python -m tests.bench.chain

The frames are those of a simulated node, in memory; each part is measured beside `orjson.loads`
over the same frames. `decoded`: from bytes to items, calldata included. `folded`: and through the
chain's step to rows.
"""

import sys
from time import perf_counter
from typing import Any

import numpy as np
import orjson

from flows.chain import ChainLogic
from sources.lines import index_lines
from tests.flows.simulated_chain import KEY, Conversation, connected, items_of
from tests.sources.talk import stamped

PENDING_PER_S = 500
CHAINS = 20
BLOCK_S = 12.0
TIMES = 5


def best(action: Any) -> float:
    """Seconds of the fastest of some runs."""
    found = []
    for _ in range(TIMES):
        begun = perf_counter()
        action()
        found.append(perf_counter() - begun)
    return min(found)


def decoding(said: Conversation, lines: list[tuple[int, bytes]]) -> Any:
    """Bytes to items, as the source does it."""
    data = np.frombuffer(stamped(lines), np.uint8)

    def decode() -> None:
        connection = connected(said.chain)
        connection.open(lines[0][0])
        connection.take(index_lines(data, 1))

    return decode


def main() -> int:
    """Measure and print."""
    said = Conversation(300.0)
    waiting = [x for x in said.lines if b'"nonce"' in x[1]]
    heads = [x for x in said.lines if b'"parentHash"' in x[1] and b"eth_subscription" in x[1]]
    cost = {}
    for name, lines in (("waiting transaction", waiting), ("head", heads)):
        loads = best(lambda part=lines: [orjson.loads(frame) for _, frame in part])
        decoded = best(decoding(said, lines))
        cost[name] = decoded / len(lines)
        plain = loads / len(lines)
        print(f"{name:20s} {len(lines):5d} frames: orjson.loads {plain * 1e6:5.1f} µs, "
              f"decoded {cost[name] * 1e6:6.1f} µs, {decoded / loads:5.1f} times")  # fmt: skip
    share = PENDING_PER_S * cost["waiting transaction"] + CHAINS / BLOCK_S * cost["head"]
    print(
        f"{PENDING_PER_S} a second and the heads of {CHAINS} chains: {100 * share:.1f} % of a core"
    )
    items = items_of(said.chain, said.lines)
    folded = best(lambda: ChainLogic({KEY: said.chain}, (), None).on_batch([items]))
    span_s = (said.lines[-1][0] - said.lines[0][0]) / 1e9
    print(f"a whole simulated chain of {span_s:.0f} s through its step: {folded:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
