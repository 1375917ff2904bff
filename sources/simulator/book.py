"""The matching engine: a limit order book with price–time priority.

Prices are integer ticks, sizes integer lots, so nothing is ever lost to rounding. A side is +1
for bids and buyers, −1 for asks and sellers. An incoming order meets the best price first and,
within a price, the oldest order first; what a limit order does not fill rests. The book can
therefore not be crossed.
"""

from bisect import bisect_left, insort
from collections import deque
from typing import Final, NamedTuple

BID: Final = 1
ASK: Final = -1


class Fill(NamedTuple):
    """A resting order met: at its price, by so many lots."""

    price: int
    lots: int
    maker: int


class Top(NamedTuple):
    """Best bid and ask with their sizes; the price of an empty side is 0."""

    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class Side:
    """Resting orders of one side. `ranks` are side·price, rising, so that the best is last."""

    __slots__ = ("_side", "changed", "queues", "ranks", "sizes")

    def __init__(self, side: int) -> None:
        self._side = side
        self.ranks: list[int] = []
        self.sizes: dict[int, int] = {}
        self.queues: dict[int, deque[list[int]]] = {}  # price → [order id, lots], oldest first
        self.changed: set[int] = set()  # prices whose size changed since they were last taken

    def rest(self, price: int, order: list[int]) -> None:
        """Put an order at the back of its price."""
        queue = self.queues.get(price)
        if queue is None:
            self.queues[price] = deque((order,))
            self.sizes[price] = order[1]
            insort(self.ranks, self._side * price)
        else:
            queue.append(order)
            self.sizes[price] += order[1]
        self.changed.add(price)

    def shrink(self, price: int, lots: int) -> None:
        """Account for lots that left a price; an emptied price disappears."""
        self.changed.add(price)
        left = self.sizes[price] - lots
        if left:
            self.sizes[price] = left
            return
        del self.sizes[price], self.queues[price]
        rank = self._side * price
        if self.ranks[-1] == rank:
            self.ranks.pop()
        else:
            del self.ranks[bisect_left(self.ranks, rank)]


class OrderBook:
    """Both sides, matching, and what changed since it was last asked."""

    def __init__(self) -> None:
        self._sides = {BID: Side(BID), ASK: Side(ASK)}
        self._orders: dict[int, tuple[int, int]] = {}  # id → side, price
        self._last_order = 0
        self.changes = 0  # grows with every change of a level

    def limit(self, side: int, price: int, lots: int) -> tuple[int, list[Fill]]:
        """A limit order: fills what it crosses; the rest gets an id (0 when nothing rests)."""
        if lots <= 0 or price <= 0:
            text = f"an order needs a price and a size above zero, got {lots} lots at {price}"
            raise ValueError(text)
        fills = self.market(side, lots, worst=price)
        for fill in fills:
            lots -= fill.lots
        if not lots:
            return 0, fills
        self._last_order += 1
        self._sides[side].rest(price, [self._last_order, lots])
        self._orders[self._last_order] = (side, price)
        self.changes += 1
        return self._last_order, fills

    def market(self, side: int, lots: int, worst: int | None = None) -> list[Fill]:
        """Take up to `lots` from the other side, no further than `worst`; what is left vanishes."""
        other = self._sides[-side]
        fills = list[Fill]()
        while lots > 0 and other.ranks:
            price = abs(other.ranks[-1])
            if worst is not None and (price - worst) * side > 0:
                break
            queue, gone = other.queues[price], 0
            while lots > 0 and queue:
                order = queue[0]
                met = min(lots, order[1])
                lots -= met
                gone += met
                order[1] -= met
                fills.append(Fill(price, met, order[0]))
                if not order[1]:
                    queue.popleft()
                    del self._orders[order[0]]
            other.shrink(price, gone)
            self.changes += 1
        return fills

    def cancel(self, order: int) -> int:
        """Withdraw one order by id; how many lots it still had (0: it is not in the book)."""
        place = self._orders.pop(order, None)
        if place is None:
            return 0
        side, price = place
        queue = self._sides[side].queues[price]
        found = next(entry for entry in queue if entry[0] == order)
        queue.remove(found)
        self._sides[side].shrink(price, found[1])
        self.changes += 1
        return found[1]

    def withdraw(self, side: int, price: int, lots: int | None = None) -> int:
        """Anonymous makers leave a price, the youngest first; `None` clears it. Lots that left."""
        own = self._sides[side]
        have = own.sizes.get(price, 0)
        gone = have if lots is None else min(lots, have)
        if gone <= 0:
            return 0
        queue, left = own.queues[price], gone
        while left:
            order = queue[-1]
            cut = min(left, order[1])
            left -= cut
            order[1] -= cut
            if not order[1]:
                queue.pop()
                del self._orders[order[0]]
        own.shrink(price, gone)
        self.changes += 1
        return gone

    def best(self, side: int) -> int:
        """Best price of a side, 0 when it is empty."""
        ranks = self._sides[side].ranks
        return abs(ranks[-1]) if ranks else 0

    def size(self, side: int, price: int) -> int:
        """Lots resting at a price."""
        return self._sides[side].sizes.get(price, 0)

    def orders(self, side: int, price: int) -> int:
        """Number of orders resting at a price."""
        return len(self._sides[side].queues.get(price, ()))

    def top(self) -> Top:
        """Best prices and sizes."""
        bid, ask = self.best(BID), self.best(ASK)
        return Top(bid, self.size(BID, bid), ask, self.size(ASK, ask))

    def depth(self, side: int) -> int:
        """Number of prices on a side."""
        return len(self._sides[side].ranks)

    def price_at(self, side: int, place: int) -> int:
        """The price at a place counted from the worst (0) to the best."""
        return abs(self._sides[side].ranks[place])

    def levels(self, side: int, most: int | None = None) -> list[tuple[int, int]]:
        """Prices and sizes, best first."""
        own = self._sides[side]
        ranks = own.ranks[::-1][:most]
        return [(abs(rank), own.sizes[abs(rank)]) for rank in ranks]

    def take_changes(self, side: int) -> list[tuple[int, int]]:
        """Prices that changed since the last call with their present size, by rising price."""
        own = self._sides[side]
        prices = sorted(own.changed)
        own.changed.clear()
        return [(price, own.sizes.get(price, 0)) for price in prices]
