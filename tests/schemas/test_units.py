"""Units: constants against what they are made of, and the grid's floor."""

import math

from hypothesis import given
from hypothesis import strategies as st

from schemas import units


def test_a_year_has_365_days_and_times_are_nanoseconds() -> None:
    assert units.YEAR_S == 31_536_000 == 365 * 24 * 60 * 60
    assert (units.NS_PER_S, units.NS_PER_MS, units.NS_PER_US) == (10**9, 10**6, 10**3)


def test_the_curve_goes_from_1_bp_to_20_percent_in_equal_ratios() -> None:
    assert len(units.CURVE_BP) == 48
    assert units.CURVE_BP[0] == 1.0
    assert math.isclose(units.CURVE_BP[-1] * 1e-4, 0.20, rel_tol=1e-12)
    ratios = {round(b / a, 12) for a, b in zip(units.CURVE_BP, units.CURVE_BP[1:], strict=False)}
    assert ratios == {round(2000 ** (1 / 47), 12)}


@given(st.integers(0, 2**62), st.integers(1, 10**10))
def test_floor_is_the_last_multiple(at_ns: int, grid_ns: int) -> None:
    floor = units.floor_ns(at_ns, grid_ns)
    assert floor % grid_ns == 0
    assert floor <= at_ns < floor + grid_ns
