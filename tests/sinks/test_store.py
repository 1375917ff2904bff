"""The embedded store: what goes in comes out; and calls to a server, seen by a stand-in."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import StoreError, StoreRefused
from schemas.tables import TABLES, Table
from sinks import store as store_module
from sinks.address import Embedded, Server
from sinks.batches import record_batch
from sinks.client import Trouble
from sinks.store import Answer, Store, query_id
from tests.sinks.samples import any_row, rejected, stored, tick

TICKS, REJECTED = TABLES["ticks"], TABLES["rejected"]
MS = 1_000_000


def put(store: Store, table: Table, run: str, *rows: Any) -> None:
    store.insert(table, record_batch(table, run, rows), uuid4().hex)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_row_comes_back_as_it_went_in(store: Store, table: Table, data: Any) -> None:
    rows = data.draw(st.lists(any_row(table.row), min_size=1, max_size=4))
    run = data.draw(st.sampled_from(["main", "o'ne \\ ☂"])) + uuid4().hex
    put(store, table, run, *rows)
    assert Counter(stored(store, table, run)) == Counter(rows)


def test_times_keep_every_microsecond(store: Store, run: str) -> None:
    put(store, TICKS, run, tick(1_785_000_000_123_456_999))
    sql = "SELECT ts FROM ticks WHERE run = {run:String}"
    assert store.query(sql, {"run": run}).rows == (
        (datetime(2026, 7, 25, 17, 20, 0, 123456, tzinfo=UTC),),
    )


def test_marks_by_time_and_by_line(store: Store, run: str) -> None:
    put(store, TICKS, run, tick(5 * MS, "v:A"), tick(7 * MS + 1, "v:A"), tick(6 * MS, "v:B"))
    put(store, TICKS, run + "x", tick(9 * MS, "v:A"))
    put(store, REJECTED, run, rejected(12, 5 * MS), rejected(3, 6 * MS), rejected(4, 1, source="b"))
    assert store.marks(run) == {name: {} for name in TABLES} | {
        "ticks": {("v:A",): 7 * MS, ("v:B",): 6 * MS},
        "rejected": {("a",): 12, ("b",): 4},
    }


def test_counts(store: Store, run: str) -> None:
    put(store, TICKS, run, tick(0), tick(MS))
    assert store.counts(run) == dict.fromkeys(TABLES, 0) | {"ticks": 2}


def test_a_token_makes_a_repetition_harmless(store: Store, run: str) -> None:
    batch = record_batch(TICKS, run, [tick(0)])
    for token in ("a", "b", "a"):
        store.insert(TICKS, batch, run + token)
    assert stored(store, TICKS, run) == [tick(0), tick(0)]


def test_an_insert_is_one_part(store: Store, run: str) -> None:
    store.command("SYSTEM STOP MERGES seawall.ticks")
    try:
        before = parts(store)
        put(store, TICKS, run, *(tick(at * MS) for at in range(20_000)))
        assert parts(store) - before == 1
    finally:
        store.command("SYSTEM START MERGES seawall.ticks")


def parts(store: Store) -> int:
    sql = "SELECT count() FROM system.parts WHERE table = 'ticks' AND active"
    return int(store.query(sql).rows[0][0])


def test_an_insert_needs_its_token_and_the_columns_of_the_table(store: Store, run: str) -> None:
    batch = record_batch(TICKS, run, [tick(0)])
    with pytest.raises(StoreRefused, match="needs its own token"):
        store.insert(TICKS, batch, "")
    for other in (batch.drop_columns(["mid_px"]), record_batch(REJECTED, run, [rejected(1, 0)])):
        with pytest.raises(StoreRefused, match="its columns are not those of the table"):
            store.insert(TICKS, other, "t")
    assert stored(store, TICKS, run) == []


def test_reading(store: Store) -> None:
    answer = store.query(
        "SELECT {a:String} AS a, [1, 2] AS b, CAST(NULL, 'Nullable(Int8)') AS c", {"a": "o'%s"}
    )
    assert (answer.columns, answer.rows) == (("a", "b", "c"), (("o'%s", [1, 2], None),))
    assert store.arrow("SELECT toInt64(7) AS n").to_pydict() == {"n": [7]}


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT nothing FROM ticks", "cannot answer: Unknown expression identifier `nothing`"),
        ("DROP TABLE seawall.ticks", "Cannot execute query in readonly mode"),
        ("INSERT INTO seawall.ticks (run) VALUES ('x')", "Cannot execute query in readonly mode"),
    ],
)
def test_reading_writes_nothing_and_says_what_is_wrong(store: Store, sql: str, text: str) -> None:
    with pytest.raises(StoreError) as caught:
        store.query(sql)
    assert text in str(caught.value)
    assert "Stack" not in str(caught.value)


def test_a_statement_that_fails(store: Store) -> None:
    with pytest.raises(StoreError, match=r"refused 'ALTER TABLE nowhere': .*nowhere"):
        store.command("ALTER TABLE nowhere (x)".replace(" (x)", "(ADD COLUMN x Int8)"))


def test_warming_leaves_no_trace(store: Store) -> None:
    store.warm()
    store.warm()
    assert store.query("SELECT count() FROM system.tables WHERE name = 'warm'").rows == ((0,),)


def test_a_closed_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Store(StandIn(Embedded(tmp_path)))  # type: ignore[arg-type]
    with closed:
        assert closed.embedded
        assert repr(closed) == f"Store(chdb://{tmp_path})"
    assert closed._clients.closed == 1  # type: ignore[attr-defined]


class StandIn:
    """In place of the connections: fails as often as told, and remembers what it was asked."""

    def __init__(self, where: Any, failures: int = 0, *, passing: bool = True) -> None:
        self.where, self.failures, self.passing = where, failures, passing
        self.inserts: list[tuple[str, int, dict[str, str]]] = []
        self.under_way: list[int] = []
        self.asked: list[Mapping[str, Any] | None] = []
        self.closed = 0

    def insert(self, table: str, rows: pa.Table, settings: Mapping[str, str]) -> None:
        self.inserts.append((table, rows.num_rows, dict(settings)))
        if len(self.inserts) <= self.failures:
            raise Trouble("Connection reset", passing=self.passing)

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        self.asked.append(params)
        return ("count()",), ((self.under_way.pop(0) if self.under_way else 0,),)

    def close(self) -> None:
        self.closed += 1


SERVER = Server(False, "db", 8123, "desk", "secret")


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(store_module.time, "sleep", pauses.append)
    return pauses


def test_passing_trouble_is_tried_again_with_the_same_token(no_pause: list[float]) -> None:
    clients = StandIn(SERVER, failures=2)
    with Store(clients) as server:  # type: ignore[arg-type]
        server.insert(TICKS, record_batch(TICKS, "r", [tick(0)]), "T", query_id("a b:%", "T"))
    base = {"async_insert": "0", "insert_deduplication_token": "T"}
    assert clients.inserts == [
        ("seawall.ticks", 1, base | {"query_id": f"seawall:a%20b%3A%25:T-{attempt}"})
        for attempt in range(3)
    ]
    assert no_pause == [0.1, 0.3]


@pytest.mark.parametrize(("passing", "tries"), [(True, 5), (False, 1)])
def test_trouble_that_stays_is_an_error(no_pause: list[float], passing: bool, tries: int) -> None:
    clients = StandIn(SERVER, failures=9, passing=passing)
    with Store(clients) as server, pytest.raises(StoreRefused) as caught:  # type: ignore[arg-type]
        server.insert(TICKS, record_batch(TICKS, "r", [tick(0)]), "T")
    assert len(clients.inserts) == tries
    assert str(caught.value) == "the store refused 1 rows for table ticks: Connection reset"


def test_inserts_of_a_dead_process_are_waited_out(no_pause: list[float]) -> None:
    clients = StandIn(SERVER)
    clients.under_way = [2, 1, 0, 1, 0, 0]
    with Store(clients) as server:  # type: ignore[arg-type]
        server.wait_for_inserts("ma:in")
    assert clients.asked == [{"prefix": "seawall:ma%3Ain:"}] * 6


def test_inserts_that_do_not_end_are_another_process(no_pause: list[float]) -> None:
    clients = StandIn(SERVER)
    clients.under_way = [1] * 1000
    with (
        Store(clients) as server,  # type: ignore[arg-type]
        pytest.raises(
            StoreError, match="another process is writing run 'main' into store http://desk@db"
        ),
    ):
        server.wait_for_inserts("main", patience_s=0.0)


def test_an_embedded_store_has_nothing_to_wait_for(store: Store) -> None:
    store.wait_for_inserts("main")


def test_settling_waits_for_merges_but_not_for_ever(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging = iter([2, 1, 0, 3, 0, 0, 7])
    asked: list[str] = []

    def query(sql: str, params: object = None) -> Answer:
        asked.append(sql)
        return Answer(("count()",), ((next(merging),),))

    monkeypatch.setattr(store, "query", query)
    store.settle()
    assert asked == ["SELECT count() FROM system.merges"] * 6
    monkeypatch.setattr(store, "query", lambda sql: Answer(("count()",), ((1,),)))
    began = time.monotonic()
    store.settle(patience_s=0.1)
    assert time.monotonic() - began >= 0.1
