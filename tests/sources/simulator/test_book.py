"""The matching engine against a list of orders that is sorted anew for every order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.simulator.book import ASK, BID, Fill, OrderBook, Top


class SlowBook:
    """All resting orders as [side, price, id, lots] in one list; priority by sorting."""

    def __init__(self):
        self.orders, self.last = [], 0

    def take(self, side, lots, worst):
        fills = []
        resting = [order for order in self.orders if order[0] == -side]
        for order in sorted(resting, key=lambda order: (side * order[1], order[2])):
            if lots == 0 or (worst is not None and side * order[1] > side * worst):
                break
            met = min(lots, order[3])
            order[3] -= met
            lots -= met
            fills.append(Fill(order[1], met, order[2]))
        self.orders = [order for order in self.orders if order[3]]
        return fills, lots

    def limit(self, side, price, lots):
        fills, left = self.take(side, lots, price)
        if not left:
            return 0, fills
        self.last += 1
        self.orders.append([side, price, self.last, left])
        return self.last, fills

    def cancel(self, number):
        gone = sum(order[3] for order in self.orders if order[2] == number)
        self.orders = [order for order in self.orders if order[2] != number]
        return gone

    def withdraw(self, side, price, lots):
        gone = 0
        for order in sorted(self.orders, key=lambda order: -order[2]):
            if (order[0], order[1]) == (side, price):
                cut = order[3] if lots is None else min(order[3], lots - gone)
                order[3] -= cut
                gone += cut
        self.orders = [order for order in self.orders if order[3]]
        return gone

    def levels(self, side):
        sizes = {}
        for order in self.orders:
            if order[0] == side:
                sizes[order[1]] = sizes.get(order[1], 0) + order[3]
        return sorted(sizes.items(), key=lambda level: -side * level[0])


SIDE = st.sampled_from([BID, ASK])
PRICE = st.integers(95, 105)
LOTS = st.integers(1, 9)
ACTION = st.one_of(
    st.tuples(st.just("limit"), SIDE, PRICE, LOTS),
    st.tuples(st.just("market"), SIDE, LOTS, st.none() | PRICE),
    st.tuples(st.just("cancel"), st.integers(1, 30)),
    st.tuples(st.just("withdraw"), SIDE, PRICE, st.none() | st.integers(0, 12)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTION, max_size=40))
def test_equals_the_slow_book(actions):
    book, slow = OrderBook(), SlowBook()
    placed = left = 0
    told = {BID: {}, ASK: {}}
    for kind, *rest in actions:
        if kind == "limit":
            result = book.limit(*rest)
            assert result == slow.limit(*rest)
            placed += rest[2]
            left += 2 * sum(fill.lots for fill in result[1])  # both the taker's and the maker's
        elif kind == "market":
            fills = book.market(*rest)
            assert fills == slow.take(*rest)[0]
            left += sum(fill.lots for fill in fills)
        elif kind == "cancel":
            gone = book.cancel(*rest)
            assert gone == slow.cancel(*rest)
            left += gone
        else:
            gone = book.withdraw(*rest)
            assert gone == slow.withdraw(*rest)
            left += gone
        bids, asks = book.levels(BID), book.levels(ASK)
        assert (bids, asks) == (slow.levels(BID), slow.levels(ASK))
        # Nothing is made or lost, and the book is not crossed.
        assert sum(lots for _, lots in bids + asks) == placed - left
        assert not bids or not asks or bids[0][0] < asks[0][0]
        bid, ask = (bids or [(0, 0)])[0], (asks or [(0, 0)])[0]
        assert book.top() == Top(*bid, *ask)
        # What is told as changes rebuilds the same book elsewhere.
        for side, levels in ((BID, bids), (ASK, asks)):
            changes = book.take_changes(side)
            assert changes == sorted(changes)
            told[side].update(changes)
            assert {price: lots for price, lots in told[side].items() if lots} == dict(levels)


def test_price_comes_before_time():
    book = OrderBook()
    early, _ = book.limit(ASK, 101, 3)
    late, _ = book.limit(ASK, 101, 2)
    better, _ = book.limit(ASK, 100, 1)
    assert book.market(BID, 5) == [Fill(100, 1, better), Fill(101, 3, early), Fill(101, 1, late)]
    assert book.levels(ASK) == [(101, 1)]


def test_a_crossing_limit_order_trades_and_rests():
    book = OrderBook()
    maker, _ = book.limit(BID, 100, 2)
    order, fills = book.limit(ASK, 99, 5)
    assert fills == [Fill(100, 2, maker)]
    assert book.top() == Top(0, 0, 99, 3)
    assert (book.cancel(order), book.cancel(order), book.top()) == (3, 0, Top(0, 0, 0, 0))


def test_changes_count_only_changes():
    book = OrderBook()
    assert book.market(BID, 5) == []
    assert book.withdraw(BID, 100) == 0
    assert book.changes == 0
    book.limit(BID, 100, 1)
    assert book.changes == 1


@pytest.mark.parametrize(("price", "lots"), [(100, 0), (0, 5), (-1, 5)])
def test_senseless_orders_are_refused(price, lots):
    with pytest.raises(ValueError, match="above zero"):
        OrderBook().limit(BID, price, lots)
