"""The truth of the chains, as JSON lines: what stands and happens there, written as it happens.

chain    its contracts by name, when it begins
block    a new canonical block;  removed: one that is canonical no more
pool     reserves, or price, tick and liquidity, after a block in which they changed
account  scaled collateral and debt by asset, assets used, e-mode; at first, and when they change
report   of the price feeds: when it was due, when it was sent, and why
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

from sources.simulator.chain.block import Block
from sources.simulator.chain.health import emode, used
from sources.simulator.chain.network import Network
from sources.simulator.chain.transaction import Transaction


@contextmanager
def write_chain_truth(networks: Sequence[Network], path: Path | None) -> Iterator[None]:
    """Write the truth of chains that have only begun; without a file, nothing."""
    if path is None:
        yield
        return
    with path.open("wb") as out:
        for network in networks:
            ChainTruth(network, out)
        yield


class ChainTruth:
    """Listens to one chain."""

    def __init__(self, network: Network, out: IO[bytes]) -> None:
        self._network = network
        self._out = out
        self._reports = 0
        self._last: dict[str, Any] = {}
        chain = network.chain
        self._write("chain", contracts=network.made.named(), slot_s=network.spec.slot_s)
        self.headed(chain.head)
        chain.listeners.append(self)

    def pending(self, transaction: Transaction) -> None:
        """Nothing is written: anybody can see it."""

    def removed(self, block: Block) -> None:
        """A block is canonical no more."""
        self._write("removed", number=block.number, hash=block.hash)

    def headed(self, block: Block) -> None:
        """A new block, and what is different after it."""
        self._write(
            "block", number=block.number, hash=block.hash, parent=block.parent_hash,
            timestamp_s=block.timestamp_s, base_fee_wei=block.base_fee_wei,
            gas_used=block.gas_used, transactions=len(block.receipts),
        )  # fmt: skip
        network = self._network
        frame = network.chain.frame()
        for product in network.made.products:
            self._changed("pool", product.address, reserves=[str(r) for r in
                                                             product.reserves(frame)])  # fmt: skip
        for ranged in network.made.ranges:
            slot = ranged.slot(frame)
            self._changed(
                "pool", ranged.address, sqrt_price_x96=str(slot.sqrt_price), tick=slot.tick,
                liquidity=str(slot.liquidity),
            )  # fmt: skip
        for who in network.actors.borrowers:
            balances = {
                kind: {
                    name: str(scaled)
                    for name, reserve in network.made.reserves.items()
                    if (scaled := getattr(reserve, token).scaled(frame, who))
                }
                for kind, token in (("collateral", "a_token"), ("debt", "debt_token"))
            }
            self._changed("account", who, used=list(used(frame, who)), emode=emode(frame, who),
                          **balances)  # fmt: skip
        for report in network.nodes.reports[self._reports :]:
            self._write("report", asset=report.asset, due_s=report.due_s, sent_s=report.sent_s,
                        why=report.why, answer=report.answer, epoch_round=report.epoch_round,
                        transaction=report.transaction)  # fmt: skip
        self._reports = len(network.nodes.reports)

    def _changed(self, kind: str, address: str, **values: Any) -> None:
        if self._last.get(address) != values:
            self._last[address] = values
            self._write(kind, address=address, **values)

    def _write(self, kind: str, **values: Any) -> None:
        line = {"k": kind, "chain": self._network.spec.chain_id} | values
        self._out.write(orjson.dumps(line) + b"\n")
