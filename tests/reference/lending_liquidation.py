"""Aave liquidations from their rules, in exact fractions rounded where the contract rounds."""

from fractions import Fraction
from math import ceil, floor
from typing import Any

ERAS = ("v2", "v3.0", "v3.3", "v3.4", "v3.5", "v3.6", "v3.7")
WAD = 10**18


def nearest(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def liquidation(era: str, case: dict[str, int]) -> dict[str, Any] | None:
    """None where nothing may be liquidated."""
    since = ERAS.index(era)
    health = Fraction(case["health_wad"], WAD)
    if health >= 1:
        return None
    owed, has = case["debt"], case["collateral"]
    debt_usd = Fraction(owed * case["debt_price"], case["debt_unit"])
    debt_base = ceil(debt_usd) if since >= ERAS.index("v3.5") else floor(debt_usd)
    worth_base = floor(Fraction(has * case["collateral_price"], case["collateral_unit"]))
    half = Fraction(1, 2)
    if era == "v2":
        most = nearest(owed * half)
    elif era == "v3.0":
        most = nearest(owed * half) if health > Fraction(95, 100) else owed
    else:
        most = owed
        small = debt_base < 2000 * 10**8 or worth_base < 2000 * 10**8
        if not small and health > Fraction(95, 100):
            limit = nearest(case["total_debt"] * half)
            if debt_base > limit:
                most = floor(Fraction(limit * case["debt_unit"], case["debt_price"]))
    repay = min(case["ask"], most)
    if repay == 0:
        return None
    bonus = Fraction(case["bonus_bp"], 10_000)
    price = Fraction(
        case["debt_price"] * case["collateral_unit"], case["collateral_price"] * case["debt_unit"]
    )
    if era == "v2":
        value = repay * case["debt_price"] * case["collateral_unit"] * bonus
        taken = floor(Fraction(nearest(value), case["collateral_price"] * case["debt_unit"]))
    else:
        plain = floor(repay * price)
        taken = floor(plain * bonus) if era == "v3.7" else nearest(plain * bonus)
    if taken > has:
        taken = has
        back = floor(has / price) / bonus
        needed = ceil(back) if since >= ERAS.index("v3.5") else nearest(back)
        repay = min(needed, repay) if era == "v2" else needed
    fee = 0
    share = Fraction(case["fee_bp"], 10_000)
    if share and era == "v3.7":
        fee = ceil((taken - floor(taken / bonus)) * share)
    elif share and era != "v2":
        fee = nearest((taken - nearest(taken / bonus)) * share)
    return {"repaid": repay, "to_liquidator": taken - fee, "protocol_fee": fee}
