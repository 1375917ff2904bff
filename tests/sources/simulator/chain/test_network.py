"""A chain with everybody on it: the same by seed, calm when calm, prices near the exchanges'."""

from math import exp

import pytest

from sources.simulator.chain.chain import BASE
from sources.simulator.chain.network import Network
from sources.simulator.chain.venue import NEAREST
from sources.simulator.world.scenario import scenario
from tests.sources.simulator.chain.scripted import (
    EPOCH_S,
    FAST,
    Folded,
    Scripted,
    go_on,
    run,
    topic,
)

LIQUIDATED = topic("LiquidationCall(address,address,address,uint256,uint256,address,bool)")


def logs(network: Network, kind: str) -> int:
    return sum(row["topics"][0] == kind for b in network.chain.blocks for row in b.logs())


def price(network: Network, place: int) -> float:
    """USD of the coin in a v3 pool."""
    pool = network.made.ranges[place]
    root = pool.slot(network.chain.frame()).sqrt_price / 2**96
    found = root * root * pool.token0.unit / pool.token1.unit
    return 1.0 / found if pool.token0.symbol == "USDC" else found


def test_the_same_seed_is_the_same_chain() -> None:
    first, again, other = run(60.0, reorgs=True), run(60.0, reorgs=True), run(60.0, seed=4)
    assert [b.hash for b in first.chain.blocks] == [b.hash for b in again.chain.blocks]
    assert [t.hash for t in first.chain.mempool.all()] == [
        t.hash for t in again.chain.mempool.all()
    ]
    assert first.chain.store.items() == again.chain.store.items()
    assert first.chain.head.hash != other.chain.head.hash


def test_calm_is_calm_and_pools_follow_the_exchanges() -> None:
    network = run(150.0)
    assert logs(network, LIQUIDATED) == 0
    frame = network.chain.frame()
    health = [network.made.lending.health(frame, who).factor for who in network.actors.borrowers]
    assert min(health) > 10**18
    eth, btc = (network.outside.usd(name) for name in ("ETH", "BTC"))
    assert price(network, 0) == pytest.approx(eth, rel=0.004)
    assert price(network, 1) == pytest.approx(btc, rel=0.006)
    assert price(network, 2) == pytest.approx(1.0, rel=0.001)
    hashes = {r.transaction.hash for b in network.chain.blocks for r in b.receipts}
    assert not {t.hash for t in network.chain.mempool.all()} & hashes


def test_liquidations_come_when_the_oracle_says_so() -> None:
    outside = Scripted(fall=0.08)
    network = Network(BASE, 3, EPOCH_S, outside, nearest=0.02)
    step = go_on(network, outside, 0, 55.0)
    assert logs(network, LIQUIDATED) == 0
    go_on(network, outside, step, 140.0)
    found = logs(network, LIQUIDATED)
    assert found > 5
    sold = [
        receipt for block in network.chain.blocks for receipt in block.receipts
        if receipt.transaction.sender in network.actors.searchers
        and receipt.transaction.to == network.made.router_v3.address
    ]  # fmt: skip
    assert sold


class OfScript(Scripted):
    """A scenario's own path, without the noise of trading."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.script = scenario(name, 5.0)

    def usd(self, asset: str) -> float:
        if asset.startswith("USD"):
            return self.script.peg(self.now_s) if asset == "USDX" else 1.0
        start, beta = {"ETH": (3150.0, 1.2), "BTC": (92_000.0, 1.0)}[asset]
        return start * exp(beta * self.script.news(self.now_s))

    def stress(self) -> float:
        return self.script.stress(self.now_s)


@pytest.mark.parametrize(("name", "some"), [("calm", False), ("crash", True), ("depeg", True)])
def test_liquidations_by_scenario(name: str, some: bool) -> None:
    outside = OfScript(name)
    network = Network(FAST, 3, EPOCH_S, outside, nearest=NEAREST * outside.script.nearest)
    go_on(network, outside, 0, 200.0)
    assert (logs(network, LIQUIDATED) > 3) is some
    assert (logs(network, LIQUIDATED) == 0) is not some


def test_a_lost_peg_shows_in_oracle_and_pool() -> None:
    network = run(160.0, peg=0.88)
    feed = network.made.feeds["USDX"].aggregator
    assert feed.answer(network.chain.frame()) == pytest.approx(0.88e8, rel=0.005)
    assert price(network, 2) == pytest.approx(0.88, rel=0.005)
    assert logs(network, LIQUIDATED) > 0


def test_transactions_are_replaced_and_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.simulator.chain.demand.WAIT_S", 30.0)
    seen: dict[tuple[str, int], set[str]] = {}

    class Ear:
        def pending(self, transaction: object) -> None:
            tx = transaction
            seen.setdefault((tx.sender, tx.nonce), set()).add(tx.hash)  # type: ignore[attr-defined]

        def removed(self, block: object) -> None: ...

        def headed(self, block: object) -> None: ...

    network = run(120.0, watch=lambda n: n.chain.listeners.append(Ear()))
    included = {r.transaction.hash for b in network.chain.blocks[1:] for r in b.receipts}
    everything = {name for names in seen.values() for name in names}
    assert included <= everything
    assert [names for names in seen.values() if len(names) > 1]
    waiting = {t.hash for t in network.chain.mempool.all()}
    lost = everything - included - waiting
    replaced = {name for names in seen.values() if len(names) > 1 for name in names}
    assert lost - replaced
    state = Folded().take(row for b in network.chain.blocks for row in b.logs()).state
    assert all(v >= 0 for k, v in state.items() if k[0] == "balance" and int(k[2], 16))
