"""The store: ClickHouse, embedded in this process or on a server. They differ by URL only.

An embedded store belongs to one process at a time, and is closed before the interpreter ends (at
exit at the latest). Never fork with it open.
"""

import atexit
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import pyarrow as pa
from msgspec import Struct

from schemas.errors import StoreError, StoreRefused
from schemas.tables import TABLES, Table
from schemas.units import NS_PER_US
from sinks import migrations
from sinks.address import Address, Embedded, address
from sinks.client import Clients, Trouble
from sinks.tables import DATABASE, arrow_schema

_PAUSES_S: Final = (0.1, 0.3, 1.0, 3.0)  # before the second, third, … try of an INSERT
_POLL_S: Final = 0.1
_SETTLED_S: Final = 0.03  # merges follow one another more closely
_WARM: Final = "warm"


class Answer(Struct, frozen=True):
    """Rows of a query. Times are aware datetimes (UTC), enums their names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Store:
    """An open store. Safe to use from several threads; use it as a context manager."""

    def __init__(self, clients: Clients) -> None:
        """Use `Store.open`."""
        self._clients = clients
        atexit.register(self.close)

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> Self:
        """Open `chdb://folder` or `http(s)://user:password@host:port/`.

        An embedded store is created when absent, unless `create` is false. Raises UsageError for
        a URL that is none, StoreInUse when another process has the folder open, and StoreError,
        in words without the password, for everything else that stands in the way.
        """
        clients = Clients(address(url), create=create)
        clients.connect()
        return cls(clients)

    @property
    def where(self) -> Address:
        """Where it is. Its text has no password."""
        return self._clients.where

    @property
    def embedded(self) -> bool:
        """Whether the engine runs in this process."""
        return isinstance(self.where, Embedded)

    def __repr__(self) -> str:
        """Its address, without the password."""
        return f"Store({self.where})"

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close it, after the calls under way. Closing twice is harmless."""
        self._clients.close()
        atexit.unregister(self.close)

    def migrate(self) -> tuple[str, ...]:
        """Make every table as its struct says; returns the statements that were needed.

        Raises StoreError, naming every difference, when the store has what this version cannot
        bring about or does not know.
        """
        return migrations.migrate(self)

    def command(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        """Run a statement that changes the store, as migrations do. Raises StoreError."""
        try:
            self._clients.command(sql, params)
        except Trouble as trouble:
            what = sql.partition("(")[0].strip()
            message = f"store {self.where} refused {what!r}: {trouble.why}"
            raise StoreError(message) from trouble

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Read. Parameters stand in the SQL as `{name:Type}`. Raises StoreError."""
        try:
            return Answer(*self._clients.query(sql, params))
        except Trouble as trouble:
            message = f"store {self.where} cannot answer: {trouble.why}"
            raise StoreError(message) from trouble

    def arrow(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Read as an Arrow table: times as timestamps, enums as numbers. Raises StoreError."""
        try:
            return self._clients.arrow(sql, params)
        except Trouble as trouble:
            message = f"store {self.where} cannot answer: {trouble.why}"
            raise StoreError(message) from trouble

    def insert(
        self,
        table: Table,
        rows: pa.Table | pa.RecordBatch,
        token: str,
        query_id: str | None = None,
    ) -> None:
        """Insert rows of one month, wholly or not at all, and return when they are stored.

        `token` makes a repetition harmless: give every INSERT its own. Passing trouble (network,
        memory, too many parts) is tried again with the same token. Raises StoreRefused.
        """
        if not token:  # the engine would drop equal rows silently
            raise StoreRefused(table.name, rows.num_rows, "an INSERT needs its own token")
        if rows.schema != arrow_schema(table):
            raise StoreRefused(table.name, rows.num_rows, "its columns are not those of the table")
        whole = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        settings = {"async_insert": "0", "insert_deduplication_token": token}
        for attempt in range(len(_PAUSES_S) + 1):
            if query_id and not self.embedded:
                settings["query_id"] = f"{query_id}-{attempt}"
            try:
                return self._clients.insert(f"{DATABASE}.{table.name}", whole, settings)
            except Trouble as trouble:
                if not trouble.passing or attempt == len(_PAUSES_S):
                    raise StoreRefused(table.name, rows.num_rows, trouble.why) from trouble
                time.sleep(_PAUSES_S[attempt])

    def has(self, run: str) -> bool:
        """Whether anything of a run is stored: its first row is one of `runs`."""
        sql = f"SELECT 1 FROM {DATABASE}.runs WHERE run = {{run:String}} LIMIT 1"
        return bool(self.query(sql, {"run": run}).rows)

    def marks(self, run: str) -> dict[str, dict[tuple[str, ...], int]]:
        """Table → scope → highest stored mark (ns for `ts`, whole µs) of the whole run.

        There is no lower bound on time: a scope that was held back may still be far behind.
        """
        every = " UNION ALL ".join(
            f"SELECT '{t.name}' AS part, [{', '.join(t.scope)}] AS scope, "
            f"{'toUnixTimestamp64Micro(max(ts))' if t.mark == 'ts' else f'max({t.mark})'} AS mark "
            f"FROM {DATABASE}.{t.name} WHERE run = {{run:String}} GROUP BY {', '.join(t.scope)}"
            for t in TABLES.values()
        )
        found: dict[str, dict[tuple[str, ...], int]] = {name: {} for name in TABLES}
        for name, scope, mark in self.query(every, {"run": run}).rows:
            unit = NS_PER_US if TABLES[name].mark == "ts" else 1
            found[name][tuple(scope)] = mark * unit
        return found

    def ready_to_insert(self, lanes: int) -> None:
        """Open the clients for so many INSERTs at a time, which takes a while the first time."""
        try:
            self._clients.ready("write", lanes)
        except Trouble as trouble:
            message = f"store {self.where} cannot be written: {trouble.why}"
            raise StoreError(message) from trouble

    def counts(self, run: str) -> dict[str, int]:
        """Rows per table of a run."""
        every = " UNION ALL ".join(
            f"SELECT '{name}', count() FROM {DATABASE}.{name} WHERE run = {{run:String}}"
            for name in TABLES
        )
        rows = dict(self.query(every, {"run": run}).rows)
        return {name: rows[name] for name in TABLES}

    def wait_for_inserts(self, run: str, patience_s: float = 120.0) -> None:
        """On a server, wait until no INSERT of the run is under way; embedded, do nothing.

        The last INSERT of a killed process may still be, and marks read before it ends would
        miss it (C8). Raises StoreError when they do not end: another process writes this run.
        """
        if self.embedded:
            return
        deadline, quiet = time.monotonic() + patience_s, 0
        sql = "SELECT count() FROM system.processes WHERE startsWith(query_id, {prefix:String})"
        while quiet < 2:  # twice: a request may have been on its way at the first look
            if self.query(sql, {"prefix": query_id(run, "")}).rows[0][0] == 0:
                quiet += 1
            elif time.monotonic() > deadline:
                message = f"another process is writing run {run!r} into store {self.where}"
                raise StoreError(message)
            else:
                quiet = 0
            time.sleep(_POLL_S)

    def settle(self, patience_s: float = 5.0) -> None:
        """Wait until the engine merges nothing, but not for ever: for measurements."""
        deadline, quiet = time.monotonic() + patience_s, 0
        while quiet < 2 and time.monotonic() < deadline:
            time.sleep(_SETTLED_S)
            merging = self.query("SELECT count() FROM system.merges").rows[0][0]
            quiet = 0 if merging else quiet + 1

    def warm(self) -> None:
        """Pay for the embedded engine's first INSERT now, in a table of this session's memory."""
        if not self.embedded:
            return
        self.command(f"CREATE TEMPORARY TABLE {_WARM} (run LowCardinality(String)) ENGINE = Memory")
        try:
            self._clients.insert(_WARM, pa.table({"run": ["warm"]}), {})
        except Trouble as trouble:
            message = f"store {self.where} cannot be written: {trouble.why}"
            raise StoreError(message) from trouble
        self.command(f"DROP TEMPORARY TABLE {_WARM}")


def query_id(run: str, token: str) -> str:
    """The id of an INSERT: names its run, so that a later process can wait for it."""
    return f"seawall:{quote(run, safe='')}:{token}"
