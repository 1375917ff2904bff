"""`seawall replay`: check the run, warm up, run the dataflow to its end, say what happened."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any

from bytewax.testing import cluster_main, run_main
from rich.console import Console

from flows.events import run_row
from flows.kernels import warm
from flows.progress import progress
from flows.recovery import Owner, open_recovery
from flows.risk import flow
from flows.run_guard import already_stored
from flows.settings import grid_ns
from flows.summary import Outcome, show, show_members
from flows.wiring import Wiring, refine_with, wire
from schemas.errors import SeawallError, UsageError
from schemas.settings import Settings
from schemas.tables import TABLES, rows_item
from schemas.units import NS_PER_S, NS_PER_US
from sinks.clickhouse import ClickHouseSink
from sinks.store import Store
from sinks.writer import Writer
from sources.replay import Opener, ReplaySettings, ReplaySource, open_listed

REJECTED_STRICT = 3


def replay(
    settings: Settings, files: Sequence[Path], *, ends: bool, strict: bool, console: Console
) -> int:
    """Replay the sources of the settings (`files`, for the message) into the store.

    Returns the exit code: 0 done or drained after a signal, 1 when an input turned out to be
    damaged, 3 with `strict` when lines were rejected.
    """
    _one_name_each(files)
    wiring = wire(settings)
    show_members(console, wiring)
    owner = Owner(settings.run, wiring.settings_hash, tuple(sorted(wiring.connections)))
    recovery = None
    if settings.state.dir is not None:
        recovery = open_recovery(Path(settings.state.dir), owner)
    with console.status("opening the store"):
        store = Store.open(settings.store.url)
        store.migrate()
    with store:
        if already_stored(store, settings.run, wiring):
            console.print(f"already stored: run {settings.run!r} has all of these inputs")
            return 0
        with console.status("loading kernels"):
            warm()
            store.warm()
        stop = Event()
        source = replay_source(settings, wiring, ends=ends, stop=stop)
        sink = ClickHouseSink(store, settings.run)
        started = perf_counter()
        with _draining(stop), progress(console, source, files):
            execute(settings, wiring, source, sink, recovery)
        if sink.written.error is not None:
            raise sink.written.error
        seconds = perf_counter() - started
        if not stop.is_set():
            _store_ends(store, settings.run, wiring, source)
        outcome = Outcome(settings, source, seconds, drained=stop.is_set())
        show(console, store, outcome)
    if outcome.damaged:
        return 1
    return REJECTED_STRICT if strict and outcome.rejected else 0


def replay_source(
    settings: Settings,
    wiring: Wiring,
    *,
    ends: bool = False,
    stop: Event | None = None,
    opener: Opener = open_listed,
) -> ReplaySource:
    """The source of a replay."""
    how = ReplaySettings(
        grid_ns=grid_ns(settings),
        hole_ns=round(settings.stale.hole_s * NS_PER_S),
        chunk_frames=settings.flow.chunk_frames,
        ends=ends,
        refine=refine_with(settings.instrument),
        stop=stop or Event(),
        opener=opener,
    )
    return ReplaySource(wiring.listings, how)


def execute(
    settings: Settings, wiring: Wiring, source: ReplaySource, sink: Any, recovery: Any = None
) -> None:
    """Run the dataflow to its end. Raises the SeawallError behind an engine error."""
    dataflow = flow(settings, wiring, source, sink)
    epoch = timedelta(seconds=settings.flow.epoch_s)
    try:
        if settings.flow.workers == 1:
            run_main(dataflow, epoch_interval=epoch, recovery_config=recovery)
        else:
            cluster_main(
                dataflow,
                [],
                0,
                epoch_interval=epoch,
                recovery_config=recovery,
                worker_count_per_proc=settings.flow.workers,
            )
    except SeawallError:
        raise
    except RuntimeError as error:  # Bytewax wraps what a step raised
        raise _cause(error) from error


def _cause(error: BaseException) -> BaseException:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, SeawallError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error


def _store_ends(store: Store, run: str, wiring: Wiring, source: ReplaySource) -> None:
    """Write how far each input was read to its end, one row each, after everything else."""
    writer = Writer(store, run)
    marks = store.marks(TABLES["runs"], run)
    for name, connection in source.connections.items():
        at_ns = connection.last_ns + NS_PER_US
        if marks.get((name,), 0) < at_ns // NS_PER_US * NS_PER_US:
            writer.put([rows_item(run_row(wiring, connection.progress(at_ns)))])
    writer.drain()
    writer.close()


def _one_name_each(files: Sequence[Path]) -> None:
    names = [file.name for file in files]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        message = f"two inputs are named {double[0]}: a connection's name must be its own"
        raise UsageError(message)


@contextmanager
def _draining(stop: Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set the flag; everything drains and the next run resumes."""

    def ask(number: int, _frame: object) -> None:
        stop.set()
        print(f"\n{signal.Signals(number).name}: draining, the next run resumes", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
