"""Leveraged accounts of one market, and who of them must be closed at a mark.

An account holds `lots` from `entry` with `margin` for each of them (in quote, or in coin when the
contract is inverse). It is closed when what is left of its margin is a share MAINTENANCE of the
position, and bankrupt when nothing is left. Funding adds to the margin or takes from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, inf
from random import Random
from typing import Final

from sources.simulator.book import ASK, BID

MAINTENANCE: Final = 0.005
LEVERAGE: Final = 6.0  # median when calm
LEVERAGE_SPREAD: Final = 0.7
LEAST_LEVERAGE: Final = 1.3
ENTRY_SPREAD: Final = 0.010  # of entry prices around the start
SIZE_SPREAD: Final = 1.2
NUMBER: Final = 120  # accounts of each side at a share of 1
LEAST_NUMBER: Final = 25


@dataclass(slots=True)
class Account:
    """One position. `side` +1 is long; prices in ticks."""

    address: str
    side: int
    lots: int
    entry: float
    leverage: float
    margin: float  # per lot: ticks, or 1/ticks when inverse
    inverse: bool
    maintenance: float

    @property
    def party(self) -> str:
        """Its name in a ledger."""
        return f"account {self.address}"

    @property
    def bankrupt_at(self) -> float:
        """The price at which its margin is gone; infinite for a short that cannot lose it."""
        return self._price_at(0.0)

    @property
    def closed_at(self) -> float:
        """The mark at which it is closed."""
        return self._price_at(self.maintenance)

    def equity(self, mark: float) -> float:
        """What is left of its margin, per lot, in its unit."""
        if self.inverse:
            return self.margin + self.side * (1.0 / self.entry - 1.0 / mark)
        return self.margin + self.side * (mark - self.entry)

    def _price_at(self, share: float) -> float:
        if not self.inverse:
            return (self.entry - self.side * self.margin) / (1.0 - self.side * share)
        left = 1.0 / self.entry + self.side * self.margin
        return (1.0 + self.side * share) / left if left > 0.0 else inf


class Accounts:
    """All accounts of one market, nearest to being closed last."""

    def __init__(
        self,
        rng: Random,
        *,
        start: float,
        open_lots: int,
        share: float,
        inverse: bool,
        leverage: float,
        nearest: float,
        maintenance: float = MAINTENANCE,
    ) -> None:
        self._rng = rng
        self._inverse = inverse
        self._maintenance = maintenance
        self._factor = leverage
        self.open_lots = open_lots  # one-sided open interest
        number = max(LEAST_NUMBER, round(NUMBER * share))
        sizes = [self._sizes(open_lots, number) for _ in (BID, ASK)]
        self._longs = [self._draw(BID, lots, start, nearest) for lots in sizes[0]]
        self._shorts = [self._draw(ASK, lots, start, nearest) for lots in sizes[1]]
        self.opened = [*self._longs, *self._shorts]
        self.closing: list[Account] = []  # being closed
        self._sort()

    def open(self, side: int, lots: int, entry: float) -> Account:
        """A new position at a price in ticks."""
        account = self._made(side, lots, entry)
        (self._longs if side == BID else self._shorts).append(account)
        self.opened.append(account)
        self.open_lots += lots
        self._sort()
        return account

    def due(self, mark: float) -> list[Account]:
        """Accounts whose limit the mark has reached; they are not told again."""
        found = list[Account]()
        while self._longs and mark <= self._longs[-1].closed_at:
            found.append(self._longs.pop())
        while self._shorts and mark >= self._shorts[-1].closed_at:
            found.append(self._shorts.pop())
        self.closing += found
        return found

    def reduce(self, account: Account, lots: int) -> None:
        """Lots of an account were closed."""
        account.lots -= lots
        self.open_lots = max(0, self.open_lots - lots)
        if not account.lots:
            self.closing.remove(account)

    def accrue(self, share: float, mark: float) -> float:
        """Longs pay shorts a share of the position's value. What the rest of the world gets.

        In the unit of margins: ticks·lots, or lots/ticks when inverse.
        """
        worth = 1.0 / mark if self._inverse else mark
        net = 0.0
        for account in (*self._longs, *self._shorts):
            pays = account.side * share * worth
            account.margin -= pays
            net += pays * account.lots
        self._sort()
        return net

    def alive(self) -> Iterable[Account]:
        """Accounts that hold something."""
        return (*self._longs, *self._shorts, *self.closing)

    def _sort(self) -> None:
        self._longs.sort(key=lambda account: account.closed_at)
        self._shorts.sort(key=lambda account: -account.closed_at)

    def _sizes(self, total: int, number: int) -> list[int]:
        """Lognormal sizes whose sum is `total`, none of them 0."""
        weights = [exp(SIZE_SPREAD * self._rng.gauss(0.0, 1.0)) for _ in range(number)]
        scale = (total - number) / sum(weights)
        sizes = [1 + int(weight * scale) for weight in weights]
        sizes[0] += total - sum(sizes)
        return sizes

    def _draw(self, side: int, lots: int, start: float, nearest: float) -> Account:
        while True:
            entry = start * exp(ENTRY_SPREAD * self._rng.gauss(0.0, 1.0))
            account = self._made(side, lots, entry)
            if side * (start - account.closed_at) >= nearest * start:
                return account

    def _made(self, side: int, lots: int, entry: float) -> Account:
        rng = self._rng
        most = 0.6 / self._maintenance
        leverage = self._factor * LEVERAGE * exp(LEVERAGE_SPREAD * rng.gauss(0.0, 1.0))
        leverage = min(most, max(LEAST_LEVERAGE, leverage))
        margin = (1.0 / entry if self._inverse else entry) / leverage
        return Account(
            f"0x{rng.getrandbits(160):040x}", side, lots, entry, leverage, margin,
            self._inverse, self._maintenance,
        )  # fmt: skip
