"""Numbers in text: what a kernel takes is what Python reads, bit for bit; the rest it refuses."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.digits import EXACT, POWERS, decimal, decimal_plain, whole, whole_plain

TEXTS = st.one_of(
    st.text("0123456789.", max_size=20),
    st.text("0123456789.-+eE _", max_size=12),
    st.decimals(0, 10**9, places=8).map(str),
)


def over(kernel, text: str):
    buffer = np.frombuffer(b"<" + text.encode() + b">", np.uint8)
    return kernel(buffer, 1, len(buffer) - 1)


@settings(deadline=None)
@given(TEXTS)
@example("9007199254740991")
@example("9007199254740992")
@example("0.9007199254740991")
@example("000000000000000000")
def test_a_decimal_is_what_float_gives(text: str) -> None:
    mantissa, decimals = over(decimal, text)
    assert (mantissa, decimals) == over(decimal_plain, text)
    if mantissa < 0:
        return
    assert mantissa / POWERS[decimals] == float(text)
    assert Decimal(int(mantissa)).scaleb(-int(decimals)) == Decimal(text)
    assert len(text.partition(".")[2]) == decimals


@settings(deadline=None)
@given(st.integers(0, EXACT - 1), st.integers(0, 16))
def test_plain_decimals_are_taken(mantissa: int, decimals: int) -> None:
    digits = str(mantissa).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    if len(text) <= 18:
        assert over(decimal, text) == (mantissa, decimals)


@pytest.mark.parametrize(
    "text",
    ["", ".", "1.", ".5", "-1", "+1", "1e5", "1 ", " 1", "1_0", "1..2", "1.2.3", "９", "NaN",
     "9007199254740992", "1234567890123456789", "0.00000000000000000001"],
)  # fmt: skip
def test_anything_else_is_handed_back(text: str) -> None:
    assert over(decimal, text) == (-1, 0)


@settings(deadline=None)
@given(st.one_of(st.text("0123456789-+. ", max_size=20), st.integers(0).map(str)))
def test_a_whole_number(text: str) -> None:
    value = over(whole, text)
    assert value == over(whole_plain, text)
    good = text.isdecimal() and text.isascii() and len(text) <= 18
    assert value == (int(text) if good else -1)
