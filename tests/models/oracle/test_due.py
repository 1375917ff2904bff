"""Due-ness and the blocks since."""

import math
from typing import Any

import pytest

from models.oracle.due import Crossing, Due, dueness

RULE = (3600.0, 0.005)


def near(value: float) -> Any:
    return pytest.approx(value)


@pytest.mark.parametrize(
    ("market", "now", "expected"),
    [
        (2000.0, 1000.0, Due(0.0, 0.0, 0.0, False)),
        (2009.0, 1900.0, Due(near(0.9), 900.0, 0.25, False)),
        (2011.0, 1900.0, Due(near(1.1), 900.0, 0.25, True)),
        (1989.0, 1900.0, Due(near(1.1), 900.0, 0.25, True)),
        (2000.0, 4600.0, Due(0.0, 3600.0, 1.0, True)),
        (None, 4599.0, Due(None, 3599.0, 3599 / 3600, None)),
        (None, 4600.0, Due(None, 3600.0, 1.0, True)),
        (math.nan, 1000.0, Due(None, 0.0, 0.0, None)),
        (-5.0, 1000.0, Due(None, 0.0, 0.0, None)),
        (2000.0, 900.0, Due(0.0, 0.0, 0.0, False)),  # clocks differ
    ],
)
def test_due(market: float | None, now: float, expected: Due) -> None:
    assert dueness(2000.0, 1000.0, market, now, *RULE) == expected


def test_no_answer_no_due_ness() -> None:
    assert dueness(0.0, 0.0, 1.0, 0.0, *RULE) is None
    assert dueness(-1.0, 0.0, 1.0, 0.0, *RULE) is None
    assert dueness(math.nan, 0.0, 1.0, 0.0, *RULE) is None
    assert dueness(1.0, 0.0, 1.0, 0.0, 0.0, 0.005) is None


def test_blocks_since_the_crossing() -> None:
    crossing, got = Crossing(), []
    story = [
        (10, 1, False), (11, 1, True), (12, 1, True), (13, 1, None), (14, 1, True),
        (15, 2, True), (16, 2, False), (17, 2, True), (20, 2, True), (16, 2, True),
    ]  # fmt: skip
    for block in story:
        got.append(crossing.update(*block))
        copy = Crossing()
        copy.restore(crossing.snapshot())
        crossing = copy
    assert got == [0, 1, 2, None, 4, 1, 0, 1, 4, 1]
