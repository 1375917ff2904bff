"""One feed's price in numbers: exact values, ids in every writing, what is refused and why."""

from decimal import Decimal
from math import isnan
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.control import Reason
from sources.pyth_accumulator import BinaryPrice
from sources.pyth_price import UNKNOWN, Feed, Price, feed_id, price_of, signed
from sources.wire_numbers import Refused
from tests.sources.pyth_frames import IDS, NOW_NS, NOW_S, feed

BTC = IDS["Crypto.BTC/USD"]
S = 1_000_000_000


def read(some: Any) -> Price:
    return price_of(msgspec.convert(some, Feed))


@given(st.integers(1, 10**15), st.integers(-18, 3))
def test_a_price_is_the_float_nearest_to_it(price: int, expo: int) -> None:
    exact = Decimal(price).scaleb(expo)
    if exact >= 1 << 53:
        return
    found = read(feed(price, expo=expo))
    assert (found.px, Decimal(found.text)) == (float(exact), exact)
    assert len(found.text.partition(".")[2]) == max(0, -expo)


def test_what_only_verbose_tells() -> None:
    found = read(feed(1, slot=None))
    assert (found.slot, found.prev_publish_ns) == (UNKNOWN, UNKNOWN)
    some = feed(1)
    some["metadata"] = {"slot": None, "prev_publish_time": None, "price_service_receive_time": 5}
    found = read(some)
    assert (found.slot, found.prev_publish_ns) == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize("average", [None, {"price": "0", "conf": "0", "expo": -8,
                                            "publish_time": 0}])  # fmt: skip
def test_an_average_that_is_not_there_is_unknown(average: Any) -> None:
    found = read(feed(5) | {"ema_price": average})
    assert (found.px, isnan(found.ema_px)) == (5e-8, True)


def test_a_signed_price_is_read_as_a_parsed_one() -> None:
    one = BinaryPrice(BTC, 5, 3, -1, NOW_S, NOW_S - 2, 7, 9, 44)
    assert price_of(signed(one)) == Price(BTC, "0.5", 0.5, 0.3, 0.7, NOW_NS, 44, NOW_NS - 2 * S)


@pytest.mark.parametrize("text", ["0x" + BTC, "0X" + BTC.upper(), BTC])
def test_an_id_in_every_writing(text: str) -> None:
    assert feed_id(text) == BTC


@pytest.mark.parametrize("text", ["", "0x", BTC[1:], BTC + "0", "g" * 64, " " + BTC, "é" * 64])
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(Refused) as refused:
        feed_id(text)
    assert refused.value.reason is Reason.bad_id


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"price": "1e5"}, "bad_price", "'1e5' is not a whole number"),
        ({"price": "１"}, "bad_price", "'１' is not a whole number"),
        ({"conf": ""}, "bad_size", "'' is not a whole number"),
        ({"expo": 19}, "bad_price", "exponent 19 is out of range"),
        ({"expo": 10}, "bad_price", "price 50000000000000000 is out of range"),
        ({"publish_time": -5}, "bad_time", "publish time -5 is out of range"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(changes: Any, reason: str, detail: str) -> None:
    some = feed(5_000_000)
    some["price"] |= changes
    with pytest.raises(Refused) as refused:
        read(some)
    assert (refused.value.reason, refused.value.detail) == (reason, detail)
