"""The regime of an instrument against the batch definition, and its manners as an estimator."""

import math

import numpy as np
import pytest

from models.regime import RegimeEstimator, transition_matrix
from schemas.settings import RegimeSettings
from schemas.volatility import RegimeLabel
from tests.models.checks import battery, check_refuses, run, same
from tests.models.walks import START_S, walk
from tests.reference.regime_batch import regime_batch
from tests.reference.volatility_batch import Tick

S = 1_000_000_000
DEFAULT = RegimeSettings()


def named(row):  # type: ignore[no-untyped-def]
    """A row as the batch writes it: the label by its name."""
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return fields | {"regime": row.regime.name}


def compare(feed: list[Tick], settings: RegimeSettings, grid_ns: int, asset: str = "BTC") -> list:
    got = run(RegimeEstimator(asset, settings, grid_ns), feed)
    step_ns = round(settings.step_s) * S
    rows = [(ts, named(row)) for (ts, _, _), row in zip(feed, got, strict=True) if row is not None]
    assert [ts for ts, _ in rows] == [ts for ts, _, _ in feed if ts % step_ns == 0]
    same(rows, regime_batch(feed, asset, settings, grid_ns), relative=1e-10)
    return [row for _, row in rows]


def stormy(seed: int, steps: int, step_s: int, **hardships: float) -> list[Tick]:
    """Calm, a storm, calm, a wind, calm: returns of one step."""
    calm = 4e-4 * math.sqrt(step_s / 60.0)
    feed = walk(seed, steps, step_s * S, vol=calm, longest_skip=30, still=0.05, **hardships)
    random = np.random.default_rng(seed)
    price, rows = 30_000.0, []
    for k, (ts, old, broken) in enumerate(feed):
        part = k / steps
        storm = 8.0 if 0.3 < part < 0.5 else 2.5 if 0.7 < part < 0.85 else 1.0
        price *= math.exp(storm * calm * random.standard_t(5))
        rows.append((ts, None if old is None else price, broken))
    return rows


@pytest.mark.parametrize("asset", ["BTC", "DOGE"])
def test_equals_batch_on_steps_of_a_minute(asset: str) -> None:
    rows = compare(stormy(1, 3000, 60), DEFAULT, 60 * S, asset)
    assert {row["regime"] for row in rows} == {"unknown", "calm", "normal", "stress"}
    assert {row["threshold_stress"] for row in rows} == {None, True, False}


def test_equals_batch_on_other_steps() -> None:
    for step_s in (5, 300):
        settings = RegimeSettings(step_s=float(step_s), leave_dwell_s=600.0)
        compare(stormy(2, 1500, step_s), settings, step_s * S)


def test_equals_batch_from_ticks_between_steps() -> None:
    compare(walk(3, 40_000, S, vol=5e-5, gaps=5e-4, skips=1e-4), DEFAULT, S)


def test_equals_batch_over_weeks_with_an_outage() -> None:
    settings = RegimeSettings(step_s=3600.0)
    feed = stormy(4, 1000, 3600, skips=0.0)
    later = [(ts + (40 * 86_400 * S if k > 800 else 0), p, b) for k, (ts, p, b) in enumerate(feed)]
    compare(later, settings, 3600 * S)


def test_warm_after_five_returns() -> None:
    feed = [((START_S // 60 + k) * 60 * S, 100.0 + 0.01 * k, False) for k in range(8)]
    got = run(RegimeEstimator("ETH", DEFAULT, S), feed)
    unknown = [row.regime is RegimeLabel.unknown for row in got]
    assert unknown == [not row.warm for row in got] == [True] * 5 + [False] * 3
    assert [row.p_calm is None for row in got] == unknown
    assert [row.since for row in got] == [None] * 5 + [feed[5][0]] * 3
    assert not any(row.changed for row in got)


def test_a_gap_predicts_and_holds_the_label() -> None:
    feed = stormy(5, 400, 60, missing=0.0, gaps=0.0, skips=0.0)[:180]  # ends within the storm
    estimator = RegimeEstimator("BTC", DEFAULT, 60 * S)
    before = run(estimator, feed)[-1]
    assert before.regime is RegimeLabel.stress
    after = estimator.update(feed[-1][0] + 100 * 60 * S, 30_000.0, True)
    ahead = np.array([before.p_calm, before.p_normal, before.p_stress])
    ahead = ahead @ np.linalg.matrix_power(transition_matrix(DEFAULT), 100)
    got = [after.p_calm, after.p_normal, after.p_stress]
    assert got == pytest.approx(ahead.tolist(), rel=1e-12)
    assert (after.regime, after.since, after.changed) == (before.regime, before.since, False)
    week = estimator.update(feed[-1][0] + 7 * 86_400 * S, 30_000.0, True)
    ahead = ahead @ np.linalg.matrix_power(transition_matrix(DEFAULT), 1441)  # one day at most
    assert week.p_stress == pytest.approx(ahead[2], rel=1e-12)


def test_one_bad_tick_is_no_crisis() -> None:
    feed = stormy(6, 800, 60, missing=0.0, gaps=0.0, skips=0.0)[:200]  # calm
    ts, price, _ = feed[150]
    feed[150] = (ts, price * 1.1, False)
    got = run(RegimeEstimator("BTC", DEFAULT, 60 * S), feed)
    assert RegimeLabel.stress not in {row.regime for row in got}


def test_scaling_prices_changes_nothing() -> None:
    feed = stormy(7, 400, 60)
    big = [(ts, None if p is None else p * 2.0**12, b) for ts, p, b in feed]
    one = run(RegimeEstimator("BTC", DEFAULT, 60 * S), feed)
    assert run(RegimeEstimator("BTC", DEFAULT, 60 * S), big) == one


def test_a_price_of_1e8_that_moves_by_a_tick() -> None:
    feed = walk(8, 600, 60 * S, level=1e8, vol=2e-10, longest_skip=5)
    got = run(RegimeEstimator("BTC", DEFAULT, 60 * S), feed)
    assert got[-1].regime is RegimeLabel.calm
    assert 0.0 < got[-1].threshold_vol < 1e-4


def make() -> RegimeEstimator:
    return RegimeEstimator("BTC", DEFAULT, 20 * S)


def test_battery() -> None:
    feed = walk(9, 1200, 20 * S, vol=3e-4, longest_skip=20)
    battery(make, feed, most_bytes=60_000)
    check_refuses(make, feed)


@pytest.mark.parametrize("step_s", [0.5, 1.5, 30.25, 50.0])
def test_an_odd_step_is_refused(step_s: float) -> None:
    with pytest.raises(ValueError, match="step_s"):
        RegimeEstimator("BTC", RegimeSettings(step_s=step_s), 20 * S)


def test_a_stay_too_short_for_the_step_is_refused() -> None:
    settings = RegimeSettings(step_s=86_400.0, stay_probability=0.99)
    with pytest.raises(ValueError, match="stay_probability"):
        RegimeEstimator("BTC", settings, S)


def test_expected_stay_is_the_same_time_at_every_step() -> None:
    for step_s in (1.0, 60.0, 300.0):
        matrix = transition_matrix(RegimeSettings(step_s=step_s))
        assert step_s / (1.0 - np.diag(matrix)) == pytest.approx([60_000.0] * 3, rel=1e-9)
        assert matrix.sum(axis=1) == pytest.approx([1.0] * 3, rel=1e-15)
