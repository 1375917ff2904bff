"""Leveraged accounts, and the engine that closes them when the mark reaches their limit.

A long of entry e and leverage λ is bankrupt at e·(1 − 1/λ) and is closed when the mark falls to
e·(1 − 1/λ + m), m the maintenance margin; a short is its mirror image. A closed account's whole
position becomes forced orders of at most `clip` lots each.
"""

from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from sources.simulator.book import ASK, BID

LEVERAGES: Final = (3, 5, 8, 10, 15, 20, 25, 50)
WEIGHTS: Final = (10, 15, 12, 18, 12, 16, 11, 6)
MAINTENANCE: Final = 0.005
ENTRY_SPREAD: Final = 0.012  # of entry prices around the start
NEAREST: Final = 0.009  # nobody is closer than this to being closed at the start


@dataclass(frozen=True, slots=True)
class Account:
    """One position. `side` +1 is long; prices in ticks."""

    number: int
    side: int
    lots: int
    leverage: int
    entry: float

    @property
    def bankrupt_at(self) -> float:
        """The price at which its margin is gone."""
        return self.entry * (1.0 - self.side / self.leverage)

    @property
    def closed_at(self) -> float:
        """The mark at which it is closed."""
        return self.entry * (1.0 - self.side * (1.0 / self.leverage - MAINTENANCE))


@dataclass(frozen=True, slots=True)
class ForcedOrder:
    """A market order that closes an account, or a part of it."""

    account: Account
    side: int  # of the order: −1 closes a long
    lots: int


@dataclass(frozen=True, slots=True)
class Liquidation:
    """A forced order as it was done."""

    at_ms: int
    order: ForcedOrder
    filled: int
    last: int  # lots of the last fill
    value: int  # Σ price·lots


class Accounts:
    """All accounts of one market, nearest to being closed last."""

    def __init__(self, rng: Random, *, start: int, open_lots: int, number: int, clip: int) -> None:
        self._clip = clip
        self.opened = [
            *_draw(rng, BID, start=start, open_lots=open_lots, number=number, first=0),
            *_draw(rng, ASK, start=start, open_lots=open_lots, number=number, first=number),
        ]
        longs = [account for account in self.opened if account.side == BID]
        shorts = [account for account in self.opened if account.side == ASK]
        self._longs = sorted(longs, key=lambda account: account.closed_at)
        self._shorts = sorted(shorts, key=lambda account: -account.closed_at)
        self.closed: list[Account] = []

    def due(self, mark: float) -> list[ForcedOrder]:
        """Close every account whose limit the mark (ticks) has reached."""
        orders = list[ForcedOrder]()
        while self._longs and mark <= self._longs[-1].closed_at:
            orders += self._close(self._longs.pop())
        while self._shorts and mark >= self._shorts[-1].closed_at:
            orders += self._close(self._shorts.pop())
        return orders

    def _close(self, account: Account) -> list[ForcedOrder]:
        self.closed.append(account)
        orders, left = list[ForcedOrder](), account.lots
        while left:
            lots = min(left, self._clip)
            orders.append(ForcedOrder(account, -account.side, lots))
            left -= lots
        return orders


def _draw(
    rng: Random, side: int, *, start: int, open_lots: int, number: int, first: int
) -> list[Account]:
    """`number` accounts of one side with lognormal sizes that sum to about `open_lots`."""
    weights = [exp(1.1 * rng.gauss(0.0, 1.0)) for _ in range(number)]
    total = sum(weights)
    accounts = list[Account]()
    for place, weight in enumerate(weights):
        leverage = rng.choices(LEVERAGES, WEIGHTS)[0]
        lots = max(1, round(open_lots * weight / total))
        while True:
            entry = start * exp(ENTRY_SPREAD * rng.gauss(0.0, 1.0))
            account = Account(first + place, side, lots, leverage, entry)
            if side * (start - account.closed_at) >= NEAREST * start:
                break
        accounts.append(account)
    return accounts
