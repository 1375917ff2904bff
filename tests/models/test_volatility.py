"""The volatility estimator against the batch definition, and its manners as an estimator."""

import time
from collections.abc import Sequence

import pytest

from models.volatility import NOTHING, VolatilityEstimator
from tests.models.checks import battery, check_refuses, run, same
from tests.models.walks import walk
from tests.reference.volatility_batch import Tick, volatility_batch

S = 1_000_000_000


def compare(feed: Sequence[Tick], grid_ns: int, every: int, half_life_s: float = 900.0) -> list:
    got = run(VolatilityEstimator(grid_ns, half_life_s), feed)
    picks = [*range(0, len(feed), every), len(feed) - 1]
    expected = volatility_batch(feed, grid_ns, half_life_s, [feed[k][0] for k in picks])
    same([got[k] for k in picks], expected, relative=1e-10)
    return got


def test_equals_batch_over_a_day_of_seconds_with_holes() -> None:
    got = compare(walk(1, 100_000, S, gaps=2e-5, skips=1e-4), S, every=997)
    assert got[-1].realised_variance_1d is not None
    assert sum(row.signature_ratio is not None for row in got) > 50_000


def test_equals_batch_on_a_grid_of_250_ms() -> None:
    compare(walk(2, 30_000, S // 4, gaps=0.001, skips=0.001), S // 4, every=173)


def test_equals_batch_in_a_thin_market() -> None:
    # a fifth to a half of returns is missing: scaled, degraded, or null
    feed = walk(3, 30_000, S, missing=0.35, gaps=0.01, skips=0.0, still=0.9)
    got = compare(feed, S, every=199)
    assert {row.degraded for row in got} == {True, False}


@pytest.mark.parametrize("grid_s", [5, 7, 60, 300])
def test_equals_batch_on_coarse_grids(grid_s: int) -> None:
    feed = walk(4, 6_000, grid_s * S, longest_skip=20)
    compare(feed, grid_s * S, every=97)


def test_equals_batch_at_a_price_of_1e8() -> None:
    feed = walk(5, 5_000, S, level=1e8, vol=1e-10)
    compare(feed, S, every=53)


def test_equals_batch_after_jumps_left_a_nearly_empty_window() -> None:
    price, feed = 100.0, []
    for k in range(20_000):
        price *= 1.05 if k % 400 == 7 else 0.95 if k % 400 == 8 else 1.0 + 1e-9 * (k % 3 - 1)
        feed.append(((k + 60) * S, price, False))
    compare(feed, S, every=41)


def test_windows_without_movement_are_exactly_zero() -> None:
    feed = [((k + 1) * S, 100.0 + (k < 500) * 0.1 * (k % 2), False) for k in range(2500)]
    last = run(VolatilityEstimator(S, 900.0), feed)[-1]
    assert (
        last.realised_variance_1m,
        last.realised_variance_5m,
        last.realised_variance_30m,
    ) == (0.0, 0.0, 0.0)
    assert last.ewma_vol_5m is not None
    assert last.ewma_vol_5m > 0.0
    still = run(VolatilityEstimator(S, 900.0), [((k + 1) * S, 7.0, False) for k in range(61)])[-1]
    assert (still.realised_variance_1m, still.ewma_vol_5m, still.forecast_vol) == (0.0, 0.0, 0.0)


def test_nothing_is_known_before_its_window_is_spanned() -> None:
    feed = [((k + 100) * S, 100.0 + 0.01 * (k % 5), False) for k in range(1802)]
    got = run(VolatilityEstimator(S, 900.0), feed)
    assert got[0] == NOTHING
    known = {
        name: next((k for k, row in enumerate(got) if getattr(row, name) is not None), None)
        for name in ("realised_variance_1m", "realised_variance_5m", "realised_variance_30m",
                     "realised_variance_4h", "ewma_vol_5m", "forecast_vol", "signature_ratio")
    }  # fmt: skip
    assert known == {
        "realised_variance_1m": 60,
        "realised_variance_5m": 300,
        "realised_variance_30m": 1800,
        "realised_variance_4h": None,
        "ewma_vol_5m": 60,
        "forecast_vol": 60,
        "signature_ratio": None,
    }
    assert [row.warming for row in got[:62]] == [True] * 60 + [False] * 2


def test_values_hold_between_base_steps() -> None:
    estimator = VolatilityEstimator(S // 4, 900.0)
    got = run(estimator, [((k + 4) * S // 4, 50.0 + k, False) for k in range(400)])
    for k, row in enumerate(got):
        assert row is got[k // 4 * 4]


def test_a_base_step_that_was_skipped_is_noticed_at_the_next_tick() -> None:
    feed = [(k * S // 4, 50.0 + k % 7, False) for k in range(4, 500)]
    feed.append((feed[-1][0] + 45 * S, 50.0, False))  # not on a base step, 45 missing
    assert feed[-1][0] % S
    got = run(VolatilityEstimator(S // 4, 900.0), feed)
    same([got[-1]], volatility_batch(feed, S // 4, 900.0, [feed[-1][0]]), relative=1e-10)
    assert got[-2].realised_variance_1m is not None
    assert got[-1].realised_variance_1m is None


def test_no_return_crosses_a_gap_on_any_clock() -> None:
    quiet = [(k * S, 100.0, False) for k in range(1, 30_001)]
    jump = [(ts, 100.0 if ts < 20_017 * S else 200.0, ts == 20_017 * S) for ts, _, _ in quiet]
    for row in run(VolatilityEstimator(S, 900.0), jump)[-5:]:
        assert (row.realised_variance_4h, row.ewma_vol_1d, row.degraded) == (0.0, 0.0, False)


def test_bounce_is_noisy_and_a_clean_walk_is_not() -> None:
    bounce = [(k * S, 100.0 + 0.1 * (k % 2) + (k // 300) % 2 * 0.3, False) for k in range(15_000)]
    assert run(VolatilityEstimator(S, 900.0), bounce[1:])[-1].noisy
    clean = run(VolatilityEstimator(S, 900.0), walk(6, 15_000, S, missing=0, gaps=0, skips=0))[-1]
    assert clean.signature_ratio is not None
    assert not clean.noisy


def make() -> VolatilityEstimator:
    return VolatilityEstimator(S // 4, 900.0)


def test_battery() -> None:
    feed = walk(7, 3_000, S // 4)
    battery(make, feed, most_bytes=60_000)
    check_refuses(make, feed)


def test_gap_then_restart_from_the_state() -> None:
    feed = walk(8, 4_000, S, missing=0.0, gaps=0.0, skips=0.0)
    later = [(ts + 5_000 * S, price, k == 0) for k, (ts, price, _) in enumerate(feed)]
    first = VolatilityEstimator(S, 900.0)
    run(first, feed)
    got = run(VolatilityEstimator.restore(first.snapshot()), later)
    picks = range(0, len(later), 71)
    both = [*feed, *later]
    same(
        [got[k] for k in picks],
        volatility_batch(both, S, 900.0, [later[k][0] for k in picks]),
        relative=1e-10,
    )


@pytest.mark.parametrize("grid_ns", [0, -S, 300_000_000, 1_500_000_000])
def test_an_odd_grid_is_refused(grid_ns: int) -> None:
    with pytest.raises(ValueError, match="grid"):
        VolatilityEstimator(grid_ns, 900.0)


@pytest.mark.parametrize("half_life", [0.0, -1.0, float("nan"), float("inf")])
def test_an_odd_half_life_is_refused(half_life: float) -> None:
    with pytest.raises(ValueError, match="forecast_half_life_s"):
        VolatilityEstimator(S, half_life)


def test_a_tick_costs_microseconds() -> None:
    feed = walk(9, 20_000, S // 4, skips=0.0)
    estimator = make()
    run(estimator, feed[:100])
    began = time.perf_counter()
    run(estimator, feed[100:])
    each_us = (time.perf_counter() - began) / (len(feed) - 100) * 1e6
    print(f"{each_us:.2f} us a tick of 250 ms")
    assert each_us < 50.0  # a few; the bound only catches a lost kernel
