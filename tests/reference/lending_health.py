"""Health of Aave accounts from the formulas alone, one number at a time; and random accounts.

Nothing is shared with the models but the formulas' sources: own rounding, own interest.
"""

import random
from typing import Any

RAY, YEAR = 10**27, 365 * 86_400
ERAS = ("v2", "v3.0", "v3.3", "v3.4", "v3.5", "v3.6", "v3.7")


def down(top: int, bottom: int) -> int:
    return (top - top % bottom) // bottom


def up(top: int, bottom: int) -> int:
    return down(top, bottom) + (1 if top % bottom else 0)


def near(top: int, bottom: int) -> int:
    """The nearer integer, halves up."""
    whole, rest = divmod(top, bottom)
    return whole + (1 if 2 * rest >= bottom else 0)


def after(era: str, *names: str) -> bool:
    return ERAS.index(era) >= ERAS.index(names[0])


def growth(era: str, rate: int, t: int) -> int:
    if t == 0:
        return RAY
    if era == "v2":
        r = down(rate, YEAR)
        r2 = near(r * r, RAY)
        r3 = near(r2 * r, RAY)
        first = r * t
    elif era in ("v3.0", "v3.3"):
        r2 = down(near(rate * rate, RAY), YEAR**2)
        r3 = down(near(r2 * rate, RAY), YEAR)
        first = down(rate * t, YEAR)
    else:
        x = down(rate * t, YEAR)
        inner = down(x, 2) + near(x * down(x, 6), RAY)
        return RAY + x + near(x * inner, RAY)
    second = down(t * (t - 1) * r2, 2)
    third = down(t * (t - 1) * (t - 2) * r3, 6) if t > 2 else 0
    return RAY + first + second + third


def indices(era: str, reserve: dict[str, Any], at_s: int) -> tuple[int, int]:
    t = at_s - reserve["updated_s"]
    if t == 0:
        return reserve["liquidity_index"], reserve["variable_index"]
    linear = RAY + down(reserve["liquidity_rate"] * t, YEAR)
    compound = growth(era, reserve["variable_rate"], t)
    return (
        near(linear * reserve["liquidity_index"], RAY),
        near(compound * reserve["variable_index"], RAY),
    )


def health(era: str, market: dict[str, Any], account: dict[str, Any], at_s: int) -> dict[str, Any]:
    """Values, averages, health (None: no debt), notes, Σ value·threshold."""
    category = market["emodes"].get(account["emode"])
    worth = debt = by_threshold = by_ltv = 0
    zero = isolated = False
    for name, reserve in market["reserves"].items():
        income, owed_index = indices(era, reserve, at_s)
        unit, price = 10 ** reserve["decimals"], reserve["price"]
        scaled = account["collateral"].get(name, 0)
        ltv, threshold = reserve["ltv"], reserve["threshold"]
        inside = category is not None and name in category["collateral"]
        if inside and after(era, "v3.6"):
            threshold = category["threshold"]
            ltv = 0 if name in category["ltv_zero"] else category["ltv"]
        elif inside:
            threshold = category["threshold"] if threshold else 0
            ltv = category["ltv"] if ltv else 0
        if scaled and name in account["used"] and threshold:
            exact = scaled * income
            balance = down(exact, RAY) if after(era, "v3.5") else near(exact, RAY)
            value = down(balance * price, unit)
            worth += value
            by_threshold += value * threshold
            by_ltv += value * ltv
            zero = zero or ltv == 0
            isolated = isolated or reserve["debt_ceiling"] > 0
        scaled = account["debt"].get(name, 0)
        if scaled:
            exact = scaled * owed_index
            if after(era, "v3.5"):
                debt += up(up(exact, RAY) * price, unit)
            else:
                debt += down(near(exact, RAY) * price, unit)
    average = down(by_threshold, worth) if worth else 0
    if debt == 0:
        factor = None
    elif after(era, "v3.3"):
        factor = down(near(by_threshold * 10**18, debt), 10_000)
    else:
        factor = near(near(worth * average, 10_000) * 10**18, debt)
    return {
        "collateral_base": worth, "debt_base": debt, "threshold_bp": average,
        "ltv_bp": down(by_ltv, worth) if worth else 0, "health_wad": factor,
        "zero_ltv": zero, "isolated": isolated, "weighted": by_threshold,
    }  # fmt: skip


def random_market(rng: random.Random, reserves: int, at_s: int) -> dict[str, Any]:
    """Reserves with all kinds of decimals, prices, indices, thresholds; five e-mode categories."""
    names = [f"0xr{n:02}" for n in range(reserves)]
    made = {
        name: {
            "decimals": rng.choice((2, 6, 8, 18, 18, 18)),
            "price": rng.choice((1, 99_990_000, 10**8, rng.randrange(1, 10**7) * 10**6 + 7)),
            "ltv": rng.choice((0, 6_000, 7_300, 8_050)),
            "threshold": rng.choice((0, 6_500, 7_800, 8_300, 8_301)),
            "bonus": rng.choice((10_100, 10_500, 11_250)),
            "fee": rng.choice((0, 1_000, 2_000)),
            "supply_cap": rng.choice((0, 5, 10**6)),
            "borrow_cap": rng.choice((0, 3, 10**6)),
            "debt_ceiling": rng.choice((0, 0, 0, 5_000_000)),
            "liquidity_index": RAY + rng.randrange(RAY),
            "liquidity_rate": rng.randrange(RAY // 5),
            "variable_index": RAY + rng.randrange(2 * RAY),
            "variable_rate": rng.randrange(RAY // 2),
            "updated_s": at_s - rng.choice((0, 1, 2, 12, 3_600, rng.randrange(40_000_000))),
        }
        for name in names
    }
    emodes = {
        category: {
            "ltv": rng.choice((0, 9_000, 9_300)),
            "threshold": rng.choice((0, 9_300, 9_500)),
            "bonus": 10_100,
            "collateral": set(rng.sample(names, rng.randrange(reserves))),
            "borrowable": set(rng.sample(names, rng.randrange(reserves))),
            "ltv_zero": set(rng.sample(names, rng.randrange(reserves))),
        }
        for category in range(1, 6)
    }
    return {"reserves": made, "emodes": emodes}


def random_account(rng: random.Random, market: dict[str, Any], emodes: bool) -> dict[str, Any]:
    """A few collaterals, some not used, some too small to matter; no debt, one or more."""
    names = list(market["reserves"])

    def amounts(most: int) -> dict[str, int]:
        chosen = rng.sample(names, rng.randrange(most + 1))
        return {
            name: rng.choice((1, rng.randrange(1, 10**6), *[rng.randrange(1, 10**24)] * 4))
            for name in chosen
        }

    collateral = amounts(4)
    return {
        "collateral": collateral,
        "debt": amounts(3),
        "used": {name for name in collateral if rng.random() < 0.8},
        "emode": rng.randrange(6) if emodes else 0,
    }
