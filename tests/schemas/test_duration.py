"""Durations: every unit, exactness, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.duration import UNITS, duration_ns
from schemas.errors import UsageError


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("10us", 10_000),
        ("250ms", 250_000_000),
        ("1s", 1_000_000_000),
        ("0.1s", 100_000_000),
        ("2m", 120_000_000_000),
        ("1.5h", 5_400_000_000_000),
        ("30d", 2_592_000_000_000_000),
        (" 5 s ", 5_000_000_000),
        ("0.001us", 1),
    ],
)
def test_durations_are_exact(text: str, ns: int) -> None:
    assert duration_ns(text) == ns


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1 week", "1e3s", "1s2m", "٣s", "1S", "1.s"])
def test_what_is_no_duration_is_refused_with_the_units(text: str) -> None:
    with pytest.raises(
        UsageError, match=r'is not a duration: .* us, ms, s, m, h, d, as in "250ms"'
    ):
        duration_ns(text)


def test_zero_and_parts_of_a_nanosecond_are_refused() -> None:
    with pytest.raises(UsageError, match="no time at all"):
        duration_ns("0s")
    with pytest.raises(UsageError, match="not a whole number of nanoseconds"):
        duration_ns("0.0001us")


@given(st.integers(1, 10**9), st.sampled_from(sorted(UNITS)))
def test_any_count_of_any_unit(count: int, unit: str) -> None:
    assert duration_ns(f"{count}{unit}") == count * UNITS[unit]
