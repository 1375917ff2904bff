"""Integer arithmetic of Compound v3 (Comet): indices, principals, values, absorption.

Indices have 15 decimals, rates per second and factors 18, prices 8 (of USD, or of what the market
counts in). Divisions cut towards zero unless said otherwise. Source: CometCore and Comet.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from models.lending.ray import WAD, ceiling

INDEX_SCALE: Final = 10**15


def accrued(index: int, rate: int, elapsed_s: int) -> int:
    """An index after some time at one rate per second: linear.

    >>> accrued(10**15, 10**9, 3600)
    1000003600000000
    """
    return index + index * (rate * elapsed_s) // WAD


def present(principal: int, supply_index: int, borrow_index: int) -> int:
    """Base units of a principal: positive is owned, negative is owed."""
    if principal >= 0:
        return principal * supply_index // INDEX_SCALE
    return -(-principal * borrow_index // INDEX_SCALE)


def principal_of(amount: int, supply_index: int, borrow_index: int) -> int:
    """Inverse of `present`; what is owned is cut, what is owed is rounded up."""
    if amount >= 0:
        return amount * INDEX_SCALE // supply_index
    return -ceiling(-amount * INDEX_SCALE, borrow_index)


class Backing(Struct, frozen=True):
    """One collateral of an account: amount, price, units of a whole token, factors (1e18)."""

    amount: int
    price: int
    unit: int
    borrow_factor: int
    liquidate_factor: int
    liquidation_factor: int

    @property
    def value(self) -> int:
        """In units of the price."""
        return self.amount * self.price // self.unit


def weighted(backing: Iterable[Backing]) -> int:
    """Σ value · liquidateCollateralFactor, each cut: what counts against liquidation."""
    return sum(each.value * each.liquidate_factor // WAD for each in backing)


def borrowable(backing: Iterable[Backing]) -> int:
    """Σ value · borrowCollateralFactor, each cut: what counts for borrowing."""
    return sum(each.value * each.borrow_factor // WAD for each in backing)


class Absorbed(Struct, frozen=True):
    """What absorbing an account does, in base units."""

    balance: int  # after it: 0, or what the account then owns
    paid: int  # by the reserves
    shortfall: int  # of that, what the collateral does not cover at its liquidation factors


def absorb(balance: int, base_price: int, base_unit: int, backing: Iterable[Backing]) -> Absorbed:
    """All collateral at value · liquidationFactor against a debt (`balance` < 0).

    No rest of the debt is owed afterwards.
    """
    value = sum(each.value * each.liquidation_factor // WAD for each in backing)
    after = balance + value * base_unit // base_price
    return Absorbed(max(after, 0), max(after, 0) - balance, max(-after, 0))
