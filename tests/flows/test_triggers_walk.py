"""The trigger step over a long random walk of several scopes, against the search over arrays."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from bytewax.dataflow import Dataflow
from bytewax.operators import input as read
from bytewax.operators import output as write
from bytewax.testing import TestingSink, TestingSource, cluster_main, run_main

from flows.triggers import triggers
from schemas.market import Tick
from schemas.quality import Quality
from schemas.rule import Rule
from schemas.tables import Rows, rows_item
from tests.blank_row import blank_row
from tests.reference import rules_batch

T0 = 1_700_000_000_000_000_000
STEP = 250_000_000
SCOPES = ("okx:BTC", "okx:ETH", "binance-usdm:BTCUSDT")
WIDE = Rule(
    name="wide",
    metric="ticks.spread_bp",
    op=">",
    enter=2.0,
    leave=1.0,
    escalate=10.0,
    m=2,
    n=3,
)
LOOSE = Rule(
    name="loose",
    metric="ticks.spread_bp",
    scope={"instrument": list(SCOPES[:2]), "asset": ["BTC"]},
    op=">=",
    enter=1.0,
    dwell_s=1.0,
    cooldown_s=2.0,
)


def run(
    items: Sequence[Any], rules: Sequence[Rule], batch: int = 1, workers: int = 1
) -> list[Rows]:
    flow, out = Dataflow("flow"), []
    rows = read("in", flow, TestingSource(items, batch))
    write("out", triggers("triggers", rows, rules, "probe"), TestingSink(out))
    if workers == 1:
        run_main(flow)
    else:
        cluster_main(flow, [], 0, worker_count_per_proc=workers)
    return out


def walk() -> list[Rows]:
    random, items = Random(7), []
    spread = dict.fromkeys(SCOPES, 1.5)
    for steps in range(1, 800):
        for scope in random.sample(SCOPES, random.randint(1, 3)):
            spread[scope] = max(
                0.0, spread[scope] + random.choice((-1.5, -0.5, 0.5, 1.5, 4.0, -4.0))
            )
            value = None if random.random() < 0.05 else spread[scope]
            quality = random.choice((Quality.ok, Quality.ok, Quality.degraded, Quality.stale))
            row = blank_row(
                Tick,
                ts=T0 + steps * STEP,
                instrument=scope,
                asset="BTC",
                spread_bp=value,
                quality=quality,
            )
            items.append(rows_item(row))
    return items


def by_search(rule: Rule, scope: str, items: list[Rows]) -> list[tuple[Any, ...]]:
    rows: list[Any] = [item.rows[0] for item in items if item.scope == (scope,)]
    told = rules_batch.transitions(
        [(row.ts, row.spread_bp, row.quality.name) for row in rows],
        op=rule.op,
        enter=rule.enter,
        leave=rule.leave_level,
        escalate=rule.escalate,
        m=rule.m,
        n=rule.n,
        dwell_s=rule.dwell_s,
        cooldown_s=rule.cooldown_s,
    )
    return [(rule.name, scope, state, *rest[:3]) for state, *rest in told]


@pytest.mark.parametrize(("batch", "workers"), [(1, 1), (17, 2), (1000, 1)])
def test_a_long_walk_equals_the_search_over_arrays(batch: int, workers: int) -> None:
    items = walk()
    watched = [(LOOSE, scope) for scope in sorted(SCOPES[:2])]
    watched += [(WIDE, scope) for scope in sorted(SCOPES)]
    expected = [told for rule, scope in watched for told in by_search(rule, scope, items)]
    assert len(expected) > 100
    out = run(items, [WIDE, LOOSE], batch, workers)
    out.sort(key=lambda item: (item.scope, item.mark))
    told: list[Any] = [row for item in out for row in item.rows]
    assert [
        (row.rule, row.scope, row.state.name, row.ts, row.since, row.value) for row in told
    ] == expected
