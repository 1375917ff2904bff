"""Connections to ClickHouse. This is the only module that knows the client library.

A client serves one call at a time and is dear to make, so calls borrow them: one kind writes, one
reads, which the engine itself keeps from writing.
"""

import logging
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
from clickhouse_connect import get_client
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, Error, OperationalError
from urllib3.exceptions import HTTPError

from schemas.errors import StoreError, StoreInUse
from sinks.address import Address, Embedded, Server, locked, prepare
from sinks.refusal import is_denied, is_transient, words
from sinks.tables import DATABASE

logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())  # errors say it all

# Two cores and some 100 MB are plenty for what one pipeline writes; the engine's defaults would
# take 90 % of the memory and 5 GB of caches.
_ENGINE: Final = {
    "max_server_memory_usage": "400000000",
    "mark_cache_size": "16777216",
    "index_mark_cache_size": "1048576",
    "uncompressed_cache_size": "0",
    "primary_index_cache_size": "16777216",
    "background_pool_size": "2",
    "background_merges_mutations_concurrency_ratio": "1",
    "background_common_pool_size": "2",
    "background_schedule_pool_size": "4",
    "background_move_pool_size": "1",
    "background_fetches_pool_size": "1",
    "max_io_thread_pool_size": "8",
}
_THREADS: Final = {"max_threads": "2"}
_PATIENCE_S: Final = 120
_READING: Final = {"max_execution_time": "100", "readonly": "1"}  # readonly last: it seals the rest
_NO_DATABASE: Final = 81

Purpose = Literal["write", "read"]
_open_folders: Final[dict[Path, int]] = {}  # embedded stores of this process
_registry: Final = threading.Lock()


class Trouble(Exception):
    """A call that failed: why, in one line, and whether the same call may succeed later."""

    def __init__(self, why: str, *, passing: bool, code: int | None = None) -> None:
        """Keep both, and the engine's error number."""
        self.why, self.passing, self.code = why, passing, code
        super().__init__(why)


class Clients:
    """The clients of one store, made when none is idle."""

    def __init__(self, where: Address, *, create: bool = True) -> None:
        """Take the folder of an embedded store for this process; `connect` does the rest.

        Raises StoreError or StoreInUse.
        """
        self.where = Embedded(where.folder.resolve()) if isinstance(where, Embedded) else where
        self._idle: dict[Purpose, list[Client]] = {"write": [], "read": []}
        self._made: list[Client] = []
        self._lock = threading.Lock()
        self._closed = False
        if isinstance(self.where, Embedded):
            _claim(self.where.folder, create=create)

    def connect(self) -> None:
        """Make the first connection. Raises StoreError, and gives the folder back."""
        opened = False
        try:
            with self._lent("write"):
                opened = True
        except Trouble as trouble:
            if isinstance(self.where, Embedded) and locked(self.where.folder):
                raise StoreInUse(str(self.where.folder)) from trouble
            raise StoreError(_unopened(self.where, trouble)) from trouble
        finally:
            if not opened:
                self.close()

    def command(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        """Run a statement without an answer. Raises Trouble."""
        with self._lent("write") as client, self._trouble():
            client.command(sql, parameters=dict(params or {}))

    def query(
        self, sql: str, params: Mapping[str, Any] | None = None
    ) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
        """Column names and rows. Raises Trouble."""
        with self._lent("read") as client, self._trouble():
            result = client.query(sql, parameters=dict(params or {}))
            return tuple(result.column_names), tuple(map(tuple, result.result_rows))

    def arrow(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer as an Arrow table. Raises Trouble."""
        with self._lent("read") as client, self._trouble():
            return client.query_arrow(sql, parameters=dict(params or {}))

    def insert(self, table: str, rows: pa.Table, settings: Mapping[str, str]) -> None:
        """One INSERT; the embedded engine takes the rows from a temporary file. Raises Trouble."""
        with self._lent("write") as client, self._trouble():
            try:
                client.insert_arrow(table, rows, settings=dict(settings))
            except OSError as error:
                if isinstance(error, HTTPError):
                    raise
                why = f"{error.strerror} in {tempfile.gettempdir()}"
                raise Trouble(why, passing=False) from error

    def ready(self, purpose: Purpose, count: int) -> None:
        """Have so many clients idle. Raises Trouble."""
        with ExitStack() as lent:
            for _ in range(count):
                lent.enter_context(self._lent(purpose))

    def close(self) -> None:
        """Close every client, after the calls under way. Closing twice is harmless."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            made, self._made = self._made, []
        for client in made:
            client.close()
        if isinstance(self.where, Embedded):
            _release(self.where.folder)

    @contextmanager
    def _lent(self, purpose: Purpose) -> Iterator[Client]:
        """A client for one call at a time: the one given back last, else a new one.

        So calls in turn are of one session of the engine.
        """
        if self._closed:
            message = f"store {self.where} is closed"
            raise StoreError(message)
        with self._lock:
            idle = self._idle[purpose]
            client = idle.pop() if idle else None
        if client is None:
            with self._trouble():
                client = _connect(self.where, purpose)
            with self._lock:
                self._made.append(client)
        try:
            yield client
        finally:
            with self._lock:
                self._idle[purpose].append(client)

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Turn the client library's errors into ours."""
        secret = self.where.password if isinstance(self.where, Server) else ""
        try:
            yield
        except (ClickHouseError, HTTPError) as error:
            code = error.code if isinstance(error, Error) else None
            network = isinstance(error, (OperationalError, HTTPError)) and code is None
            raise Trouble(
                words(str(error), code, secret),
                passing=is_transient(code, network, str(error)),
                code=code,
            ) from None  # the library's own text may hold the password


def _connect(where: Address, purpose: Purpose) -> Client:
    if purpose == "write":
        return _client_of(where, {}, None)
    try:
        return _client_of(where, _READING, DATABASE)  # so that a reader may write just `ticks`
    except ClickHouseError as error:
        if isinstance(error, Error) and error.code == _NO_DATABASE:
            return _client_of(where, _READING, None)
        raise


def _client_of(where: Address, settings: Mapping[str, str], database: str | None) -> Client:
    if isinstance(where, Embedded):
        return get_client(
            interface="chdb",
            path=str(where.folder),
            database=database or "default",
            chdb_options=_ENGINE,
            settings={**_THREADS, **settings},
            tz_mode="aware",
        )
    return get_client(
        interface="https" if where.secure else "http",
        host=where.host,
        port=where.port,
        username=where.user,
        password=where.password,
        database=database or "default",
        settings=dict(settings),
        tz_mode="aware",
        autogenerate_session_id=False,
        send_receive_timeout=_PATIENCE_S,
    )


def _unopened(where: Address, trouble: Trouble) -> str:
    if isinstance(where, Embedded):
        mute = "EmbeddedServer: ." in trouble.why  # the engine wrote its reason to stderr
        why = "its files are damaged, as the engine says above" if mute else trouble.why
        return f"store {where.folder} cannot be opened: {why}"
    if is_denied(trouble.code):
        return f"store {where} refused user {where.user!r}: wrong name or password"
    return f"store {where} cannot be reached: {trouble.why}"


def _claim(folder: Path, *, create: bool) -> None:
    """The engine opens one folder per process, as often as it likes."""
    with _registry:
        if folder not in _open_folders:
            if _open_folders:
                other = next(iter(_open_folders))
                message = f"store {folder} cannot be opened: this process has {other} open"
                raise StoreError(message)
            prepare(folder, create=create)
        _open_folders[folder] = _open_folders.get(folder, 0) + 1


def _release(folder: Path) -> None:
    with _registry:
        _open_folders[folder] -= 1
        if not _open_folders[folder]:
            del _open_folders[folder]
