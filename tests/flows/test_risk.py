"""The whole flow over the recordings equals the independent versions, row by row.

Ticks and curves from `tests/reference/ticks.py`; volatility and regimes from the streaming
references, fed with the reference's own ticks.
"""

from pathlib import Path

import pytest
from msgspec.structs import asdict

from flows.risk import NAME, _grid_items, _rows_of_market, _steps_of, flow
from flows.volatility import Step
from schemas.control import End, Gap
from schemas.market import DepthCurve, GridItem, Liquidation, Tick
from schemas.quality import Quality
from schemas.settings import RegimeSettings
from schemas.tables import rows_item
from tests.blank_row import blank_row
from tests.compare import assert_rows_equal
from tests.flows.collected import (
    SPOT_2023,
    USDM_2023,
    USDM_2024,
    Collected,
    collected,
    reference,
)
from tests.flows.excerpt import excerpt, first_lines, raw_lines, write_lines
from tests.reference.regime_stream import RegimeParameters, regime_rows
from tests.reference.ticks import reference_rows
from tests.reference.volatility_stream import volatility_rows
from tests.shared import shared_file

S = 1_000_000_000
GRIDS = {"10ms": S // 100, "250ms": S // 4, "1s": S}
USDM, SPOT = "binance-usdm:BTCUSDT", "binance-spot:BTCUSDT"
# Steps and dwells so short that minutes of recording warm them and move the label.
CALM_PRIOR = {"BTC": 0.25, "ETH": 0.25}
REGIME = RegimeSettings(
    step_s=5.0, enter=0.4, enter_dwell_s=5.0, leave=0.35, leave_dwell_s=10.0, prior_vol=CALM_PRIOR
)


def assert_close(ours: list, theirs: list) -> None:
    assert_rows_equal(ours, theirs, rel=1e-9, absolute=1e-8)


def regimes_of(ticks: list[Tick], settings: RegimeSettings, members: list[str]) -> list:
    plain = {name: value for name, value in asdict(settings).items() if name != "members"}
    return regime_rows(ticks, RegimeParameters(**plain), members)


def assert_equals_references(
    run: Collected,
    ticks: list[Tick],
    curves: list[DepthCurve],
    grid_ns: int,
    members: list[str],
    settings: RegimeSettings = REGIME,
) -> None:
    """Every table that is made from ticks; `ticks` in order of (ts, instrument)."""
    assert_close(run.of("ticks"), ticks)
    assert_close(run.of("depth_curves"), curves)
    assert_close(run.of("volatility"), volatility_rows(ticks, grid_ns))
    expected = regimes_of(ticks, settings, members)
    expected.sort(key=lambda row: (row.ts, row.scope))
    ours = sorted(run.rows.get("regimes", []), key=lambda row: (row.ts, row.scope))
    assert_close(ours, expected)


@pytest.mark.parametrize(
    ("name", "grid"),
    [(USDM_2024, "250ms"), (USDM_2023, "1s"), (SPOT_2023, "250ms"), (SPOT_2023, "1s")],
)
def test_a_recording_equals_the_references(name: str, grid: str) -> None:
    run = collected([shared_file(name)], grid=grid, regime=REGIME)
    ticks, curves = reference(name, GRIDS[grid])
    members = [] if name == SPOT_2023 else [USDM]
    assert_equals_references(run, ticks, curves, GRIDS[grid], members)
    labels = {row.regime.name for row in run.of("regimes", USDM)}
    assert name == SPOT_2023 or len(labels) >= 3


def test_a_minute_at_10_ms_equals_the_references(tmp_path: Path) -> None:
    path = excerpt(shared_file(USDM_2024), tmp_path)
    run = collected([path], grid="10ms", regime=REGIME)
    ticks, curves = reference_rows(path, GRIDS["10ms"])
    assert len(ticks) > 5_900
    assert_equals_references(run, ticks, curves, GRIDS["10ms"], [USDM])


def merged(*rows: list) -> list:
    return sorted((row for part in rows for row in part), key=lambda row: (row.ts, row.instrument))


def test_two_recordings_at_once_equal_each_alone() -> None:
    names = (SPOT_2023, USDM_2023)
    settings = RegimeSettings(step_s=10.0, members=[SPOT, USDM])
    run = collected([shared_file(name) for name in names], regime=settings)
    parts = [reference(name, S // 4) for name in names]
    ticks, curves = merged(*(t for t, _ in parts)), merged(*(c for _, c in parts))
    # What of the longer recording lies past the end of the other is held: it may still grow.
    held = [row for row in regimes_of(ticks, settings, [SPOT, USDM]) if row.scope == "market"]
    until = min(part[0][-1].ts for part in parts)
    expected = [row for row in held if row.ts <= until]
    assert {row.quality for row in expected} == {Quality.warming}  # spot has no book
    assert_close(run.of("regimes", "market"), expected)
    without = Collected({**run.rows, "regimes": []})
    for scope in (SPOT, USDM):
        without.rows["regimes"] += run.of("regimes", scope)
    assert_equals_references(without, ticks, curves, S // 4, [], settings)


def test_market_regime_over_two_members_that_are_warm(tmp_path: Path) -> None:
    lines = first_lines(raw_lines(shared_file(USDM_2023)), 150 * S)
    original = write_lines(lines, tmp_path / "binance-usdm__btcusdt.gz")
    other = [line.replace(b"BTCUSDT", b"ETHUSDT") for line in lines]
    whole = write_lines(other, tmp_path / "binance-usdm__ethusdt.gz")
    cold = [line for line in other[5_000:] if b"@http" not in line]  # never has a book
    bookless = write_lines(cold, tmp_path / "binance-usdm__bookless.gz")
    eth = "binance-usdm:ETHUSDT"
    settings = RegimeSettings(
        step_s=5.0, members=[USDM, eth], enter=0.4, leave=0.35, prior_vol=CALM_PRIOR
    )
    known = reference_rows(original, S)
    for second in (whole, bookless):
        told = reference_rows(second, S)
        run = collected([original, second], grid="1s", regime=settings, ends=True)
        ticks, curves = merged(known[0], told[0]), merged(known[1], told[1])
        assert_equals_references(run, ticks, curves, S, [USDM, eth], settings)
        last = run.of("regimes", "market")[-1]
        warm = second == whole
        assert (last.members, last.quality == Quality.warming) == (1 + warm, not warm)


def test_only_grid_items_and_ends_go_on_to_the_estimators() -> None:
    tick = blank_row(Tick, ts=S, instrument=USDM)
    curve = blank_row(DepthCurve, ts=S, instrument=USDM)
    gap = Gap(USDM, "a", 3, 4, "book_mismatch")
    forced = rows_item(blank_row(Liquidation, ts=7, source="a", instrument=USDM))
    item, clock, end = GridItem(USDM, S, tick, curve), GridItem(USDM, S, None, None), End("a")
    items = [(USDM, entry) for entry in (forced, gap, clock, item, end)]
    assert _grid_items(items) == [(USDM, clock), (USDM, item), (USDM, end)]
    told: list[Gap] = []
    for told_of in (None, told.append):  # in a replay nobody can ask for the book
        assert _rows_of_market(told_of)(items) == [forced, rows_item(tick), rows_item(curve)]
    assert told == [gap]


def test_curves_are_stored_at_whole_seconds_only() -> None:
    stored = []
    for at in (S // 4, S // 2, S, S + S // 4):
        tick = blank_row(Tick, ts=at, instrument=USDM)
        curve = blank_row(DepthCurve, ts=at, instrument=USDM)
        stored += _rows_of_market(None)([(USDM, GridItem(USDM, at, tick, curve))])
    assert [item.mark for item in stored if item.table == "depth_curves"] == [S]
    assert [item.mark for item in stored if item.table == "ticks"] == [
        S // 4,
        S // 2,
        S,
        S + S // 4,
    ]


def test_only_members_go_on_to_the_market_regime() -> None:
    step, end = Step(USDM, S, None, Quality.warming), End(USDM)
    row = rows_item(blank_row(Tick, ts=S, instrument=USDM))
    items = [(USDM, step), (SPOT, step), (USDM, row), (USDM, end)]
    assert _steps_of((USDM,))(items) == [("market", step), ("market", end)]
    assert _steps_of(())(items) == []


def test_the_name_of_the_flow_stays() -> None:
    assert NAME == "seawall"  # recovery data belong to it
    assert callable(flow)
