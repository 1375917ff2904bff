"""The volatility step and the market regime on made-up ticks: references, restarts, what flows."""

import pickle
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from flows.volatility import (
    VERSION,
    MarketRegimeLogic,
    Step,
    VolatilityLogic,
    market_regime_logic,
    volatility_logic,
)
from schemas.control import End
from schemas.errors import BrokenInvariant
from schemas.market import GridItem, Tick
from schemas.quality import Quality
from schemas.settings import RegimeSettings
from schemas.tables import Rows
from schemas.volatility import Regime, RegimeLabel, Volatility
from tests.compare import assert_rows_equal
from tests.reference.regime_stream import RegimeParameters, regime_rows
from tests.reference.volatility_stream import volatility_rows
from tests.reference.walk_ticks import S, walk_ticks

BTC, ETH = "binance-usdm:BTCUSDT", "binance-usdm:ETHUSDT"
SETTINGS = RegimeSettings(step_s=10.0, leave_dwell_s=120.0)
PLAIN = RegimeParameters(step_s=10.0, leave_dwell_s=120.0)
GRID = S // 4


def items_of(ticks: list[Tick]) -> list[GridItem]:
    return [GridItem(tick.instrument, tick.ts, tick, None) for tick in ticks]


def fresh(settings: RegimeSettings = SETTINGS) -> VolatilityLogic:
    return volatility_logic(settings, 900.0, GRID)(None)


def rows_in(items: list[Any], kind: type) -> list[Any]:
    return [
        row for item in items if isinstance(item, Rows) for row in item.rows if type(row) is kind
    ]


@pytest.fixture(scope="module")
def ticks() -> list[Tick]:
    return walk_ticks(8_000, GRID, seed=4, burst=60.0)


def test_rows_equal_the_references(ticks: list[Tick]) -> None:
    out, discard = fresh().on_batch(items_of(ticks))
    assert discard is False
    assert_rows_equal(
        rows_in(out, Volatility), volatility_rows(ticks, GRID), rel=1e-9, absolute=1e-12
    )
    regimes = rows_in(out, Regime)
    assert_rows_equal(regimes, regime_rows(ticks, PLAIN), rel=1e-9, absolute=1e-12)
    assert {row.regime.name for row in regimes} >= {"unknown", "calm", "stress"}
    steps = [item for item in out if isinstance(item, Step)]
    assert steps == [step_of(row) for row in regimes]


def step_of(row: Regime) -> Step:
    p = (row.p_calm, row.p_normal, row.p_stress)
    known = None if None in p else p
    return Step(row.instrument, row.ts, known, row.quality)


def test_a_restart_after_any_item_changes_nothing(ticks: list[Tick]) -> None:
    items = items_of(ticks[:1500])
    whole = fresh().on_batch(items)[0]
    for every in (1, 37):
        logic, out = fresh(), []
        for number, item in enumerate(items):
            if number % every == every - 1:
                state = pickle.loads(pickle.dumps(logic.snapshot()))
                logic = volatility_logic(SETTINGS, 900.0, GRID)(state)
            out += logic.on_batch([item])[0]
        assert out == whole


def test_before_the_first_tick_steps_are_clocks_without_a_value() -> None:
    logic = fresh()
    at = 1_700_000_000 * S
    clocks = [GridItem(BTC, at + k * 5 * S, None, None) for k in range(3)]
    assert logic.on_batch(clocks)[0] == [
        Step(BTC, at, None, Quality.warming),
        Step(BTC, at + 10 * S, None, Quality.warming),
    ]
    assert logic.snapshot() == (VERSION, None, None)
    assert logic.on_batch([End(BTC)])[0] == [End(BTC)]
    assert logic.on_eof() == ([], False)


@pytest.mark.parametrize(
    ("quality", "price"),
    [(Quality.ok, True), (Quality.degraded, True), (Quality.stale, False), (Quality.gap, False)],
)
def test_the_price_of_a_row_is_the_sampled_one(
    ticks: list[Tick], quality: Quality, price: bool
) -> None:
    sound = replace(ticks[0], quality=quality, microprice=100.0, flags=())
    (row,) = rows_in(fresh().on_batch(items_of([sound]))[0], Volatility)
    assert row.price == (100.0 if price else None)
    assert row.quality == max(quality, Quality.warming)


# -- market regime ----------------------------------------------------------------------------

AT = 1_700_000_000 * S
CALM, STRESSED = (0.7, 0.2, 0.1), (0.05, 0.05, 0.9)


def step(member: str, number: int, p: Any, quality: Quality = Quality.ok) -> Step:
    return Step(member, AT + number * 10 * S, p, quality)


def market(*members: str, settings: RegimeSettings = SETTINGS) -> MarketRegimeLogic:
    return market_regime_logic(members, settings)(None)


def market_rows(items: list[Rows]) -> list[Regime]:
    assert {(item.table, item.scope) for item in items} <= {("regimes", ("market",))}
    return rows_in(items, Regime)


def test_a_row_of_the_market() -> None:
    logic = market(BTC, ETH)
    assert logic.on_batch([step(BTC, 0, CALM)])[0] == []  # ETH has not passed
    (row,) = market_rows(logic.on_batch([step(ETH, 0, (0.5, 0.3, 0.2))])[0])
    assert row == Regime(
        ts=AT, scope="market", venue="", instrument="", asset="", regime=RegimeLabel.calm,
        changed=False, since=AT, p_calm=0.6, p_normal=0.25, p_stress=pytest.approx(0.15),
        reference_scale=None, filter_vol=None, threshold_vol=None, threshold_stress=None,
        members=2, quality=Quality.ok, flags=(),
    )  # fmt: skip


def test_quality_is_warming_until_all_are_warm_then_the_worst() -> None:
    logic = market(BTC, ETH)
    told = [
        step(BTC, 0, None, Quality.warming), step(ETH, 0, None, Quality.warming),
        step(BTC, 1, CALM, Quality.gap), step(ETH, 1, None, Quality.warming),
        step(BTC, 2, CALM, Quality.degraded), step(ETH, 2, CALM),
        step(BTC, 3, CALM), step(ETH, 3, CALM, Quality.gap),
    ]  # fmt: skip
    rows = market_rows(logic.on_batch(told)[0])
    assert [((row.ts - AT) // (10 * S), row.members, row.quality.name) for row in rows] == [
        (1, 1, "warming"), (2, 2, "degraded"), (3, 2, "gap")
    ]  # fmt: skip


def test_a_member_that_has_ended_keeps_its_last_value() -> None:
    logic = market(BTC, ETH)
    rows = market_rows(
        logic.on_batch([step(ETH, 0, STRESSED), End(ETH), step(BTC, 1, CALM), step(BTC, 2, CALM)])[
            0
        ]
    )
    assert [row.p_stress for row in rows] == [0.9, 0.5, 0.5]
    assert [row.members for row in rows] == [1, 2, 2]


def both(ticks: list[Tick]) -> tuple[list[Step], list[Regime]]:
    """Steps of two members of other walks, interleaved by time, and the reference's market."""
    other = [
        replace(tick, instrument=ETH, asset="ETH")
        for tick in walk_ticks(6_000, GRID, seed=9, burst=20.0)
    ]
    merged = sorted([*ticks, *other], key=lambda tick: (tick.ts, tick.instrument))
    rows = regime_rows(merged, PLAIN, [BTC, ETH])
    until = min(ticks[-1].ts, other[-1].ts)
    steps = [step_of(row) for row in rows if row.scope != "market"]
    last = max(at for at in (row.ts for row in rows) if at <= until)
    return steps, [row for row in rows if row.scope == "market" and row.ts <= last]


def test_the_market_equals_the_reference_in_any_interleaving(ticks: list[Tick]) -> None:
    steps, expected = both(ticks)
    apart = [s for s in steps if s.instrument == ETH] + [s for s in steps if s.instrument == BTC]
    for order in (steps, apart):
        assert_rows_equal(
            market_rows(market(ETH, BTC).on_batch(order)[0])[: len(expected)],
            expected,
            rel=1e-12,
            absolute=1e-12,
        )
    assert {row.regime.name for row in expected} >= {"calm", "stress"}


def test_the_market_survives_a_restart_after_every_step(ticks: list[Tick]) -> None:
    steps, _ = both(ticks)
    whole = market(BTC, ETH).on_batch(steps)[0]
    logic, out = market(BTC, ETH), []
    for one in steps:
        state = pickle.loads(pickle.dumps(logic.snapshot()))
        logic = market_regime_logic([BTC, ETH], SETTINGS)(state)
        out += logic.on_batch([one])[0]
    assert out == whole
    assert logic.on_eof() == ([], False)


def test_states_of_another_version_are_refused() -> None:
    with pytest.raises(BrokenInvariant, match="volatility step of version 99"):
        volatility_logic(SETTINGS, 900.0, GRID)((99, None, None))
    with pytest.raises(BrokenInvariant, match="market regime of version 99"):
        market_regime_logic([BTC], SETTINGS)((99, (), ()))
    assert asdict(SETTINGS)["step_s"] == PLAIN.step_s
