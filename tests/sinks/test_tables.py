"""Struct → columns: the DDL and the Arrow schema, by hand for one struct, by rule for all."""

from enum import IntEnum
from typing import Annotated, Any

import pyarrow as pa
import pytest

from schemas.column import Col, Flags, Name, Row, Time
from schemas.tables import TABLES, Table
from sinks.tables import arrow_schema, columns, ddl, row_columns, sorting_key, store_types


class Mood(IntEnum):
    """It's how it feels."""

    glad = 1
    sad = -2


class Kind(Row, frozen=True, gc=False):
    """Every kind of column once."""

    ts: Time
    scope: Name
    nick: Annotated[str | None, Col("", "other name", "LowCardinality(String)")]
    until: Annotated[int | None, Col("ns UTC", "void after", "DateTime64(6, 'UTC')")]
    count: Annotated[int, Col("fills", "venue's count")]
    seq: int | None
    px: float
    age_ms: Annotated[float | None, Col("ms", "")]
    on: bool
    off: bool | None
    text: str
    note: str | None
    mood: Mood
    moods: Mood | None
    some: tuple[float, ...]
    holes: tuple[float | None, ...]
    flags: Flags


KIND = Table("kinds", Kind, ("scope",))


def test_ddl_of_every_kind_of_column() -> None:
    assert ddl(KIND) == (
        "CREATE TABLE IF NOT EXISTS seawall.kinds (\n"
        "    `run` LowCardinality(String)"
        " COMMENT 'name of the set of rows (--run)' CODEC(ZSTD(1)),\n"
        "    `ts` DateTime64(6, 'UTC') COMMENT 'UTC; time of the row'"
        " CODEC(DoubleDelta, ZSTD(1)),\n"
        "    `scope` LowCardinality(String) COMMENT 'instrument, asset or market' CODEC(ZSTD(1)),\n"
        "    `nick` LowCardinality(Nullable(String)) COMMENT 'other name' CODEC(ZSTD(1)),\n"
        "    `until` Nullable(DateTime64(6, 'UTC')) COMMENT 'UTC; void after'"
        " CODEC(DoubleDelta, ZSTD(1)),\n"
        "    `count` Int64 COMMENT 'fills; venue\\'s count' CODEC(DoubleDelta, ZSTD(1)),\n"
        "    `seq` Nullable(Int64) CODEC(DoubleDelta, ZSTD(1)),\n"
        "    `px` Float64 CODEC(ZSTD(1)),\n"
        "    `age_ms` Nullable(Float64) COMMENT 'ms' CODEC(ZSTD(1)),\n"
        "    `on` Bool CODEC(ZSTD(1)),\n"
        "    `off` Nullable(Bool) CODEC(ZSTD(1)),\n"
        "    `text` String CODEC(ZSTD(1)),\n"
        "    `note` Nullable(String) CODEC(ZSTD(1)),\n"
        "    `mood` Enum8('glad' = 1, 'sad' = -2) COMMENT 'It\\'s how it feels.' CODEC(ZSTD(1)),\n"
        "    `moods` Nullable(Enum8('glad' = 1, 'sad' = -2)) COMMENT 'It\\'s how it feels.'"
        " CODEC(ZSTD(1)),\n"
        "    `some` Array(Float64) CODEC(ZSTD(1)),\n"
        "    `holes` Array(Nullable(Float64)) CODEC(ZSTD(1)),\n"
        "    `flags` Array(LowCardinality(String))"
        " COMMENT 'what to know before using the row' CODEC(ZSTD(1))\n"
        ") ENGINE = MergeTree\n"
        "PARTITION BY toYYYYMM(ts) ORDER BY (run, scope, ts)\n"
        "SETTINGS non_replicated_deduplication_window = 1000, "
        "vertical_merge_algorithm_min_rows_to_activate = 1, "
        "vertical_merge_algorithm_min_columns_to_activate = 1"
    )


def test_arrow_schema_of_every_kind_of_column() -> None:
    micros = pa.timestamp("us", "UTC")
    assert arrow_schema(KIND) == pa.schema(
        [
            ("run", pa.string()),
            ("ts", micros),
            ("scope", pa.string()),
            ("nick", pa.string()),
            ("until", micros),
            ("count", pa.int64()),
            ("seq", pa.int64()),
            ("px", pa.float64()),
            ("age_ms", pa.float64()),
            ("on", pa.bool_()),
            ("off", pa.bool_()),
            ("text", pa.string()),
            ("note", pa.string()),
            ("mood", pa.int8()),
            ("moods", pa.int8()),
            ("some", pa.list_(pa.float64())),
            ("holes", pa.list_(pa.float64())),
            ("flags", pa.list_(pa.string())),
        ]
    )


def test_event_tables_order_by_line_after_time() -> None:
    keys = {name: sorting_key(table) for name, table in TABLES.items()}
    assert keys == {
        "runs": ("run", "source", "ts"),
        "instruments": ("run", "instrument", "ts"),
        "ticks": ("run", "instrument", "ts"),
        "depth_curves": ("run", "instrument", "ts"),
        "volatility": ("run", "instrument", "ts"),
        "regimes": ("run", "scope", "ts"),
        "triggers": ("run", "rule", "scope", "ts"),
        "liquidations": ("run", "source", "instrument", "ts", "line"),
        "gas": ("run", "chain", "ts"),
        "mempool": ("run", "chain", "asset", "ts"),
        "pools": ("run", "instrument", "ts"),
        "oracles": ("run", "provider", "chain", "feed", "ts"),
        "lending_accounts": ("run", "chain", "market", "account", "ts"),
        "protocol_events": ("run", "source", "ts", "line"),
        "feed_health": ("run", "source", "ts"),
        "rejected": ("run", "source", "ts", "line"),
    }


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_store_takes_the_ddl_and_spells_types_as_we_do(store: Any, table: Table) -> None:
    rows = store.query(
        "SELECT name, type, comment FROM system.columns "
        "WHERE database = 'seawall' AND table = {table:String} ORDER BY position",
        {"table": table.name},
    ).rows
    assert rows == tuple((c.name, c.store, c.comment) for c in columns(table))
    assert dict(store_types(table)) == {name: kind for name, kind, _ in rows}


@pytest.mark.parametrize(
    "hint", [int | float, tuple[float, ...] | None, dict[str, int], bytes], ids=str
)
def test_a_type_without_a_column_is_an_error(hint: Any) -> None:
    kind = type("Odd", (Row,), {"__annotations__": {"ts": Time, "odd": hint}}, frozen=True)
    with pytest.raises((TypeError, KeyError)):
        row_columns(kind)
