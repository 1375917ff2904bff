"""The rows a page shows, read from a store that another process writes or an earlier run left.

`first` is what a page begins with: the latest rows, the prices of the last minutes, the feeds of
the last hour. `latest` is asked again and again. A live run begins with `first` too, so that a
trigger that was on before a restart is still shown.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from flows.page.part import HOUR_NS
from flows.page.state import PRICE_SPAN_S
from schemas.tables import TABLES, Rows, Table
from schemas.units import NS_PER_S, NS_PER_US
from sinks.migrations import found, lacking
from sinks.rows import as_items, column_names, rows_of
from sinks.store import Store
from sinks.tables import DATABASE

_MINUTES_NS: Final = 600 * NS_PER_S
_DAY_NS: Final = 86_400 * NS_PER_S
_BACK_NS: Final[Mapping[str, int | None]] = {  # how far behind its newest row a scope is looked for
    "instruments": None,
    "ticks": _MINUTES_NS,
    "depth_curves": _MINUTES_NS,
    "volatility": _MINUTES_NS,
    "regimes": _DAY_NS,
    "triggers": None,
    "feed_health": _MINUTES_NS,
    "gas": _MINUTES_NS,
    "mempool": _MINUTES_NS,
    "pools": _MINUTES_NS,
    "oracles": _MINUTES_NS,
    "lending_accounts": _MINUTES_NS,
}
# Where the rows of a scope come together with others: an account that has none has left.
_TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {"lending_accounts": ("chain", "market")}


class StoredRun:
    """A run in a store, as a page wants it. Every reading raises StoreError."""

    def __init__(self, store: Store, run: str) -> None:
        """Nothing is read yet. The store stays its owner's."""
        self.store, self.run = store, run
        self._newest: dict[str, int] = {}

    def absence(self) -> str | None:
        """Why there is nothing of this run to show, in a sentence; None when there is something."""
        present = found(self.store)
        if "runs" not in present:
            return f"store {self.store.where} has no tables yet: nothing was run into it"
        if lacking(present, lambda _: False, TABLES.values()):
            return (
                f"store {self.store.where} is of an earlier version: the next `seawall replay` or "
                "`seawall run` into it brings its tables up to date"
            )
        if self.store.has(self.run):
            return None
        runs = self.store.query(f"SELECT DISTINCT run FROM {DATABASE}.runs ORDER BY run").rows
        names = ", ".join(name for (name,) in runs) or "no run at all"
        return f"store {self.store.where} has nothing of run {self.run!r} yet; it has {names}"

    def first(self) -> list[Rows]:
        """Items to begin with, in an order in which a page may take them."""
        items = self.latest()
        if "ticks" in self._newest:
            items = [*self._prices(TABLES["ticks"]), *items]
        if "feed_health" in self._newest:
            since_ns = self._newest["feed_health"] - HOUR_NS
            items = [*self._rows(TABLES["feed_health"], "1", since_ns), *items]
        return items

    def latest(self) -> list[Rows]:
        """The latest item of every scope, of the tables that have grown since the last time."""
        return [item for name in self._grown() for item in self._latest(TABLES[name])]

    def _grown(self) -> list[str]:
        tables = " UNION ALL ".join(
            f"SELECT '{name}' AS name FROM {DATABASE}.{name} WHERE run = {{run:String}} "
            f"AND ts > {_time(self._newest.get(name, -1))} LIMIT 1"
            for name in _BACK_NS
        )
        return [name for (name,) in self.store.query(tables, {"run": self.run}).rows]

    def _latest(self, table: Table) -> list[Rows]:
        back_ns, newest = _BACK_NS[table.name], self._newest.get(table.name)
        since_ns = 0 if back_ns is None or newest is None else newest - back_ns
        items = self._rows(table, _at_of(table, "max", "", since_ns), since_ns)
        self._newest[table.name] = max(item.mark for item in items)
        return items

    def _prices(self, table: Table) -> Iterator[Rows]:
        """The first tick of every second of the span, in the order of time."""
        since_ns = self._newest["ticks"] - PRICE_SPAN_S * NS_PER_S
        first = _at_of(table, "min", ", toStartOfSecond(ts)", since_ns)
        items = self._rows(table, first, since_ns)
        return iter(sorted(items, key=lambda item: item.mark))

    def _rows(self, table: Table, condition: str, since_ns: int) -> list[Rows]:
        scope = ", ".join(table.scope)
        more = ", state" if table.name == "triggers" else ""  # of one time: enter, then escalate
        rows = self.store.arrow(
            f"SELECT {column_names(table.row)} FROM {DATABASE}.{table.name} "
            f"WHERE run = {{run:String}} AND ts >= {_time(since_ns)} AND {condition} "
            f"ORDER BY {scope}, ts{more}",
            {"run": self.run},
        )
        return as_items(rows_of(table.row, rows))


def _time(at_ns: int) -> str:
    return f"fromUnixTimestamp64Micro({at_ns // NS_PER_US}, 'UTC')"


def _at_of(table: Table, which: str, group: str, since_ns: int) -> str:
    """The condition of being the first or last row of each scope (and `group`) since then."""
    scope = ", ".join(_TOGETHER.get(table.name, table.scope))
    return (
        f"({scope}, ts) IN (SELECT {scope}, {which}(ts) FROM {DATABASE}.{table.name} "
        f"WHERE run = {{run:String}} AND ts >= {_time(since_ns)} GROUP BY {scope}{group})"
    )
