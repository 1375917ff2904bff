"""`seawall replay`: check the run, warm up, run the dataflow to its end, say what happened."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any

from bytewax.recovery import RecoveryConfig
from rich.console import Console

from flows.draining import draining
from flows.engine import run_engine
from flows.events import run_row
from flows.kernels import kept_kernels, warm
from flows.progress import WatchedSource, progress
from flows.recovery import Owner, check, recovery, resumes
from flows.risk import flow
from flows.run_guard import Stored, one_name_each, stored_inputs
from flows.settings import grid_ns
from flows.summary import Outcome, show, show_members, show_problems
from flows.wiring import Wiring, refine_with, wire
from schemas.errors import UsageError
from schemas.settings import Settings
from schemas.tables import rows_item
from schemas.units import NS_PER_S, NS_PER_US
from sinks.address import address
from sinks.clickhouse import ClickHouseSink
from sinks.store import Store
from sinks.writer import Writer
from sources.connection import Connection
from sources.listing import WHOLE, Window, open_listed
from sources.replay import Opener, ReplaySettings, ReplaySource

REJECTED_STRICT = 3


def replay(
    settings: Settings,
    *,
    ends: bool,
    strict: bool,
    console: Console,
    window: Window = WHOLE,
) -> int:
    """Replay the sources of the settings, or the part of them in a window, into the store.

    Returns the exit code: 0 done or drained after a signal, 1 when an input turned out to be
    damaged, 3 with `strict` when lines were rejected, in whichever execution.
    """
    with draining() as stop:
        with kept_kernels():
            wiring = wire(settings, window)
        one_name_each(wiring)
        show_members(console, wiring)
        if settings.state.dir is not None:
            check(Path(settings.state.dir), owner_of(settings, wiring))
        with console.status("opening the store"):
            store = Store.open(settings.store.url)
            store.migrate()
        with store:
            stored = stored_inputs(store, settings.run, wiring)
            if stored.whole:
                console.print(f"already stored: run {settings.run!r} has all of these inputs")
                show_problems(console, stored.problems)
                return _code(store, settings.run, strict=strict, damaged=stored.damaged)
            with kept_state(settings, wiring, stored) as config:
                return _replay(
                    settings, wiring, store, config, stop, ends, strict, console
                )  # fmt: skip


def _replay(
    settings: Settings,
    wiring: Wiring,
    store: Store,
    config: RecoveryConfig | None,
    stop: Event,
    ends: bool,
    strict: bool,
    console: Console,
) -> int:
    with console.status("loading kernels"), kept_kernels():
        warm()
        store.warm()
    source = replay_source(settings, wiring, ends=ends, stop=stop)
    sink = ClickHouseSink(store, settings.run)
    started = perf_counter()
    with progress(console, source):
        execute(settings, wiring, source, sink, config)
    if sink.written.error is not None:
        raise sink.written.error
    seconds = perf_counter() - started
    if not stop.is_set():
        store_ends(store, settings.run, wiring, source.connections)
    outcome = Outcome(settings, source, seconds, drained=stop.is_set())
    show(console, store, outcome)
    if outcome.drained:
        return 0
    return _code(store, settings.run, strict=strict, damaged=outcome.damaged)


def _code(store: Store, run: str, *, strict: bool, damaged: bool) -> int:
    if damaged:
        return 1
    return REJECTED_STRICT if strict and store.counts(run)["rejected"] else 0


def replay_source(
    settings: Settings,
    wiring: Wiring,
    *,
    ends: bool = False,
    stop: Event | None = None,
    opener: Opener = open_listed,
) -> WatchedSource:
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
    return WatchedSource(wiring.listings, how)


def execute(
    settings: Settings,
    wiring: Wiring,
    source: ReplaySource,
    sink: Any,
    config: RecoveryConfig | None = None,
) -> None:
    """Run the dataflow to its end. Raises the SeawallError behind an engine error."""
    run_engine(
        flow(settings, wiring, source, sink),
        epoch_s=settings.flow.epoch_s,
        workers=settings.flow.workers,
        recovery=config,
        folder=Path(settings.state.dir) if settings.state.dir else None,
    )


@contextmanager
def kept_state(
    settings: Settings, wiring: Wiring, stored: Stored
) -> Iterator[RecoveryConfig | None]:
    """The recovery folder of the settings, in use. It must not be ahead of an empty store."""
    if settings.state.dir is None:
        yield None
        return
    folder = Path(settings.state.dir)
    with recovery(folder, owner_of(settings, wiring)) as config:
        if stored.lines is None and resumes(folder):
            message = (
                f"--state {folder}: continues run {settings.run!r}, of which this store has "
                "nothing; use a new folder"
            )
            raise UsageError(message)
        yield config


def owner_of(settings: Settings, wiring: Wiring) -> Owner:
    """Whose recovery data these are."""
    return Owner(
        run=settings.run,
        settings=wiring.settings_hash,
        inputs=wiring.inputs,
        store=str(address(settings.store.url)),
    )


def store_ends(
    store: Store, run: str, wiring: Wiring, connections: Mapping[str, Connection]
) -> None:
    """Write how far each input was read to its end, one row each, after everything else."""
    writer = Writer(store, run)
    marks = store.marks(run)["runs"]
    for name, connection in connections.items():
        at_ns = connection.last_ns + NS_PER_US
        if marks.get((name,), 0) < at_ns // NS_PER_US * NS_PER_US:
            writer.put([rows_item(run_row(wiring, connection.progress(at_ns)))])
    writer.drain()
    writer.close()
