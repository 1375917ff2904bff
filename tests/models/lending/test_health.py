"""Exact health: published values, an independent computation of 14,000 accounts, the unknown."""

import csv
import math
import random
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from models.lending.aave import AaveConfig, AaveMarket
from models.lending.health import unknown_account
from models.lending.version import V2, V3_0, V3_3, V3_5, VERSIONS
from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    CollateralUse,
    EModeSet,
    ParameterChange,
    ScaledMint,
)
from tests.models.lending.markets import (
    NOW_S,
    POOL,
    RAY,
    USDC,
    WBTC,
    WETH,
    at,
    data,
    modelled,
    reading,
    small,
)
from tests.reference.lending_health import ERAS, health, random_account, random_market
from tests.shared import shared_file

WAD = 10**18
EACH = 2_000  # accounts of each of seven eras


def borrower(btc_sat: int = 2 * 10**8, usdc: int = 110_000 * 10**6, **fields: Any) -> Any:
    told = {"collateral": ((WBTC, btc_sat),), "debt": ((USDC, usdc),), "used": (WBTC,)}
    return AccountReading("0xuser", **(told | fields))


@pytest.mark.parametrize(("usd", "health_wad"), [
    (100_000, 1_454545454545454545), (68_750, WAD), (68_000, 989090909090909091 - 1),
    (65_000, 945454545454545454),
])  # fmt: skip
def test_the_worked_case(usd: int, health_wad: int) -> None:
    """2 BTC against 110,000 USDC at a threshold of 80 %: liquidated below 68,750 USD."""
    market = small()
    market.apply(at(), POOL, borrower())
    market.apply(at(), POOL, AssetPrice(WBTC, usd * 10**8))
    found = market.exact("0xuser", NOW_S)
    assert found.health_wad == health_wad
    assert found.liquidatable == (usd < 68_750)
    assert (found.collateral_base, found.debt_base) == (2 * usd * 10**8, 110_000 * 10**8)


def close(usd: float, base: int, rounding: float) -> None:
    """To 1e-9 and what the contract rounds off: a unit of each token and of each value."""
    assert usd == pytest.approx(base / 1e8, rel=1e-9, abs=rounding / 1e8)


def on_one_side(weighted: int, collateral: int) -> bool:
    """Whether dust cannot push an average over a whole basis point (or there is one threshold)."""
    rest = weighted % collateral if collateral else 0
    return rest == 0 or 10**8 * min(rest, collateral - rest) > collateral


@pytest.mark.parametrize("era", ERAS)
def test_an_independent_computation_agrees(era: str) -> None:
    """Exactly in integers, and the fast kernel to 1e-9 wherever values are not dust."""
    rng = random.Random(f"lending {era}")
    swept, version = 0, VERSIONS[era]
    for _ in range(4):
        reference = random_market(rng, 12, NOW_S)
        accounts = {
            f"0xa{n}": random_account(rng, reference, emodes=era != "v2") for n in range(EACH // 4)
        }
        market = modelled(era, reference, accounts)
        fast = market.sweep(NOW_S)
        for row, (name, account) in enumerate(accounts.items()):
            expected = health(era, reference, account, NOW_S)
            weighted = expected.pop("weighted")
            found = msgspec.structs.asdict(market.exact(name, NOW_S))
            assert {key: found[key] for key in expected} == expected, name
            assert found["unknown"] == ()
            rounding = sum(
                each["price"] / 10 ** each["decimals"] + 1
                for each in map(
                    reference["reserves"].get, {*account["collateral"], *account["debt"]}
                )
            )
            close(fast.collateral_usd[row], expected["collateral_base"], rounding)
            close(fast.debt_usd[row], expected["debt_base"], rounding)
            certain = not version.average_threshold or on_one_side(
                weighted, expected["collateral_base"]
            )
            if certain and (
                min(expected["debt_base"], expected["collateral_base"]) > 10**10 * rounding
            ):
                swept += 1
                assert fast.health[row] == pytest.approx(expected["health_wad"] / WAD, rel=1e-9)
            elif not account["debt"]:
                assert math.isinf(fast.health[row])
    assert swept > EACH // 10


def test_recorded_accounts_of_v2() -> None:
    """1,309 accounts, each with the average threshold that the pool told for it."""
    with shared_file("data/positions/aave_v2_steth_accounts_2023-06.csv").open() as file:
        rows = list(csv.DictReader(file))
    market = AaveMarket(AaveConfig("v2", V2, frozenset({POOL}), base_decimals=18))
    for threshold in {row["threshold"] for row in rows}:
        name = f"0x{threshold}"
        for event in (
            reading(name, threshold_bp=int(threshold)), data(name), AssetPrice(name, WAD)
        ):  # fmt: skip
            market.apply(at(), POOL, event)
    for row in rows:
        name = f"0x{row['threshold']}"
        collateral, debt = (int(Decimal(row[side]) * WAD) for side in ("collateral", "debt"))
        event = AccountReading(row["user"], ((name, collateral),), ((name, debt),), (name,))
        market.apply(at(), POOL, event)
    fast = dict(zip(market.accounts(), market.sweep(NOW_S).health.tolist(), strict=True))
    assert len(fast) == 1_309
    for row in rows:
        exact = market.exact(row["user"], NOW_S).health_wad
        assert exact is not None
        assert exact / WAD == pytest.approx(float(row["healthf"]), rel=1e-6)
        assert fast[row["user"]] == pytest.approx(float(row["healthf"]), rel=1e-6)


def test_eras_differ_where_they_should() -> None:
    """One unit each way: v3.5 owes more and owns less than v3.3 at the same half."""
    index = RAY + RAY // 2  # 1.5: three scaled units are 4.5
    for version, collateral, debt in ((V3_0, 5, 5), (V3_3, 5, 5), (V3_5, 4, 5)):
        market = small(version)
        for name in (WETH, USDC):
            market.apply(at(), POOL, reading(name, decimals=0))
            market.apply(at(), POOL, data(name, index, index))
            market.apply(at(), POOL, AssetPrice(name, 1))
        market.apply(at(), POOL, AccountReading("0xu", ((WETH, 3),), ((USDC, 3),), (WETH,)))
        found = market.exact("0xu", NOW_S)
        assert (found.collateral_base, found.debt_base) == (collateral, debt), version.name
    half = small(V3_5)
    half.apply(at(), POOL, AssetPrice(USDC, 1))
    half.apply(at(), POOL, AccountReading("0xu", (), ((USDC, 1),), ()))
    assert half.exact("0xu", NOW_S).debt_base == 1  # 10^-6 of a unit of value, rounded up


def test_an_average_threshold_is_cut_until_3_2() -> None:
    """Half at 80 %, half at 80.01 %: 8000 whole basis points against 8000.5."""
    for version, wad in ((V2, 8 * WAD // 10), (V3_0, 8 * WAD // 10), (V3_3, 80005 * WAD // 10**5)):
        market = small(version)
        market.apply(at(), POOL, ParameterChange("liquidation_threshold", WETH, None, "8001", ""))
        market.apply(at(), POOL, AccountReading(
            "0xu", ((WETH, 50 * WAD), (WBTC, 10**8)), ((USDC, 200_000 * 10**6),), (WETH, WBTC)
        ))  # fmt: skip
        assert market.exact("0xu", NOW_S).health_wad == wad
        assert market.sweep(NOW_S).health[0] == pytest.approx(wad / WAD, rel=1e-12)


def test_no_debt_is_no_number() -> None:
    market = small()
    market.apply(at(), POOL, borrower(debt=()))
    found = market.exact("0xuser", NOW_S)
    assert (found.health_wad, found.debt_base, found.liquidatable) == (None, 0, False)
    assert market.sweep(NOW_S).health.tolist() == [math.inf]
    assert market.edge("0xuser", NOW_S) is None


def test_the_unknown_is_not_zero() -> None:
    """Account, reserve, price, indices, e-mode: each makes the account unknown, by name."""
    market = small(complete=False)
    assert market.exact("0xnobody", NOW_S) == unknown_account("0xnobody", "account")
    market.apply(at(), f"{WETH}-a", ScaledMint("0xseen", WAD, 0, RAY))
    assert market.exact("0xseen", NOW_S) == unknown_account("0xseen", "account")
    market.apply(at(), POOL, borrower())
    market.apply(at(), POOL, AssetPrice(USDC, 0))  # an oracle that says nothing
    assert market.exact("0xuser", NOW_S) == unknown_account("0xuser", f"price of {USDC}")
    assert np.isnan(market.sweep(NOW_S).health).all()
    assert market.exact("0xuser", NOW_S, {USDC: 10**8}).health_wad == 1_454545454545454545
    assert market.exact("0xuser", NOW_S, {USDC: 10**8, WBTC: None}).unknown == (
        f"price of {WBTC}",
    )  # fmt: skip
    market.apply(at(), POOL, AssetPrice(USDC, 10**8))
    market.apply(at(), POOL, EModeSet("0xuser", 7))
    assert market.exact("0xuser", NOW_S) == unknown_account("0xuser", "e-mode 7")
    assert np.isnan(market.sweep(NOW_S).health).all()
    market.apply(at(), POOL, EModeSet("0xuser", 0))
    market.apply(at(), POOL, borrower(debt=(("0xnew", 5),)))
    assert market.exact("0xuser", NOW_S).unknown == ("configuration of 0xnew",)
    market.apply(at(), POOL, reading("0xnew"))
    market.apply(at(), POOL, AssetPrice("0xnew", 1))
    assert market.exact("0xuser", NOW_S).unknown == ("indices of 0xnew",)
    assert np.isnan(market.sweep(NOW_S).health).all()


def test_a_price_that_does_not_matter_may_be_unknown() -> None:
    """Collateral not used, or without threshold, or an emptied debt."""
    market = small()
    market.apply(at(), POOL, AssetPrice(WETH, 0))
    held = ((WBTC, 10**8), (WETH, WAD))
    market.apply(at(), POOL, borrower(collateral=held, used=(WBTC,)))
    assert market.exact("0xuser", NOW_S).unknown == ()
    market.apply(at(), POOL, CollateralUse(WETH, "0xuser", used=True))
    assert market.exact("0xuser", NOW_S).unknown == (f"price of {WETH}",)
    market.apply(at(), POOL, ParameterChange("liquidation_threshold", WETH, None, "0", "bp"))
    assert market.exact("0xuser", NOW_S).unknown == ()
    assert not np.isnan(market.sweep(NOW_S).health).any()


def test_flags() -> None:
    market = small()
    market.apply(at(), POOL, borrower())
    for name, new in (("ltv", "0"), ("debt_ceiling", "100"), ("paused", "true")):
        market.apply(at(), POOL, ParameterChange(name, WBTC, None, new, ""))
    found = market.exact("0xuser", NOW_S)
    assert (found.zero_ltv, found.isolated, found.blocked) == (True, True, True)
    market.apply(at(), POOL, ParameterChange("paused", WBTC, None, "false", ""))
    assert not market.exact("0xuser", NOW_S).blocked
    until = ParameterChange("liquidation_grace_until", USDC, None, str(NOW_S), "s")
    market.apply(at(), POOL, until)
    assert market.exact("0xuser", NOW_S).blocked
    assert not market.exact("0xuser", NOW_S + 1).blocked
