"""Both ways from text to numbers give the same, and refuse the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.control import Reason
from sources import coinbase_levels as levels
from sources import wire_numbers as numbers
from sources.wire_numbers import Refused

ODD_TEXTS = [
    "", "0", "0.00", "-1", "+5", " 5", "5 ", ".5", "5.", "1e2", "1E-3", "1\n2", "\n", "NaN", "inf",
    "1_0", "１", "007.50", "9007199254740991", "9007199254740992", "90071992547409.92", "1e30",
    "1e999999", "0.1234567890123456", "123456789012345.6", "1,5", "0x1", "99999999999999999999",
]  # fmt: skip
ODD = st.sampled_from(ODD_TEXTS)
PRICES = st.one_of(
    st.integers(1, 10**12).map(lambda k: f"{k / 100:.2f}".rstrip("0").rstrip(".")),
    st.decimals("0.000000001", "99999", places=9).map(str),
    ODD,
)


def outcome(make: Any) -> Any:
    """The numbers, or the reason."""
    try:
        return make()
    except Refused as refused:
        return refused.reason


@given(st.lists(PRICES, max_size=5), st.integers(0, 16))
def test_ticks_are_those_of_the_exact_way(prices: list[str], decimals: int) -> None:
    exact = outcome(lambda: [numbers.ticks(text, decimals) for text in prices])
    assert outcome(lambda: levels.ticks(prices, decimals)) == exact


@given(st.lists(st.one_of(st.floats(0, 1e15).map(str), ODD), max_size=5))
def test_sizes_are_those_of_the_exact_way(texts: list[str]) -> None:
    exact = outcome(lambda: [numbers.size(text) for text in texts])
    assert outcome(lambda: levels.sizes(texts)) == exact


@pytest.mark.parametrize("odd", ODD_TEXTS)
def test_one_odd_text_sends_its_whole_column_the_exact_way(odd: str) -> None:
    for texts in ([odd], ["5", odd, "7.25"]):
        assert outcome(lambda t=texts: levels.ticks(t, 2)) == outcome(
            lambda t=texts: [numbers.ticks(text, 2) for text in t]
        )
        assert outcome(lambda t=texts: levels.sizes(t)) == outcome(
            lambda t=texts: [numbers.size(text) for text in t]
        )


@given(st.lists(PRICES, min_size=1, max_size=5))
def test_the_finest_has_the_most_decimals(prices: list[str]) -> None:
    exact = outcome(lambda: max(map(numbers.scale_of, prices)))
    found = outcome(lambda: numbers.scale_of(levels.finest(prices)))
    if exact is Reason.bad_price and isinstance(found, int):
        # A price of 0 is plain text, and may be not the finest: `ticks` refuses it.
        with pytest.raises(Refused) as refused:
            levels.ticks(prices, found)
        assert refused.value.reason is Reason.bad_price
    else:
        assert found == exact


@pytest.mark.parametrize("decimals", range(15))
def test_the_quick_way_is_exact_to_its_last_digit(decimals: int) -> None:
    most = 10**15 - 1
    for ticks in (most, most - 1, most // 2, 10**14 + 1, 10**decimals + 1, 1):
        digits = str(ticks).rjust(decimals + 1, "0")
        cut = len(digits) - decimals
        text = f"{digits[:cut]}.{digits[cut:]}" if decimals else digits
        assert levels.ticks([text], decimals) == [ticks]


def test_a_usual_column_takes_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(numbers, "ticks")
    monkeypatch.delattr(numbers, "size")
    assert levels.ticks(["65083.66", "65083.5", "65083"], 2) == [6508366, 6508350, 6508300]
    assert levels.sizes(["0.00000011", "0", "12.5"]) == [1.1e-7, 0.0, 12.5]
    assert levels.finest(["65083", "65083.66", "65083.5"]) == "65083.66"


def test_a_column_of_nothing() -> None:
    assert (levels.ticks([], 2), levels.sizes([])) == ([], [])
