"""The flow of orders: its rate, its sides, its independence of everything but its seed."""

from itertools import pairwise
from random import Random

import pytest

from sources.simulator.world.flow import OPENS, Flow, Order

SECONDS = 4000


def orders(seed: int, coming: float = 0.0) -> list[Order]:
    flow = Flow(Random(seed), rate=2.0, coins=0.5)
    return [o for second in range(SECONDS) for o in flow.until(second + 1.0, 0.0, coming)]


def test_the_rate_and_the_sizes_are_as_asked() -> None:
    found = orders(1)
    assert len(found) / SECONDS == pytest.approx(2.0, rel=0.1)
    sizes = sorted(order.coins for order in found)
    assert sizes[len(sizes) // 2] == pytest.approx(0.5, rel=0.1)
    assert sum(order.opens for order in found) / len(found) == pytest.approx(OPENS, rel=0.25)
    assert [o.at_s for o in found] == sorted(o.at_s for o in found)


def test_sides_repeat_and_follow_what_is_known() -> None:
    found = orders(2)
    same = sum(a.side == b.side for a, b in pairwise(found))
    assert 0.65 < same / len(found) < 0.80  # ½ + ½·REPEATS
    up = sum(order.side > 0 for order in orders(2, coming=1e-3)) / len(found)
    assert up > 0.7


def test_times_and_sizes_do_not_depend_on_what_is_known() -> None:
    calm, rising = orders(3), orders(3, coming=1e-3)
    assert [(o.at_s, o.coins, o.opens) for o in calm] == [
        (o.at_s, o.coins, o.opens) for o in rising
    ]
