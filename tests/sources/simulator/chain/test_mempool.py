"""What waits: nonces in order, replaced for 10 %, dropped with what depends on it, by tip."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sources.simulator.chain.mempool import Mempool
from sources.simulator.chain.store import Overlay, Store
from sources.simulator.chain.transaction import Transaction

ONE, TWO = "0x" + 40 * "1", "0x" + 40 * "2"


def tx(sender: str, nonce: int, most: int, tip: int) -> Transaction:
    return Transaction(1, sender, TWO, nonce, b"", 21_000, 21_000, most, tip)


def test_a_replacement_pays_ten_percent_more_of_both() -> None:
    pool = Mempool(lambda _: 0)
    first = tx(ONE, 0, 100, 10)
    assert pool.add(first, 0.0)
    assert not pool.add(first, 0.0)
    assert not pool.add(tx(ONE, 0, 109, 20), 0.0)
    assert not pool.add(tx(ONE, 0, 200, 10), 0.0)
    better = tx(ONE, 0, 110, 11)
    assert pool.add(better, 0.0)
    assert pool.all() == [better]
    assert pool.next_nonce(ONE) == 1
    assert pool.get(first.hash) is None


def test_the_order_is_by_tip_and_nonce() -> None:
    pool = Mempool({ONE: 3, TWO: 0}.__getitem__)
    assert not pool.add(tx(ONE, 2, 100, 50), 0.0)
    late, early = tx(ONE, 4, 100, 50), tx(ONE, 3, 100, 5)
    other, poor, gap = tx(TWO, 0, 30, 30), tx(TWO, 1, 19, 19), tx(TWO, 3, 100, 100)
    for one in (late, early, other, poor, gap):
        assert pool.add(one, 0.0)
    assert list(pool.best(20)) == [(10, other), (5, early), (50, late)]


def test_what_depends_on_the_dropped_goes_too() -> None:
    pool = Mempool(lambda _: 0)
    old, middle, young = tx(ONE, 0, 5, 5), tx(ONE, 1, 5, 5), tx(TWO, 0, 5, 5)
    for at_s, one in ((0.0, old), (9.0, middle), (9.0, young)):
        pool.add(one, at_s)
    assert pool.drop_older(5.0) == [old, middle]
    assert pool.all() == [young]


def test_hashes_say_everything() -> None:
    one = tx(ONE, 0, 5, 5)
    others = [replace(one, nonce=1), replace(one, data=b"\0"), replace(one, priority_wei=4),
              replace(one, value_wei=1), replace(one, type=0), replace(one, to=ONE)]  # fmt: skip
    assert len({tx.hash for tx in (one, *others)}) == 7


KEYS = st.integers(0, 4)
BLOCK = st.dictionaries(KEYS, st.integers(0, 3))


@given(st.lists(BLOCK, min_size=1, max_size=8), st.integers(0, 7))
def test_the_past_is_what_it_was(blocks: list[dict[int, int]], back: int) -> None:
    store = Store()
    states = [dict[int, int]()]
    for block in blocks:
        overlay = Overlay(store)
        for key, value in block.items():
            overlay.set(key, value)
            assert overlay.get(key) == value
        assert store.items() == states[-1]
        overlay.commit()
        store.seal()
        states.append({**states[-1], **block})
    back = min(back, len(blocks))
    past = store.before(back)
    assert [past.get(key, None) for key in range(5)] == [
        states[-1 - back].get(key) for key in range(5)
    ]
    for _ in range(back):
        store.unwind()
    assert store.items() == states[-1 - back]
