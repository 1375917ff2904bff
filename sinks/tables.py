"""Struct → columns: ClickHouse DDL and Arrow schema of every table, from its row alone.

The struct's annotations say everything: Python type, `| None`, and `Col` (unit, meaning, store
type). Times are ns in the process and µs in the store; an IntEnum is an Enum8 whose numbers
travel as int8.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
from msgspec import Struct

from schemas.column import Col, Row
from schemas.tables import Table

DATABASE: Final = "seawall"
RUN: Final = "run"
TIME: Final = "DateTime64(6, 'UTC')"

_ARROW: Final[Mapping[type, pa.DataType]] = {
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    str: pa.string(),
}
_STORE: Final[Mapping[type, str]] = {int: "Int64", float: "Float64", bool: "Bool", str: "String"}

# Columns that most tables share and whose annotation has no words.
_COMMON: Final[Mapping[str, str]] = {
    "ts": "time of the row",
    "source": "recording or connection",
    "line": "line number in the source",
    "venue": "venue id",
    "instrument": "<venue>:<venue symbol>",
    "asset": "what is traded, e.g. BTC",
    "scope": "instrument, asset or market",
    "flags": "what to know before using the row",
    "quality": "how far the row can be trusted",
}


class Column(Struct, frozen=True):
    """One column: its name, its types here, in Arrow and in the store, and what it means."""

    name: str
    python: type  # int, float, bool, str, an IntEnum, or tuple
    item: type | None  # what a tuple holds
    optional: bool  # None is allowed
    item_optional: bool  # None is allowed inside the tuple
    arrow: pa.DataType
    store: str
    comment: str

    @property
    def is_time(self) -> bool:
        """Whether the int is ns UTC here and µs in the store."""
        return TIME in self.store

    @property
    def codec(self) -> str:
        """Compression: times and counters rise in even steps, the rest is left to ZSTD."""
        if self.python is int:
            return "CODEC(DoubleDelta, ZSTD(1))"
        return "CODEC(ZSTD(1))"

    def ddl(self) -> str:
        """The column as it stands in CREATE TABLE and ALTER TABLE … ADD COLUMN."""
        comment = f" COMMENT {_quoted(self.comment)}" if self.comment else ""
        return f"`{self.name}` {self.store}{comment} {self.codec}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _without_none(hint: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether it had one."""
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if len(kinds) != 1:
        message = f"a column cannot be {hint}"
        raise TypeError(message)
    return kinds[0], True


def _enum(kind: type[IntEnum]) -> str:
    return "Enum8(" + ", ".join(f"{_quoted(m.name)} = {m.value}" for m in kind) + ")"


def _types(kind: type) -> tuple[pa.DataType, str]:
    """Arrow and store type of a plain Python type."""
    if issubclass(kind, IntEnum):
        return pa.int8(), _enum(kind)
    return _ARROW[kind], _STORE[kind]


def _nullable(store: str, optional: bool) -> str:
    if not optional:
        return store
    if store.startswith("LowCardinality("):
        return f"LowCardinality(Nullable({store.removeprefix('LowCardinality(')})"
    return f"Nullable({store})"


def _comment(name: str, kind: Any, col: Col) -> str:
    unit = col.unit.removeprefix("ns ") if col.store == TIME else col.unit
    text = col.text or _COMMON.get(name, "")
    if not text and isinstance(kind, type) and issubclass(kind, IntEnum):
        text = (kind.__doc__ or "").partition("\n")[0]
    return "; ".join(part for part in (unit, text) if part)


def _column(name: str, hint: Any) -> Column:
    col = Col("", "")
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        col = next((note for note in notes if isinstance(note, Col)), col)
    kind, optional = _without_none(hint)
    item, item_optional = None, False
    if get_origin(kind) is tuple:
        item, item_optional = _without_none(get_args(kind)[0])
        arrow, store = _types(item)
        arrow, store = pa.list_(arrow), f"Array({_nullable(store, item_optional)})"
        if optional:
            message = f"column {name}: an array cannot be null in the store; use an empty tuple"
            raise TypeError(message)
        kind = tuple
    else:
        arrow, store = _types(kind)
    store = col.store or store
    if store == TIME:
        arrow = pa.timestamp("us", "UTC")
    return Column(
        name=name,
        python=kind,
        item=item,
        optional=optional,
        item_optional=item_optional,
        arrow=arrow,
        store=_nullable(store, optional),
        comment=_comment(name, kind, col),
    )


_RUN_COLUMN: Final = Column(
    name=RUN,
    python=str,
    item=None,
    optional=False,
    item_optional=False,
    arrow=pa.string(),
    store="LowCardinality(String)",
    comment="name of the set of rows (--run)",
)


@cache
def row_columns(row: type[Row]) -> tuple[Column, ...]:
    """The columns of a row struct, in its order, without `run`."""
    hints = get_type_hints(row, include_extras=True)
    return tuple(_column(name, hints[name]) for name in row.__struct_fields__)


def columns(table: Table) -> tuple[Column, ...]:
    """The columns of a table as the store has them: `run` first."""
    return (_RUN_COLUMN, *row_columns(table.row))


def store_types(table: Table) -> Mapping[str, str]:
    """Column → ClickHouse type, spelt as `system.columns` spells it."""
    return MappingProxyType({column.name: column.store for column in columns(table)})


@cache
def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema an INSERT into the table must have."""
    return pa.schema([pa.field(column.name, column.arrow) for column in columns(table)])


def sorting_key(table: Table) -> tuple[str, ...]:
    """(run, scope…, ts), and `line` after it in event tables."""
    key = (RUN, *table.scope, "ts")
    return key if table.mark == "ts" else (*key, table.mark)


# Merging column by column: all columns of `ticks` at once took 350 MB, enough to refuse an INSERT.
_SETTINGS: Final = (
    "non_replicated_deduplication_window = 1000, "
    "vertical_merge_algorithm_min_rows_to_activate = 1, "
    "vertical_merge_algorithm_min_columns_to_activate = 1"
)


def ddl(table: Table) -> str:
    """CREATE TABLE of one table (C8)."""
    body = ",\n    ".join(column.ddl() for column in columns(table))
    return (
        f"CREATE TABLE IF NOT EXISTS {DATABASE}.{table.name} (\n    {body}\n) ENGINE = MergeTree\n"
        f"PARTITION BY toYYYYMM(ts) ORDER BY ({', '.join(sorting_key(table))})\n"
        f"SETTINGS {_SETTINGS}"
    )
