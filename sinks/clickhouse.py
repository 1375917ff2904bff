"""The sink: every row of a run is in the store exactly once (C8).

After a crash Bytewax sends rows again, cut into other batches. Within (table, scope) marks
strictly rise and rows are stored in their order, so the highest stored mark says what is there:
items at or below it are dropped. An epoch is committed only after everything in it is stored.
Times are compared in µs, as the store keeps them. The first row of a run is one of `runs`, so a
run without any has nothing, and its marks need not be read.
"""

from itertools import chain
from typing import Final

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from schemas.errors import BrokenInvariant
from schemas.tables import TABLES, Rows
from schemas.units import NS_PER_US
from sinks.store import Store
from sinks.writer import BATCH_ROWS, FLUSH_S, QUEUE_ROWS, Writer, Written

_PART: Final = "store"
_UNIT: Final = {name: NS_PER_US if t.mark == "ts" else 1 for name, t in TABLES.items()}
_BY_TIME: Final = frozenset(name for name, table in TABLES.items() if table.mark == "ts")

Scope = tuple[str, tuple[str, ...]]  # table, scope


class ClickHouseSink(FixedPartitionedSink[list[Rows], int | None]):
    """Stores bundles of `Rows` items in an open store, which its owner closes after the flow.

    `written` counts what was stored, for the summary.
    """

    def __init__(
        self,
        store: Store,
        run: str,
        *,
        flush_s: float = FLUSH_S,
        batch_rows: int = BATCH_ROWS,
        queue_rows: int = QUEUE_ROWS,
    ) -> None:
        """Remember where to; nothing is read or written yet. The store is migrated."""
        self.store, self.run = store, run
        self.flush_s, self.batch_rows, self.queue_rows = flush_s, batch_rows, queue_rows
        self.written = Written()

    def list_parts(self) -> list[str]:
        """One part: one writer, one order."""
        return [_PART]

    def part_fn(self, item_key: str) -> int:
        """Every key goes there."""
        return 0

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> "StoredRows":
        """Read what the run has stored; `resume_state` is information only."""
        self.store.wait_for_inserts(self.run)
        begun = self.store.has(self.run)
        writer = Writer(
            self.store,
            self.run,
            flush_s=self.flush_s,
            batch_rows=self.batch_rows,
            queue_rows=self.queue_rows,
            written=self.written,
            begun=begun,
        )
        return StoredRows(writer, self._stored() if begun else {})

    def _stored(self) -> dict[Scope, int]:
        return {
            (name, scope): mark // _UNIT[name]
            for name, marks in self.store.marks(self.run).items()
            for scope, mark in marks.items()
        }


class StoredRows(StatefulSinkPartition[list[Rows], int | None]):
    """The only part: drops what is stored, hands the rest to the writer."""

    def __init__(self, writer: Writer, stored: dict[Scope, int]) -> None:
        """Take the highest stored mark of every scope."""
        self.writer, self.stored = writer, stored
        self.passed: dict[Scope, int] = {}  # highest mark of this execution

    def write_batch(self, values: list[list[Rows]]) -> None:
        """Pass on what is not stored yet; blocks while the writer's queue is full.

        Raises BrokenInvariant when a mark does not rise, and the writer's error.
        """
        fresh = []
        for item in chain.from_iterable(values):
            scope, mark = (item.table, item.scope), item.mark // _UNIT[item.table]
            last = self.passed.get(scope)
            if last is not None and mark <= last:
                before = last * _UNIT[item.table]
                message = f"{item.table} {item.scope}: mark {item.mark} follows {before}"
                raise BrokenInvariant(message)
            self.passed[scope] = mark
            if mark > self.stored.get(scope, -1):
                fresh.append(item)
            else:
                known = self.writer.written.known
                known[item.table] = known.get(item.table, 0) + len(item.rows)
        self.writer.put(fresh)

    def snapshot(self) -> int | None:
        """Wait until everything is stored; the least of the scopes' latest times, in ns."""
        self.writer.drain()
        times = [mark for (table, _), mark in self.passed.items() if table in _BY_TIME]
        return min(times) * NS_PER_US if times else None

    def close(self) -> None:
        """Store what is left. Never raises: an error stands in `written.error`."""
        self.writer.close()
