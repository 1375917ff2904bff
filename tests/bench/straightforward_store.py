"""The rival's store: rows inserted 1,000 at a time per table, and plain DDL from the structs."""

from enum import IntEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from bytewax.outputs import DynamicSink, StatelessSinkPartition
from clickhouse_connect import get_client
from msgspec.structs import astuple

from schemas.column import Col, Row
from schemas.tables import TABLE_OF, TABLES

INSERT_ROWS = 1000
WRITTEN = ("ticks", "depth_curves", "volatility", "regimes", "rejected")


class RowSink(DynamicSink[Row]):
    """Rows into the store, 1,000 at a time per table."""

    def __init__(self, client: Any, run_name: str, database: str) -> None:
        self.client, self.run_name, self.database = client, run_name, database
        self.counts = dict.fromkeys(WRITTEN, 0)

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "_Rows":
        """One per worker."""
        return _Rows(self)


class _Rows(StatelessSinkPartition[Row]):
    def __init__(self, sink: RowSink) -> None:
        self.sink = sink
        self.waiting: dict[str, list[list[Any]]] = {name: [] for name in WRITTEN}
        self.columns = {name: _columns(TABLES[name].row) for name in WRITTEN}

    def write_batch(self, items: list[Row]) -> None:
        for row in items:
            name = TABLE_OF[type(row)].name
            waiting = self.waiting[name]
            values = [self.sink.run_name, *astuple(row)]
            for place in self.columns[name][1]:
                if values[place] is not None:
                    values[place] //= 1000
            waiting.append(values)
            if len(waiting) >= INSERT_ROWS:
                self._insert(name)

    def close(self) -> None:
        for name, waiting in self.waiting.items():
            if waiting:
                self._insert(name)

    def _insert(self, name: str) -> None:
        rows = self.waiting[name]
        names = self.columns[name][0]
        self.sink.client.insert(name, rows, column_names=names, database=self.sink.database)
        self.sink.counts[name] += len(rows)
        self.waiting[name] = []


def _columns(row: type[Row]) -> tuple[list[str], list[int]]:
    """Column names with `run` first, and the places of times (ns here, µs in the store)."""
    types = [_store_type(hint) for hint in get_type_hints(row, include_extras=True).values()]
    times = [place for place, kind in enumerate(types, 1) if "DateTime64" in kind]
    return ["run", *row.__struct_fields__], times


def _store_type(hint: Any) -> str:
    """ClickHouse type of an annotation."""
    notes = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, Col)]
    plain = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    options = get_args(plain) if get_origin(plain) in (Union, UnionType) else (plain,)
    (kind,) = (option for option in options if option is not NoneType)
    if notes and notes[0].store:
        name = notes[0].store
    elif get_origin(kind) is tuple:
        name = f"Array({_store_type(get_args(kind)[0])})"
    elif issubclass(kind, IntEnum):
        name = "Enum8(" + ", ".join(f"'{e.name}' = {e.value}" for e in kind) + ")"
    else:
        name = {float: "Float64", int: "Int64", bool: "Bool", str: "String"}[kind]
    return f"Nullable({name})" if NoneType in options else name


def plain_ddl(database: str) -> list[str]:
    """CREATE statements with the columns of the structs."""
    statements = [f"CREATE DATABASE IF NOT EXISTS {database}"]
    for name in WRITTEN:
        table = TABLES[name]
        hints = get_type_hints(table.row, include_extras=True)
        columns = [f"{column} {_store_type(hint)}" for column, hint in hints.items()]
        order = ", ".join(("run", *table.scope, table.mark))
        statements.append(
            f"CREATE TABLE IF NOT EXISTS {database}.{name} (run LowCardinality(String), "
            f"{', '.join(columns)}) ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY ({order})"
        )
    return statements


def client_of(where: Any) -> Any:
    """A second handle on the embedded store that this process has open."""
    return get_client(interface="chdb", path=str(where.folder), database="default")
