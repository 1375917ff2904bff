"""Sliding sums: exact to the last digits however long they run, exactly 0 when nothing moves."""

import math
import random

import numpy as np
import pytest

from models.sliding_sum import ABSENT, MOVING, PRESENT, add, new_ring, slide, slide_plain


class Windows:
    """Windows of some lengths over one ring, and the list they should agree with."""

    def __init__(self, lengths: tuple[int, ...], kernel=slide) -> None:  # type: ignore[no-untyped-def]
        self.lengths = np.array(lengths, np.int64)
        self.ring, self.head, self.kernel = new_ring(max(lengths)), 0, kernel
        self.totals = np.zeros((len(lengths), 2))
        self.counts = np.zeros((len(lengths), 2), np.int64)
        self.history: list[float] = []

    def push(self, value: float, steps: int = 1) -> None:
        self.history += [ABSENT] * (steps - 1) + [value]
        arrays = (self.lengths, self.totals, self.counts)
        self.head = self.kernel(value, steps, self.ring, self.head, *arrays)

    def check(self) -> None:
        for w, length in enumerate(self.lengths):
            window = [x for x in self.history[-length:] if x >= 0.0]
            total = self.totals[w, 0] + self.totals[w, 1]
            assert math.isclose(total, math.fsum(window), rel_tol=1e-13, abs_tol=0.0)
            assert self.counts[w, PRESENT] == len(window)
            assert self.counts[w, MOVING] == sum(x > 0.0 for x in window)


def stream(seed: int, count: int) -> list[tuple[float, int]]:
    dice = random.Random(seed)
    feed = []
    for _ in range(count):
        kind = dice.random()
        value = dice.choice((0.0, 1e-20, 1e-2, 1e-9)) * dice.random()
        feed.append((ABSENT if kind < 0.2 else 0.0 if kind < 0.6 else value, 1))
        if kind > 0.99:
            feed[-1] = (feed[-1][0], dice.randrange(2, 60))
    return feed


@pytest.mark.parametrize("kernel", [slide, slide_plain], ids=["compiled", "plain"])
def test_sums_equal_the_window_summed_anew(kernel) -> None:  # type: ignore[no-untyped-def]
    windows = Windows((1, 3, 40), kernel)
    for value, steps in stream(1, 4000):
        windows.push(value, steps)
        windows.check()


def test_a_nearly_empty_window_after_jumps_where_a_running_sum_is_lost() -> None:
    dice = random.Random(2)
    windows, naive, ring = Windows((60,)), 0.0, [0.0] * 60
    worst = 0.0
    for k in range(200_000):
        value = 1e-3 * dice.random() if k % 100 == 0 else 1e-18 * dice.random()
        naive += value - ring[k % 60]
        ring[k % 60] = value
        windows.push(value)
        if k % 100 > 90:
            exact = math.fsum(ring)
            worst = max(worst, abs(naive / exact - 1.0))
            total = windows.totals[0, 0] + windows.totals[0, 1]
            assert math.isclose(total, exact, rel_tol=1e-11, abs_tol=0.0)
    assert worst > 6e-4  # the plain running sum, for comparison


def test_a_window_without_movement_is_exactly_zero() -> None:
    windows = Windows((5, 10))
    for value in (0.1, 0.2, 0.3, 1e-17) * 50:
        windows.push(value)
    for _ in range(5):
        windows.push(0.0)
    assert windows.totals[0].tolist() == [0.0, 0.0]
    assert windows.totals[1].sum() > 0.0
    for _ in range(5):
        windows.push(0.0)
    assert windows.totals.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_skip_longer_than_the_ring_empties_it() -> None:
    windows = Windows((2, 7))
    for _ in range(9):
        windows.push(0.5)
    windows.push(0.25, steps=1000)
    windows.check()
    assert windows.totals.sum(axis=1).tolist() == [0.25, 0.25]


def test_a_skip_of_exactly_the_ring_keeps_the_last_value_only() -> None:
    windows = Windows((2, 7))
    for _ in range(9):
        windows.push(0.5)
    windows.push(0.25, steps=7)
    windows.check()


def test_double_double_keeps_what_a_float_drops() -> None:
    total = np.zeros(2)
    for value in (1.0, 1e-25, -1.0):
        add(total, value)
    assert total.sum() == 1e-25
