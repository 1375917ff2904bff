"""Exactly once: whatever is sent again, in whatever batches, the tables are the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSource, run_main

from schemas.column import Row
from schemas.errors import BrokenInvariant, StoreRefused
from schemas.tables import TABLES, Rows, rows_item
from sinks.clickhouse import ClickHouseSink, StoredRows
from sinks.store import Store
from sinks.writer import Writer
from tests.blank_row import blank_row
from tests.sinks.samples import rejected, stored, tick_item

ROOT = Path(__file__).resolve().parents[2]
START = 1_785_000_000_000_000_000
STEP = 250_000_000
USED = ("runs", "ticks", "regimes", "triggers", "rejected", "liquidations")
KIND = {name: TABLES[name].row for name in USED}
BEGIN = rows_item(blank_row(KIND["runs"], ts=START, source="s"))  # of every run the first


def stream(steps: int = 120) -> list[Rows]:
    """What a flow sends: grid rows of three instruments, one held back for long; events by line."""
    random, held = Random(7), []
    items = [BEGIN]
    line = 0
    for step in range(steps):
        ts = START + step * STEP
        items += [tick_item(ts, "v:A"), tick_item(ts, "v:B")]
        held.append(tick_item(ts, "v:LATE"))
        if step % 10 == 0:
            items.append(rows_item(blank_row(KIND["regimes"], ts=ts, scope="market")))
        if step % 17 == 0:
            items.append(rows_item(blank_row(KIND["triggers"], ts=ts, rule="r", scope="v:A")))
        for _ in range(random.randrange(3)):
            line += random.randrange(1, 4)
            at = ts + random.randrange(3) * 1000  # stamps repeat
            frame = range(random.randrange(1, 4))
            items.append(rows_item(*(rejected(line, at, detail=str(k)) for k in frame)))
            events = [
                blank_row(
                    KIND["liquidations"],
                    ts=at,
                    source="s",
                    line=line,
                    instrument="v:A",
                    px=float(k),
                )
                for k in frame
            ]
            items.append(rows_item(*events))
        if step == steps - 20:  # the held scope starts, with times long past
            items += held
            held = []
    return items + held


ITEMS = stream()


def expected() -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {name: [] for name in USED}
    for item in ITEMS:
        tables[item.table] += item.rows
    return {name: sorted(rows, key=repr) for name, rows in tables.items()}


def held_by(store: Store, run: str) -> dict[str, list[Row]]:
    return {name: sorted(stored(store, TABLES[name], run), key=repr) for name in USED}


class Dying:
    """A store that dies at its n-th INSERT, before it or after storing it."""

    def __init__(self, store: Store, lives: int, *, after: bool) -> None:
        self.store, self.lives, self.after = store, lives, after

    def insert(self, table: Any, rows: Any, token: str, query_id: str | None = None) -> None:
        self.lives -= 1
        if self.lives >= 0 or self.after:
            self.store.insert(table, rows, token, query_id)
        if self.lives < 0:
            raise StoreRefused(table.name, rows.num_rows, "killed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def bundles(items: list[Rows]) -> list[list[Rows]]:
    """As a flow sends them: in lists of any length."""
    return [items[at : at + 3] for at in range(0, len(items), 3)]


def part(store: Any, run: str, **given: Any) -> StoredRows:
    sink = ClickHouseSink(store, run, **({"flush_s": 0.005} | given))
    assert (sink.list_parts(), sink.part_fn("any")) == (["store"], 0)
    return sink.build_part("flow.out", "store", None)


@pytest.mark.parametrize("seed", range(8))
def test_crashes_anywhere_leave_every_row_once(store: Store, run: str, seed: int) -> None:
    random, committed, crashes = Random(seed), 0, 0
    while committed < len(ITEMS):
        dying = Dying(store, random.randrange(1, 25), after=random.random() < 0.5)
        execution = part(dying, run, batch_rows=random.choice((1, 20, 500)), flush_s=0.001)
        at = committed  # everything since the last committed epoch is sent again
        try:
            while at < len(ITEMS):
                count = random.choice((1, 7, 64))
                execution.write_batch(bundles(ITEMS[at : at + count]))
                at = min(at + count, len(ITEMS))
                if random.random() < 0.2 or at == len(ITEMS):
                    execution.snapshot()
                    committed = at if random.random() < 0.8 or at == len(ITEMS) else committed
        except StoreRefused:
            crashes += 1
        execution.close()
    assert crashes
    assert held_by(store, run) == expected()


def test_sending_everything_again_stores_nothing(store: Store, run: str) -> None:
    for known in (0, sum(len(item.rows) for item in ITEMS)):
        execution = part(store, run)
        execution.write_batch(bundles(ITEMS))
        assert execution.snapshot() == START  # of the furthest behind: `runs` has one row
        execution.close()
        assert sum(execution.writer.written.known.values()) == known
    assert held_by(store, run) == expected()


def test_a_longer_input_continues(store: Store, run: str) -> None:
    for count in (len(ITEMS) // 3, len(ITEMS)):
        execution = part(store, run)
        execution.write_batch(bundles(ITEMS[:count]))
        execution.close()
        assert execution.writer.written.error is None
    assert held_by(store, run) == expected()


def test_times_that_the_store_rounds_are_still_dropped(store: Store, run: str) -> None:
    for _ in range(2):
        execution = part(store, run)
        execution.write_batch([[BEGIN, tick_item(START + 1_999)]])
        execution.close()
    assert [row.ts for row in stored(store, TABLES["ticks"], run)] == [START + 1_000]  # type: ignore[attr-defined]


@pytest.mark.parametrize("mark", [START, START - STEP, START + 999])
def test_a_mark_must_rise(store: Store, run: str, mark: int) -> None:
    execution = part(store, run)
    execution.write_batch([[BEGIN, tick_item(START, "v:A"), tick_item(START, "v:B")]])
    with pytest.raises(BrokenInvariant, match=rf"ticks \('v:A',\): mark {mark} follows {START}"):
        execution.write_batch([[tick_item(mark, "v:A")]])
    execution.close()


def test_a_snapshot_without_times(store: Store, run: str) -> None:
    begin = part(store, run)
    begin.write_batch([[BEGIN]])
    begin.close()
    execution = part(store, run)
    assert execution.snapshot() is None
    execution.write_batch([[rows_item(rejected(1, START))]])
    assert execution.snapshot() is None
    execution.close()


def test_nothing_of_a_run_is_stored_before_its_first_row_of_runs(store: Store, run: str) -> None:
    dying: Any = Dying(store, 1, after=False)
    execution = part(dying, run)
    execution.write_batch([[tick_item(START), rows_item(rejected(1, START)), BEGIN]])
    execution.close()
    assert isinstance(execution.writer.written.error, StoreRefused)
    assert {name: len(rows) for name, rows in held_by(store, run).items() if rows} == {"runs": 1}
    execution = part(store, f"{run}-new")
    execution.write_batch([[tick_item(START)]])
    execution.close()
    message = "rows of ticks before the first of runs, in a new run"
    assert str(execution.writer.written.error) == message
    assert held_by(store, f"{run}-new")["ticks"] == []


def test_close_never_raises_and_tells_the_error(store: Store, run: str) -> None:
    dying: Any = Dying(store, 0, after=False)
    execution = part(dying, run, flush_s=60.0)
    execution.write_batch([ITEMS[:1]])
    execution.close()
    assert isinstance(execution.writer.written.error, StoreRefused)
    with pytest.raises(StoreRefused):
        execution.snapshot()


def test_making_the_sink_reads_and_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(Writer, "__init__", lambda *given, **named: started.append(given))
    nothing: Any = object()
    ClickHouseSink(nothing, "main")
    assert started == []


def flow(store: Store, run: str, batch: int, stop: int | None) -> tuple[Dataflow, ClickHouseSink]:
    keyed = [("", [item]) for item in ITEMS]
    if stop is not None:
        keyed.insert(stop, TestingSource.ABORT())  # type: ignore[arg-type]
    sink = ClickHouseSink(store, run, flush_s=0.01)
    built = Dataflow("exactly_once")
    op.output("out", op.input("in", built, TestingSource(keyed, batch)), sink)
    return built, sink


def test_in_a_dataflow_that_is_aborted_and_resumed(store: Store, run: str, tmp_path: Path) -> None:
    init_db_dir(tmp_path, 1)
    recovery = RecoveryConfig(tmp_path)
    for batch, stop in ((3, 100), (64, 300), (7, None)):
        built, sink = flow(store, run, batch, stop)
        run_main(built, epoch_interval=timedelta(0), recovery_config=recovery)
        assert sink.written.error is None
    assert held_by(store, run) == expected()


KILLED = """
import sys
from datetime import timedelta
from bytewax.recovery import RecoveryConfig
from bytewax.testing import run_main
from sinks.store import Store
from tests.sinks.test_clickhouse import flow
with Store.open(sys.argv[1]) as store:
    store.migrate()
    print("ready", flush=True)
    built, sink = flow(store, "main", int(sys.argv[3]), None)
    run_main(built, epoch_interval=timedelta(0), recovery_config=RecoveryConfig(sys.argv[2]))
"""


@pytest.fixture
def closed_elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder for a store of its own; this module's store is another process's business."""
    (tmp_path / "recovery").mkdir()
    init_db_dir(tmp_path / "recovery", 1)
    yield tmp_path


def test_killed_at_any_moment(closed_elsewhere: Path) -> None:
    url, recovery = f"chdb://{closed_elsewhere / 'db'}", str(closed_elsewhere / "recovery")
    for batch, wait in ((2, 0.15), (5, 0.4), (64, None)):
        command = [sys.executable, "-c", KILLED, url, recovery, str(batch)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            if wait is not None:
                time.sleep(wait)
                os.kill(process.pid, signal.SIGKILL)
        assert process.returncode == (-signal.SIGKILL if wait else 0)
    check = """
import sys
from sinks.store import Store
from tests.sinks.test_clickhouse import expected, held_by
with Store.open(sys.argv[1]) as store:
    assert held_by(store, "main") == expected()
"""
    subprocess.run([sys.executable, "-c", check, url], cwd=ROOT, check=True)
