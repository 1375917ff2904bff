"""A chain with everybody on it, run by market time: arrivals, slots, missed blocks, reorgs.

What happens depends on seed, scenario and market time alone. A block is built when it is seen:
its time plus a delay. A reorg takes 1 to 3 blocks back and puts others in their place, in which
some transactions are missing, before the block that was due.
"""

from collections.abc import Callable
from math import ceil
from random import Random
from typing import Final

from sources.simulator.chain.arbitrage import Arbitrage
from sources.simulator.chain.block import Block
from sources.simulator.chain.chain import Chain, Spec
from sources.simulator.chain.demand import Demand
from sources.simulator.chain.deployment import ASSET_OF, Deployment
from sources.simulator.chain.genesis import Genesis, actors_of
from sources.simulator.chain.governance import Governance
from sources.simulator.chain.households import Households
from sources.simulator.chain.nodes import Nodes
from sources.simulator.chain.prices import Outside, e8
from sources.simulator.chain.searchers import Searchers
from sources.simulator.chain.traders import Traders
from sources.simulator.chain.wallets import Wallets
from sources.simulator.chain.words import address_of

STEPS: Final = 16  # a slot
MISSED: Final = 0.01  # share of slots without a block
REORG_EVERY: Final = 6.0  # blocks, on average
DEEPEST: Final = 3
WITHHELD: Final = 0.3  # share of transactions that the other branch lacks
BORROWERS: Final = 160
BLOBS: Final = 9
BUILDERS: Final = 6


class Network:
    """One chain. `step` is called every `step_s` of market time, in order."""

    def __init__(
        self, spec: Spec, seed: int, epoch_s: int, outside: Outside, *, nearest: float,
        reorgs: bool = False,
    ) -> None:  # fmt: skip
        name = f"{seed}/chain {spec.chain_id}"
        self.spec, self.epoch_s = spec, epoch_s
        self.outside = outside
        self.step_s = spec.slot_s / STEPS
        self.made = made = Deployment(spec.chain_id)
        self.chain = chain = Chain(spec)
        chain.contracts.update(made.contracts())
        self.actors = actors = actors_of(spec.chain_id, ceil(BORROWERS * max(0.25, spec.scale)))
        prices = {asset: e8(outside.usd(asset)) for asset in ASSET_OF.values()}
        genesis = Genesis(made, actors, Random(f"{name}/genesis"), prices, scale=spec.scale,
                          heartbeat_s=spec.heartbeat_s, nearest=nearest)  # fmt: skip
        chain.begin(epoch_s, genesis.set_up)

        def rng(what: str) -> Random:
            return Random(f"{name}/{what}")

        def wallets(what: str) -> Wallets:
            return Wallets(chain, rng(f"{what} fees"))

        self.nodes = Nodes(chain, wallets("nodes"), rng("nodes"), outside, made)
        self.searchers = Searchers(
            chain, wallets("searchers"), rng("searchers"), outside, made, self.nodes,
            actors.searchers, actors.borrowers,
        )  # fmt: skip
        self.arbitrage = Arbitrage(
            chain, wallets("arbitrage"), rng("arbitrage"), outside, made, actors.arbitrageurs
        )
        self.governance = Governance(chain, wallets("governance"), rng("governance"), made)
        usdc = made.tokens["USDC"]
        self._agents: list[Callable[[float, float], None]] = [
            Demand(chain, wallets("demand"), rng("demand"), outside, actors.users, usdc).step,
            Traders(chain, wallets("traders"), rng("traders"), outside, made, actors).step,
            Households(
                chain, wallets("households"), rng("households"), made, actors.borrowers
            ).step,
            self.nodes.step,
            self.governance.step,
        ]
        self._rng = rng("blocks")
        self._reorgs = reorgs
        self._slot = 0
        self._due_s = 0.0
        self._looked = False
        self._plan()

    def step(self, at_ms: float) -> None:
        """Go on by `step_s` from a market time."""
        at_s = self.epoch_s + at_ms / 1000.0
        for act in self._agents:
            act(at_s, self.step_s)
        if not self._looked and self._due_s - at_s <= 2.0 * self.step_s:
            self._looked = True
            self.arbitrage.before_block(at_s)
            self.searchers.before_block(at_s)
        if at_s + self.step_s > self._due_s:
            self._block(at_s)
            self._plan()

    # -- slots -----------------------------------------------------------------------------------

    def _plan(self) -> None:
        """The next slot that is not missed."""
        self._slot += 1
        while self._rng.random() < MISSED:
            self._slot += 1
        late_s = self.spec.late_s * self._rng.uniform(0.2, 1.0)
        self._due_s = self.epoch_s + self._slot * self.spec.slot_s + late_s
        self._looked = False

    def _block(self, at_s: float) -> None:
        chain = self.chain
        room = len(chain.blocks) - 1
        if self._reorgs and room > 2 * DEEPEST and self._rng.random() < 1.0 / REORG_EVERY:
            self.reorg(at_s, self._rng.randrange(1, DEEPEST + 1))
        timestamp_s = int(self.epoch_s + self._slot * self.spec.slot_s)
        chain.announce(self._build(timestamp_s))

    def _build(self, timestamp_s: int, without: frozenset[str] = frozenset()) -> Block:
        rng = self._rng
        miner = address_of(f"builder {rng.randrange(BUILDERS)}")
        blobs = rng.randrange(BLOBS + 1) if self.spec.chain_id == 1 else 0
        return self.chain.build(timestamp_s, miner, blobs=blobs, without=without)

    def reorg(self, at_s: float, depth: int) -> None:
        """Put other blocks in the place of the last ones."""
        chain = self.chain
        orphans = chain.unwind(depth, at_s)
        for old in reversed(orphans):
            names = [receipt.transaction.hash for receipt in old.receipts]
            without = frozenset(name for name in names if self._rng.random() < WITHHELD)
            waiting = [tx.hash for tx in chain.mempool.all() if tx.hash not in names]
            later = frozenset(waiting) if self._rng.random() < 0.5 else frozenset()
            chain.announce(self._build(old.timestamp_s, without | later))
