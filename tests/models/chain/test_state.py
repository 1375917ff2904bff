"""A chain's state as a whole: what goes where, blocks that leave and return, restarts."""

import pickle
from typing import Any

import pytest
from msgspec.structs import replace

from models.chain.state import ChainState
from schemas.chain import BlockAt, Body, ChainItem, FeeHistory, Head, Log, PoolMeta, TokenMeta
from schemas.chain_contract import ChainSettings, LendingContract
from schemas.chain_event import V2Sync
from schemas.errors import BrokenInvariant
from tests.models.chain.test_mempool import pending

S = 1_000_000_000
POOL = "0x" + "aa" * 20
CHAIN = ChainSettings(
    id=1, name="ethereum",
    lending=[LendingContract(name="comet", protocol="compound-v3", pool=POOL),
             LendingContract(name="aave", protocol="aave-v3", pool=POOL)],
)  # fmt: skip


def head(number: int, branch: str = "", parent: str = "") -> Head:
    at = BlockAt(number, f"{number}{branch}", 12 * number)
    return Head(at, f"{number - 1}{parent}", 10**9, 15_000_000, 30_000_000)


def told(*said: Any) -> ChainState:
    made = ChainState(CHAIN)
    for k, one in enumerate(said):
        made.take(ChainItem("evm-1:chain", "c", k * S, k + 1, one))
    return made


def names(made: ChainState) -> list[str]:
    return [waiting.transaction.hash for waiting in made.mempool]


def test_bodies_come_before_or_after_their_heads() -> None:
    one, other = pending("a", nonce=1), pending("b", nonce=2)
    made = told(one, other, Body(1, "1", ("a",)), head(1), head(2), Body(2, "2", ("b",)))
    assert (names(made), made.mempool.counts["mined"]) == ([], 2)


def test_what_a_left_block_had_waits_again_until_it_is_canonical_again() -> None:
    made = told(pending("a"), head(1), head(2), Body(2, "2", ("a",)))
    assert names(made) == []
    for k, said in enumerate((head(2, "x"), head(3, "x", "x"))):
        made.take(ChainItem("k", "c", (9 + k) * S, 9, said))
    assert (names(made), made.reorg_depth) == (["a"], 1)
    for k, said in enumerate((head(3), head(4))):
        made.take(ChainItem("k", "c", (20 + k) * S, 20, said))
    assert names(made) == []


def test_a_log_shows_that_a_transaction_is_mined_before_the_body_does() -> None:
    made = told(pending("a"), pending("b", nonce=7), head(1))
    log = Log(1, "1", "a", 0, "0xpool", V2Sync(1, 2))
    made.take(ChainItem("k", "c", 9 * S, 9, log))
    assert [w.transaction.hash for w in made.waiting()] == ["b"]
    assert names(made) == ["a", "b"]
    made.take(ChainItem("k", "c", 10 * S, 10, replace(log, removed=True)))
    assert [w.transaction.hash for w in made.waiting()] == ["a", "b"]


def test_fees_follow_the_tip_and_their_history() -> None:
    fees = FeeHistory(1, (1, 2), (0.5,), (10.0, 50.0, 90.0), ((1, 2, 3),))
    made = told(fees, head(1))
    assert made.gas.value is not None
    assert made.gas.value.paid_tips_wei == ((10.0, 1), (50.0, 2), (90.0, 3))
    assert made.head_ns == S


def test_a_lost_connection_forgets_what_waits() -> None:
    made = told(pending("a"), head(1))
    made.lose()
    assert names(made) == []
    assert made.canon.head is not None


def test_tokens_are_what_they_stand_for() -> None:
    made = told(TokenMeta("0x1", "WETH", 18), TokenMeta("0x2", "USDC", 6), TokenMeta("0x3", "X", 9))
    known = made.tokens.known
    assert [(t.asset, t.dollar) for t in known.values()] == [
        ("ETH", False), ("USDC", True), ("X", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("symbols", "asset"), [(("USDC", "WETH"), "ETH"), (("WETH", "USDC"), "ETH"),
                           (("WBTC", "WETH"), "BTC"), (("USDC", "USDT"), "USDC")]
)  # fmt: skip
def test_which_side_of_a_pool_is_the_asset(symbols: tuple[str, str], asset: str) -> None:
    meta = PoolMeta("0xp", "uniswap-v3", "0x1", "0x2", 500, 10)
    made = told(meta, TokenMeta("0x1", symbols[0], 6), TokenMeta("0x2", symbols[1], 6))
    pool = made.pools.pool("0xp")
    assert pool is not None
    assert (pool.asset, pool.fee_e6, pool.tick_spacing) == (asset, 500, 10)


def test_a_restored_state_goes_on_the_same() -> None:
    said: list[Any] = [pending("a"), head(1), PoolMeta("0xp", "uniswap-v2", "0x1", "0x2", 3000, 1),
                       TokenMeta("0x1", "WETH", 18), head(2), Body(2, "2", ("a",)), head(2, "x"),
                       head(3, "x", "x"), pending("b", nonce=5)]  # fmt: skip
    straight = told(*said)
    for cut in range(len(said) + 1):
        made = ChainState(CHAIN)
        made.restore(told(*said[:cut]).snapshot())
        for k, one in enumerate(said[cut:], cut):
            made.take(ChainItem("evm-1:chain", "c", k * S, k + 1, one))
        assert (names(made), made.canon.head) == (names(straight), straight.canon.head)
        assert (made.reorg_depth, made.head_ns) == (straight.reorg_depth, straight.head_ns)
        assert made.mempool.counts == straight.mempool.counts


def test_a_state_of_another_version_is_refused() -> None:
    packed = pickle.loads(ChainState(CHAIN).snapshot())
    with pytest.raises(BrokenInvariant, match="version 99"):
        ChainState(CHAIN).restore(pickle.dumps((99, *packed[1:])))
