"""`seawall run`: venues live through the whole pipeline into the store, until it is stopped.

sockets ─▶ spool ─▶ lanes ─▶ dataflow ─▶ store
                               └─▶ page, status in the terminal
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread, Timer

from msgspec.structs import replace
from rich.console import Console
from rich.markup import escape

from flows.draining import draining
from flows.engine import run_engine
from flows.health import HealthSource
from flows.kernels import kept_kernels, warm
from flows.live_guard import stored_live
from flows.live_inputs import live_inputs
from flows.live_wiring import Live, wire_live
from flows.page.server import Page
from flows.page.state import Shown
from flows.page.stored import StoredRun
from flows.recovery import check, resumes
from flows.replay import kept_state, owner_of, store_ends
from flows.risk import flow
from flows.run_folders import state_of
from flows.status import Status
from schemas.settings import Settings
from sinks.clickhouse import ClickHouseSink
from sinks.store import Store
from sources.live.source import LiveSource


def run(
    settings: Settings,
    console: Console,
    *,
    minutes: float = 0.0,
    opened: Callable[[str, Event], None] = lambda *_: None,
) -> int:
    """Listen, compute and store until Ctrl-C or SIGTERM, or for so long. Returns the exit code.

    `opened` gets the page's address, and the event that stops the run.
    """
    settings = replace(settings, state=replace(settings.state, dir=str(state_of(settings))))

    def tell(text: str) -> None:
        console.print(escape(text), highlight=False, soft_wrap=True)

    with draining() as stop, ExitStack() as open_:
        with console.status("asking the venues what they list"), kept_kernels():
            inputs = live_inputs(settings, time.time_ns(), tell)
            live = wire_live(settings, inputs, tell)
        open_.callback(live.close)
        check(Path(str(settings.state.dir)), owner_of(settings, live.wiring))
        with console.status("opening the store"):
            store = open_.enter_context(Store.open(settings.store.url))
            store.migrate()
        resuming = resumes(Path(str(settings.state.dir)))
        stored = stored_live(store, settings.run, live, resumes=resuming)
        with console.status("loading kernels"), kept_kernels():
            warm()
            store.warm()
        shown = Shown(settings.run)
        if stored.lines:  # what was on before goes on
            shown.take(StoredRun(store, settings.run).first())
        if settings.live.page:
            page = Page(settings.live.page, shown)
            address = page.start()
            open_.callback(page.stop)
            tell(f"page: {address}")
            opened(address, stop)
        if minutes:
            timer = Timer(minutes * 60.0, stop.set)
            timer.daemon = True
            timer.start()
            open_.callback(timer.cancel)
        Thread(target=stopper, args=(stop, live), name="stopper", daemon=True).start()
        with kept_state(settings, live.wiring, stored) as config, Status(console, shown):
            sink = ClickHouseSink(store, settings.run)
            feedings = {
                name: (live.venues[name], one.feeding) for name, one in live.connections.items()
            }

            run_engine(
                flow(
                    settings,
                    live.wiring,
                    LiveSource(live.connections, stop.is_set),
                    sink,
                    HealthSource(feedings, stop.is_set),
                    shown.take,
                    lambda gap: live.connections[gap.connection].feeding.mismatched(gap.instrument),
                ),
                epoch_s=settings.live.epoch_s,
                recovery=config,
                folder=Path(str(settings.state.dir)),
            )
        if sink.written.error is not None:
            raise sink.written.error
        read = {
            name: c.connection for name, c in live.connections.items() if c.connection.lines_done
        }
        store_ends(store, settings.run, live.wiring, read)
    console.print(f"stopped; the next run of {settings.run!r} goes on from here")
    return 0


def stopper(stop: Event, live: Live) -> None:
    """Close the sockets when asked to stop."""
    stop.wait()
    live.stop()
