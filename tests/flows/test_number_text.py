"""Numbers as text: few digits, their unit, and a dash for what is not known."""

from collections.abc import Callable
from typing import Any

import pytest

from flows import number_text as text


@pytest.mark.parametrize(
    "write", [text.three, text.percent, text.millis, text.rate, text.span], ids=lambda f: f.__name__
)
def test_what_is_not_known_is_a_dash_and_nothing_is_0(write: Callable[[Any], str]) -> None:
    assert write(None) == "–"
    assert write(0.0).startswith("0")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.010869, "0.0109"),
        (9.999, "10.0"),
        (99.96, "100"),
        (100.4, "100"),
        (1_234_567.8, "1,234,568"),
        (-0.5, "-0.500"),
        (1.234e-6, "0.00000123"),
        (3e-12, "3.00e-12"),
    ],
)
def test_three_digits(value: float, expected: str) -> None:
    assert text.three(value) == expected
    assert text.three(value, "bp") == f"{expected} bp"


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (92_000.05, 1, "92,000.05"),
        (92_000.1, 1, "92,000.1"),
        (92_000.0, 0, "92,000"),
        (2_827.045, 2, "2,827.045"),
        (0.1 + 0.2, 2, "0.30"),
        (64_123.456789, None, "64,123.46"),
        (0.000123456789, None, "0.00012346"),
        (0.0, None, "0.00"),
        (None, 2, "–"),
    ],
)
def test_prices(value: float | None, decimals: int | None, expected: str) -> None:
    assert text.price(value, decimals) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (9.94, "9.9 ms"),
        (10.4, "10 ms"),
        (-2_345.6, "-2,346 ms"),
        (10_000.0, "10.0 s"),
        (-75_000.0, "-75.0 s"),
    ],
)
def test_durations_in_ms(value: float, expected: str) -> None:
    assert text.millis(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-0.3, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (3_600, "1 h"),
        (3_659, "1 h"),
        (90_061, "1 d 1 h"),
        (86_400 * 321 + 59, "321 d"),
    ],
)
def test_how_long(seconds: float, expected: str) -> None:
    assert text.span(seconds) == expected


def test_rates_and_shares() -> None:
    assert [text.rate(each) for each in (0.04, 9.96, 10.4, 12_345.6)] == [
        "0.0 /s",
        "10.0 /s",
        "10 /s",
        "12,346 /s",
    ]
    assert [text.percent(each) for each in (0.0001, 0.8, 12.345)] == [
        "0.0100 %",
        "80.0 %",
        "1,234 %",
    ]
