"""Numbers on the wire: exact ticks, and a reason for whatever is no price, size, time or id."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.control import Reason
from sources import wire_numbers as numbers
from sources.wire_numbers import Refused


@settings(deadline=None)
@given(st.integers(1, (1 << 53) - 1), st.integers(0, 15), st.integers(0, 3))
def test_ticks_are_exact(ticks: int, decimals: int, zeros: int) -> None:
    text = f"{Decimal(ticks).scaleb(-decimals):f}"
    text += ("" if "." in text or not zeros else ".") + "0" * zeros
    assert numbers.ticks(text, decimals) == ticks
    assert numbers.price(text) == float(text)


@pytest.mark.parametrize(
    ("text", "decimals", "ticks"),
    [("61800.20", 2, 6180020), ("61800.2", 2, 6180020), ("5", 0, 5), ("1e2", 2, 10000),
     ("12E-1", 1, 12), ("+5", 0, 5), ("1.00000000000000000000000000000000000", 2, 100)],
)  # fmt: skip
def test_ticks(text: str, decimals: int, ticks: int) -> None:
    assert numbers.ticks(text, decimals) == ticks


@pytest.mark.parametrize(
    ("text", "reason"),
    [("0", Reason.bad_price), ("-1", Reason.bad_price), ("", Reason.bad_price),
     ("NaN", Reason.bad_price), ("Infinity", Reason.bad_price), ("1.", Reason.bad_price),
     ("1_0", Reason.bad_price), (" 1", Reason.bad_price), ("1 ", Reason.bad_price),
     ("１", Reason.bad_price), ("1e999999", Reason.bad_price), ("1e400", Reason.bad_price),
     ("1e99999999999999999999", Reason.bad_price), ("90071992547409.92", Reason.bad_price),
     ("100.001", Reason.price_scale), ("1e-9999", Reason.price_scale),
     ("100.0000000000000000000000000000001", Reason.price_scale)],
)  # fmt: skip
def test_no_ticks(text: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        numbers.ticks(text, 2)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("text", "decimals"), [("61800.20", 2), ("5", 0), ("0.00001234", 8), ("1e2", 0), ("1e-7", 7)]
)
def test_the_scale_of_a_first_price(text: str, decimals: int) -> None:
    assert (numbers.scale_of(text), numbers.decimals_of(text)) == (decimals, decimals)


@pytest.mark.parametrize("text", ["1e-400", "0.0000000000000001", "50000.000000000000001", "0.0"])
def test_a_scale_that_nobody_quotes_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        numbers.scale_of(text)


def test_sizes_and_numbers() -> None:
    assert [numbers.size(t) for t in ("0", "0.000", "0.1", "1e3")] == [0.0, 0.0, 0.1, 1000.0]
    assert [numbers.number(t) for t in ("-0.5", "1e-3")] == [-0.5, 0.001]
    assert repr(numbers.number("")) == "nan"
    assert numbers.stamp_ns(1_700_000_000_000) == 1_700_000_000_000_000_000
    assert numbers.stamp_ns(9_223_372_036_853) < 1 << 63
    assert [numbers.identifier(n) for n in (0, (1 << 62) - 1)] == [0, (1 << 62) - 1]


@pytest.mark.parametrize(
    ("read", "value", "reason"),
    [(numbers.size, "-0.1", Reason.bad_size), (numbers.size, "1e18", Reason.bad_size),
     (numbers.size, None, Reason.missing_field), (numbers.size, "", Reason.bad_size),
     (numbers.price, None, Reason.missing_field),
     (numbers.price, "9007199254740992", Reason.bad_price),
     (numbers.price, "1e-400", Reason.bad_price), (numbers.number, "x", Reason.bad_number),
     (numbers.number, "1e400", Reason.bad_number), (numbers.number, "inf", Reason.bad_number),
     (numbers.stamp_ns, -1, Reason.bad_time),
     (numbers.stamp_ns, 9_223_372_036_854, Reason.bad_time),
     (numbers.identifier, None, Reason.bad_id), (numbers.identifier, True, Reason.bad_id),
     (numbers.identifier, -1, Reason.bad_id), (numbers.identifier, 1 << 62, Reason.bad_id),
     (numbers.identifier, "1", Reason.bad_id)],
)  # fmt: skip
def test_what_is_refused(read, value, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        read(value)
    assert refused.value.reason is reason
