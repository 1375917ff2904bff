"""For `python -m bytewax.run flows.risk`: everything from the settings file and the environment.

SEAWALL_CONFIG names the file (default `seawall.toml` here). A recovery folder given to Bytewax is
cleaned before it is opened (see `recovery`).
"""

import atexit
import os
import sys
from pathlib import Path
from typing import Any

from flows.kernels import warm
from flows.recovery import clean_from_command_line
from flows.replay import replay_source
from flows.run_guard import already_stored
from flows.settings import load
from flows.wiring import Wiring, wire
from schemas.errors import UsageError
from schemas.settings import Settings
from sinks.clickhouse import ClickHouseSink
from sinks.store import Store


def prepared() -> tuple[Settings, Wiring, Any, Any]:
    """Settings, wiring, source and sink, ready to flow."""
    path = Path(os.environ.get("SEAWALL_CONFIG", "seawall.toml"))
    settings = load(path, os.environ, {})
    if not settings.source:
        message = f"{path}: no [[source]], nothing to replay"
        raise UsageError(message)
    clean_from_command_line(sys.argv, os.environ)
    wiring = wire(settings)
    store = Store.open(settings.store.url)
    atexit.register(store.close)
    store.migrate()
    if already_stored(store, settings.run, wiring):
        message = f"already stored: run {settings.run!r} has all of these inputs"
        raise UsageError(message)
    warm()
    store.warm()
    source = replay_source(settings, wiring)
    return settings, wiring, source, ClickHouseSink(store, settings.run)
