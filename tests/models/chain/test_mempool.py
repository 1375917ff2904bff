"""Transactions that wait: every way in and out, blocks undone, what is kept in bounds."""

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chain.mempool import Mempool, tip_wei
from schemas.chain import Pending

S = 1_000_000_000
GWEI = 1_000_000_000


def pending(name: str, sender: str = "0xa", nonce: int = 0, **more: Any) -> Pending:
    fields = {
        "hash": name, "sender": sender, "to": "0xpool", "nonce": nonce, "type": 2,
        "value_wei": 10**30,
        "gas": 100_000, "gas_price_wei": None, "max_fee_wei": 30 * GWEI,
        "max_priority_wei": 2 * GWEI, "selector": "", "calls": (),
    }  # fmt: skip
    return Pending(**(fields | more))


def names(pool: Mempool) -> list[str]:
    return [waiting.transaction.hash for waiting in pool]


def test_seen_replaced_mined_dropped() -> None:
    pool = Mempool()
    pool.see(pending("a", nonce=1), 10 * S)
    pool.see(pending("b", nonce=2), 11 * S)
    pool.see(pending("a", nonce=1), 12 * S)  # again: nothing new
    pool.see(pending("A", nonce=1), 13 * S)  # the same nonce
    assert names(pool) == ["b", "A"]
    pool.mine("0x1", ["x", "A"], 25 * S)
    pool.mine("0x1", ["x", "A"], 26 * S)
    pool.see(pending("A", nonce=1), 27 * S)  # told late: it is mined
    pool.see(pending("x", nonce=9), 27 * S)
    assert (names(pool), pool.delay_s) == (["b"], 12.0)
    pool.pass_time(610 * S)
    assert names(pool) == ["b"]
    pool.pass_time(611 * S)
    assert names(pool) == []
    assert dict(pool.counts) == {"seen": 3, "replaced": 1, "mined": 1, "dropped": 1}


def test_the_delay_halves_its_distance_in_twenty_transactions() -> None:
    pool = Mempool()
    pool.see(pending("first"), 0)
    pool.mine("0x0", ["first"], 100 * S)
    for k in range(20):
        pool.see(pending(f"{k}", nonce=k + 1), 0)
    pool.mine("0x1", [f"{k}" for k in range(20)], 0)
    assert pool.delay_s == pytest.approx(50.0)


def test_an_undone_block_gives_back_what_waited() -> None:
    pool = Mempool()
    for k, name in enumerate("abc"):
        pool.see(pending(name, nonce=k), k * S)
    pool.mine("0x1", ["a", "b", "c"], 12 * S)
    pool.see(pending("C", nonce=2), 13 * S)
    pool.unmine("0x1")
    pool.unmine("0x1")
    assert names(pool) == ["C", "a", "b"]  # c's nonce is taken
    pool.mine("0x2", ["b"], 14 * S)
    assert names(pool) == ["C", "a"]


def test_a_block_undone_after_its_rival_took_the_same() -> None:
    pool = Mempool()
    pool.see(pending("a"), 0)
    pool.mine("0x1", ["a"], S)
    pool.mine("0x2", ["a"], S)
    pool.unmine("0x1")
    assert names(pool) == []


def test_the_cheapest_leaves_when_there_are_too_many() -> None:
    pool = Mempool(most=2)
    pool.see(pending("a", nonce=1, max_fee_wei=5), 0)
    pool.see(pending("b", nonce=2, max_fee_wei=None, gas_price_wei=4), 1)
    pool.see(pending("c", nonce=3, max_fee_wei=9), 2)
    assert names(pool) == ["a", "c"]
    pool.see(pending("d", nonce=4, max_fee_wei=None), 3)
    assert names(pool) == ["a", "c"]
    assert pool.counts["dropped"] == 2


def test_tips() -> None:
    assert tip_wei(pending("a"), 20 * GWEI) == 2 * GWEI
    assert tip_wei(pending("a"), 29 * GWEI) == 1 * GWEI
    assert tip_wei(pending("a"), 31 * GWEI) == -1 * GWEI
    legacy = pending("a", max_fee_wei=None, max_priority_wei=None, gas_price_wei=7)
    assert tip_wei(legacy, 5) == 2
    assert tip_wei(pending("a", max_fee_wei=None), 5) == -5  # an unknown type


moves = st.lists(
    st.one_of(
        st.tuples(st.just("see"), st.integers(0, 5), st.integers(0, 3)),
        st.tuples(st.just("mine"), st.integers(0, 3), st.integers(0, 5)),
        st.tuples(st.just("unmine"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("time"), st.integers(0, 900), st.just(0)),
    ),
    max_size=40,
)


@given(moves)
@settings(max_examples=150, deadline=None)
def test_a_restored_pool_goes_on_the_same_and_no_nonce_waits_twice(
    walk: list[tuple[str, int, int]],
) -> None:
    pool, at_ns = Mempool(most=4), 0
    for what, one, two in walk:
        again = Mempool(most=4)
        again.restore(pool.snapshot())
        at_ns += S
        for each in (pool, again):
            if what == "see":
                each.see(pending(f"{one}-{two}", nonce=one, max_fee_wei=two + 1), at_ns)
            elif what == "mine":
                each.mine(f"b{one}", [f"{two}-{k}" for k in range(one + 1)], at_ns)
            elif what == "unmine":
                each.unmine(f"b{one}")
            else:
                each.pass_time(at_ns + one * S)
        assert pickle.loads(again.snapshot()) == pickle.loads(pool.snapshot())
        nonces = [(w.transaction.sender, w.transaction.nonce) for w in pool]
        assert len(nonces) == len(set(nonces)) <= 4
