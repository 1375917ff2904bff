"""A chain's step against a simulated chain, whose own state and arithmetic are the truth."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest

from flows.chain import ChainLogic, is_chain
from flows.simulated_addresses import CHAIN_NAMES
from schemas.chain import chain_key
from schemas.errors import BrokenInvariant
from schemas.tables import Rows
from sources.simulator.chain.rpc import Rpc
from tests.flows.simulated_chain import CONNECTION, KEY, Conversation, items_of, rows_of
from tests.sources.simulator.chain.scripted import ask


@pytest.fixture(scope="module")
def crash() -> Conversation:
    return Conversation(150.0, fall=0.25)


@pytest.fixture(scope="module")
def reorgs() -> Conversation:
    return Conversation(120.0, reorgs=True, seed=5)


def table(rows: Iterable[Rows], name: str) -> list[Any]:
    return [row for item in rows if item.table == name for row in item.rows]


def at_the_end(said: Conversation) -> tuple[list[Rows], ChainLogic, Rpc]:
    rows, logic = rows_of(said.chain, items_of(said.chain, said.lines))
    return rows, logic, Rpc(said.network.chain)


@pytest.mark.parametrize("name", ["crash", "reorgs"])
def test_the_state_is_what_the_node_answers(name: str, request: pytest.FixtureRequest) -> None:
    said: Conversation = request.getfixturevalue(name)
    _, logic, rpc = at_the_end(said)
    made, state = said.network.made, logic.state
    assert state.canon.head is not None
    assert state.canon.head.at.hash == said.network.chain.blocks[-1].hash
    for pool in made.products:
        held = state.pools.held(pool.address).state
        expected = ask(rpc, pool.address, "getReserves()", "(uint112,uint112,uint32)")[:2]
        assert (held.reserve0, held.reserve1) == tuple(expected)
    for ranged in made.ranges:
        held = state.pools.held(ranged.address).state
        expected = ask(rpc, ranged.address, "slot0()",
                       "(uint160,int24,uint16,uint16,uint16,uint8,bool)")  # fmt: skip
        liquidity = ask(rpc, ranged.address, "liquidity()", "(uint128)")
        assert (held.sqrt_price_x96, held.tick) == tuple(expected[:2])
        assert [held.liquidity] == list(liquidity)
    for feed in made.feeds.values():
        record = state.feeds.record(feed.aggregator.address)
        round_id, answer, *_ = ask(rpc, feed.proxy.address, "latestRoundData()",
                                   "(uint80,int256,uint256,uint256,uint80)")  # fmt: skip
        assert record is not None
        assert (record.rounds[-1].id, record.rounds[-1].answer) == (round_id % 2**64, answer)
    (market,) = state.markets
    balances = 0
    for account in said.chain.lending[0].accounts:
        for holding in market.holdings(account.lower()):
            token = holding.reserve.debt_token if holding.side else holding.reserve.a_token
            (scaled,) = ask(rpc, token, "scaledBalanceOf(address)", "(uint256)", account)
            assert holding.scaled == scaled, (account, token)
            balances += 1
    assert balances > 50


def test_accounts_are_worth_what_the_contract_says(crash: Conversation) -> None:
    _, logic, rpc = at_the_end(crash)
    head = logic.state.canon.head
    assert head is not None
    (market,) = logic.state.markets
    pool = crash.chain.lending[0].pool
    prices = {}
    for feed, name in ((f, a) for a, f in crash.network.made.feeds.items()):
        (_, answer, *_) = ask(rpc, feed.proxy.address, "latestRoundData()",
                              "(uint80,int256,uint256,uint256,uint80)")  # fmt: skip
        token = next(t for t, known in logic.state.tokens.known.items() if known.asset == name)
        prices[token] = answer
    compared = 0
    for account in crash.chain.lending[0].accounts:
        found = market.exact(account.lower(), head.at.timestamp_s, prices)
        collateral, debt, _, _, _, health = ask(
            rpc, pool, "getUserAccountData(address)",
            "(uint256,uint256,uint256,uint256,uint256,uint256)", account,
        )  # fmt: skip
        if found.debt_base:
            assert found.collateral_base == pytest.approx(collateral, rel=1e-9)
            assert found.debt_base == pytest.approx(debt, rel=1e-9)
            assert found.health_wad == pytest.approx(health, rel=1e-9)
            compared += 1
    assert compared > 20


def test_fees_are_those_of_the_blocks(crash: Conversation) -> None:
    rows, *_ = at_the_end(crash)
    by_number = {b.number: b for b in crash.network.chain.blocks}
    gas = table(rows, "gas")
    assert [row.block for row in gas] == sorted(row.block for row in gas)
    assert len(gas) > 20
    for row in gas:
        assert row.chain == CHAIN_NAMES[1]
        header = by_number[row.block].header()
        assert row.base_fee_gwei == int(header["baseFeePerGas"], 16) / 1e9
        after = by_number.get(row.block + 1)
        if after is not None:
            assert row.next_base_fee_gwei == int(after.header()["baseFeePerGas"], 16) / 1e9
    assert sum(row.mined for row in gas) > 50


def test_forced_sales_are_the_liquidations_of_the_chain(crash: Conversation) -> None:
    rows, logic, _ = at_the_end(crash)
    topic = "0xe413a321e8681d831f4dbccbca790d2952b56f977908e45be37335533e005286"
    settled = [
        b for b in crash.network.chain.blocks if b.number <= logic.state.canon.head.at.number
    ]
    happened = [log for b in settled for log in b.logs() if log["topics"][0] == topic]
    told = table(rows, "liquidations")
    assert len(told) == len(happened) > 0
    assert {row.asset for row in told} <= {"ETH", "BTC"}
    for row, log in zip(told, happened, strict=True):
        words = [int(log["data"][2 + 64 * k : 66 + 64 * k], 16) for k in range(2)]
        token = logic.state.tokens.known["0x" + log["topics"][1][26:]]
        assert row.size_base == pytest.approx(words[1] / 10**token.decimals)
        assert row.size_usd == pytest.approx(words[0] / 1e6, rel=0.2)  # dollars of whatever peg
        assert row.source == CONNECTION


def test_what_waits_is_seen_before_it_is_mined(crash: Conversation) -> None:
    rows, *_ = at_the_end(crash)
    waiting = table(rows, "mempool")
    assert {row.asset for row in waiting} >= {"ETH", "BTC"}
    assert sum(row.liquidations for row in waiting) > 0
    assert sum(row.oracle_updates for row in waiting) > 0
    assert max(row.sell_usd for row in waiting) > 10_000
    oracles = [row for row in table(rows, "oracles") if row.pending_px is not None]
    assert oracles
    assert all(row.marks_accounts for row in oracles)
    later = {(row.feed, row.px) for row in table(rows, "oracles")}
    came = [row for row in oracles if (row.feed, row.pending_px) in later]
    assert len(came) > len(oracles) / 2  # what was announced was said
    threatened = [r for r in table(rows, "lending_accounts") if (r.health_pending or 9.0) < 1.0]
    assert any(row.health is not None and row.health >= 1.0 for row in threatened)


def test_a_reorg_shows_and_leaves_nothing(reorgs: Conversation) -> None:
    rows, logic, _ = at_the_end(reorgs)
    assert max(row.reorg_depth for row in table(rows, "gas")) >= 2
    assert logic.state.lost == 0
    assert not logic.state.canon.incomplete


@pytest.mark.parametrize("name", ["crash", "reorgs"])
@pytest.mark.parametrize(("lines", "items", "restarts"), [(1, 1, False), (7, 13, False),
                                                         (500, 400, True)])  # fmt: skip
def test_rows_depend_on_the_lines_alone(
    name: str, lines: int, items: int, restarts: bool, request: pytest.FixtureRequest
) -> None:
    said: Conversation = request.getfixturevalue(name)
    part = said.lines[: len(said.lines) // 2]
    straight, _ = rows_of(said.chain, items_of(said.chain, part))
    other, _ = rows_of(said.chain, items_of(said.chain, part, lines), items, restarts)
    assert other == straight


def unreliable(seed: int) -> Callable[[list[bytes]], list[bytes]]:
    """A node that skips heads and logs, says others twice, and answers late; at last it is well."""
    rng, late, turns = Random(seed), list[bytes](), 0

    def worse(said: list[bytes]) -> list[bytes]:
        nonlocal turns
        turns += 1
        well = turns > 380
        out: list[bytes] = []
        if well or rng.random() < 0.5:
            out, late[:] = [*late], []
        for frame in said:
            notice = b"eth_subscription" in frame and b'"nonce"' not in frame
            if well or not notice:
                (out if well or rng.random() < 0.7 else late).append(frame)
            elif rng.random() < 0.6:
                out += [frame] * rng.choice((1, 1, 2))
        return out

    return worse


@pytest.mark.parametrize("seed", [1, 2])
def test_a_node_that_skips_repeats_and_answers_late(seed: int) -> None:
    said = Conversation(120.0, reorgs=True, seed=5, worse=unreliable(seed))
    _, logic, rpc = at_the_end(said)
    state, made = logic.state, said.network.made
    assert state.canon.head is not None
    assert state.canon.head.at.hash == said.network.chain.blocks[-1].hash
    assert not state.canon.incomplete
    for pool in made.products:
        held = state.pools.held(pool.address).state
        expected = ask(rpc, pool.address, "getReserves()", "(uint112,uint112,uint32)")[:2]
        assert (held.reserve0, held.reserve1) == tuple(expected)
    for feed in made.feeds.values():
        record = state.feeds.record(feed.aggregator.address)
        (_, answer, *_) = ask(rpc, feed.proxy.address, "latestRoundData()",
                              "(uint80,int256,uint256,uint256,uint80)")  # fmt: skip
        assert record is not None
        assert record.rounds[-1].answer == answer


def test_bundles_of_chains() -> None:
    assert is_chain((chain_key(1), []))
    assert not is_chain(("evm-1:0xpool", []))
    assert not is_chain(("binance-usdm:BTCUSDT", []))


def test_a_strange_item_is_refused(crash: Conversation) -> None:
    logic = ChainLogic({KEY: crash.chain}, (), None)
    with pytest.raises(BrokenInvariant, match="a chain has no float"):
        logic.on_batch([[KEY, 1.0]])
