"""Sums of fills and last values of marks against plain Python."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import flow
from models.flow import fold_fills, fold_marks

FILLS = st.lists(
    st.tuples(st.floats(0.01, 1e6), st.floats(0.0, 1e4), st.sampled_from([1, -1, 0])), max_size=40
)
MAYBE = st.one_of(st.none(), st.floats(-1e6, 1e6))
MARKS = st.lists(st.tuples(*[MAYBE] * flow.MARK_SLOTS), max_size=20)


def both(kernel: Callable) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kernel", [kernel, kernel.py_func], ids=["compiled", "plain"])


@both(fold_fills)
@given(fills=FILLS, cut=st.integers(0, 40))
@settings(max_examples=100, deadline=None)
def test_fills_sum_by_taker_in_any_batches(kernel: Callable, fills: list, cut: int) -> None:
    sums = np.zeros(flow.FILL_SLOTS)
    sums[flow.LAST_PX] = np.nan
    for part in (fills[:cut], fills[cut:]):
        px, size, taker = np.array(part or np.zeros((0, 3)), float).reshape(-1, 3).T
        kernel(sums, 0, len(px), px, size, taker.astype(np.int8))
    bought = [px * size for px, size, taker in fills if taker > 0]
    sold = [px * size for px, size, taker in fills if taker < 0]
    last = [px for px, _, taker in fills if taker]
    expected = [0.0] * flow.FILL_SLOTS
    expected[flow.BUY_USD], expected[flow.SELL_USD] = sum(bought), sum(sold)
    expected[flow.BUY_COUNT], expected[flow.SELL_COUNT] = len(bought), len(sold)
    expected[flow.LAST_PX] = last[-1] if last else float("nan")
    assert sums.tolist() == pytest.approx(expected, rel=1e-12, nan_ok=True)


@both(fold_marks)
@given(rows=MARKS)
@settings(max_examples=100, deadline=None)
def test_marks_keep_the_last_present_value_of_each(kernel: Callable, rows: list) -> None:
    marks = np.full(flow.MARK_SLOTS, np.nan)
    columns = np.array([[np.nan if x is None else x for x in row] for row in rows], float)
    mark, index, funding, interval, interest = columns.reshape(-1, flow.MARK_SLOTS).T
    kernel(marks, 0, len(mark), mark, index, funding, interval, interest)
    slots = (flow.MARK, flow.INDEX, flow.FUNDING, flow.INTERVAL_H, flow.OPEN_INTEREST)
    for at, slot in enumerate(slots):
        present = [row[at] for row in rows if row[at] is not None]
        expected = present[-1] if present else float("nan")
        assert marks[slot] == pytest.approx(expected, rel=0, abs=0, nan_ok=True)
