"""Versions of Aave: which way they round, compound, and limit a liquidation.

What a market runs is configuration: a market changes its version by upgrade, at a block. Sources:
the contracts' code and release notes (protocol-v2; v3-origin 3.0 to 3.7).
"""

from enum import IntEnum
from typing import Final

from msgspec import Struct

from models.lending import ray


class CloseRule(IntEnum):
    """How much of a debt one liquidation may repay."""

    half_of_asset = 0  # v2: 50 % of that asset's debt, always
    by_health = 1  # 3.0 to 3.2: 50 % of that asset's debt above a health factor of 0.95, else all
    half_of_total = 2  # 3.3 and later: all, or half of the total debt; no dust is left


class Compounding(IntEnum):
    """How debt grows within one update of a reserve."""

    per_second = 0
    per_year = 1
    series = 2


class Version(Struct, frozen=True):
    """What differs in arithmetic between versions."""

    name: str
    compounding: Compounding
    close: CloseRule
    average_threshold: bool  # the health factor is of the average threshold, whole basis points
    directed: bool  # 3.5: balances down, debts up; before: halves up, values down
    scaled_transfers: bool  # BalanceTransfer tells the scaled amount; v2 tells the amount
    emode_alone: bool  # 3.6: an e-mode has its own threshold also where the reserve has none
    directed_seizure: bool  # 3.7: what is seized rounds down, the protocol's fee up

    def balance(self, scaled: int, index: int) -> int:
        """What a supplier owns: scaled · normalised income."""
        return ray.ray_mul_floor(scaled, index) if self.directed else ray.ray_mul(scaled, index)

    def debt(self, scaled: int, index: int) -> int:
        """What a borrower owes: scaled · normalised debt."""
        return ray.ray_mul_ceil(scaled, index) if self.directed else ray.ray_mul(scaled, index)

    def debt_value(self, amount: int, price: int, unit: int) -> int:
        """A debt's value in units of the price."""
        return ray.ceiling(amount * price, unit) if self.directed else amount * price // unit

    def income_index(self, index: int, rate: int, elapsed_s: int) -> int:
        """Normalised income: the liquidity index `elapsed_s` after its update."""
        if elapsed_s == 0:
            return index
        return ray.ray_mul(ray.linear_interest(rate, elapsed_s), index)

    def debt_index(self, index: int, rate: int, elapsed_s: int) -> int:
        """Normalised debt: the variable borrow index `elapsed_s` after its update."""
        if elapsed_s == 0:
            return index
        if self.compounding is Compounding.per_second:
            growth = ray.compounded_per_second(rate, elapsed_s)
        elif self.compounding is Compounding.per_year:
            growth = ray.compounded_per_year(rate, elapsed_s)
        else:
            growth = ray.compounded_series(rate, elapsed_s)
        return ray.ray_mul(growth, index)

    def scaled_after(self, scaled: int, change: int, index: int, owed: bool, exact: bool) -> int:
        """The scaled amount after a Mint or Burn changed the balance by `change` at `index` > 0.

        `change` is value − increase of a Mint (negative when a withdrawal was less than the
        interest), −(value + increase) of a Burn. Before 3.5 the contract rounded change/index half
        up, which is repeated. From 3.5 on events tell the difference of rounded balances: with
        index ≥ 1 ray one scaled amount alone has the new balance, which is found from the `exact`
        one before; where that is not known, half up may be one unit off.
        """
        if not (self.directed and exact):
            step = ray.ray_div(abs(change), index)
            return scaled + step if change >= 0 else scaled - step
        if owed:
            return (self.debt(scaled, index) + change) * ray.RAY // index
        return ray.ceiling((self.balance(scaled, index) + change) * ray.RAY, index)


def _v3(
    name: str,
    close: CloseRule = CloseRule.half_of_total,
    compounding: Compounding = Compounding.series,
    **later: bool,
) -> Version:
    flags = dict.fromkeys(
        ("average_threshold", "directed", "emode_alone", "directed_seizure"), False
    )
    return Version(name, compounding, close, scaled_transfers=True, **(flags | later))


V2: Final = Version(
    "v2", Compounding.per_second, CloseRule.half_of_asset, True, False, False, False, False
)
V3_0: Final = _v3("v3.0", CloseRule.by_health, Compounding.per_year, average_threshold=True)
V3_3: Final = _v3("v3.3", compounding=Compounding.per_year)
V3_4: Final = _v3("v3.4")
V3_5: Final = _v3("v3.5", directed=True)
V3_6: Final = _v3("v3.6", directed=True, emode_alone=True)
V3_7: Final = _v3("v3.7", directed=True, emode_alone=True, directed_seizure=True)
VERSIONS: Final = {each.name: each for each in (V2, V3_0, V3_3, V3_4, V3_5, V3_6, V3_7)}
