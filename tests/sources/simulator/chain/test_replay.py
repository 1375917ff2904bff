"""A crash with reorgs, heard as a reader hears it: what the logs add up to is what calls answer."""

from typing import Any

import pytest

from sources.simulator.chain.block import Block
from sources.simulator.chain.chain import Chain
from sources.simulator.chain.network import Network
from sources.simulator.chain.rpc import Rpc
from sources.simulator.chain.transaction import Transaction
from tests.sources.simulator.chain.scripted import FAST, Folded, ask, run, topic

LIQUIDATED = topic("LiquidationCall(address,address,address,uint256,uint256,address,bool)")
DEFICIT = topic("DeficitCreated(address,address,uint256)")
RATES = topic("ReserveDataUpdated(address,uint256,uint256,uint256,uint256,uint256)")
SECONDS = 160.0


class Reader:
    """Keeps the logs of blocks that are canonical, by what it is told alone."""

    def __init__(self, network: Network) -> None:
        self.logs: list[dict[str, Any]] = []
        self.heads: list[Block] = []
        self.removed_blocks = 0
        self.headed(network.chain.head)
        network.chain.listeners.append(self)

    def pending(self, transaction: Transaction) -> None:
        """Of no use here."""

    def removed(self, block: Block) -> None:
        self.removed_blocks += 1
        for row in block.logs(removed=True)[::-1]:
            assert self.logs.pop() == {**row, "removed": False}
        assert self.heads.pop() == block

    def headed(self, block: Block) -> None:
        if self.heads:
            assert block.parent_hash == self.heads[-1].hash
            assert block.number == self.heads[-1].number + 1
        self.heads.append(block)
        self.logs += block.logs()


@pytest.fixture(scope="module")
def heard() -> tuple[Network, Reader, Folded]:
    readers: list[Reader] = []
    network = run(SECONDS, fall=0.30, peg=0.80, reorgs=True,
                  watch=lambda n: readers.append(Reader(n)))  # fmt: skip
    return network, readers[0], Folded().take(readers[0].logs)


def test_removed_logs_and_new_heads_lead_to_the_canonical_chain(heard: Any) -> None:
    network, reader, _ = heard
    chain = network.chain
    depths = {depth for _, depth in chain.reorgs}
    assert {2, 3} <= depths <= {1, 2, 3}
    assert reader.removed_blocks == sum(depth for _, depth in chain.reorgs)
    assert reader.heads == chain.blocks
    assert reader.logs == [row for block in chain.blocks for row in block.logs()]


def test_something_of_everything_happened(heard: Any) -> None:
    _, reader, folded = heard
    kinds = {row["topics"][0] for row in reader.logs}
    assert {LIQUIDATED, DEFICIT} <= kinds
    assert {key[0] for key in folded.state} == {
        "balance", "reserves", "slot", "net", "answer", "scaled", "rates", "used", "emode",
        "deficit",
    }  # fmt: skip


def test_balances(heard: Any) -> None:
    network, _, folded = heard
    rpc, made = Rpc(network.chain), network.made
    asked = 0
    for token in made.tokens.values():
        known = {k[2]: v for k, v in folded.state.items() if k[:2] == ("balance", token.address)}
        minted = -known.pop("0x" + 40 * "0")
        assert sum(known.values()) == minted
        assert ask(rpc, token.address, "totalSupply()", "(uint256)") == (minted,)
        for who, amount in known.items():
            assert amount >= 0
            answer = ask(rpc, token.address, "balanceOf(address)", "(uint256)", who)
            assert answer == (amount,)
            asked += 1
    assert asked > 300


def test_pools(heard: Any) -> None:
    network, _, folded = heard
    rpc, made = Rpc(network.chain), network.made
    for pool in made.products:
        answer = ask(rpc, pool.address, "getReserves()", "(uint112,uint112,uint32)")
        assert answer[:2] == folded.state["reserves", pool.address]
    for ranged in made.ranges:
        at = ranged.address
        price, tick, *_ = ask(rpc, at, "slot0()", "(uint160,int24,uint16,uint16,uint16,uint8,bool)")
        (liquidity,) = ask(rpc, at, "liquidity()", "(uint128)")
        assert (price, tick, liquidity) == folded.state["slot", at]
        nets = {k[2]: v for k, v in folded.state.items() if k[:2] == ("net", at) and v}
        bits = {}
        words = {t // ranged.spacing >> 8 for t in nets}
        for word in words | {0, -1}:
            (found,) = ask(rpc, at, "tickBitmap(int16)", "(uint256)", word)
            bits |= {((word << 8) + k) * ranged.spacing: None for k in range(256) if found >> k & 1}
        assert set(nets) <= set(bits)
        kinds = "(uint128,int128,uint256,uint256,int56,uint160,uint32,bool)"
        for each in bits:
            row = ask(rpc, at, "ticks(int24)", kinds, each)
            assert (row[1], row[7]) == (nets.get(each, 0), True)


def test_feeds(heard: Any) -> None:
    network, _, folded = heard
    rpc = Rpc(network.chain)
    rounds = "(uint80,int256,uint256,uint256,uint80)"
    for feed in network.made.feeds.values():
        (aggregator,) = ask(rpc, feed.proxy.address, "aggregator()", "(address)")
        (phase,) = ask(rpc, feed.proxy.address, "phaseId()", "(uint16)")
        number, answer, _, updated_s, _ = ask(rpc, feed.proxy.address, "latestRoundData()", rounds)
        own = number & (1 << 64) - 1
        assert number >> 64 == phase
        assert (own, answer, updated_s) == folded.state["answer", aggregator]


def test_lending(heard: Any) -> None:
    network, _, folded = heard
    rpc, made = Rpc(network.chain), network.made
    at = made.lending.address
    state = folded.state
    for asset, reserve in made.lending.reserves.items():
        row = ask(rpc, made.provider.address, "getReserveData(address)",
                  "(" + "uint256," * 11 + "uint40)", asset)  # fmt: skip
        rates = state["rates", asset]
        assert (row[5], row[7], row[6], row[9], row[10]) == rates
        (deficit,) = ask(rpc, at, "getReserveDeficit(address)", "(uint256)", asset)
        assert deficit == state.get(("deficit", asset), 0)
        tokens = ask(rpc, made.provider.address, "getReserveTokensAddresses(address)",
                     "(address,address,address)", asset)  # fmt: skip
        assert tokens[::2] == (reserve.a_token.address, reserve.debt_token.address)
        for token in tokens[::2]:
            known = {k[2]: v for k, v in state.items() if k[:2] == ("scaled", token)}
            for who, scaled in known.items():
                found = ask(rpc, token, "scaledBalanceOf(address)", "(uint256)", who)
                assert found == (scaled,)
            total = ask(rpc, token, "scaledTotalSupply()", "(uint256)")
            assert total == (sum(known.values()),)
        for who in network.actors.borrowers:
            (bits,) = ask(rpc, at, "getUserConfiguration(address)", "(uint256)", who)
            assert bool(bits >> 2 * reserve.place + 1 & 1) == state.get(("used", who, asset), False)
    for who in network.actors.borrowers:
        (mode,) = ask(rpc, at, "getUserEMode(address)", "(uint256)", who)
        assert mode == state.get(("emode", who), 0)


def test_indices_never_fall(heard: Any) -> None:
    _, reader, _ = heard
    last: dict[str, tuple[int, int]] = {}
    for row in reader.logs:
        if row["topics"][0] == RATES:
            words = [int(row["data"][k : k + 64], 16) for k in range(2, len(row["data"]), 64)]
            asset, found = row["topics"][1], (words[3], words[4])
            before = last.get(asset, (10**27, 10**27))
            assert found[0] >= before[0]
            assert found[1] >= before[1]
            last[asset] = found
    assert any(index > 10**27 for index, _ in last.values())


def test_headers_chain_up(heard: Any) -> None:
    chain = heard[0].chain
    hashes = set()
    for old, new in zip(chain.blocks, chain.blocks[1:], strict=False):
        header = new.header()
        assert header["parentHash"] == old.hash
        assert new.timestamp_s > old.timestamp_s
        used, target = old.gas_used, FAST.gas_limit // 2
        base = old.base_fee_wei
        moved = base * abs(used - target) // target // 8
        expected = (
            base + max(1, moved) if used > target else base - moved if used < target else base
        )
        assert new.base_fee_wei == expected
        assert new.gas_used <= new.gas_limit
        assert new.gas_used == sum(r.transaction.burns for r in new.receipts)
        assert all(r.tip_wei >= 0 for r in new.receipts)
        hashes.add(new.hash)
    assert len(hashes) == len(chain.blocks) - 1


def test_the_state_is_that_of_the_canonical_chain_alone(heard: Any) -> None:
    """Executing the canonical transactions once more, without any reorg, gives the same state."""
    network = heard[0]
    copy: Chain = run(0.0).chain
    assert copy.head == network.chain.blocks[0]
    for block in network.chain.blocks[1:]:
        base = copy.next_base_wei
        assert block.base_fee_wei == base
        receipts = tuple(
            copy._execute(r.transaction, r.tip_wei, block.number, block.timestamp_s)
            for r in block.receipts
        )
        assert receipts == block.receipts
        made = copy._add(copy.head.hash, block.timestamp_s, block.miner, base, receipts,
                         block.blobs, block.excess_blob_gas)  # fmt: skip
        assert made.hash == block.hash
    assert copy.store.items() == network.chain.store.items()
