"""What the nodes of a price feed send: a report of observations, forwarded to the aggregator."""

from collections.abc import Sequence
from typing import Final

from sources.simulator.chain.deployment import Feed
from sources.simulator.chain.oracle import FAULTY, REPORT, TRANSMIT
from sources.simulator.chain.words import call, encoded, keccak

JUELS: Final = 10**15  # of LINK per unit of the chain's coin, roughly


def transmission(
    feed: Feed, observations: Sequence[tuple[int, int]], observed_s: int, epoch_round: int
) -> bytes:
    """Calldata of a node's forwarder. `observations`: (answer, number of the node), rising."""
    observers = bytes(node for _, node in observations).ljust(32, b"\0")
    answers = [answer for answer, _ in observations]
    report = encoded(REPORT, (observed_s, observers, answers, JUELS))
    digest = feed.aggregator.digest
    context = [digest, epoch_round.to_bytes(32, "big"), keccak(digest + b"extra")]
    signatures = [keccak(report + bytes([k])) for k in range(2 * FAULTY + 2)]
    rs, ss = signatures[: FAULTY + 1], signatures[FAULTY + 1 :]
    inner = call(TRANSMIT, context, report, rs, ss, bytes([0, 1, 0]).ljust(32, b"\0"))
    return call("forward(address,bytes)", feed.aggregator.address, inner)
