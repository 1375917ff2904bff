"""The trigger step in a real dataflow: whole rows, any batching, two workers, a resumed run."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from bytewax.dataflow import Dataflow
from bytewax.operators import input as read
from bytewax.operators import output as write
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, cluster_main, run_main

from flows.triggers import VERSION, Sample, TriggerLogic, picker, triggers
from schemas.errors import BrokenInvariant
from schemas.market import DepthCurve, Tick
from schemas.quality import Quality
from schemas.rule import Rule
from schemas.tables import Rows, rows_item
from schemas.trigger import Trigger, TriggerState
from schemas.volatility import Regime, RegimeLabel
from tests.blank_row import blank_row

T0 = 1_700_000_000_000_000_000
STEP = 250_000_000
WIDE = Rule(
    name="wide",
    metric="ticks.spread_bp",
    scope={"asset": ["BTC", "ETH"]},
    op=">",
    enter=2.0,
    leave=1.0,
    escalate=10.0,
    m=2,
    n=3,
    advice="stand back",
    advice_valid_s=1.5,
)
BTC = Rule(name="btc", metric="ticks.mid_px", scope={"instrument": ["okx:BTC"]}, op=">", enter=9)
STRESS = Rule(name="stress", metric="regimes.regime", scope={"scope": ["market"]}, op=">=", enter=4)


def at(steps: int) -> int:
    return T0 + steps * STEP


def tick(steps: int, instrument: str, spread: float | None, **columns: Any) -> Rows:
    columns = {"asset": "BTC", "quality": Quality.ok} | columns
    return rows_item(
        blank_row(Tick, ts=at(steps), instrument=instrument, spread_bp=spread, **columns)
    )


def regime(steps: int, scope: str, label: RegimeLabel) -> Rows:
    return rows_item(blank_row(Regime, ts=at(steps), scope=scope, regime=label, quality=Quality.ok))


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


def by_scope(items: list[Rows]) -> list[Rows]:
    return sorted(items, key=lambda item: (item.scope, item.mark))


def expected_id(key: str, ts_us: int, kind: str) -> str:
    parts = ("seawall.triggers.v1", "probe", key, str(ts_us), kind)
    text = "".join(f"{len(part)}:{part}," for part in parts)
    return blake2b(text.encode(), digest_size=16).hexdigest()


ITEMS = [
    tick(1, "okx:BTC", 3.0),
    regime(1, "market", RegimeLabel.normal),
    tick(1, "okx:DOGE", 30.0, asset="DOGE"),
    rows_item(blank_row(DepthCurve, ts=at(1), instrument="okx:BTC", asset="BTC")),
    tick(2, "okx:BTC", None),
    tick(2, "okx:DOGE", 30.0, asset="DOGE"),
    regime(2, "okx:BTC", RegimeLabel.stress),
    regime(2, "market", RegimeLabel.stress),
    tick(3, "okx:BTC", 12.5, quality=Quality.degraded, flags=("partial", "noisy")),
    tick(4, "okx:BTC", 0.5, quality=Quality.gap),
    tick(5, "okx:BTC", 1.0),
]
WIDE_COLUMNS = {
    "rule": "wide",
    "scope": "okx:BTC",
    "metric": "ticks.spread_bp",
    "enter_level": 2.0,
    "leave_level": 1.0,
    "escalate_level": 10.0,
    "since": at(3),
    "advice": "stand back",
}
ENTERING = (
    '{"rows":[[1700000000250000,3.0,true],[1700000000500000,null,false],'
    '[1700000000750000,12.5,true]],"hits":2,"m":2,"n":3,"op":">","quality":"degraded",'
    '"flags":["partial","noisy"]}'
)
LEAVING = (
    '{"rows":[[1700000000500000,null,false],[1700000000750000,12.5,true],'
    '[1700000001250000,1.0,false]],"hits":1,"m":2,"n":3,"op":">","quality":"ok","flags":[]}'
)
EXPECTED = [
    Rows(
        "triggers",
        ("stress", "market"),
        at(2),
        (
            Trigger(
                ts=at(2),
                id=expected_id("market", 1_700_000_000_500_000, "stress:enter"),
                rule="stress",
                scope="market",
                metric="regimes.regime",
                state=TriggerState.enter,
                value=4.0,
                enter_level=4,
                leave_level=4,
                escalate_level=None,
                since=at(2),
                evidence='{"rows":[[1700000000500000,4.0,true]],"hits":1,"m":1,"n":1,"op":">=",'
                '"quality":"ok","flags":[]}',
                advice="",
                expires=None,
                quality=Quality.ok,
                flags=(),
            ),
        ),
    ),
    Rows(
        "triggers",
        ("wide", "okx:BTC"),
        at(3),
        (
            Trigger(
                ts=at(3),
                id=expected_id("okx:BTC", 1_700_000_000_750_000, "wide:enter"),
                state=TriggerState.enter,
                value=12.5,
                evidence=ENTERING,
                expires=at(9),
                quality=Quality.degraded,
                flags=("partial", "noisy"),
                **WIDE_COLUMNS,
            ),
            Trigger(
                ts=at(3),
                id=expected_id("okx:BTC", 1_700_000_000_750_000, "wide:escalate"),
                state=TriggerState.escalate,
                value=12.5,
                evidence=ENTERING,
                expires=at(9),
                quality=Quality.degraded,
                flags=("partial", "noisy"),
                **WIDE_COLUMNS,
            ),
        ),
    ),
    Rows(
        "triggers",
        ("wide", "okx:BTC"),
        at(5),
        (
            Trigger(
                ts=at(5),
                id=expected_id("okx:BTC", 1_700_000_001_250_000, "wide:leave"),
                state=TriggerState.leave,
                value=1.0,
                evidence=LEAVING,
                expires=at(11),
                quality=Quality.ok,
                flags=(),
                **WIDE_COLUMNS,
            ),
        ),
    ),
]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("batch", [1, 3, 100])
def test_whole_rows_however_they_are_cut(batch: int, workers: int) -> None:
    assert by_scope(run(ITEMS, [WIDE, STRESS], batch, workers)) == EXPECTED


def test_no_rules_no_triggers() -> None:
    assert run(ITEMS, []) == []


@pytest.mark.parametrize("stops", [(1,), (5,), (9,), (2, 3, 8, 10)])
def test_a_resumed_run_continues(stops: tuple[int, ...], tmp_path: Path) -> None:
    items: list[Any] = list(ITEMS)
    for stop in reversed(stops):
        items.insert(stop, TestingSource.EOF())
    flow, out = Dataflow("flow"), []
    rows = read("in", flow, TestingSource(items))
    write("out", triggers("triggers", rows, [WIDE, STRESS], "probe"), TestingSink(out))
    init_db_dir(tmp_path, 1)
    for _ in range(len(stops) + 1):
        run_main(flow, epoch_interval=timedelta(0), recovery_config=RecoveryConfig(tmp_path))
    assert by_scope(out) == EXPECTED


def test_only_watched_rows_are_picked() -> None:
    pick = picker([WIDE, STRESS, BTC])
    assert pick(ITEMS[:3] + ITEMS[6:8]) == [
        ("wide|okx:BTC", Sample("wide", "okx:BTC", at(1), 3.0, Quality.ok, ())),
        ("btc|okx:BTC", Sample("btc", "okx:BTC", at(1), None, Quality.ok, ())),
        (
            "stress|market",
            Sample("stress", "market", at(1), RegimeLabel.normal, Quality.ok, ()),
        ),
        (
            "stress|market",
            Sample("stress", "market", at(2), RegimeLabel.stress, Quality.ok, ()),
        ),
    ]


def test_a_rule_on_triggers_is_refused() -> None:
    with pytest.raises(BrokenInvariant, match="rule loop watches triggers"):
        picker([Rule(name="loop", metric="triggers.value", op=">", enter=0)])


def test_a_snapshot_before_any_row_is_what_was_resumed() -> None:
    rules = {"wide": WIDE}
    assert TriggerLogic(rules, "probe", None).snapshot() == (VERSION, None)
    first = TriggerLogic(rules, "probe", None)
    first.on_batch([Sample("wide", "okx:BTC", at(1), 3.0, Quality.ok, ())])
    taken = first.snapshot()
    assert TriggerLogic(rules, "probe", taken).snapshot() == taken
    with pytest.raises(BrokenInvariant, match="version 0"):
        TriggerLogic(rules, "probe", (0, taken[1]))
