"""Numbered, idempotent changes of the store's tables, kept in `seawall.migrations`.

The structs are the only definition of a table. What the store lacks beside them becomes the next
migration: number 1 makes all tables, later ones add tables, columns and enum members. A migration
is recorded before it is run, so nothing that was done is unrecorded; one that was cut short
leaves a lack, which becomes the next one. What cannot be added is told, with every difference.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from schemas.errors import StoreError
from schemas.tables import TABLES, Table
from sinks.tables import DATABASE, Column, columns, ddl, sorting_key

_HISTORY: Final = f"{DATABASE}.migrations"
_FIRST: Final = (
    f"CREATE DATABASE IF NOT EXISTS {DATABASE}",
    f"CREATE TABLE IF NOT EXISTS {_HISTORY} (number UInt32, statements Array(String)) "
    "ENGINE = MergeTree ORDER BY number",
)
_FOUND: Final = (
    "SELECT table, name, type FROM system.columns WHERE database = {database:String} "
    "ORDER BY table, position"
)
_MEMBER: Final = re.compile(r"'(?:[^'\\]|\\.)*' = -?\d+")

Found = Mapping[str, Mapping[str, str]]  # table → column → type, as the store has them


class _Answer(Protocol):
    @property
    def rows(self) -> Sequence[tuple[Any, ...]]: ...


class _Store(Protocol):
    def command(self, sql: str, params: Mapping[str, Any] | None = None) -> None: ...

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> _Answer: ...


def migrate(store: _Store, tables: Iterable[Table] = tuple(TABLES.values())) -> tuple[str, ...]:
    """Bring the store's tables to the structs; returns the statements that were needed.

    Raises StoreError, naming every difference that cannot be removed, before anything is changed.
    """
    for statement in _FIRST:
        store.command(statement)

    def has_rows(table: Table) -> bool:
        return bool(store.query(f"SELECT 1 FROM {DATABASE}.{table.name} LIMIT 1").rows)

    statements = lacking(found(store), has_rows, tables)
    if statements:
        last = store.query(f"SELECT max(number) FROM {_HISTORY}").rows[0][0]
        store.command(
            f"INSERT INTO {_HISTORY} SELECT {{number:UInt32}}, {{statements:Array(String)}}",
            {"number": last + 1, "statements": list(statements)},
        )
    for statement in statements:
        store.command(statement)
    return statements


def history(store: _Store) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Every migration of the store: its number and statements."""
    rows = store.query(f"SELECT number, statements FROM {_HISTORY} ORDER BY number").rows
    return tuple((number, tuple(statements)) for number, statements in rows)


def found(store: _Store) -> Found:
    """Tables, columns and types as the store has them."""
    tables: dict[str, dict[str, str]] = {}
    for table, name, kind in store.query(_FOUND, {"database": DATABASE}).rows:
        tables.setdefault(table, {})[name] = kind
    return tables


def lacking(
    present: Found, has_rows: Callable[[Table], bool], tables: Iterable[Table]
) -> tuple[str, ...]:
    """The statements that add what the store lacks; each may be run twice.

    Raises StoreError with every difference that no addition removes.
    """
    statements: list[str] = []
    differences: list[str] = []
    for table in tables:
        if table.name not in present:
            statements.append(ddl(table))
            continue
        there, here = present[table.name], columns(table)
        known = {column.name for column in here}
        differences += (
            f"{table.name}.{name} is in the store only" for name in there if name not in known
        )
        before = ""
        for column in here:
            kind = there.get(column.name)
            change = f"ALTER TABLE {DATABASE}.{table.name}"
            if kind is None:
                why = _not_addable(table, column, has_rows)
                statements.append(f"{change} ADD COLUMN IF NOT EXISTS {column.ddl()}{before}")
                differences += (f"{table.name}.{column.name} {why}",) if why else ()
            elif _grows(kind, column):
                statements.append(f"{change} MODIFY COLUMN {column.ddl()}")
            elif kind != column.store:
                differences.append(
                    f"{table.name}.{column.name} is {kind} in the store and {column.store} here"
                )
            before = f" AFTER `{column.name}`"
    if differences:
        message = (
            "the store's tables are not those of this version: "
            + "; ".join(differences)
            + "; use the version that made it, or give another --store"
        )
        raise StoreError(message)
    return tuple(statements)


def _not_addable(table: Table, column: Column, has_rows: Callable[[Table], bool]) -> str:
    """Why a column cannot be added to an existing table; empty when it can.

    Old rows would get 0 or the first enum member, which reads as a fact; null or empty does not.
    """
    if column.name in sorting_key(table):
        return "is not in the store, and a column of the sorting key cannot be added"
    if column.optional or column.python in (str, tuple) or not has_rows(table):
        return ""
    return "is not in the store, and its old rows have no value for it: it must allow None"


def _grows(kind: str, column: Column) -> bool:
    """Whether the column's enum has all members of the stored one, and more."""
    if "Enum8(" not in kind or _frame(kind) != _frame(column.store):
        return False
    return set(_MEMBER.findall(kind)) < set(_MEMBER.findall(column.store))


def _frame(kind: str) -> str:
    """An enum type without its members: `Nullable(Enum8())`."""
    return _MEMBER.sub("", kind).replace(",", "").replace(" ", "")
