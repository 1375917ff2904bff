"""One base step: sizes of the state, and what a step touches."""

import numpy as np

from models.volatility_step import FIRST_S, RETURNS, new_arrays, new_parameters, step


def test_rings_take_less_than_32_kb() -> None:
    state = new_arrays(1, new_parameters(1, 900.0))
    assert state.base_ring.size == 1800
    assert state.minute_ring.size == 1440
    assert sum(array.nbytes for array in state) < 32_000


def test_a_missing_price_changes_no_estimate_but_moves_the_clock() -> None:
    parameters = new_parameters(1, 900.0)
    state = new_arrays(1, parameters)
    step(1001, 0.0, False, state, parameters)
    assert state.marks[FIRST_S] == -1
    step(1002, 5.0, False, state, parameters)
    step(1003, 6.0, False, state, parameters)
    assert (state.marks[FIRST_S], state.marks[RETURNS]) == (1002, 1)
    assert np.isnan(state.out).all()


def test_a_step_of_minutes_uses_one_return_a_minute() -> None:
    parameters = new_parameters(60, 900.0)
    assert parameters.base_lengths.tolist() == [1, 5, 30]
    assert parameters.minute_lengths.tolist() == [240, 1440]
