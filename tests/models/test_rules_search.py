"""The rule machine against the search over arrays, over random rules and series."""

import pickle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules import RuleMachine
from schemas.quality import Quality
from schemas.rule import Rule
from tests.reference import rules_batch

S = 1_000_000_000
OK = Quality.ok
Row = tuple[int, float | None, Quality]


def run(machine: RuleMachine, rows: list[Row]) -> list[tuple[Any, ...]]:
    return [
        (
            it.state.name,
            it.ts,
            it.since,
            it.value,
            it.hits,
            tuple((row.ts, row.value, row.hit) for row in it.window),
        )
        for ts, value, quality in rows
        for it in machine.evaluate(ts, value, quality)
    ]


quarters = st.integers(-8, 8).map(lambda k: k / 4)
halves = st.integers(0, 8).map(lambda k: k / 2)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    op = draw(st.sampled_from(["<", "<=", ">", ">="]))
    outwards = 1 if op in (">", ">=") else -1
    enter = draw(quarters)
    n = draw(st.integers(1, 6))
    return Rule(
        name="r",
        metric="ticks.spread_bp",
        op=op,
        enter=enter,
        leave=draw(st.none() | halves.map(lambda d: enter - outwards * d / 2)),
        escalate=draw(st.none() | halves.map(lambda d: enter + outwards * d / 2)),
        m=draw(st.integers(1, n)),
        n=n,
        dwell_s=draw(halves),
        cooldown_s=draw(halves),
    )


@st.composite
def series(draw: st.DrawFn) -> list[Row]:
    qualities = st.sampled_from([OK, OK, OK, OK, *Quality])
    values = st.none() | quarters | quarters | quarters
    row = st.tuples(st.integers(1, 3), values, qualities)
    now, rows = draw(st.integers(-5, 5)) * S, []
    for steps, value, quality in draw(st.lists(row, max_size=60)):
        now += steps * S // 2
        rows.append((now, value, quality))
    return rows


def batch(it: Rule, rows: list[Row]) -> list[tuple[Any, ...]]:
    return rules_batch.transitions(
        [(ts, value, quality.name) for ts, value, quality in rows],
        op=it.op,
        enter=it.enter,
        leave=it.leave_level,
        escalate=it.escalate,
        m=it.m,
        n=it.n,
        dwell_s=it.dwell_s,
        cooldown_s=it.cooldown_s,
    )


@settings(max_examples=400, deadline=None)
@given(rules(), series())
def test_equals_the_search_over_arrays(it: Rule, rows: list[Row]) -> None:
    assert run(RuleMachine(it), rows) == batch(it, rows)


@settings(max_examples=60, deadline=None)
@given(rules(), series())
def test_continues_from_a_snapshot_at_every_row(it: Rule, rows: list[Row]) -> None:
    whole = run(RuleMachine(it), rows)
    before = RuleMachine(it)
    done: list[tuple[Any, ...]] = []
    for cut in range(len(rows) + 1):
        taken = before.snapshot()
        after = RuleMachine(it)
        after.restore(pickle.loads(pickle.dumps(taken)))
        assert after.snapshot() == taken
        assert done + run(after, rows[cut:]) == whole
        assert before.snapshot() == taken  # immutable: the other machine ran on
        done += run(before, rows[cut : cut + 1])


@settings(max_examples=100, deadline=None)
@given(rules(), series())
def test_held_rows_might_as_well_be_absent(it: Rule, rows: list[Row]) -> None:
    evaluated = [row for row in rows if row[2].name in it.on_quality]
    assert run(RuleMachine(it), rows) == run(RuleMachine(it), evaluated)


@settings(max_examples=100, deadline=None)
@given(rules(), series())
def test_states_come_in_their_order(it: Rule, rows: list[Row]) -> None:
    told = run(RuleMachine(it), rows)
    allowed = {
        None: {"enter"},
        "enter": {"escalate", "leave"},
        "escalate": {"leave"},
        "leave": {"enter"},
    }
    for before, after in zip([None, *(it[0] for it in told)], told, strict=False):
        assert after[0] in allowed[before]
    entered = [ts for state, ts, *_ in told if state == "enter"]
    left = [(ts, since) for state, ts, since, *_ in told if state == "leave"]
    assert all(ts - since >= it.dwell_s * S for ts, since in left)
    assert [since for _, since in left] == entered[: len(left)]
    for (ts, _), again in zip(left, entered[1:], strict=False):
        assert again - ts >= it.cooldown_s * S
