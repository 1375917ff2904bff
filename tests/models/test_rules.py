"""The rule machine: each word of its definition by name."""

import math
from collections.abc import Iterable
from typing import Any

import pytest

from models.rules import RuleMachine, Transition
from schemas.errors import BrokenInvariant, NotPublishable
from schemas.quality import Quality
from schemas.rule import Rule
from schemas.volatility import RegimeLabel

S = 1_000_000_000
OK, WARMING, STALE, GAP = Quality.ok, Quality.warming, Quality.stale, Quality.gap


def rule(**fields: Any) -> Rule:
    defaults = {"name": "r", "metric": "ticks.spread_bp", "op": ">", "enter": 10.0, "leave": 5.0}
    return Rule(**(defaults | fields))


def plain(transition: Transition) -> tuple[Any, ...]:
    window = tuple((row.ts, row.value, row.hit) for row in transition.window)
    told = transition
    return told.state.name, told.ts, told.since, told.value, told.hits, window


def run(machine: RuleMachine, rows: Iterable[tuple[int, Any, Quality]]) -> list[tuple[Any, ...]]:
    return [plain(it) for ts, value, quality in rows for it in machine.evaluate(ts, value, quality)]


def brief(machine: RuleMachine, values: list[Any], quality: Quality = OK) -> list[tuple[str, int]]:
    """(state, second) with one row a second, from second 1."""
    rows = [(second * S, value, quality) for second, value in enumerate(values, 1)]
    return [(state, ts // S) for state, ts, *_ in run(machine, rows)]


def test_enters_and_leaves_with_hysteresis() -> None:
    values = [9.0, 10.0, 11.0, 7.0, 12.0, 5.1, 5.0, 10.5]
    assert brief(RuleMachine(rule()), values) == [("enter", 3), ("leave", 7), ("enter", 8)]


def test_without_leave_the_enter_level_is_both() -> None:
    assert brief(RuleMachine(rule(leave=None)), [11.0, 10.0]) == [("enter", 1), ("leave", 2)]


@pytest.mark.parametrize(
    ("op", "at_level"), [(">", []), (">=", [("enter", 1)]), ("<", []), ("<=", [("enter", 1)])]
)
def test_the_level_itself_counts_only_with_equality(op: Any, at_level: list[Any]) -> None:
    assert brief(RuleMachine(rule(op=op, leave=None)), [10.0]) == at_level


def test_a_falling_metric() -> None:
    machine = RuleMachine(rule(op="<", enter=0.03, leave=0.0375, escalate=0.02))
    values = [0.04, 0.029, 0.031, 0.0374, 0.02, 0.0199, 0.01, 0.0375, 0.03]
    assert brief(machine, values) == [("enter", 2), ("escalate", 6), ("leave", 8)]


def test_m_of_n_with_its_whole_evidence() -> None:
    values = [11.0, 9.0, 11.0, 9.0, 9.0, 9.0, 12.0, 13.0, 14.0]
    rows = [(i * S, value, OK) for i, value in enumerate(values)]
    assert run(RuleMachine(rule(m=3, n=5)), rows) == [
        (
            "enter", 8 * S, 8 * S, 14.0, 3,
            (
                (4 * S, 9.0, False), (5 * S, 9.0, False), (6 * S, 12.0, True),
                (7 * S, 13.0, True), (8 * S, 14.0, True),
            ),
        )
    ]  # fmt: skip


def test_enters_only_at_a_row_that_is_a_hit() -> None:
    machine = RuleMachine(rule(m=1, n=3, cooldown_s=2))
    # left at 2; the hit at 3 is silent, the cool-down ends at 4 with 9.0: no hit, no entry
    assert brief(machine, [11.0, 5.0, 11.0, 9.0, 9.0, 11.0]) == [
        ("enter", 1),
        ("leave", 2),
        ("enter", 6),
    ]


def test_dwell_counts_from_entering_to_the_leaving_row() -> None:
    machine = RuleMachine(rule(dwell_s=2.5))
    assert brief(machine, [11.0, 1.0, 1.0, 11.0, 4.0]) == [("enter", 1), ("leave", 5)]
    assert brief(RuleMachine(rule(dwell_s=2.0)), [11.0, 1.0, 1.0]) == [("enter", 1), ("leave", 3)]


def test_cooldown_is_silent_but_counts_rows() -> None:
    machine = RuleMachine(rule(m=2, n=2, cooldown_s=3))
    values = [11.0, 11.0, 5.0, 11.0, 11.0, 11.0]
    # left at 3: hits at 4 and 5 are silent and fill the window, 6 = 3 + 3 enters at once
    assert brief(machine, values) == [("enter", 2), ("leave", 3), ("enter", 6)]


def test_leaving_empties_the_window() -> None:
    machine = RuleMachine(rule(m=2, n=9, leave=None))
    assert brief(machine, [11.0, 11.0, 9.0, 11.0, 9.0]) == [("enter", 2), ("leave", 3)]


def test_escalates_once_and_again_after_entering_again() -> None:
    machine = RuleMachine(rule(escalate=20.0))
    values = [11.0, 20.0, 21.0, 15.0, 30.0, 5.0, 25.0]
    assert brief(machine, values) == [
        ("enter", 1),
        ("escalate", 3),
        ("leave", 6),
        ("enter", 7),
        ("escalate", 7),
    ]


def test_one_row_may_enter_and_escalate() -> None:
    window = ((S, 21.0, True),)
    assert run(RuleMachine(rule(escalate=20.0)), [(S, 21.0, OK)]) == [
        ("enter", S, S, 21.0, 1, window),
        ("escalate", S, S, 21.0, 1, window),
    ]


@pytest.mark.parametrize("held", [WARMING, STALE, GAP])
def test_other_qualities_hold_the_state(held: Quality) -> None:
    machine = RuleMachine(rule(m=2, n=2, dwell_s=1))
    rows = [
        (1 * S, 11.0, OK),
        (2 * S, 1.0, held),  # not in the window: the two hits are neighbours
        (3 * S, 12.0, Quality.degraded),
        (4 * S, 1.0, held),  # would leave
        (5 * S, None, held),
        (6 * S, 2.0, OK),
    ]
    assert run(machine, rows) == [
        ("enter", 3 * S, 3 * S, 12.0, 2, ((S, 11.0, True), (3 * S, 12.0, True))),
        ("leave", 6 * S, 3 * S, 2.0, 1, ((3 * S, 12.0, True), (6 * S, 2.0, False))),
    ]


def test_null_is_evaluated_but_neither_a_hit_nor_a_reason_to_leave() -> None:
    assert brief(RuleMachine(rule(m=2, n=2)), [11.0, None, 11.0, 11.0]) == [("enter", 4)]
    machine = RuleMachine(rule(leave=None))
    assert brief(machine, [11.0, None, None, 9.0]) == [("enter", 1), ("leave", 4)]


def test_bools_and_enums_count_as_numbers() -> None:
    machine = RuleMachine(rule(op=">=", enter=1.0, leave=None))
    assert run(machine, [(1, False, OK), (2, True, OK)]) == [
        ("enter", 2, 2, 1.0, 1, ((2, 1.0, True),))
    ]
    machine = RuleMachine(rule(op=">=", enter=4.0, leave=None))
    rows = [(1, RegimeLabel.normal, OK), (2, RegimeLabel.stress, OK)]
    (told,) = run(machine, rows)
    assert told == ("enter", 2, 2, 4.0, 1, ((2, 4.0, True),))
    assert type(told[3]) is float


@pytest.mark.parametrize("ts", [5 * S, 5 * S - 1])
@pytest.mark.parametrize("quality", [OK, GAP])
def test_time_strictly_rises_even_over_held_rows(ts: int, quality: Quality) -> None:
    machine = RuleMachine(rule())
    machine.evaluate(5 * S, None, GAP)
    with pytest.raises(BrokenInvariant, match="rule r: a row of"):
        machine.evaluate(ts, 1.0, quality)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("quality", [OK, GAP])
def test_a_number_that_is_not_finite_is_refused_and_changes_nothing(
    value: float, quality: Quality
) -> None:
    machine = RuleMachine(rule())
    before = machine.snapshot()
    with pytest.raises(NotPublishable, match=r"ticks\.spread_bp"):
        machine.evaluate(S, value, quality)
    assert machine.snapshot() == before


def test_a_snapshot_of_another_version_is_refused() -> None:
    machine = RuleMachine(rule())
    with pytest.raises(BrokenInvariant, match="version 0"):
        machine.restore((0, *machine.snapshot()[1:]))


def test_the_contract_example() -> None:
    """The rule of C10: m = 3 of n = 5, dwell 30 s, cool-down 300 s, escalation, gaps held."""
    machine = RuleMachine(
        rule(op="<", enter=0.03, leave=0.0375, m=3, n=5, dwell_s=30, cooldown_s=300, escalate=0.02)
    )
    rows: list[tuple[int, Any, Quality]] = [
        (10 * S, 0.029, OK),
        (20 * S, 0.028, GAP),
        (30 * S, None, OK),
        (40 * S, 0.025, OK),
        (50 * S, 0.035, OK),
        (60 * S, 0.026, OK),  # third hit of 10, 40, 60
        (70 * S, 0.040, OK),  # 10 s in: dwells
        (80 * S, 0.019, OK),
        (90 * S, 0.0375, OK),  # 30 s in, and not < 0.0375
        *((t * S, 0.01, OK) for t in range(100, 400, 10)),
    ]
    assert [told[:4] for told in run(machine, rows)] == [
        ("enter", 60 * S, 60 * S, 0.026),
        ("escalate", 80 * S, 60 * S, 0.019),
        ("leave", 90 * S, 60 * S, 0.0375),
        ("enter", 390 * S, 390 * S, 0.01),
        ("escalate", 390 * S, 390 * S, 0.01),
    ]
