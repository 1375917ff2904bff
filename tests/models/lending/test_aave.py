"""The state of an Aave market: balances as tokens keep them, undo, snapshots, awkward logs."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.lending.aave import AaveConfig, AaveMarket
from models.lending.aave_state import AaveState
from models.lending.positions import COLLATERAL, DEBT
from models.lending.reserve import EMode, Reserve
from models.lending.version import V2, V3_0, V3_3, V3_5, V3_7, Version
from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    CollateralUse,
    DeficitCreated,
    EModeReading,
    EModeSet,
    Event,
    LiquidationCall,
    ParameterChange,
    ReserveData,
    ScaledBurn,
    ScaledMint,
    ScaledTransfer,
    Transfer,
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
    reading,
    small,
)
from tests.reference.lending_token import Said, Token

WAD = 10**18


def event_of(said: Said) -> Event:
    kind, *rest = said
    made: Any = {"mint": ScaledMint, "burn": ScaledBurn, "transfer": ScaledTransfer}[kind]
    event: Event = made(*rest)
    return event


def scaled(market: AaveMarket, account: str, reserve: str, side: int) -> int:
    """As the market has it; 0 where it has no entry."""
    found = [
        held.scaled for held in market.holdings(account)
        if held.reserve.address == reserve and held.side == side
    ]  # fmt: skip
    return found[0] if found else 0


@pytest.mark.parametrize("version", [V2, V3_0, V3_5], ids=lambda version: version.name)
@pytest.mark.parametrize("debt", [False, True], ids=["supplied", "owed"])
def test_balances_are_the_contracts(version: Version, debt: bool) -> None:
    """4,000 mints, burns and transfers of any size at growing indices: equal to the unit."""
    rng = random.Random(f"{version.name} {debt}")
    token, market = Token(version.name, debt), small(version)
    side = DEBT if debt else COLLATERAL
    address = f"{USDC}-d" if debt else f"{USDC}-a"
    names = [f"0x{n}" for n in range(5)]
    index = RAY
    for _ in range(4_000):
        index += rng.choice((0, 1, rng.randrange(RAY // 10**6)))
        name, amount = rng.choice(names), rng.choice((1, 2, rng.randrange(1, 10**12)))
        has = token.balance(token.scaled.get(name, 0), index)
        if rng.random() < 0.5 or has == 0:
            said = token.mint(name, amount, index)
        elif debt or rng.random() < 0.5:
            whole = rng.random() < 0.2 or amount >= has
            said = token.burn_all(name, index) if whole else token.burn(name, amount, index)
        else:
            said = token.transfer(name, rng.choice(names), min(amount, has), index)
        for each in said:
            market.apply(at(), address, event_of(each))
        assert scaled(market, name, USDC, side) == token.scaled[name]
    assert {name: scaled(market, name, USDC, side) for name in token.scaled} == token.scaled


def test_a_withdrawal_of_less_than_the_interest_is_a_mint() -> None:
    """100 at index 1 are 110 at 1.1; 4 withdrawn leave 106, told as a Mint of 6 of 10."""
    market = small(V3_3)
    market.apply(at(), f"{USDC}-a", ScaledMint("0xu", 100, 0, RAY))
    market.apply(at(), f"{USDC}-a", ScaledMint("0xu", 6, 10, 11 * RAY // 10))
    assert scaled(market, "0xu", USDC, COLLATERAL) == 100 - 4  # 4/1.1 = 3.6


def test_interest_alone_changes_nothing() -> None:
    market = small()
    assert market.apply(at(), f"{USDC}-a", ScaledMint("0xu", 7, 7, RAY)) is None
    assert market.accounts() == []


def test_what_does_not_concern_it() -> None:
    market = small()
    before = market.snapshot()
    for address, event in (
        ("0xelse", AssetPrice(WETH, 5)), ("0xelse", ScaledMint("0xu", 7, 0, RAY)),
        (POOL, ScaledMint("0xu", 7, 0, RAY)), (POOL, Transfer("0xu", "0xv", 5)),
        (POOL, LiquidationCall(WETH, USDC, "0xu", 5, 5, "0xl", False)),
        (f"{WETH}-a", ScaledMint("0xu", 7, 0, 0)),  # no contract has an index of 0
        (f"{WETH}-a", ScaledMint("0xu", 1 << 128, 0, RAY)),
        (f"{WETH}-a", ScaledBurn("0xu", -5, 0, RAY)),
        (POOL, data(WETH, 1 << 200)), (POOL, EModeSet("0xu", 256)),
        (POOL, EModeReading(0, 1, 1, 1, "", (), ())), (POOL, reading(WETH, decimals=78)),
        (POOL, AccountReading("0xu", ((WETH, 1 << 128),), (), ())),
        (POOL, ParameterChange("ltv", WETH, None, "much", "bp")),
        (POOL, ParameterChange("ltv", WETH, None, "9" * 31, "bp")),
        (POOL, ParameterChange("ltv", "0xelse", None, "5", "bp")),
        (POOL, ParameterChange("paused", WETH, None, "perhaps", "bool")),
        (POOL, ParameterChange("reserve_factor", WETH, None, "5", "bp")),
        (POOL, ParameterChange("ltv", "emode-0", None, "5", "bp")),
        (POOL, ParameterChange("ltv", "emode-x", None, "5", "bp")),
        (POOL, ParameterChange("emode_collateral", "emode-5", None, "true", "bool")),
    ):  # fmt: skip
        assert market.apply(at(), address, event) is None, event
    assert market.snapshot() == before


def test_parameters() -> None:
    market = small()
    for name, new in (
        ("ltv", "1"), ("liquidation_threshold", "2"), ("liquidation_bonus", "3"),
        ("liquidation_protocol_fee", "4"), ("supply_cap", "5"), ("borrow_cap", "6"),
        ("debt_ceiling", "7"), ("active", "false"), ("frozen", "true"), ("paused", "true"),
        ("price_source", "0xs"), ("liquidation_grace_until", "8"),
    ):  # fmt: skip
        assert market.apply(at(), POOL, ParameterChange(name, WETH, None, new, "")) is not None
    found = market.reserve(WETH)
    assert found is not None
    assert found.reading == reading(
        WETH, ltv_bp=1, threshold_bp=2, bonus_bp=3, protocol_fee_bp=4, supply_cap=5, borrow_cap=6,
        debt_ceiling=7, active=False, frozen=True, paused=True,
    )  # fmt: skip
    assert (found.source, found.grace_until_s) == ("0xs", 8)


def test_parameters_of_e_modes() -> None:
    market = small()
    for name, about, new in (
        ("ltv", "emode-3", "1"), ("liquidation_threshold", "emode-3", "2"),
        ("liquidation_bonus", "emode-3", "3"), ("isolated", "emode-3", "true"),
        ("emode_collateral", f"emode-3:{WETH}", "true"),
        ("emode_collateral", f"emode-3:{WBTC}", "true"),
        ("emode_collateral", f"emode-3:{WBTC}", "false"),
        ("emode_borrowable", f"emode-3:{USDC}", "true"),
        ("emode_ltvzero", f"emode-3:{WETH}", "true"),
    ):  # fmt: skip
        assert market.apply(at(), POOL, ParameterChange(name, about, None, new, "")) is not None
    only = frozenset({WETH})
    assert market.emodes == {3: EMode(1, 2, 3, only, frozenset({USDC}), only, True)}
    market.apply(at(), POOL, ParameterChange("emode_category", WETH, "3", "4", "category"))
    assert market.emodes[3].collateral == frozenset()
    assert (market.emodes[4].collateral, market.emodes[4].borrowable) == (only, only)


def test_an_e_mode_lifts_the_threshold_of_its_members() -> None:
    market = small(V3_7)
    market.apply(at(), POOL, EModeReading(1, 9_000, 9_500, 10_100, "ETH", (WETH,), (USDC,)))
    market.apply(at(), POOL, AccountReading(
        "0xu", ((WETH, 10 * WAD),), ((USDC, 10_000 * 10**6),), (WETH,)
    ))  # fmt: skip
    assert market.exact("0xu", NOW_S).health_wad == 16 * WAD // 10
    market.apply(at(), POOL, EModeSet("0xu", 1))
    assert market.exact("0xu", NOW_S).health_wad == 19 * WAD // 10
    assert market.sweep(NOW_S).health.tolist() == pytest.approx([1.9])
    change = ParameterChange("emode_collateral", f"emode-1:{WETH}", None, "false", "bool")
    market.apply(at(), POOL, change)  # governance re-values every account of the category
    assert market.exact("0xu", NOW_S).health_wad == 16 * WAD // 10


def test_deficits_and_a_new_reserve() -> None:
    market = small()
    market.apply(at(), POOL, DeficitCreated("0xu", USDC, 50))
    market.apply(at(), POOL, DeficitCreated("0xumbrella", USDC, 20, covered=True))
    usdc = market.reserve(USDC)
    assert usdc is not None and usdc.deficit == 30
    for name, token in (("a_token", "0xna"), ("variable_debt_token", "0xnd")):
        market.apply(at(), POOL, ParameterChange(name, "0xnew", None, token, "address"))
    market.apply(at(), "0xna", ScaledMint("0xu", 5, 0, RAY))
    assert scaled(market, "0xu", "0xnew", COLLATERAL) == 5


def test_a_reading_replaces_everything() -> None:
    market = small(complete=False)
    market.apply(at(), f"{WETH}-a", ScaledMint("0xu", 5, 0, RAY))
    market.apply(at(), f"{WBTC}-d", ScaledMint("0xu", 6, 0, RAY))
    market.apply(at(), POOL, AccountReading("0xu", ((WBTC, 7),), ((USDC, 8),), (WBTC, WETH), 2))
    held = {
        (each.reserve.address, each.side): (each.scaled, each.used)
        for each in market.holdings("0xu")
    }
    assert held == {
        (WETH, COLLATERAL): (0, True), (WBTC, COLLATERAL): (7, True),
        (WBTC, DEBT): (0, False), (USDC, DEBT): (8, False),
    }  # fmt: skip
    market.apply(at(), f"{WBTC}-a", ScaledBurn("0xu", 9, 0, RAY))  # more than there is
    market.apply(at(), POOL, EModeSet("0xu", 0))
    assert market.exact("0xu", NOW_S).unknown == (f"negative balance of {WBTC}",)


RESERVES = st.sampled_from([WETH, USDC, WBTC, "0xnew"])
ACCOUNTS = st.sampled_from([f"0x{n}" for n in range(70)])  # more than the columns begin with
AMOUNTS = st.integers(0, 10**20)
INDICES = st.integers(RAY, 2 * RAY)
FIELDS = st.sampled_from([
    ("ltv", "0"), ("liquidation_threshold", "5"), ("paused", "true"), ("frozen", "false"),
    ("price_source", "0xs"), ("a_token", "0xnew-a"), ("emode_category", "2"),
])  # fmt: skip
EMODE_FIELDS = st.sampled_from([
    ("emode-1", "ltv", "7"), (f"emode-2:{WETH}", "emode_collateral", "true"),
    (f"emode-1:{USDC}", "emode_ltvzero", "true"),
])  # fmt: skip
HELD = st.lists(st.tuples(RESERVES, AMOUNTS), max_size=4).map(tuple)
USED = st.lists(RESERVES, max_size=4).map(tuple)
POOL_EVENTS = st.one_of(
    st.builds(CollateralUse, RESERVES, ACCOUNTS, st.booleans()),
    st.builds(EModeSet, ACCOUNTS, st.integers(0, 3)),
    st.builds(AssetPrice, RESERVES, st.integers(-1, 10**12)),
    st.builds(ReserveData, RESERVES, AMOUNTS, AMOUNTS, AMOUNTS, INDICES, INDICES),
    st.builds(DeficitCreated, ACCOUNTS, RESERVES, AMOUNTS, st.booleans()),
    st.builds(AccountReading, ACCOUNTS, HELD, HELD, USED, st.integers(0, 3)),
    st.builds(reading, RESERVES),
    st.builds(lambda n, to: EModeReading(n, 1, 2, 3, "", (to,), ()), st.integers(0, 3), RESERVES),
    st.builds(lambda about, field: ParameterChange(field[0], about, None, field[1], ""),
              RESERVES, FIELDS),
    st.builds(lambda field: ParameterChange(field[1], field[0], None, field[2], ""), EMODE_FIELDS),
)  # fmt: skip
TOKEN_EVENTS = st.one_of(
    st.builds(ScaledMint, ACCOUNTS, AMOUNTS, AMOUNTS, INDICES),
    st.builds(ScaledBurn, ACCOUNTS, AMOUNTS, AMOUNTS, INDICES),
    st.builds(ScaledTransfer, ACCOUNTS, ACCOUNTS, AMOUNTS, INDICES),
)
TOKENS = st.builds(lambda name, side: f"{name}-{side}", RESERVES, st.sampled_from("ad"))
LOGS = st.one_of(st.tuples(st.just(POOL), POOL_EVENTS), st.tuples(TOKENS, TOKEN_EVENTS))


def observed(market: AaveMarket) -> list[Any]:
    """What can be seen of it, NaN as text; which logs of tokens it would take."""
    swept = market.sweep(NOW_S, betas={WETH: 1.0})
    names = market.accounts()
    probed = []
    for token in (f"{WETH}-a", "0xnew-a", "0xnew-d"):
        done = market.apply(at(), token, ScaledMint("0xprobe", 5, 0, RAY))
        probed.append(done)
        if done is not None:
            market.undo(done)
    return [
        market.snapshot(), list(names), [market.exact(name, NOW_S) for name in names], probed,
        [str(column.tolist()) for column in (swept.health, swept.distance, swept.debt_usd)],
    ]  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(LOGS, max_size=60), st.sampled_from([V2, V3_0, V3_5]), st.integers(0, 60))
def test_undo_is_the_inverse_and_a_snapshot_the_whole(
    logs: list[tuple[str, Event]], version: Version, cut: int
) -> None:
    """Taken back, the state is as before; restored, it goes on as if nothing had been."""
    market, again = small(version), small(version)
    for address, event in logs[:cut]:
        market.apply(at(), address, event)
    state, seen = market.snapshot(), observed(market)
    done = [market.apply(at(NOW_S + 12), address, event) for address, event in logs[cut:]]
    after = market.snapshot()
    for each in reversed(done):
        if each is not None:
            market.undo(each)
    assert observed(market) == seen
    again = AaveMarket(market.config)
    again.restore(state)
    assert observed(again) == seen
    for address, event in logs[cut:]:
        market.apply(at(NOW_S + 12), address, event)
        again.apply(at(NOW_S + 12), address, event)
    assert market.snapshot() == again.snapshot() == after
    assert observed(market) == observed(again)


def test_contracts_are_told_apart() -> None:
    """Two markets of one chain read the same logs."""
    other = AaveState(AaveConfig("other", V3_3, frozenset({"0xother"})))
    assert other.apply(at(), POOL, AssetPrice(WETH, 5)) is None
    assert other.apply(at(), "0xother", AssetPrice(WETH, 5)) == (
        ("reserve", 0, None), ("reserve", 0, Reserve(WETH)),
    )  # fmt: skip
    assert other.reserves == [Reserve(WETH, price=5)]
