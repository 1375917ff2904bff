"""What is news of a feed: by publish time, then slot, then value."""

from math import nan
from typing import Any

import pytest
from msgspec.structs import replace

from sources.pyth_price import UNKNOWN, Price
from sources.pyth_sequence import Last, PriceSequence

S = 1_000_000_000
FIRST = Price("a", "1.5", 1.5, 0.1, 1.4, 10 * S, 100, 9 * S)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "repeated"),
        ({"px": 2.0}, "repeated"),  # one slot has one price
        ({"slot": 101}, "new"),  # the same again, a slot later: the feed stands still
        ({"slot": 99, "px": 2.0}, "old"),
        ({"publish_ns": 11 * S, "slot": 99}, "new"),
        ({"publish_ns": 9 * S, "slot": 101}, "old"),
        ({"slot": UNKNOWN}, "repeated"),
        ({"slot": UNKNOWN, "px": 2.0}, "new"),
        ({"slot": UNKNOWN, "conf": 0.2}, "new"),
        ({"slot": UNKNOWN, "ema_px": 2.0}, "new"),
        ({"id": "b"}, "new"),
    ],
)
def test_after_a_first_price(changes: Any, verdict: str) -> None:
    sequence = PriceSequence()
    assert sequence.judge(FIRST) == "new"
    second = replace(FIRST, **changes)
    assert sequence.judge(second) == verdict
    last = second if verdict == "new" else FIRST
    assert sequence.last[last.id] == Last(
        last.publish_ns, last.slot, last.px, last.conf, last.ema_px
    )


@pytest.mark.parametrize(("before_s", "missed"), [(UNKNOWN, 0), (9, 0), (10, 0), (11, 1), (12, 1)])
def test_a_price_between_two_was_missed(before_s: int, missed: int) -> None:
    sequence = PriceSequence()
    sequence.judge(FIRST)
    sequence.judge(replace(FIRST, publish_ns=13 * S, prev_publish_ns=before_s * S))
    assert sequence.missed == missed
    assert sequence.judge(FIRST) == "old"
    assert sequence.missed == missed


def test_without_slots_an_average_that_is_not_told_is_the_same_as_before() -> None:
    sequence = PriceSequence()
    bare = replace(FIRST, slot=UNKNOWN, ema_px=nan)
    assert [sequence.judge(one) for one in (bare, bare, replace(bare, ema_px=1.0), bare)] == [
        "new", "repeated", "new", "new",
    ]  # fmt: skip


def test_of_the_first_price_nothing_is_missed() -> None:
    sequence = PriceSequence()
    sequence.judge(FIRST)
    assert sequence.missed == 0
