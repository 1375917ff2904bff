"""Liquidations: the worked case, an independent computation, close factors, dust, deficits."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lending.health import health_factor
from models.lending.liquidation import Outcome, Seizure, Side, liquidate, most_repay, seize
from models.lending.repayment import health_after, restoring_repay, toxic_ltv, two_repayments
from models.lending.version import V2, V3_0, V3_3, V3_5, V3_7, VERSIONS, Version
from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    EModeReading,
    EModeSet,
    ParameterChange,
)
from tests.models.lending.markets import NOW_S, POOL, USDC, WBTC, WETH, at, small
from tests.reference.lending_liquidation import ERAS, liquidation

WAD = 10**18
USD = 10**8
WHOLE = 10**9 * USD  # of another collateral: it is not the account's last


def btc(usd: int, sat: int = 2 * 10**8) -> Side:
    return Side(sat, usd * USD, 10**8)


def usdc(usd: int) -> Side:
    return Side(usd * 10**6, USD, 10**6)


def health_of(usd: int, debt_usd: int = 110_000) -> int:
    worth = 2 * usd * USD
    wad = health_factor(V3_3, worth, worth * 8_000, debt_usd * USD)
    assert wad is not None
    return wad


def run(version: Version, usd: int, ask_usd: int, fee_bp: int, **totals: int) -> Outcome | None:
    told = {"total_collateral_base": 2 * usd * USD, "total_debt_base": 110_000 * USD} | totals
    return liquidate(
        version, ask_usd * 10**6, health_of(usd), btc(usd), usdc(110_000), 10_500, fee_bp, **told
    )


@pytest.mark.parametrize("version", [V3_0, V3_3, V3_5], ids=lambda version: version.name)
def test_the_worked_case(version: Version) -> None:
    """At 68,000 USD half of the debt for 0.8492647 BTC; a fee of 10 % of the bonus."""
    assert run(version, 68_750, 110_000, 0) is None  # health is one exactly
    found = run(version, 68_000, 110_000, 0)
    assert found is not None
    assert found.seized == Seizure(55_000 * 10**6, 84_926_470, 0)
    assert (found.collateral_left, found.debt_left) == (200_000_000 - 84_926_470, 55_000 * 10**6)
    after = found.collateral_left * 68_000 * USD // 10**8
    wad = health_factor(V3_3, after, after * 8_000, 55_000 * USD)
    assert wad is not None and round(wad / WAD, 4) == 1.1382
    with_fee = run(version, 68_000, 110_000, 1_000)
    assert with_fee is not None
    assert with_fee.seized == Seizure(55_000 * 10**6, 84_522_058, 404_412)


def test_the_worked_case_below_95_percent() -> None:
    """At 65,000 USD all of the debt at once; v2 still takes half."""
    for version in (V3_0, V3_3, V3_5):
        found = run(version, 65_000, 110_000, 1_000)
        assert found is not None
        assert found.seized == Seizure(110_000 * 10**6, 176_846_153, 846_154)
        assert (found.debt_left, found.deficit, found.allowed) == (0, 0, True)
    old = run(V2, 65_000, 110_000, 1_000)
    assert old is not None
    assert old.seized == Seizure(55_000 * 10**6, 88_846_153, 0)


def test_rounding_for_the_protocol_since_3_7() -> None:
    found = run(V3_7, 68_000, 55_000, 1_000)
    assert found is not None
    assert found.seized == Seizure(55_000 * 10**6, 84_926_469 - 404_412, 404_412)


@pytest.mark.parametrize("era", ERAS)
def test_an_independent_computation_agrees(era: str) -> None:
    """1,500 cases of each era: small and large, capped by balance or not."""
    rng = random.Random(f"liquidation {era}")
    capped = 0
    for _ in range(1_500):
        collateral, debt = (
            Side(rng.randrange(1, 10**9) * unit // rng.choice((1, 10**4, 10**6)) + 1,
                 rng.randrange(1, 10**6) * rng.choice((1, 10**4, 10**7)) + 1, unit)
            for unit in (10 ** rng.choice((0, 6, 8, 18)), 10 ** rng.choice((0, 6, 8, 18)))
        )  # fmt: skip
        owed = debt.amount * debt.price // debt.unit
        case = {
            "collateral": collateral.amount, "collateral_price": collateral.price,
            "collateral_unit": collateral.unit, "debt": debt.amount, "debt_price": debt.price,
            "debt_unit": debt.unit, "bonus_bp": rng.choice((10_000, 10_100, 10_500, 11_250)),
            "fee_bp": rng.choice((0, 1_000, 2_000)),
            "health_wad": rng.choice((WAD, WAD - 1, 95 * WAD // 100, 95 * WAD // 100 + 1, 5)),
            "total_debt": owed * rng.choice((1, 1, 3)) + rng.randrange(2),
            "ask": rng.choice((debt.amount * 2, debt.amount, debt.amount // 3, 1)),
        }  # fmt: skip
        found = liquidate(
            VERSIONS[era], case["ask"], case["health_wad"], collateral, debt, case["bonus_bp"],
            case["fee_bp"], WHOLE, case["total_debt"],
        )  # fmt: skip
        seized = None if found is None else msgspec.structs.asdict(found.seized)
        assert seized == liquidation(era, case), case
        capped += found is not None and found.collateral_left == 0
    assert capped > 100


@pytest.mark.parametrize(("collateral_usd", "debt_usd", "health", "total_usd", "most_usd"), [
    (2_000, 2_000, 0.96, 2_000, 1_000), (1_999, 2_000, 0.96, 2_000, 2_000),
    (2_000, 1_999, 0.96, 1_999, 1_999), (2_000, 2_000, 0.95, 2_000, 2_000),
    (9_000, 3_000, 0.96, 9_000, 3_000),  # half of the total is more than this debt
    (9_000, 3_000, 1.0, 9_000, 0),
])  # fmt: skip
def test_the_close_factor_since_3_3(
    collateral_usd: int, debt_usd: int, health: float, total_usd: int, most_usd: int
) -> None:
    wad = int(health * 100) * WAD // 100
    most = most_repay(
        V3_3, wad, Side(collateral_usd, USD, 1), Side(debt_usd, USD, 1), total_usd * USD
    )
    assert most == most_usd


def test_dust_must_not_be_left_since_3_3() -> None:
    """Below 95 %: asking for all but 999 USD is refused, all but 1,000 is not, all is not."""
    for left, allowed in ((999, False), (1_000, True), (0, True)):
        found = run(V3_3, 65_000, 110_000 - left, 0)
        assert found is not None and found.allowed is allowed
        old = run(V3_0, 65_000, 110_000 - left, 0)
        assert old is not None and old.allowed


def test_what_no_collateral_is_left_for_is_a_deficit() -> None:
    """2 BTC at 50,000 USD cover 95,238.095238 of 110,000 with a bonus of 5 %."""
    for version, repaid in ((V3_3, 95_238_095_238), (V3_5, 95_238_095_239)):
        found = run(version, 50_000, 110_000, 0)
        assert found is not None
        assert found.seized == Seizure(repaid, 2 * 10**8, 0)
        assert (found.collateral_left, found.debt_left) == (0, 0)
        assert found.deficit == 110_000 * 10**6 - repaid
    more = run(V3_3, 50_000, 110_000, 0, total_collateral_base=WHOLE)
    assert more is not None
    assert (more.deficit, more.debt_left) == (0, 110_000 * 10**6 - 95_238_095_238)
    old = run(V3_0, 50_000, 110_000, 0)
    assert old is not None
    assert (old.deficit, old.debt_left) == (0, 110_000 * 10**6 - 95_238_095_238)


@given(
    st.integers(1, 10**15),
    st.integers(1, 10**12),
    st.integers(1, 10**12),
    st.integers(10_000, 12_000),
    st.integers(0, 10_000),
    st.sampled_from(list(VERSIONS.values())),
)
def test_nobody_gets_more_than_there_is(
    repay: int, has: int, price: int, bonus_bp: int, fee_bp: int, version: Version
) -> None:
    found = seize(
        version, repay, Side(has, price, 10**8), Side(repay, USD, 10**6), bonus_bp, fee_bp
    )
    assert found.to_liquidator >= 0 and found.protocol_fee >= 0
    assert found.to_liquidator + found.protocol_fee <= has
    assert 0 <= found.repaid <= repay + (version.directed or bonus_bp == 10_000)


def test_two_repayments_of_qin() -> None:
    """C = 100, D = 82: 3.2800 at once, 3.86824 in two, ratio 1.17934."""
    found = two_repayments(100.0, 82.0, 0.8, 0.08, 0.5)
    assert round(found.profit_at_once, 4) == 3.28
    assert round(found.profit, 5) == 3.86824
    assert round(found.profit / found.profit_at_once, 5) == 1.17934
    gain = found.first * (1 - 0.5) / (0.5 * 82.0)
    assert found.profit / found.profit_at_once == pytest.approx(1 + gain)


def test_restoring_repay() -> None:
    assert restoring_repay(136_000.0, 110_000.0, 0.8, 0.05) == pytest.approx(7_500.0)
    assert restoring_repay(200_000.0, 110_000.0, 0.8, 0.05) == 0.0
    assert restoring_repay(110_000.0, 110_000.0, 0.8, 0.3) is None  # every repayment makes it worse
    assert restoring_repay(50_000.0, 110_000.0, 0.8, 0.05) is None  # not with this collateral


@given(st.floats(0.5, 0.95), st.floats(0.0, 0.2), st.floats(0.2, 1.2), st.floats(0.01, 0.9))
def test_the_toxic_boundary(threshold: float, bonus: float, ltv: float, share: float) -> None:
    """A repayment helps exactly below LTV = 1/(1 + b); restored health is what was asked for."""
    before = threshold / ltv
    after = health_after(before, share, threshold, bonus)
    if abs(ltv / toxic_ltv(bonus) - 1) > 1e-9:
        assert (after > before) == (ltv < toxic_ltv(bonus))
    assert toxic_ltv(bonus, 1.01) < toxic_ltv(bonus)
    repay = restoring_repay(1.0, ltv, threshold, bonus, target=1.05)
    if repay:
        restored = threshold * (1.0 - repay * (1 + bonus)) / (ltv - repay) if repay < ltv else 1.05
        assert restored == pytest.approx(1.05, rel=1e-6) or repay == pytest.approx(ltv)


def test_the_formula_is_that_of_the_integers() -> None:
    """Health after repaying half of the debt."""
    found = run(V3_3, 68_000, 55_000, 0)
    assert found is not None
    worth = found.collateral_left * 68_000 / 10**8
    by_formula = health_after(health_of(68_000) / WAD, 0.5, 0.8, 0.05)
    assert worth * 0.8 / 55_000 == pytest.approx(by_formula, rel=1e-8)


def test_a_liquidation_of_a_market() -> None:
    """The worked case through the market; an e-mode has its own bonus; closed is closed."""
    market = small(V3_3)
    market.apply(at(), POOL, AccountReading(
        "0xu", ((WBTC, 2 * 10**8), (WETH, 5)), ((USDC, 110_000 * 10**6),), (WBTC,)
    ))  # fmt: skip
    market.apply(at(), POOL, AssetPrice(WBTC, 68_000 * USD))
    found = market.liquidation("0xu", WBTC, USDC, NOW_S)
    assert found is not None
    assert found.seized == Seizure(55_000 * 10**6, 84_522_058, 404_412)
    asked = market.liquidation("0xu", WBTC, USDC, NOW_S, ask=7_500 * 10**6)
    assert asked is not None and asked.seized.repaid == 7_500 * 10**6
    whole = market.liquidation("0xu", WBTC, USDC, NOW_S, prices={WBTC: 65_000 * USD})
    assert whole is not None and whole.seized == Seizure(110_000 * 10**6, 176_846_153, 846_154)
    assert market.liquidation("0xu", WBTC, USDC, NOW_S, prices={WBTC: 70_000 * USD}) is None
    for collateral, debt in ((WETH, USDC), (WBTC, WETH), (USDC, USDC)):
        assert market.liquidation("0xu", collateral, debt, NOW_S) is None
    assert market.liquidation("0xnobody", WBTC, USDC, NOW_S) is None
    market.apply(at(), POOL, EModeReading(1, 7_000, 8_000, 10_100, "", (WBTC,), ()))
    market.apply(at(), POOL, EModeSet("0xu", 1))
    kinder = market.liquidation("0xu", WBTC, USDC, NOW_S)
    assert kinder is not None
    assert kinder.collateral_left == 2 * 10**8 - 81_691_176  # 80,882,352 and 1 %
    market.apply(at(), POOL, ParameterChange("paused", USDC, None, "true", "bool"))
    assert market.liquidation("0xu", WBTC, USDC, NOW_S) is None
