"""A Compound v3 market as a contract, from its rules: it accrues, moves, judges and absorbs.

Rates stay what they are set to. Exact fractions, cut where the contract cuts.
"""

from fractions import Fraction
from math import ceil, floor
from typing import Any

SCALE, WAD = 10**15, 10**18


class Comet:
    """Principals, collateral and indices."""

    def __init__(self, supply_rate: int, borrow_rate: int, at_s: int) -> None:
        self.supply_rate, self.borrow_rate = supply_rate, borrow_rate
        self.supply_index = self.borrow_index = SCALE
        self.at_s = at_s
        self.principal: dict[str, int] = {}
        self.collateral: dict[tuple[str, str], int] = {}

    def accrue(self, at_s: int) -> None:
        """Indices to a time."""
        t = at_s - self.at_s
        self.supply_index += floor(Fraction(self.supply_index * self.supply_rate * t, WAD))
        self.borrow_index += floor(Fraction(self.borrow_index * self.borrow_rate * t, WAD))
        self.at_s = at_s

    def balance(self, account: str) -> int:
        """Positive: supplied; negative: borrowed."""
        principal = self.principal.get(account, 0)
        if principal >= 0:
            return floor(Fraction(principal * self.supply_index, SCALE))
        return -floor(Fraction(-principal * self.borrow_index, SCALE))

    def move(self, account: str, amount: int, at_s: int) -> None:
        """Supply or repay (positive), withdraw or borrow (negative)."""
        self.accrue(at_s)
        self._set(account, self.balance(account) + amount)

    def _set(self, account: str, balance: int) -> None:
        self.principal[account] = (
            floor(Fraction(balance * SCALE, self.supply_index))
            if balance >= 0
            else -ceil(Fraction(-balance * SCALE, self.borrow_index))
        )

    def valued(self, account: str, market: dict[str, Any]) -> dict[str, Any]:
        """What decides a liquidation, at the indices as they are."""
        balance = self.balance(account)
        worth = weighted = limit = seized = 0
        for (owner, asset), amount in self.collateral.items():
            if owner == account and amount:
                each = market["assets"][asset]
                value = floor(Fraction(amount * each["price"], 10 ** each["decimals"]))
                weighted += floor(Fraction(value * each["liquidate"], WAD))
                limit += floor(Fraction(value * each["borrow"], WAD))
                seized += floor(Fraction(value * each["liquidation"], WAD))
                worth += value
        unit = 10 ** market["base_decimals"]
        debt = floor(Fraction(-min(balance, 0) * market["base_price"], unit))
        after = balance + floor(Fraction(seized * unit, market["base_price"]))
        return {
            "balance": balance, "collateral_base": worth, "debt_base": debt,
            "weighted_base": weighted, "borrowable_base": limit,
            "liquidatable": balance < 0 and weighted - debt < 0, "after": max(after, 0),
            "shortfall": max(-after, 0),
        }  # fmt: skip

    def absorb(self, account: str, market: dict[str, Any]) -> int:
        """Seize everything; what the reserves paid."""
        before = self.balance(account)
        after = self.valued(account, market)["after"]
        for owner, asset in list(self.collateral):
            if owner == account:
                self.collateral[owner, asset] = 0
        self._set(account, after)
        return int(after - before)
