"""Compound v3: an independent contract step by step, undo, snapshots, the unknown."""

import random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.lending.comet import CometConfig, CometMarket
from models.lending.comet_math import Absorbed, accrued, present, principal_of
from models.lending.comet_state import Accrual, CometState
from schemas.chain import BlockAt
from schemas.chain_event import (
    AbsorbCollateral,
    AbsorbDebt,
    AccountReading,
    AssetPrice,
    CometCollateral,
    CometReading,
    CometSupply,
    Event,
)
from tests.reference.lending_comet import Comet

COMET, BASE, WETH, WBTC = "0xcomet", "0xusdc", "0xweth", "0xwbtc"
WAD, NOW_S = 10**18, 1_742_379_383
SUPPLY_RATE, BORROW_RATE = 1_200_000_000, 1_600_000_000  # 3.8 % and 5 % a year
MARKET: dict[str, Any] = {
    "base_decimals": 6, "base_price": 99_990_000,
    "assets": {
        WETH: {"decimals": 18, "price": 194_073_642_444, "borrow": 83 * 10**16,
               "liquidate": 90 * 10**16, "liquidation": 95 * 10**16},
        WBTC: {"decimals": 8, "price": 8_344_982_795_088, "borrow": 80 * 10**16,
               "liquidate": 85 * 10**16, "liquidation": 92 * 10**16},
    },
}  # fmt: skip


def at(time_s: int = NOW_S) -> BlockAt:
    return BlockAt(22_000_000, "0xb", time_s)


def read(supply_index: int = 10**15, borrow_index: int = 10**15) -> CometReading:
    return CometReading(
        BASE, 6, supply_index, borrow_index, SUPPLY_RATE, BORROW_RATE, NOW_S,
        tuple((name, each["decimals"], each["borrow"], each["liquidate"], each["liquidation"], 0)
              for name, each in MARKET["assets"].items()),
    )  # fmt: skip


def market_of(complete: bool = True) -> CometMarket:
    made = CometMarket(CometConfig("comet", frozenset({COMET}), complete))
    made.apply(at(), COMET, read())
    made.apply(at(), COMET, AssetPrice(BASE, MARKET["base_price"]))
    for name, each in MARKET["assets"].items():
        made.apply(at(), COMET, AssetPrice(name, each["price"]))
    return made


def test_a_market_is_followed_to_the_unit() -> None:
    """4,000 steps over 40 accounts: every principal, health and absorption."""
    rng = random.Random("comet")
    contract, model = Comet(SUPPLY_RATE, BORROW_RATE, NOW_S), market_of()
    names = [f"0x{n}" for n in range(40)]
    time_s, absorbed = NOW_S, 0
    for _ in range(4_000):
        time_s += rng.choice((0, 12, 12, rng.randrange(10**5)))
        name, kind = rng.choice(names), rng.random()
        if kind < 0.6:
            amount = rng.randrange(-(10**10), 10**10)
            contract.move(name, amount, time_s)
            model.apply(at(time_s), COMET, CometSupply(name, amount))
        else:
            asset = rng.choice((WETH, WBTC))
            most = 10 ** (MARKET["assets"][asset]["decimals"] - 1)
            has = contract.collateral.get((name, asset), 0)
            amount = rng.randrange(-min(has, most), most)
            contract.collateral[name, asset] = has + amount
            model.apply(at(time_s), COMET, CometCollateral(name, asset, amount))
            contract.accrue(contract.at_s)
        assert model.principal(name) == contract.principal.get(name, None if kind < 0.6 else 0)
        expected = contract.valued(name, MARKET)
        found = model.exact(name, contract.at_s)
        after, short = expected.pop("after"), expected.pop("shortfall")
        liquidatable = expected.pop("liquidatable")
        shown = msgspec.structs.asdict(found)
        assert {key: shown[key] for key in expected} == expected
        assert found.liquidatable is liquidatable
        assert found.unknown == ()
        would = model.absorbed(name, contract.at_s)
        if liquidatable:
            absorbed += 1
            assert would == Absorbed(after, after - expected["balance"], short)
            held = {key: amount for key, amount in contract.collateral.items() if key[0] == name}
            paid = contract.absorb(name, MARKET)
            for (_, asset), amount in held.items():
                event = AbsorbCollateral("0xa", name, asset, amount, 0)
                model.apply(at(contract.at_s), COMET, event)
            model.apply(at(contract.at_s), COMET, AbsorbDebt("0xa", name, paid, 0))
            assert model.principal(name) == contract.principal[name]
        else:
            assert would is None
    assert absorbed > 100
    swept = model.sweep(contract.at_s)
    for row, name in enumerate(model.accounts()):
        found = model.exact(name, contract.at_s)
        if found.debt_base and found.debt_base > 10**10 and found.health_wad is not None:
            assert swept.health[row] == pytest.approx(found.health_wad / WAD, rel=1e-6)
            assert swept.debt_usd[row] == pytest.approx(found.debt_base / 1e8, rel=1e-6)
        assert found.collateral_base is not None
        assert swept.collateral_usd[row] == pytest.approx(found.collateral_base / 1e8, abs=1e-6)


@given(st.integers(-(10**30), 10**30), st.integers(10**15, 10**17), st.integers(10**15, 10**17))
def test_a_principal_never_favours_the_account(amount: int, supply: int, borrow: int) -> None:
    """There and back an account has at most as much; the borrow index rounds debts up."""
    back = present(principal_of(amount, supply, borrow), supply, borrow)
    if amount >= 0:
        assert amount - supply // 10**15 - 1 <= back <= amount
    else:
        assert abs(back - amount) <= borrow // 10**15 + 1


def test_interest_is_linear_between_accruals() -> None:
    assert accrued(10**15, BORROW_RATE, 31_536_000) == 10**15 + 50_457_600_000_000


def test_an_accrual_never_goes_back() -> None:
    now = Accrual(BASE, 10**15, 2 * 10**15, SUPPLY_RATE, BORROW_RATE, NOW_S)
    assert now.at(NOW_S - 5) is now.at(NOW_S) is now
    assert now.at(NOW_S + 10) == Accrual(
        BASE, 10**15 + 12_000_000, 2 * 10**15 + 32_000_000, SUPPLY_RATE, BORROW_RATE, NOW_S + 10
    )


def test_a_supply_repays_first() -> None:
    """Borrowed 5, supplied 7 in the same second: 2 are owned."""
    state = CometState(CometConfig("comet", frozenset({COMET}), True))
    state.apply(at(), COMET, read())
    for amount, principal in ((-5, -5), (7, 2), (-2, 0)):
        state.apply(at(), COMET, CometSupply("0xu", amount))
        assert state.principal("0xu") == principal
    assert state.principal("0xnobody") is None
    assert state.asset("0xnobody") is None


def test_the_unknown_is_not_zero() -> None:
    market = market_of(complete=False)
    assert market.exact("0xu", NOW_S).unknown == ("account",)
    market.apply(at(), COMET, CometSupply("0xu", -5))
    assert market.exact("0xu", NOW_S).unknown == ("account",)
    market.apply(at(), COMET, AccountReading("0xu", ((WETH, WAD),), ((BASE, 10**9),), (WETH,)))
    assert market.principal("0xu") == -(10**9)
    health = market.exact("0xu", NOW_S).health_wad
    assert health == 194_073_642_444 * 9 // 10 * WAD // 99_990_000_000
    assert market.exact("0xu", NOW_S, {BASE: None}).unknown == (f"price of {BASE}",)
    assert np.isnan(market.sweep(NOW_S, {WETH: None}).health).all()
    market.apply(at(), COMET, AssetPrice(WETH, 0))
    assert market.exact("0xu", NOW_S).unknown == (f"price of {WETH}",)
    assert market.edge("0xu", NOW_S) is None and market.absorbed("0xu", NOW_S) is None
    market.apply(at(), COMET, CometCollateral("0xu", WETH, -2 * WAD))
    market.apply(at(), COMET, CometCollateral("0xu", "0xnew", 1))
    assert market.exact("0xu", NOW_S).unknown == (
        f"negative balance of {WETH}", "configuration of 0xnew",
    )  # fmt: skip
    nothing = CometMarket(CometConfig("comet", frozenset({COMET}), True))
    nothing.apply(at(), COMET, CometCollateral("0xu", WETH, 1))
    assert nothing.exact("0xu", NOW_S).unknown == ("indices",)
    assert nothing.apply(at(), COMET, CometSupply("0xu", 5)) is None


def test_what_was_supplied_secures_nothing_and_owes_nothing() -> None:
    market = market_of()
    market.apply(at(), COMET, AccountReading("0xu", ((BASE, 10**9), (WETH, WAD)), (), (WETH,)))
    found = market.exact("0xu", NOW_S)
    assert (found.balance, found.debt_base, found.health_wad) == (10**9, 0, None)
    assert found.collateral_base == 194_073_642_444
    assert market.sweep(NOW_S).collateral_usd.tolist() == [1940.73642444]


def test_what_does_not_concern_it() -> None:
    market = market_of()
    before = market.snapshot()
    for address, event in (
        ("0xelse", CometSupply("0xu", 5)), (COMET, CometSupply("0xu", 1 << 128)),
        (COMET, read(borrow_index=0)), (COMET, AbsorbCollateral("0xa", "0xu", WETH, -5, 0)),
        (COMET, AccountReading("0xu", ((WETH, -1),), (), ())),
        (COMET, msgspec.structs.replace(read(), base_decimals=78)),
        (COMET, AssetPrice(WETH, MARKET["assets"][WETH]["price"])),
    ):  # fmt: skip
        assert market.apply(at(), address, event) is None, event
    assert market.snapshot() == before


ACCOUNTS = st.sampled_from([f"0x{n}" for n in range(9)])
ASSETS = st.sampled_from([WETH, WBTC, BASE, "0xnew"])
SIGNED, AMOUNTS = st.integers(-(10**20), 10**20), st.integers(0, 10**20)
HELD = st.lists(st.tuples(ASSETS, AMOUNTS), max_size=3).map(tuple)
EVENTS = st.one_of(
    st.builds(CometSupply, ACCOUNTS, SIGNED),
    st.builds(CometCollateral, ACCOUNTS, ASSETS, SIGNED),
    st.builds(AbsorbDebt, ACCOUNTS, ACCOUNTS, AMOUNTS, AMOUNTS),
    st.builds(AbsorbCollateral, ACCOUNTS, ACCOUNTS, ASSETS, AMOUNTS, AMOUNTS),
    st.builds(AssetPrice, ASSETS, st.integers(-1, 10**12)),
    st.builds(AccountReading, ACCOUNTS, HELD, HELD, st.just(())),
    st.builds(read, st.integers(10**15, 10**16), st.integers(10**15, 10**16)),
)


def observed(market: CometMarket) -> list[Any]:
    """What can be seen of it, NaN as text."""
    swept, names = market.sweep(NOW_S + 99), market.accounts()
    return [
        market.snapshot(), list(names), [market.exact(name, NOW_S + 99) for name in names],
        [str(column.tolist()) for column in (swept.health, swept.debt_usd)],
    ]  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(st.lists(EVENTS, max_size=40), st.integers(0, 40))
def test_undo_is_the_inverse_and_a_snapshot_the_whole(events: list[Event], cut: int) -> None:
    market = market_of()
    for event in events[:cut]:
        market.apply(at(NOW_S + 5), COMET, event)
    seen = observed(market)
    done = [market.apply(at(NOW_S + 17), COMET, event) for event in events[cut:]]
    after = observed(market)
    for each in reversed(done):
        if each is not None:
            market.undo(each)
    assert observed(market) == seen
    again = CometMarket(market.config)
    again.restore(market.snapshot())
    assert observed(again) == seen
    for event in events[cut:]:
        again.apply(at(NOW_S + 17), COMET, event)
    assert observed(again) == after
