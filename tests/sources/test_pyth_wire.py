"""Hermes frames in numbers: published samples, exact values, what is refused and why."""

import json
from typing import Any

import pytest

from sources.pyth_wire import (
    Price,
    Told,
    decode_frame,
    event_of,
    update_of,
)
from sources.wire_numbers import Refused
from tests.shared import shared_file
from tests.sources.pyth_frames import IDS, NOW_NS, event, feed, update
from tests.sources.talk import wire

BTC, ETH = IDS["Crypto.BTC/USD"], IDS["Crypto.ETH/USD"]
AT_NS = 1_785_143_368_000_000_000


def sample(name: str, kind: str) -> bytes:
    found = json.loads(shared_file(f"frames/pyth/{name}.json").read_text(encoding="utf-8"))
    (frame,) = [f for f in found["frames"] if f.get("type", "event") == kind and "_dir" not in f]
    return wire(frame).encode()


def test_the_published_samples() -> None:
    assert update_of(decode_frame(sample("hermes_ws", "price_update"))).prices == [
        Price(BTC, "63306.12345678", 63306.12345678, 12.3456789, 63310.0, AT_NS, 304918931,
              AT_NS - 10**9)
    ]  # fmt: skip
    assert event_of(decode_frame(sample("hermes_sse_price", "event"))).prices == [
        Price(ETH, "1956.56091864", 1956.56091864, 0.87908136, 1963.6174, AT_NS, 304918931, AT_NS)
    ]
    answer = decode_frame(sample("hermes_ws", "response"))
    assert (answer.status, answer.error, answer.is_event) == ("success", None, False)


def test_a_feed_that_never_was_published_has_no_price() -> None:
    assert update_of(decode_frame(update(0, 0).encode())) == Told([], [])
    frame = decode_frame(event(feed(0, 0, symbol="Crypto.SOL/USD"), feed(5))[5:].encode())
    assert [(price.id, price.publish_ns) for price in event_of(frame).prices] == [(BTC, NOW_NS)]


def test_events_with_and_without_their_parts() -> None:
    frames = [
        {"parsed": []}, {"parsed": None, "binary": {"data": []}}, {"binary": None}, {"parsed": None}
    ]  # fmt: skip
    assert [decode_frame(wire(f).encode()).is_event for f in frames] == [True, True, False, False]
    assert [event_of(decode_frame(wire(f).encode())) for f in frames[:2]] == [Told([], [])] * 2


def test_of_an_event_each_feed_is_judged_by_itself() -> None:
    bad = feed(0, symbol="Crypto.ETH/USD")
    told = event_of(decode_frame(event(bad, feed(5), 7, feed(6, slot=2))[5:].encode()))
    assert [price.px for price in told.prices] == [5e-8, 6e-8]
    assert [(one.reason, one.detail) for one in told.refused] == [
        ("bad_price", "price 0.00000000 is out of range"),
        ("wrong_type", "Expected `object`, got `int`"),
    ]


@pytest.mark.parametrize(
    ("part", "changes", "detail"),
    [
        ("price", {"price": 1}, "Expected `str`, got `int` - at `$.price.price`"),
        ("ema_price", {"expo": "x"}, "Expected `int`, got `str` - at `$.ema_price.expo`"),
        ("price", {"publish_time": True}, "Expected `int`, got `bool` - at `$.price.publish_time`"),
        ("metadata", {"slot": 1.5}, "Expected `int | null`, got `float` - at `$.metadata.slot`"),
    ],
)
def test_another_type_is_refused(part: str, changes: Any, detail: str) -> None:
    some = feed(5)
    some[part] |= changes
    with pytest.raises(Refused) as refused:
        update_of(decode_frame(wire({"price_feed": some}).encode()))
    assert (refused.value.reason, refused.value.detail) == ("wrong_type", detail)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(Refused):
        decode_frame(b'{"type":' + b"[" * 100_000)
