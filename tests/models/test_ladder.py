"""One side of a book against a dict, whatever the order of updates."""

from bisect import bisect_left

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ladder import EVERY, best, locate, put, spread, squeeze
from tests.models.books import ladder_of

KEYS = st.integers(-12, 12)
SIZES = st.sampled_from([0.0, 0.0, 1.0, 2.5, 7.0])
UPDATES = st.lists(st.tuples(KEYS, SIZES), max_size=120)
KERNELS = [(put, spread), (put.py_func, spread.py_func)]


def live(keys: np.ndarray, sizes: np.ndarray, count: int) -> list[tuple[int, float]]:
    pairs = zip(keys[:count].tolist(), sizes[:count].tolist(), strict=True)
    return [(key, size) for key, size in pairs if size]


def check_shape(keys: np.ndarray, sizes: np.ndarray, count: int) -> None:
    """Keys rise (a tombstone may repeat one), and the best stands at the end."""
    assert (np.diff(keys[:count]) >= 0).all()
    assert count == 0 or sizes[count - 1] != 0.0


@pytest.mark.parametrize("kernels", KERNELS, ids=["compiled", "plain"])
@settings(max_examples=150, deadline=None)
@given(updates=UPDATES, spreads=st.sets(st.integers(0, 119), max_size=6))
def test_equals_a_dict_under_any_updates(
    kernels: tuple, updates: list[tuple[int, float]], spreads: set[int]
) -> None:
    put_level, spread_levels = kernels
    keys, sizes = np.zeros(64, np.int64), np.zeros(64)
    count = hint = 0
    truth: dict[int, float] = {}
    for number, (key, size) in enumerate(updates):
        count, hint, moved = put_level(keys, sizes, count, hint, key, size)
        truth[key] = size
        truth = {key: size for key, size in truth.items() if size}
        assert live(keys, sizes, count) == sorted(truth.items())
        check_shape(keys, sizes, count)
        assert 0 <= moved <= count
        if number in spreads:
            count = spread_levels(keys, sizes, count)
            assert live(keys, sizes, count) == sorted(truth.items())
            check_shape(keys, sizes, count)
    count = squeeze(keys, sizes, count)
    assert list(zip(keys[:count].tolist(), sizes[:count].tolist(), strict=True)) == sorted(
        truth.items()
    )


@given(
    keys=st.lists(st.integers(-50, 50), min_size=1, max_size=30, unique=True),
    key=st.integers(-51, 51),
    hint=st.integers(0, 40),
)
@settings(max_examples=200, deadline=None)
def test_locate_is_bisect_from_any_hint(keys: list[int], key: int, hint: int) -> None:
    keys.sort()
    array = np.array(keys + [0] * 5, np.int64)
    assert locate(array, len(keys), hint, key) == bisect_left(keys, key)
    assert locate.py_func(array, len(keys), hint, key) == bisect_left(keys, key)


def test_a_level_that_comes_back_takes_its_tombstone() -> None:
    keys, sizes, count = ladder_of([(1, 1.0), (2, 2.0), (3, 3.0), (2, 0.0)])
    assert (count, sizes[:3].tolist()) == (3, [1.0, 0.0, 3.0])
    assert put(keys, sizes, count, 0, 2, 5.0) == (3, 1, 0)
    assert live(keys, sizes, 3) == [(1, 1.0), (2, 5.0), (3, 3.0)]


def test_an_insert_moves_only_what_lies_before_the_nearest_tombstone() -> None:
    keys, sizes, count = ladder_of([(key, float(key)) for key in (10, 20, 30, 40, 50)])
    count, hint, _ = put(keys, sizes, count, 0, 40, 0.0)
    count, _, moved = put(keys, sizes, count, hint, 15, 1.5)
    assert (count, moved) == (5, 2)  # 20 and 30 went up, 40's place is used again
    assert keys[:5].tolist() == [10, 15, 20, 30, 50]


def test_deleting_the_best_gives_back_all_slots_up_to_the_next() -> None:
    keys, sizes, count = ladder_of([(1, 1.0), (2, 2.0), (3, 3.0), (2, 0.0), (3, 0.0)])
    assert count == 1
    assert put(keys, sizes, count, 2, 1, 0.0)[0] == 0
    assert put(keys, sizes, 0, 2, 9, 0.0)[0] == 0  # nothing to delete
    assert put(keys, sizes, 0, 2, 9, 4.0)[:2] == (1, 0)


def test_best_levels_come_best_first_without_tombstones() -> None:
    prices, amounts = np.zeros(3), np.zeros(3)
    bids = ladder_of([(1001, 1.0), (999, 2.0), (998, 4.0), (1000, 3.0), (999, 0.0)])
    assert best(*bids, prices, amounts, 10.0) == 3
    assert (prices.tolist(), amounts.tolist()) == ([100.1, 100.0, 99.8], [1.0, 3.0, 4.0])
    asks = ladder_of([(-1003, 2.0), (-1002, 1.0)])
    assert best(*asks, prices, amounts, 10.0) == 2
    assert (prices[:2].tolist(), amounts[:2].tolist()) == ([100.2, 100.3], [1.0, 2.0])
    assert best(*ladder_of([]), prices, amounts, 10.0) == 0


def test_prices_up_to_2_to_the_53_ticks_are_exact() -> None:
    top = 2**53
    levels = [(top, 1.0), (top - 1, 2.0), (1, 3.0)]
    prices, amounts = np.zeros(3), np.zeros(3)
    for sign in (1, -1):
        ladder = ladder_of([(sign * px, size) for px, size in levels])
        assert best(*ladder, prices, amounts, 1.0) == 3
        best_first = levels if sign > 0 else levels[::-1]
        assert list(zip(prices.tolist(), amounts.tolist(), strict=True)) == [
            (float(px), size) for px, size in best_first
        ]


def test_spread_leaves_a_free_slot_after_every_few_levels() -> None:
    keys, sizes, count = ladder_of([(key, 1.0) for key in range(2 * EVERY + 1)])
    count = spread(keys, sizes, count)
    assert count == 2 * EVERY + 3
    free = np.flatnonzero(sizes[:count] == 0.0).tolist()
    assert free == [EVERY, 2 * EVERY + 1]
    assert spread(keys, sizes, 0) == 0
    _, _, moved = put(keys, sizes, count, 0, -1, 1.0)
    assert moved == EVERY
