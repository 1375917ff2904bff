"""`seawall record`: venues live into a spool and nothing else, until it is stopped.

The sessions run too, because they ask for the snapshots that the books need; their items go
nowhere. A later `record` or `run` of the same name appends after a `!start` line.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Thread
from typing import Final

from rich.console import Console
from rich.markup import escape

from flows.draining import draining
from flows.health import HealthSource
from flows.kernels import kept_kernels, warm
from flows.live import stopper
from flows.live_inputs import live_inputs
from flows.live_wiring import wire_live
from flows.page.state import Shown
from flows.run_folders import spool_of
from flows.status import Status
from schemas.settings import Settings
from schemas.units import floor_ns
from sources.digest import BLOCK, RunningDigest
from sources.instrument_lines import listed_in
from sources.live.source import LiveConnection, LivePartition

_IDLE_S: Final = 0.02


def record(settings: Settings, console: Console) -> int:
    """Write everything that is received until Ctrl-C or SIGTERM. Returns the exit code."""

    def tell(text: str) -> None:
        console.print(escape(text), highlight=False, soft_wrap=True)

    with draining() as stop, ExitStack() as open_:
        with console.status("asking the venues what they list"), kept_kernels():
            inputs = live_inputs(settings, time.time_ns(), tell)
            live = wire_live(settings, inputs, tell)
            open_.callback(live.close)
            warm()
        tell(f"recording into {spool_of(settings)}; seawall replay reads it from there")
        feedings = {name: (live.venues[name], c.feeding) for name, c in live.connections.items()}
        shown = Shown(settings.run)
        health = HealthSource(feedings, stop.is_set).build_part("", "health", None)
        parts = [at_the_end(one, stop.is_set) for one in live.connections.values()]
        Thread(target=stopper, args=(stop, live), name="stopper", daemon=True).start()
        with Status(console, shown):
            while parts:
                idle = True
                for part in list(parts):
                    try:
                        idle = not part.next_batch() and idle
                    except StopIteration:
                        parts.remove(part)
                if not stop.is_set():
                    shown.take(health.next_batch())
                if idle:
                    time.sleep(_IDLE_S)
        lines = sum(one.feeding.spool.lines for one in live.connections.values())
    console.print(f"recorded {lines:,} lines in all; the next recording goes on from here")
    return 0


def at_the_end(one: LiveConnection, stop: Callable[[], bool]) -> LivePartition:
    """The connection as if it had read all that the spool has."""
    spool, connection = one.feeding.spool, one.connection
    spool.need(None)  # there is no state to go on from
    if not spool.lines:
        return LivePartition(one, None, stop, _now)
    session = connection.session
    known = listed_in(spool.header["instruments"], session.venue, session.refine)
    session.list_instruments(known)
    connection.roster.listed = {instrument.name: instrument for instrument in known}
    connection.lines_done, connection.bytes_done = spool.lines, spool.size_bytes
    connection.last_ns = spool.last_ns or 0
    connection.last_grid = floor_ns(connection.last_ns, connection.grid_ns)
    connection.digest = RunningDigest(b"", spool.size_bytes // BLOCK)  # nobody asks for it
    return LivePartition(one, connection.snapshot(), stop, _now)


def _now() -> datetime:
    return datetime.now(UTC)
