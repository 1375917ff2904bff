"""Accounts near liquidation: which, in what order, how far along a direction of prices."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest

from models.lending.edge import EdgeAccount, near_edge
from models.lending.sweep import add_entries, add_entries_plain, finish, finish_plain
from models.lending.version import V3_3
from schemas.chain_event import AccountReading, AssetPrice
from tests.models.lending.markets import NOW_S, POOL, USDC, WBTC, WETH, at, modelled, small
from tests.reference.lending_health import health, random_account, random_market

WAD = 10**18


def owing(name: str, usd: int) -> AccountReading:
    """2 BTC at 100,000 USD and a debt."""
    return AccountReading(name, ((WBTC, 2 * 10**8),), ((USDC, usd * 10**6),), (WBTC,))


def test_worst_first_and_no_more_than_asked() -> None:
    market = small()
    for name, usd in (("0xa", 100_000), ("0xb", 150_000), ("0xc", 160_001), ("0xd", 0),
                      ("0xf", 150_000), ("0xe", 150_000)):  # fmt: skip
        market.apply(at(), POOL, owing(name, usd))
    market.apply(at(), POOL, AccountReading("0xu", (), (("0xnew", 1),), ()))  # unknown
    found = near_edge(market, 1.1, NOW_S, betas={WBTC: 1.0})
    assert [each.account for each in found] == ["0xc", "0xb", "0xe", "0xf"]
    assert found[1] == EdgeAccount(
        "test", "0xb", 160_000 / 150_000, 200_000.0, 150_000.0, pytest.approx(1 - 15 / 16), ()
    )
    assert found[0].flags == ("liquidatable",)
    assert found[0].distance is not None and found[0].distance < 0
    assert [each.account for each in near_edge(market, 9.0, NOW_S, most=1)] == ["0xc"]
    assert near_edge(market, 1.1, NOW_S)[0].distance is None
    assert near_edge(market, 0.5, NOW_S) == ()


def test_other_prices() -> None:
    """A pending price makes accounts liquidatable before the market knows it."""
    market = small()
    market.apply(at(), POOL, owing("0xa", 150_000))
    assert near_edge(market, 1.0, NOW_S) == ()
    pending = near_edge(market, 1.0, NOW_S, prices={WBTC: 93_000 * 10**8})
    assert [(each.account, each.flags) for each in pending] == [("0xa", ("liquidatable",))]
    assert pending[0].health == pytest.approx(148_800 / 150_000)
    assert near_edge(market, 9.0, NOW_S, prices={WBTC: None}) == ()


def test_the_distance_is_where_health_is_one() -> None:
    """Collateral and debt both move: at P·(1 − s·beta) the exact health is one."""
    rng = random.Random("edge")
    market = small()
    for n in range(300):
        market.apply(at(), POOL, AccountReading(
            f"0x{n}", ((WETH, rng.randrange(WAD, 99 * WAD)), (WBTC, rng.randrange(10**8))),
            ((USDC, rng.randrange(10**9, 10**11)), (WETH, rng.randrange(WAD))), (WETH, WBTC),
        ))  # fmt: skip
    betas = {WETH: 1.0, WBTC: 0.6, USDC: 0.01}
    swept, checked = market.sweep(NOW_S, betas=betas), 0
    for row, name in enumerate(market.accounts()):
        s = float(swept.distance[row])
        if abs(s) < 0.9:
            checked += 1
            prices = {
                asset: round(usd * 10**8 * (1 - Fraction(s) * Fraction(betas[asset])))
                for asset, usd in ((WETH, 2_000), (WBTC, 100_000), (USDC, 1))
            }
            wad = market.exact(name, NOW_S, prices).health_wad
            assert wad is not None and wad / WAD == pytest.approx(1.0, abs=1e-7)
    assert checked > 200


def test_directions_that_lead_nowhere() -> None:
    market = small()
    market.apply(at(), POOL, owing("0xa", 100_000))
    market.apply(at(), POOL, owing("0xb", 170_000))
    market.apply(at(), POOL, owing("0xc", 0))
    away = market.sweep(NOW_S, betas={USDC: 1.0}).distance  # the debt alone falls
    assert away.tolist() == [math.inf, -math.inf, math.inf]
    flat = market.sweep(NOW_S).distance
    assert flat.tolist() == [math.inf, -math.inf, math.inf]
    assert near_edge(market, 1.0, NOW_S, betas={USDC: 1.0})[0].distance is None


def test_the_order_is_that_of_an_independent_computation() -> None:
    rng = random.Random("order")
    reference = random_market(rng, 8, NOW_S)
    accounts = {f"0x{n:03}": random_account(rng, reference, emodes=True) for n in range(400)}
    market = modelled("v3.5", reference, accounts)
    expected = []
    for name, account in accounts.items():
        wad = health("v3.5", reference, account, NOW_S)["health_wad"]
        if wad is not None and wad < WAD // 2:
            expected.append((wad / WAD, name))
    found = near_edge(market, 0.5, NOW_S)
    assert [(each.health, each.account) for each in found] == sorted(expected)
    assert len(expected) > 50


@pytest.mark.parametrize("whole_bp", [False, True])
def test_plain_kernels_are_the_compiled_ones(whole_bp: bool) -> None:
    rng = np.random.default_rng(5)
    rows, count, assets = 50, 300, 6
    owner = rng.integers(0, rows, count).astype(np.int32)
    asset = rng.integers(0, assets, count).astype(np.uint16)
    side, used = rng.integers(0, 2, count).astype(np.uint8), rng.random(count) < 0.8
    amount = rng.random(count) * 1e20 * (rng.random(count) < 0.9)
    amount[7] = np.nan
    mode = rng.integers(0, 2, rows).astype(np.uint8)
    unit, weight = rng.random((2, assets)), rng.integers(0, 9_000, (2, assets)) / 1e4
    results = []
    for add, end in ((add_entries, finish), (add_entries_plain, finish_plain)):
        sums, columns = np.zeros((rows, 5)), [np.empty(rows) for _ in range(4)]
        beta = np.linspace(-0.5, 1, assets)
        add(owner, asset, side, used, amount, mode, unit[0], unit[1], weight, beta, sums)
        end(sums, rng.random(rows) < 2, whole_bp, *columns)
        results.append([column.tolist() for column in columns])
    np.testing.assert_array_equal(np.array(results[0]), np.array(results[1]))
    assert np.isnan(results[0][2]).sum() == 1


def test_a_market_without_accounts() -> None:
    market = small(V3_3)
    assert near_edge(market, 2.0, NOW_S) == ()
    market.apply(at(), POOL, AssetPrice(WETH, 0))
    assert market.sweep(NOW_S).health.tolist() == []
