"""What is read back of a run, and of no other."""

from datetime import UTC, datetime
from uuid import uuid4

from msgspec.structs import replace

from schemas.quality import Quality
from schemas.run import Run
from schemas.tables import TABLES, rows_item
from schemas.trigger import Trigger, TriggerState
from schemas.volatility import Regime
from sinks import reading
from sinks.batches import record_batch
from sinks.store import Store
from tests.blank_row import blank_row
from tests.sinks.samples import tick

S = 1_000_000_000
START = 1_785_000_000 * S


def when(second: int) -> datetime:
    return datetime.fromtimestamp(START // S + second, UTC)


def put(store: Store, run: str, *rows: object) -> None:
    table = TABLES[rows_item(rows[0]).table]  # type: ignore[arg-type]
    store.insert(table, record_batch(table, run, rows), uuid4().hex)  # type: ignore[arg-type]


def test_the_latest_row_of_each_input(store: Store, run: str) -> None:
    def row(source: str, second: int, lines: int) -> Run:
        return Run(START + second * S, source, "first", lines, lines * 10, f"d{lines}", "s", "1")

    put(store, run, row("b", 0, 0), row("a", 0, 0), row("a", 60, 7), row("a", 30, 5))
    put(store, f"{run}-other", row("a", 90, 9))
    assert reading.latest_inputs(store, run) == [
        ("a", "first", 7, 70, "d7", "s"), ("b", "first", 0, 0, "d0", "s"),
    ]  # fmt: skip
    assert reading.latest_inputs(store, f"{run}-none") == []


def test_changes_of_regime_and_transitions_in_order(store: Store, run: str) -> None:
    kind = type(blank_row(Regime).regime)
    put(store, run, *(
        blank_row(Regime, ts=START + second * S, scope=scope, changed=changed)
        for second, scope, changed in ((2, "b", True), (1, "b", True), (1, "a", True),
                                       (3, "a", False))
    ))  # fmt: skip
    name = kind(blank_row(Regime).regime).name
    assert reading.regime_changes(store, run) == [
        (when(1), "a", name), (when(1), "b", name), (when(2), "b", name),
    ]  # fmt: skip
    put(store, run, *(
        blank_row(Trigger, ts=START + second * S, rule="r", scope="v:A", state=state, value=value)
        for second, state, value in ((5, TriggerState.leave, 1.5), (4, TriggerState.enter, 2.5))
    ))  # fmt: skip
    assert reading.transitions(store, run) == [
        (when(4), "r", "v:A", "enter", 2.5), (when(5), "r", "v:A", "leave", 1.5),
    ]  # fmt: skip


def test_the_span_and_the_rows_of_a_table(store: Store, run: str) -> None:
    put(store, run, tick(START + 2 * S, "v:B"), tick(START, "v:B"), tick(START + S, "v:A"))
    assert reading.span(store, run) == (when(0), when(2))
    assert reading.rows_of(store, TABLES["ticks"], run, ("instrument", "ts", "quality")) == [
        ("v:A", when(1), Quality.ok.name), ("v:B", when(0), Quality.ok.name),
        ("v:B", when(2), Quality.ok.name),
    ]  # fmt: skip


def test_tables_that_differ_in_a_row_in_a_number_or_in_how_many(store: Store, run: str) -> None:
    other, tables = f"{run}-other", [TABLES["ticks"], TABLES["triggers"]]
    ticks = [tick(START + k * S, spread_bp=None if k else 2.5) for k in range(3)]
    put(store, run, *ticks)
    put(store, other, *ticks[:2])
    assert reading.differing(store, tables, run, other) == ["ticks"]
    put(store, other, ticks[2])
    assert reading.differing(store, tables, run, other) == []
    trigger = blank_row(Trigger, ts=START, rule="r", scope="v:A", state=TriggerState.enter)
    put(store, run, replace(trigger, id="a", value=1.0))
    put(store, other, replace(trigger, id="b", value=1.0))  # the run is in the id
    assert reading.differing(store, tables, run, other) == []
    put(store, run, replace(trigger, ts=START + S, value=1.0))
    put(store, other, replace(trigger, ts=START + S, value=1.0 + 1e-15))
    assert reading.differing(store, tables, run, other) == ["triggers"]
