"""The scenario: how far phases go whatever the seed and length, stress, panic, both assets."""

from math import exp, sqrt
from random import Random

import numpy as np
import pytest

from sources.simulator.scenario import (
    BETA,
    FALL_AFTER,
    FALL_BEFORE,
    FALL_JUMP,
    OWN_VOL,
    REGAIN,
    STEP_S,
    YEAR_S,
    Scenario,
)

any_length = pytest.mark.parametrize(("seed", "minutes"), [(1, 6.0), (2, 6.0), (3, 60.0)])


@any_length
def test_phases_go_as_far_as_said_whatever_chance_does(seed: int, minutes: float):
    scenario = Scenario(Random(seed), minutes)
    steps = round(600 * minutes)
    assert scenario.steps == steps
    btc = scenario.news[0]
    assert [len(path) for path in (*scenario.news, scenario.stress, scenario.panic)] == 4 * [
        steps + 1
    ]
    fall, low = steps * 25 // 60, steps * 35 // 60
    assert btc[low] - btc[fall] == pytest.approx(FALL_BEFORE + FALL_JUMP + FALL_AFTER)
    assert btc[steps] - btc[low] == pytest.approx(REGAIN * (1.0 - exp(-4.0)))


@any_length
def test_the_jump_is_fast_and_comes_with_panic(seed: int, minutes: float):
    scenario = Scenario(Random(seed), minutes)
    jump, lasts = scenario.jump_step, round(scenario.jump_s / STEP_S)
    assert scenario.jump_s <= 4.0
    assert scenario.news[0][jump + lasts] - scenario.news[0][jump] < 0.8 * FALL_JUMP
    assert set(scenario.panic[:jump]) == {0.0}
    assert scenario.panic[jump] == pytest.approx(1.0, abs=0.05)
    half_life = round(min(15.0, minutes * 60.0 / 240.0) / STEP_S)
    for later in (1, 2, 3):
        held = scenario.panic[jump + later * half_life] / scenario.panic[jump]
        assert held == pytest.approx(0.5**later)


def test_stress_is_none_then_full_then_fades():
    scenario = Scenario(Random(1), 60.0)
    stress = np.array(scenario.stress)
    assert set(stress[: 25 * 600]) == {0.0}
    assert stress[scenario.jump_step : 35 * 600] == pytest.approx(1.0)
    assert np.all(np.diff(stress[25 * 600 : scenario.jump_step]) > 0.0)
    assert np.all(np.diff(stress[35 * 600 :]) < 0.0)
    assert stress[-1] == pytest.approx(exp(-5.0))


def test_eth_is_beta_times_btc_and_something_of_its_own():
    scenario = Scenario(Random(4), 60.0)
    btc, eth = (np.diff(path[: 25 * 600]) for path in scenario.news)
    own = eth - BETA[1] * btc
    assert own.std() / sqrt(STEP_S / YEAR_S) == pytest.approx(OWN_VOL, rel=0.03)
    assert np.corrcoef(own, btc)[0, 1] == pytest.approx(0.0, abs=0.03)


def test_a_seed_is_one_path():
    one, again, other = (Scenario(Random(seed), 1.0).news for seed in (5, 5, 6))
    assert one == again != other
