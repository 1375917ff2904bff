"""The reference scale: median from bins, thirty days, the prior, prices that hardly move."""

import math

import numpy as np
import pytest

from models.reference_scale import (
    BINS,
    ReferenceScale,
    bin_of,
    median_log,
    median_log_plain,
)
from tests.reference.regime_batch import median_in_bins, reference

YEAR_S = 365 * 86_400
STEP_S = 60.0
PRIOR = 0.6 * math.sqrt(STEP_S / YEAR_S) / math.sqrt(5 / 3)


def fresh() -> ReferenceScale:
    return ReferenceScale(0.6, 3.0, STEP_S)


def test_bins() -> None:
    edges = {0.0: 0, 1e-300: 0, math.exp(-14.01): 0, math.exp(-13.94): 1, -math.exp(-7.02): 139}
    edges |= {0.99: 279, 1.0: 279, 50.0: 279, -1e-300: 0}
    assert {value: bin_of(value) for value in edges} == edges


@pytest.mark.parametrize("kernel", [median_log, median_log_plain], ids=["compiled", "plain"])
def test_median_from_bins(kernel) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(1)
    for size in (1, 2, 3, 10, 999):
        values = 4e-4 * random.standard_t(5, size)
        counts = np.zeros(BINS, np.int64)
        for value in values:
            counts[bin_of(value)] += 1
        got = math.exp(kernel(counts, size))
        assert got == pytest.approx(median_in_bins(list(values)), rel=1e-12)
        if size == 999:
            assert got == pytest.approx(np.median(np.abs(values)), rel=0.03)  # a bin is 5 % wide


def test_before_any_return_it_is_the_prior() -> None:
    assert fresh().at_day(19_000) == pytest.approx(PRIOR, rel=1e-14)


def test_thirty_days_roll() -> None:
    random = np.random.default_rng(2)
    scale, seen = fresh(), []
    for day in [*range(100, 120), *range(122, 145), 190, 191]:
        for _ in range(40):
            recent = [r for at, r in seen if at > day - 30]
            expected = reference(recent, PRIOR, 3.0, STEP_S)
            assert scale.at_day(day) == pytest.approx(expected, rel=1e-12)
            value = 2e-4 * (1 + day % 5) * random.standard_t(5) * (random.random() > 0.2)
            scale.add(day, value)
            seen.append((day, value))


def test_after_many_days_the_prior_is_worth_three_of_thirty_three() -> None:
    scale = fresh()
    for day in range(30):
        scale.at_day(day)
        for k in range(1440):
            scale.add(day, 1e-3 if k % 2 else -1e-3)
    seen = scale.at_day(29)
    inside = math.exp(-14 + 0.05 * (bin_of(1e-3) + 0.5))
    logs = 30 * math.log(inside / 0.7267) + 3 * math.log(PRIOR)
    assert seen == pytest.approx(math.exp(logs / 33), rel=1e-12)


def test_a_price_that_hardly_moves_says_nothing() -> None:
    scale = fresh()
    for _ in range(100):
        scale.at_day(5)
        scale.add(5, 0.0)
    for _ in range(100):
        assert scale.at_day(5) == pytest.approx(PRIOR, rel=1e-14)  # half or more are zeros
        scale.add(5, 1e-3)
    scale.add(5, 1e-3)
    assert scale.at_day(5) > 1.01 * PRIOR


def test_a_snapshot_brings_it_back() -> None:
    random = np.random.default_rng(3)
    scale = fresh()
    for day in range(200, 245):
        for _ in range(50):
            scale.at_day(day)
            scale.add(day, 3e-4 * random.standard_normal())
    other = fresh()
    other.at_day(7)
    other.add(7, 0.5)
    other.load(scale.snapshot())
    assert sum(map(len, scale.snapshot())) <= 34_000
    for day in range(245, 290, 5):
        assert other.at_day(day) == scale.at_day(day)
        scale.add(day, 1e-3)
        other.add(day, 1e-3)
