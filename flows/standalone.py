"""For `python -m bytewax.run flows.risk`: everything from the settings file and the environment.

SEAWALL_CONFIG names the file (default `seawall.toml` here). A recovery folder given to Bytewax is
locked and cleaned before it is opened (see `recovery`). A mistake is a line on stderr and exit 2.
"""

import atexit
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flows.kernels import kept_kernels, warm
from flows.recovery import clean, folder_of, locked, resumes
from flows.replay import replay_source
from flows.run_guard import one_name_each, stored_inputs
from flows.settings import load
from flows.wiring import Wiring, wire
from schemas.errors import SeawallError, UsageError
from schemas.settings import Settings
from sinks.clickhouse import ClickHouseSink
from sinks.store import Store


def prepared() -> tuple[Settings, Wiring, Any, Any]:
    """Settings, wiring, source and sink, ready to flow. What it opens is closed at exit."""
    held = ExitStack()
    atexit.register(held.close)
    try:
        return _prepared(held)
    except SeawallError as error:
        for line in str(error).splitlines():
            print(f"seawall: {line}", file=sys.stderr)
        sys.exit(error.exit_code)


def _prepared(held: ExitStack) -> tuple[Settings, Wiring, Any, Any]:
    path = Path(os.environ.get("SEAWALL_CONFIG", "seawall.toml"))
    settings = load(path, os.environ, {})
    if not settings.source:
        message = f"{path}: no [[source]], nothing to replay"
        raise UsageError(message)
    with kept_kernels():
        wiring = wire(settings)
    one_name_each(wiring)
    store = held.enter_context(Store.open(settings.store.url))
    store.migrate()
    stored = stored_inputs(store, settings.run, wiring)
    if stored.whole:
        print(f"already stored: run {settings.run!r} has all of these inputs", file=sys.stderr)
        sys.exit(0)
    folder = folder_of(sys.argv[1:], os.environ)
    if folder is not None and folder.is_dir():  # Bytewax itself says that one is missing
        held.enter_context(locked(folder))
        clean(folder)
        if stored.lines is None and resumes(folder):
            message = f"{folder}: continues a run of which this store has nothing; use a new folder"
            raise UsageError(message)
    with kept_kernels():
        warm()
    store.warm()
    source = replay_source(settings, wiring)
    return settings, wiring, source, ClickHouseSink(store, settings.run)
