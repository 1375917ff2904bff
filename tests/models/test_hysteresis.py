"""The label rule and the threshold rule, row by row and against the batch."""

import random

import pytest

from models.hysteresis import LabelRule, ThresholdRule, dwell_steps
from schemas.settings import RegimeSettings
from tests.models.checks import same
from tests.reference.regime_batch import Labels

SHORT = RegimeSettings(enter_dwell_s=180.0, leave_dwell_s=240.0)  # 3 in, 4 out

# (p_calm, p_normal, p_stress) → label, changed, since; steps are numbered
STORY = [
    ((0.5, 0.3, 0.2), ("calm", False, 0)),  # at once, and not a change: it was unknown
    ((0.3, 0.5, 0.2), ("calm", False, 0)),
    ((0.3, 0.5, 0.2), ("calm", False, 0)),
    ((0.5, 0.3, 0.2), ("calm", False, 0)),  # counting starts anew
    ((0.3, 0.5, 0.2), ("calm", False, 0)),
    ((0.3, 0.5, 0.2), ("calm", False, 0)),
    ((0.1, 0.1, 0.8), ("normal", True, 6)),  # a tie is normal; also 1 of 3 for stress
    ((0.0, 0.1, 0.9), ("normal", False, 6)),  # switching does not lose the count
    ((0.0, 0.1, 0.9), ("stress", True, 8)),
    ((0.4, 0.3, 0.3), ("stress", False, 8)),
    ((0.4, 0.3, 0.3), ("stress", False, 8)),
    ((0.4, 0.3, 0.3), ("stress", False, 8)),
    ((0.3, 0.2, 0.5), ("stress", False, 8)),  # not below 0.5: counting starts anew
    ((0.4, 0.3, 0.3), ("stress", False, 8)),
    ((0.4, 0.3, 0.3), ("stress", False, 8)),
    ((0.4, 0.3, 0.3), ("stress", False, 8)),
    ((0.4, 0.3, 0.3), ("calm", True, 16)),  # at once the likelier
    ((0.0, 0.2, 0.8), ("calm", False, 16)),
    ((0.0, 0.2, 0.8), ("calm", False, 16)),
    ((0.2, 0.1, 0.7999), ("calm", False, 16)),
    ((0.0, 0.2, 0.8), ("calm", False, 16)),
]


def test_a_story() -> None:
    rule, got = LabelRule(SHORT), []
    assert (rule.label.name, rule.since) == ("unknown", None)
    for ts, (probabilities, _) in enumerate(STORY):
        changed = rule.update(ts, *probabilities)
        got.append((rule.label.name, changed, rule.since))
    assert got == [expected for _, expected in STORY]


@pytest.mark.parametrize("seed", range(5))
def test_equals_batch_and_restores_anywhere(seed: int) -> None:
    dice = random.Random(seed)
    rule, batch = LabelRule(SHORT), Labels(SHORT)
    level = 0.2
    for ts in range(3000):
        level = min(0.97, max(0.02, level + dice.gauss(0.0, 0.08)))
        calm = (1.0 - level) * dice.random()
        row = (ts, calm, 1.0 - level - calm, level)
        if dice.random() < 0.05:
            copy = LabelRule(SHORT)
            copy.load(rule.snapshot())
            rule = copy
        changed, expected = rule.update(*row), batch.show(*row)
        same((rule.label.name, changed, rule.since), (batch.label, expected, batch.since))


def test_stress_at_once_when_one_step_is_enough() -> None:
    rule = LabelRule(RegimeSettings(enter_dwell_s=10.0))
    assert rule.update(7, 0.0, 0.1, 0.9) is False  # it was unknown before
    assert (rule.label.name, rule.since) == ("stress", 7)


def test_threshold() -> None:
    rule, got = ThresholdRule(SHORT), []
    values = [1.0, 2.9, 3.0, 2.5, 1.9, 1.9, 1.9, 2.0, 1.9, 1.9, 1.9, 1.9, 2.9, 3.1, 1.0]
    for value in values:
        rule.update(value, 3.0, 2.0)
        got.append(rule.on)
        copy = ThresholdRule(SHORT)
        copy.load(rule.snapshot())
        rule = copy
    assert got == [False] * 2 + [True] * 9 + [False] * 2 + [True] * 2


def test_dwell_in_steps() -> None:
    assert [dwell_steps(180.0, step) for step in (1.0, 60.0, 300.0, 3600.0)] == [180, 3, 1, 1]
