"""What is read back of a run: its inputs, what changed, whole tables. All SQL of that is here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from schemas.tables import Table
from sinks.tables import DATABASE

_INPUTS: Final = f"""
SELECT source, argMax(first_line, ts) AS first_line, argMax(lines, ts) AS lines,
       argMax(bytes, ts) AS bytes, argMax(digest, ts) AS digest, argMax(settings, ts) AS settings
FROM {DATABASE}.runs WHERE run = {{run:String}} GROUP BY source ORDER BY source
"""
_REGIMES: Final = f"""
SELECT ts, scope, regime FROM {DATABASE}.regimes
WHERE run = {{run:String}} AND changed ORDER BY ts, scope
"""
_TRIGGERS: Final = f"""
SELECT ts, rule, scope, state, value FROM {DATABASE}.triggers
WHERE run = {{run:String}} ORDER BY ts, rule, scope
"""
_SPAN: Final = f"SELECT min(ts), max(ts) FROM {DATABASE}.ticks WHERE run = {{run:String}}"


class Reader(Protocol):
    """What is needed of a store."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        """Columns and rows of a query."""
        ...


def latest_inputs(store: Reader, run: str) -> list[tuple[str, str, int, int, str, str]]:
    """Per input how far it is stored: source, first_line, lines, bytes, digest, settings."""
    return [tuple(row) for row in store.query(_INPUTS, {"run": run}).rows]


def regime_changes(store: Reader, run: str) -> list[tuple[datetime, str, str]]:
    """Times, scopes and regimes of all changes, in order."""
    return [tuple(row) for row in store.query(_REGIMES, {"run": run}).rows]


def transitions(store: Reader, run: str) -> list[tuple[datetime, str, str, str, float]]:
    """Times, rules, scopes, states and values of all triggers, in order."""
    return [tuple(row) for row in store.query(_TRIGGERS, {"run": run}).rows]


def span(store: Reader, run: str) -> tuple[datetime, datetime]:
    """Times of the first and the last tick; of no meaning when there is none."""
    begin, end = store.query(_SPAN, {"run": run}).rows[0]
    return begin, end


def rows_of(store: Reader, table: Table, run: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """Some columns of all rows of a run, in order of scope and mark."""
    order = ", ".join((*table.scope, table.mark))
    sql = (
        f"SELECT {', '.join(names)} FROM {DATABASE}.{table.name} "
        f"WHERE run = {{run:String}} ORDER BY {order}"
    )
    return [tuple(row) for row in store.query(sql, {"run": run}).rows]


def differing(store: Reader, tables: Iterable[Table], run: str, other: str) -> list[str]:
    """Names of the tables whose rows differ between two runs, but for the run and ids of it."""
    return [t.name for t in tables if _sum_of(store, t, run) != _sum_of(store, t, other)]


def _sum_of(store: Reader, table: Table, run: str) -> tuple[Any, ...]:
    """How many rows, and a sum over hashes of each of them as text."""
    without = "run, id" if "id" in table.row.__struct_fields__ else "run"
    sql = (
        f"SELECT count(), sum(sipHash64(toString(tuple(* EXCEPT ({without}))))) "
        f"FROM {DATABASE}.{table.name} WHERE run = {{run:String}}"
    )
    return tuple(store.query(sql, {"run": run}).rows[0])
