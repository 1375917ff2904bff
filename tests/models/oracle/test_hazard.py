"""P(update in the next block): better than the base rate, and the update rule by another way."""

import math

import numpy as np
import pytest

from models.oracle.due import Crossing, dueness
from models.oracle.hazard import PRIOR, PRIOR_SD, Skill, UpdateHazard
from tests.reference.oracle_world import WORLDS, World, brier_of_rate, steps


def forecasts(world: World, seed: int, blocks: int) -> tuple[list[float], list[bool], UpdateHazard]:
    """What was forecast of each block before it came, and what came."""
    hazard, crossing = UpdateHazard(), Crossing()
    said: list[float] = []
    came: list[bool] = []
    last = None
    for step in steps(world, seed, blocks):
        if hazard.value is not None and last is not None:
            said.append(hazard.value)
            came.append(step.round_id != last)
            hazard.update(came[-1])
        last = step.round_id
        due = dueness(
            step.answer, step.updated_at_s, step.market, step.timestamp_s,
            world.heartbeat_s, world.deviation,
        )  # fmt: skip
        assert due is not None
        since = crossing.update(step.number, step.round_id, due.due)
        hazard.forecast(due.deviation_ratio, due.age_ratio, since)
    return said, came, hazard


@pytest.mark.parametrize("world", WORLDS)
def test_brier_is_below_the_base_rates(world: World) -> None:
    ratios, all_said, all_came = [], [], []
    for seed in range(3):
        said, came, hazard = forecasts(world, seed, 6000)
        brier = float(np.mean([(p - y) ** 2 for p, y in zip(said, came, strict=True)]))
        skill = hazard.skill
        assert isinstance(skill, Skill)
        assert skill.brier == pytest.approx(brier)
        assert (skill.blocks, skill.updates) == (len(came), sum(came))
        assert skill.brier < skill.base_brier
        ratios.append(brier / brier_of_rate(came))  # the rate of hindsight
        all_said += said
        all_came += came
    assert max(ratios) < 1.0
    assert np.mean(ratios) < 0.95
    if sum(all_came) > 100:  # calibrated in the large
        assert np.mean(ratios) < 0.8
        assert sum(all_said) == pytest.approx(sum(all_came), rel=0.2)


def test_the_rule_is_a_newton_step_of_the_information() -> None:
    """The same step from the inverse: P⁻¹ ← P⁻¹ + h·x·xᵀ, w ← w + P·x·(y − p)."""
    rng = np.random.default_rng(5)
    hazard = UpdateHazard()
    weights, spread = np.array(PRIOR), np.diag(np.array(PRIOR_SD) ** 2)
    for _ in range(200):
        d, a, c = rng.uniform(0, 4), rng.uniform(0, 2), int(rng.integers(0, 4))
        x = np.array([1.0, min(d, 3.0), min(a, 1.5), float(c > 0), math.log(1 + c)])
        p = 1.0 / (1.0 + math.exp(-float(weights @ x)))
        assert hazard.forecast(d, a, c) == pytest.approx(p, rel=1e-7)
        y = bool(rng.random() < p)
        hazard.update(y)
        spread = np.linalg.inv(np.linalg.inv(spread) + p * (1 - p) * np.outer(x, x))
        weights = weights + spread @ x * (y - p)
        grown = spread * 2.0 ** (1 / 50_000)
        if np.all(np.diag(grown) <= np.array(PRIOR_SD) ** 2):
            spread = grown


def test_the_prior_is_sane() -> None:
    hazard = UpdateHazard()
    calm = hazard.forecast(0.2, 0.3, 0)
    near = hazard.forecast(0.9, 0.3, 0)
    just = hazard.forecast(1.0, 0.3, 1)
    long = hazard.forecast(1.0, 0.3, 5)
    assert calm is not None
    assert near is not None
    assert just is not None
    assert long is not None
    assert 0.0005 < calm < near < 0.005
    assert 0.2 < just < long < 0.6


def test_what_is_unknown() -> None:
    hazard = UpdateHazard()
    assert hazard.skill is None
    for row in ((None, 0.5, 0), (0.5, 0.5, None), (0.5, math.nan, 0), (0.5, math.inf, 1)):
        assert hazard.forecast(*row) is None
    before = hazard.snapshot()
    hazard.update(True)  # nothing was forecast
    assert hazard.snapshot() == before
    hazard.forecast(0.5, 0.5, 0)
    hazard.skip()
    hazard.update(True)
    assert hazard.snapshot() == before
    for extreme in ((1e300, 1e300, 10**9), (math.inf, 0.0, 0), (math.nan, 0.0, 0)):
        p = hazard.forecast(*extreme)
        assert p is None or 0.0 < p < 1.0
        hazard.skip()


def test_restores_anywhere() -> None:
    said, came, hazard = forecasts(WORLDS[0], 1, 600)
    copy = UpdateHazard()
    copy.restore(hazard.snapshot())
    for model in (hazard, copy):
        model.update(True)
    assert copy.forecast(1.2, 0.1, 3) == hazard.forecast(1.2, 0.1, 3)
    assert copy.snapshot() == hazard.snapshot()
    hazard.reset()
    assert hazard.snapshot() == UpdateHazard().snapshot()
    assert said
    assert came
