"""The t5 density against scipy, its constants, and the bound on one observation's evidence."""

import math

import numpy as np
import pytest
import scipy.stats

from models.student_t import MEDIAN, VARIANCE, log_densities, log_densities_plain

VALUES = [0.0, 1e-300, 1e-9, -3e-4, 0.02, -1.0, 1e6]


@pytest.mark.parametrize("kernel", [log_densities, log_densities_plain], ids=["compiled", "plain"])
@pytest.mark.parametrize("value", VALUES)
def test_log_density_equals_scipy(kernel, value: float) -> None:  # type: ignore[no-untyped-def]
    scales = np.array([1e-8, 5e-4, 1.0, 30.0])
    out = np.empty(4)
    kernel(value, scales, out)
    assert out == pytest.approx(scipy.stats.t.logpdf(value, 5, scale=scales), rel=1e-12)


def test_constants_are_those_of_the_distribution() -> None:
    assert scipy.stats.t.ppf(0.75, 5) == pytest.approx(MEDIAN, abs=5e-5)
    assert scipy.stats.t.var(5) == pytest.approx(VARIANCE, rel=1e-14)


def test_one_observation_can_say_only_so_much() -> None:
    scales, out = np.array([0.5e-4, 4e-4]), np.empty(2)
    for value in np.geomspace(1e-9, 1e9, 400):
        log_densities(value, scales, out)
        assert -math.log(8.0) - 1e-12 <= out[1] - out[0] <= 5.0 * math.log(8.0) + 1e-12
