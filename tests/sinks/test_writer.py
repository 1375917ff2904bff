"""The background writer: coalescing, months, order, back-pressure, errors, draining."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from schemas.errors import BrokenInvariant, NotPublishable, StoreRefused
from schemas.tables import TABLES, Rows, Table, rows_item
from schemas.units import NS_PER_S
from sinks.store import Store
from sinks.writer import Writer, by_month
from tests.sinks.samples import rejected, stored, tick, tick_item

MS = 1_000_000
JUNE = int(datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC).timestamp()) * NS_PER_S
TICKS, REJECTED = TABLES["ticks"], TABLES["rejected"]


class Recorder:
    """In place of a store: keeps every INSERT; can be held up or told to fail."""

    def __init__(self) -> None:
        self.inserts: list[tuple[str, list[int]]] = []
        self.tokens: list[tuple[str, str | None]] = []
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.failing: BaseException | None = None

    def ready_to_insert(self, lanes: int) -> None:
        """Nothing to open here."""

    def insert(
        self, table: Table, rows: pa.RecordBatch, token: str, query_id: str | None = None
    ) -> None:
        self.entered.set()
        assert self.open.wait(10)
        if self.failing is not None:
            raise self.failing
        name = "line" if table.mark == "line" else "ts"
        self.inserts.append((table.name, rows.column(name).cast("int64").to_pylist()))
        self.tokens.append((token, query_id))


def writer(recorder: Recorder, **given: Any) -> Writer:
    return Writer(recorder, "main", **({"flush_s": 60.0} | given))  # type: ignore[arg-type]


def test_items_are_coalesced_into_one_insert_per_table() -> None:
    recorder = Recorder()
    one = writer(recorder)
    one.put([tick_item(1 * MS, "v:A"), tick_item(1 * MS, "v:B"), rows_item(rejected(4, 2 * MS))])
    one.put([tick_item(2 * MS, "v:A")])
    one.drain()
    # Tables go side by side: which is first is open.
    assert sorted(recorder.inserts) == [("rejected", [4]), ("ticks", [1000, 1000, 2000])]
    one.put([tick_item(3 * MS, "v:A")])
    one.close()
    assert recorder.inserts[2:] == [("ticks", [3000])]
    assert (one.written.rows, one.written.inserts) == ({"ticks": 4, "rejected": 1}, 3)
    assert one.written.error is None


def test_every_insert_has_a_token_of_its_own_and_names_the_run() -> None:
    recorder = Recorder()
    one = writer(recorder)
    for at in range(3):
        one.put([tick_item(at * MS)])
        one.drain()
    one.close()
    assert len({token for token, _ in recorder.tokens}) == 3
    assert [name for _, name in recorder.tokens] == [
        f"seawall:main:{token}" for token, _ in recorder.tokens
    ]


def test_a_flush_comes_by_time_or_by_rows() -> None:
    recorder = Recorder()
    by_time = writer(recorder, flush_s=0.02)
    by_time.put([tick_item(1 * MS)])
    wait_until(lambda: by_time.written.inserts == 1)
    by_time.close()
    by_rows = writer(recorder, batch_rows=3)
    by_rows.put([tick_item(at * MS) for at in range(3)])
    wait_until(lambda: by_rows.written.inserts == 1)
    by_rows.close()
    assert recorder.inserts == [("ticks", [1000]), ("ticks", [0, 1000, 2000])]


def wait_until(true: Any) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_put_blocks_while_the_queue_is_full() -> None:
    recorder = Recorder()
    recorder.open.clear()
    one = writer(recorder, batch_rows=2, queue_rows=4)
    passed: list[int] = []

    def produce() -> None:
        for at in range(12):
            one.put([tick_item(at * MS)])
            passed.append(at)

    producer = threading.Thread(target=produce)
    producer.start()
    wait_until(lambda: len(passed) == 4)
    assert recorder.entered.wait(10)
    time.sleep(0.05)
    assert passed == [0, 1, 2, 3]
    recorder.open.set()
    producer.join(10)
    one.drain()
    one.close()
    assert [ts for _, times in recorder.inserts for ts in times] == [1000 * at for at in range(12)]


def test_an_item_larger_than_the_queue_is_taken_and_not_split() -> None:
    recorder = Recorder()
    one = writer(recorder, batch_rows=2, queue_rows=4)
    rows = [rejected(7, 5 * MS, detail=str(k)) for k in range(9)]
    one.put([tick_item(0), rows_item(*rows), tick_item(MS)])
    one.drain()
    one.close()
    assert ("rejected", [7] * 9) in recorder.inserts


def test_an_error_reaches_put_and_drain_and_ends_the_writing() -> None:
    recorder = Recorder()
    recorder.failing = StoreRefused("ticks", 1, "no space left on its disk")
    one = writer(recorder)
    one.put([tick_item(0), rows_item(rejected(1, 0))])
    with pytest.raises(StoreRefused) as caught:
        one.drain()
    assert caught.value is recorder.failing is one.written.error
    recorder.failing = None
    with pytest.raises(StoreRefused):
        one.put([tick_item(MS)])
    with pytest.raises(StoreRefused):
        one.drain()
    one.close()
    assert recorder.inserts == []


def test_an_error_wakes_a_blocked_put() -> None:
    recorder = Recorder()
    recorder.open.clear()
    recorder.failing = StoreRefused("ticks", 1, "gone")
    one = writer(recorder, batch_rows=1, queue_rows=1)
    one.put([tick_item(0)])
    timer = threading.Timer(0.05, recorder.open.set)
    timer.start()
    with pytest.raises(StoreRefused):
        one.put([tick_item(MS)])
    one.close()
    timer.join()


def test_what_may_not_be_published_is_not_sent() -> None:
    recorder = Recorder()
    one = writer(recorder)
    one.put([tick_item(0, mid_px=float("nan"))])
    with pytest.raises(NotPublishable, match=r"ticks\.mid_px: nan"):
        one.drain()
    one.close()
    assert recorder.inserts == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_even_a_mistake_of_ours_is_raised_where_it_is_waited_for() -> None:
    recorder = Recorder()
    recorder.failing = ZeroDivisionError("ours")
    one = writer(recorder)
    one.put([tick_item(0)])
    with pytest.raises(ZeroDivisionError):
        one.drain()
    one.close()


def test_a_closed_writer_takes_nothing() -> None:
    one = writer(Recorder())
    one.drain()
    one.close()
    one.close()
    with pytest.raises(BrokenInvariant, match="closed"):
        one.put([tick_item(0)])


def months(table: Table, items: list[Rows]) -> list[list[int]]:
    return [[row.ts for row in rows] for rows in by_month(table, items)]  # type: ignore[attr-defined]


def test_an_insert_ends_with_the_month_and_scopes_keep_their_order() -> None:
    july = JUNE + NS_PER_S
    items = [
        tick_item(JUNE - 1000, "v:A"),
        tick_item(july, "v:A"),
        tick_item(JUNE, "v:B"),  # a scope that lags
        tick_item(july + 1000, "v:A"),
        tick_item(july, "v:B"),
    ]
    assert months(TICKS, items) == [[JUNE - 1000, JUNE], [july, july + 1000, july]]


def test_where_lines_count_a_month_change_only_cuts() -> None:
    july = JUNE + NS_PER_S
    lines = [rows_item(rejected(n, ts)) for n, ts in enumerate((JUNE, july, july, JUNE), start=1)]
    assert months(REJECTED, lines) == [[JUNE], [july, july], [JUNE]]


def test_an_item_of_two_months_is_our_mistake() -> None:
    item = rows_item(rejected(1, JUNE), rejected(1, JUNE + NS_PER_S))
    with pytest.raises(BrokenInvariant, match="rejected lie in 2 months"):
        list(by_month(REJECTED, [item]))


def test_months_reach_the_store_as_partitions(store: Store, run: str) -> None:
    one = Writer(store, run)
    rows = [tick(JUNE), tick(JUNE + NS_PER_S)]
    one.put([rows_item(row) for row in rows])
    one.drain()
    one.close()
    assert one.written.inserts == 2
    assert stored(store, TICKS, run) == rows
    sql = "SELECT DISTINCT partition FROM system.parts WHERE table = 'ticks' ORDER BY partition"
    assert store.query(sql).rows == (("202606",), ("202607",))
