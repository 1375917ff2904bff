"""The streaming estimators against the batch versions, which were written by someone else."""

import dataclasses

import pytest
from msgspec.structs import asdict

from schemas.market import Tick
from schemas.quality import Quality
from schemas.settings import RegimeSettings
from tests.reference.regime_batch import market_batch, regime_batch
from tests.reference.regime_stream import RegimeParameters, regime_rows
from tests.reference.volatility_batch import volatility_batch
from tests.reference.volatility_stream import volatility_rows
from tests.reference.walk_ticks import S, walk_ticks


def plain(ticks: list[Tick]) -> list[tuple[int, float | None, bool]]:
    """Ticks as the batch versions take them."""
    missing = (Quality.gap, Quality.stale)
    return [
        (
            tick.ts,
            None if tick.quality in missing else tick.microprice,
            tick.quality == Quality.gap or "gap" in tick.flags,
        )
        for tick in ticks
    ]


@pytest.mark.parametrize(("grid_ns", "count"), [(S // 4, 12_000), (S, 30_000), (10 * S, 12_000)])
def test_volatility_equals_batch(grid_ns: int, count: int) -> None:
    ticks = walk_ticks(count, grid_ns, seed=1)
    rows = volatility_rows(ticks, grid_ns, forecast_half_life_s=900.0)
    chosen = rows[:: max(1, count // 150)] + rows[-3:]
    expected = volatility_batch(plain(ticks), grid_ns, 900.0, [row.ts for row in chosen])
    quality_of = {tick.ts: tick.quality for tick in ticks}
    for row, batch in zip(chosen, expected, strict=True):
        found = asdict(row)
        for name in found.keys() & batch.keys():
            value = batch[name]
            assert found[name] == (None if value is None else pytest.approx(value, rel=1e-9)), name
        assert row.flags == (("noisy",) if batch["noisy"] else ())
        floor = Quality.warming if batch["warming"] else Quality.ok
        floor = Quality.degraded if batch["degraded"] else floor
        assert row.quality == max(floor, quality_of[row.ts])
    assert any(row.realised_variance_1m is not None for row in chosen)


@pytest.mark.parametrize("step_s", [60.0, 10.0])
def test_regime_equals_batch(step_s: float) -> None:
    grid_ns = S if step_s == 10 else 10 * S
    settings = RegimeParameters(step_s=step_s, leave_dwell_s=300.0)
    ticks = walk_ticks(15_000, grid_ns, seed=2, burst=60.0)
    name = ticks[0].instrument
    rows = regime_rows(ticks, settings, members=[name])
    own = [row for row in rows if row.scope == name]
    expected = regime_batch(plain(ticks), "BTC", settings, grid_ns)
    assert [row.ts for row in own] == [ts for ts, _ in expected]
    for row, (_, batch) in zip(own, expected, strict=True):
        compare(asdict(row), batch)
    steps = [
        (ts, [(b["p_calm"], b["p_normal"], b["p_stress"]) if b["warm"] else None])
        for ts, b in expected
    ]
    market = [row for row in rows if row.scope == "market"]
    expected = market_batch(steps, settings)
    assert [row.ts for row in market] == [ts for ts, _ in expected]
    for row, (_, batch) in zip(market, expected, strict=True):
        compare(asdict(row), batch)
    assert {row.regime.name for row in own} >= {"unknown", "normal", "stress"}


def compare(found: dict, batch: dict) -> None:
    for name in found.keys() & batch.keys():
        value = batch[name]
        if name == "regime":
            assert found[name].name == value
        elif isinstance(value, float):
            assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-15), name
        else:
            assert found[name] == value, name


def test_parameters_are_the_defaults_of_the_settings() -> None:
    assert asdict(RegimeSettings()) == {
        **dataclasses.asdict(RegimeParameters()),
        "members": None,
    }
