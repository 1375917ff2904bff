"""Realised variance: coverage rule, annualisation, and what it says of Brownian motion."""

import math

import numpy as np
import pytest

from models.realised import realised, realised_plain, window_lengths
from schemas.units import YEAR_S


def one(kernel, elapsed: int, present: int, total: float = 3e-6):  # type: ignore[no-untyped-def]
    out = np.zeros(1)
    counts = np.array([[present, present]])
    scaled = kernel(elapsed, np.array([300]), 1, np.array([[total, 0.0]]), counts, out)
    return (None if math.isnan(out[0]) else out[0]), bool(scaled)


PLAIN = 3e-6 * YEAR_S / 300
TABLE = [  # elapsed s, returns present of 300 → value, scaled
    (-1, 300, None, False),  # no sample yet
    (299, 300, None, False),  # not yet spanned
    (300, 300, PLAIN, False),
    (300, 241, PLAIN, False),  # 19.67 % missing
    (300, 240, PLAIN * 300 / 240, True),  # exactly 20 %
    (300, 150, PLAIN * 2, True),  # exactly 50 %
    (300, 149, None, False),
    (900, 0, None, False),
]


@pytest.mark.parametrize("kernel", [realised, realised_plain], ids=["compiled", "plain"])
@pytest.mark.parametrize(("elapsed", "present", "value", "scaled"), TABLE)
def test_coverage(kernel, elapsed, present, value, scaled) -> None:  # type: ignore[no-untyped-def]
    got, flag = one(kernel, elapsed, present)
    assert flag is scaled
    assert got == (None if value is None else pytest.approx(value, rel=1e-15))


def test_a_step_that_does_not_divide_the_horizon_shows_nothing() -> None:
    assert window_lengths((60, 300, 1800), 60).tolist() == [1, 5, 30]
    assert window_lengths((60, 300, 1800), 300).tolist() == [0, 1, 6]
    out = np.zeros(1)
    realised(10**6, np.array([0]), 300, np.zeros((1, 2)), np.zeros((1, 2), np.int64), out)
    assert math.isnan(out[0])


def test_a_sum_that_rounding_left_below_zero_is_zero() -> None:
    assert one(realised, 300, 300, -1e-40) == (0.0, False)


def test_brownian_motion_has_mean_and_variance_of_theory() -> None:
    # E RV = σ²H, Var RV = 2σ⁴H²/n; annual variance 0.36, 4000 windows of 300 returns
    steps = np.random.default_rng(7).normal(0.0, math.sqrt(0.36 / YEAR_S), (4000, 300))
    values = [one(realised, 300, 300, float(np.sum(row**2)))[0] for row in steps]
    assert abs(np.mean(values) / 0.36 - 1.0) < 4 * math.sqrt(2 / 300 / 4000)
    assert abs(np.var(values) / (2 * 0.36**2 / 300) - 1.0) < 0.1
