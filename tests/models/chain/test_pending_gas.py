"""Waiting gas against a slow version, and what offers mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chain.pending_gas import Bid, PendingGas, bid_of, effective_tip
from schemas.chain import Pending
from tests.reference import chain_waiting as slow

ROWS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9)).map(
        lambda row: (row[0], min(row[0], row[1]), row[2])
    ),
    max_size=25,
)


def pending(
    price: int | None = None,
    cap: int | None = None,
    tip: int | None = None,
    nonce: int = 0,
    gas: int = 21_000,
) -> Pending:
    return Pending("0xh", "0xs", None, nonce, 2, 0, gas, price, cap, tip, "", ())


@given(rows=ROWS, base=st.integers(0, 55), limit=st.integers(0, 120))
def test_equals_the_slow_version(rows: list[slow.Row], base: int, limit: int) -> None:
    waiting = PendingGas(Bid(*row) for row in rows)
    assert waiting.demand(base) == slow.demand(rows, base)
    percentiles = (0.0, 10.0, 50.0, 90.0, 100.0)
    assert waiting.tip_percentiles(base, percentiles) == tuple(
        slow.tip_percentile(rows, base, p) for p in percentiles
    )
    entry = waiting.entry_tip(base, limit)
    if slow.demand(rows, base) <= limit:
        assert entry == 0
    elif entry is not None:
        dearer = [gas for tip, gas in slow.tips(rows, base) if tip > entry]
        assert sum(dearer) < limit


def test_a_block_is_filled_from_the_top() -> None:
    waiting = PendingGas([Bid(30, 9, 10), Bid(30, 5, 10), Bid(22, 7, 10), Bid(15, 15, 10)])
    assert waiting.entry_tip(20, 30) == 0  # 15 cannot pay 20; the others have room
    assert [waiting.entry_tip(20, limit) for limit in (29, 20, 19, 9)] == [5, 5, 9, None]
    assert waiting.tip_percentiles(20, (10.0, 50.0, 90.0)) == (2, 5, 9)


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (pending(price=7), Bid(7, 7, 21_000)),
        (pending(cap=9, tip=2), Bid(9, 2, 21_000)),
        (pending(price=9, cap=9, tip=2), Bid(9, 2, 21_000)),  # nodes repeat the cap as a price
        (pending(cap=9, tip=12), Bid(9, 9, 21_000)),
        (pending(), None),
        (pending(price=-1), None),
        (pending(price=7, gas=0), None),
    ],
)
def test_offers(waiting: Pending, expected: Bid | None) -> None:
    assert bid_of(waiting) == expected


def test_effective_tips() -> None:
    assert [effective_tip(Bid(10, 3, 1), base) for base in (0, 7, 8, 10, 11)] == [3, 3, 2, 0, None]


def test_of_one_sender_and_nonce_the_dearest_counts() -> None:
    one = [
        pending(cap=9, tip=2),
        pending(cap=12, tip=3, gas=50_000),
        pending(cap=9, tip=2, nonce=1),
    ]
    for order in (one, one[::-1]):
        waiting = PendingGas.of(order)
        assert (waiting.demand(8), waiting.demand(10), waiting.demand(13)) == (71_000, 50_000, 0)


def test_nothing_waits() -> None:
    waiting = PendingGas([])
    assert waiting.demand(0) == 0
    assert waiting.entry_tip(0, 10) == 0
    assert waiting.tip_percentiles(0, (50.0,)) == (None,)
