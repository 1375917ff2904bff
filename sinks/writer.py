"""Rows → INSERTs, in a thread of its own.

Items of any number are coalesced into one INSERT per table about twice a second; an INSERT
stays within one month (a partition), so it is stored wholly or not at all, and never splits an
item. Within a scope rows are stored in the order of their mark, and after an error nothing more
is written: what is stored of a scope is always a beginning of it (C8).
"""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, groupby
from typing import Final
from uuid import uuid4

from msgspec import Struct, field

from schemas.column import Row
from schemas.errors import BrokenInvariant, SeawallError
from schemas.tables import TABLES, Rows, Table
from schemas.units import NS_PER_S, S_PER_DAY
from sinks.batches import record_batch
from sinks.store import Store, query_id

FLUSH_S: Final = 0.4  # no multiple of usual grid intervals: a flush is in the way of ticks
BATCH_ROWS: Final = 8_000  # a flush begins at once when so many rows wait
_LANES: Final = 2  # INSERTs at a time: one converts while another waits for the engine
_RUNS: Final = "runs"
QUEUE_ROWS: Final = 24_000  # `put` blocks above; a row of 60 columns takes some 2 kB


class Written(Struct):
    """What a run has stored so far: rows per table, INSERTs, rows that were there already."""

    rows: dict[str, int] = field(default_factory=dict)
    inserts: int = 0
    known: dict[str, int] = field(default_factory=dict)
    error: BaseException | None = None
    first_at: float | None = None  # time.monotonic() of the first acknowledged INSERT


class Writer:
    """The background writer of one run. `put` from one thread; `drain` before an epoch commits."""

    def __init__(
        self,
        store: Store,
        run: str,
        *,
        flush_s: float = FLUSH_S,
        batch_rows: int = BATCH_ROWS,
        queue_rows: int = QUEUE_ROWS,
        written: Written | None = None,
        begun: bool = True,
    ) -> None:
        """Start the thread. Nothing is sent before the first item.

        Unless the run has `begun`, its first INSERT is into `runs`, acknowledged before any other.
        """
        self.store, self.run = store, run
        self.flush_s, self.batch_rows, self.queue_rows = flush_s, batch_rows, queue_rows
        self.written = Written() if written is None else written
        self._begun = begun
        self._change = threading.Condition()
        self._waiting: dict[str, list[Rows]] = {}
        self._waiting_rows = 0
        self._sent_rows = 0  # handed to the store, not acknowledged yet
        self._due = 0.0
        self._hurry = False
        self._closing = False
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="store writer", daemon=True)
        self._thread.start()

    def put(self, items: Iterable[Rows]) -> None:
        """Take items; blocks while the queue is full. Raises the writer's error."""
        with self._change:
            for item in items:
                size = len(item.rows)
                while self._queued and self._queued + size > self.queue_rows and not self._ended:
                    self._wait_hurried()
                self._raise_if_ended()
                if not self._waiting_rows:
                    self._due = time.monotonic() + self.flush_s
                    self._change.notify_all()
                self._waiting.setdefault(item.table, []).append(item)
                self._waiting_rows += size
                if self._waiting_rows >= self.batch_rows:
                    self._change.notify_all()

    def drain(self) -> None:
        """Wait until everything taken is stored. Raises the writer's error."""
        with self._change:
            while self._queued and not self._ended:
                self._wait_hurried()
            if self._queued:
                self._raise_if_ended()
            if self.written.error is not None:
                raise self.written.error

    def close(self) -> None:
        """Store what is left and end the thread. Never raises: see `written.error`."""
        with self._change:
            self._closing = True
            self._change.notify_all()
        self._thread.join()

    def _wait_hurried(self) -> None:
        """Wait for a change, with the next flush due at once."""
        self._hurry = True
        self._change.notify_all()
        self._change.wait()

    @property
    def _queued(self) -> int:
        return self._waiting_rows + self._sent_rows

    def _raise_if_ended(self) -> None:
        if self.written.error is not None:
            raise self.written.error
        if self._ended or self._closing:
            message = "the store's writer is closed"
            raise BrokenInvariant(message)

    def _work(self) -> None:
        try:
            with ThreadPoolExecutor(_LANES, thread_name_prefix="store insert") as lanes:
                self.store.ready_to_insert(_LANES)
                self._flush_on(lanes)
        except SeawallError as error:
            self.written.error = error
        finally:
            with self._change:
                self.written.error = self.written.error or sys.exc_info()[1]
                self._ended = True
                self._change.notify_all()

    def _flush_on(self, lanes: ThreadPoolExecutor) -> None:
        """Tables of a flush side by side, the largest first; in a table one INSERT at a time."""
        while work := self._next():
            if not self._begun:
                self._begin(work)
            largest = sorted(work.items(), key=lambda entry: len(entry[1]), reverse=True)
            under_way = [lanes.submit(self._write, TABLES[name], items) for name, items in largest]
            wait(under_way)
            for done in under_way:
                done.result()
            with self._change:
                self._sent_rows = 0
                self._change.notify_all()

    def _begin(self, work: dict[str, list[Rows]]) -> None:
        first = work.pop(_RUNS, None)
        if first is None:
            message = f"rows of {', '.join(work)} before the first of {_RUNS}, in a new run"
            raise BrokenInvariant(message)
        self._write(TABLES[_RUNS], first)
        self._begun = True

    def _next(self) -> dict[str, list[Rows]]:
        """Everything that waits, once it is due; empty when the writer is to end."""
        with self._change:
            while not self._is_due():
                left = self._due - time.monotonic() if self._waiting_rows else None
                self._change.wait(left)
            work, self._waiting = self._waiting, {}
            self._sent_rows, self._waiting_rows = self._waiting_rows, 0
            self._hurry = False
            return work

    def _is_due(self) -> bool:
        if not self._waiting_rows:
            return self._closing
        if not self._begun and _RUNS in self._waiting:
            return True  # so that it is not in the way of the first others
        return (
            self._closing
            or self._hurry
            or self._waiting_rows >= self.batch_rows
            or time.monotonic() >= self._due
        )

    def _write(self, table: Table, items: list[Rows]) -> None:
        for rows in by_month(table, items):
            token = uuid4().hex
            batch = record_batch(table, self.run, rows)
            self.store.insert(table, batch, token, query_id(self.run, token))
            with self._change:
                self.written.inserts += 1
                self.written.rows[table.name] = self.written.rows.get(table.name, 0) + len(rows)
                self.written.first_at = self.written.first_at or time.monotonic()


def by_month(table: Table, items: list[Rows]) -> Iterator[list[Row]]:
    """The rows of each INSERT: one month each, whole items, no scope out of order.

    Where the mark is the time, ordering by month keeps every scope's order; where it is a line,
    a new INSERT begins wherever the month changes.
    """
    if table.mark == "ts":
        items = sorted(items, key=_month_of)
    for _, group in groupby(items, key=_month_of):
        yield list(chain.from_iterable(item.rows for item in group))


def _month_of(item: Rows) -> int:
    if len(item.rows) == 1:
        return _month(item.rows[0].ts // (NS_PER_S * S_PER_DAY))  # type: ignore[attr-defined]
    months = {_month(row.ts // (NS_PER_S * S_PER_DAY)) for row in item.rows}  # type: ignore[attr-defined]
    if len(months) != 1:
        message = f"rows of one item of {item.table} lie in {len(months)} months"
        raise BrokenInvariant(message)
    return months.pop()


@lru_cache(maxsize=4096)
def _month(day: int) -> int:
    """The month of a day since 1970, as toYYYYMM gives it."""
    date = datetime.fromtimestamp(day * S_PER_DAY, UTC)
    return date.year * 100 + date.month
