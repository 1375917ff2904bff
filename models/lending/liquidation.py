"""What a liquidation on Aave may repay, what it seizes, and what is left: exact integers.

Amounts are of the token's least unit; prices and values in the market's base currency. Source:
Aave's LiquidationLogic (v3) and LendingPoolCollateralManager (v2).
"""

from typing import Final

from msgspec import Struct

from models.lending import ray
from models.lending.version import CloseRule, Version

_HALF_BP: Final = 5_000
_CLOSE_ALL_WAD: Final = 95 * 10**16  # at this health and below, all
_SMALL_BASE: Final = 2_000 * 10**8  # 3.3: smaller reserves may be closed whole (USD, 8 decimals)
_DUST_BASE: Final = _SMALL_BASE // 2  # 3.3: what is left on both sides must not be smaller


class Side(Struct, frozen=True):
    """One reserve of an account in a liquidation: its amount, its price, units of a whole token."""

    amount: int
    price: int
    unit: int


class Seizure(Struct, frozen=True):
    """What moves in a liquidation. The account loses `to_liquidator + protocol_fee`."""

    repaid: int
    to_liquidator: int
    protocol_fee: int


class Outcome(Struct, frozen=True):
    """A liquidation and what it leaves on the two reserves it touches.

    `allowed`: the contract takes it (from 3.3 on it refuses to leave dust). `deficit`: debt of this
    asset that is written off because no collateral at all is left (3.3 and later).
    """

    seized: Seizure
    collateral_left: int
    debt_left: int
    deficit: int
    allowed: bool


def most_repay(
    version: Version, health_wad: int, collateral: Side, debt: Side, total_debt_base: int
) -> int:
    """The most of one debt that one liquidation may repay; 0 at a health of one and above.

    v2: half of it. 3.0: half above 0.95, else all. 3.3: all, unless both reserves hold 2,000 USD
    and health is above 0.95: then no more than half of the account's total debt.
    """
    if health_wad >= ray.WAD:
        return 0
    if version.close is CloseRule.half_of_asset:
        return ray.percent_mul(debt.amount, _HALF_BP)
    if version.close is CloseRule.by_health:
        share_bp = _HALF_BP if health_wad > _CLOSE_ALL_WAD else ray.BP
        return ray.percent_mul(debt.amount, share_bp)
    owed = version.debt_value(debt.amount, debt.price, debt.unit)
    worth = collateral.amount * collateral.price // collateral.unit
    if min(owed, worth) < _SMALL_BASE or health_wad <= _CLOSE_ALL_WAD:
        return debt.amount
    half = ray.percent_mul(total_debt_base, _HALF_BP)
    return half * debt.unit // debt.price if owed > half else debt.amount


def seize(
    version: Version, repay: int, collateral: Side, debt: Side, bonus_bp: int, fee_bp: int
) -> Seizure:
    """Collateral for `repay` of a debt, with bonus; less is repaid where there is too little.

    `bonus_bp` as the contract has it (10500: 5 %); the protocol's fee is of the bonus alone.
    Prices, units and `bonus_bp` must be positive. v2 multiplies with the bonus before it divides
    by the price, v3 after.
    """
    worth = debt.price * repay * collateral.unit
    per_unit = collateral.price * debt.unit
    if version.directed_seizure:
        wanted = worth // per_unit * bonus_bp // ray.BP
    elif version.close is CloseRule.half_of_asset:
        wanted = ray.percent_mul(worth, bonus_bp) // per_unit
    else:
        wanted = ray.percent_mul(worth // per_unit, bonus_bp)
    taken, repaid = wanted, repay
    if wanted > collateral.amount:
        taken = collateral.amount
        value = collateral.price * taken * debt.unit // (debt.price * collateral.unit)
        repaid = (
            ray.ceiling(value * ray.BP, bonus_bp)
            if version.directed
            else ray.percent_div(value, bonus_bp)
        )
    fee = _fee(version, taken, bonus_bp, fee_bp)
    return Seizure(repaid, taken - fee, fee)


def liquidate(
    version: Version,
    ask: int,
    health_wad: int,
    collateral: Side,
    debt: Side,
    bonus_bp: int,
    fee_bp: int,
    total_collateral_base: int,
    total_debt_base: int,
) -> Outcome | None:
    """What asking to repay `ask` does; None where the account cannot be liquidated.

    The totals are the whole account's, as `AccountHealth` has them.
    """
    most = min(ask, most_repay(version, health_wad, collateral, debt, total_debt_base))
    if most <= 0:
        return None
    seized = seize(version, most, collateral, debt, bonus_bp, fee_bp)
    taken = seized.to_liquidator + seized.protocol_fee
    collateral_left = collateral.amount - taken
    debt_left = max(debt.amount - seized.repaid, 0)
    if version.close is not CloseRule.half_of_total:
        return Outcome(seized, collateral_left, debt_left, 0, True)
    dust = min(
        version.debt_value(debt_left, debt.price, debt.unit),
        collateral_left * collateral.price // collateral.unit,
    )
    allowed = debt_left == 0 or collateral_left == 0 or dust >= _DUST_BASE
    nothing_left = (
        collateral_left == 0 and total_collateral_base == _worth(collateral)
        if version.directed_seizure
        else total_collateral_base == taken * collateral.price // collateral.unit
    )
    deficit = debt_left if nothing_left else 0
    return Outcome(seized, collateral_left, debt_left - deficit, deficit, allowed)


def _fee(version: Version, taken: int, bonus_bp: int, fee_bp: int) -> int:
    """The protocol's share of the bonus part of what is taken. v2 has no such fee."""
    if fee_bp == 0 or version.close is CloseRule.half_of_asset:
        return 0
    if version.directed_seizure:
        return ray.ceiling((taken - taken * ray.BP // bonus_bp) * fee_bp, ray.BP)
    return ray.percent_mul(taken - ray.percent_div(taken, bonus_bp), fee_bp)


def _worth(side: Side) -> int:
    return side.amount * side.price // side.unit
