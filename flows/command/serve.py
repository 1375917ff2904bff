"""`seawall serve`: the page over an existing store."""

import os
import signal
from threading import Event
from typing import Annotated

import typer
from rich.console import Console

from flows.command.options import Config, StoreUrl
from flows.settings import load


def serve(
    store: StoreUrl = None,
    run: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which set of rows in the store to show.  [main]"),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where the page is served.  [127.0.0.1:8099]"),
    ] = None,
    config: Config = None,
) -> None:
    """Show a run in a browser: one that is writing to a ClickHouse server, or one that is over.

    An embedded store (chdb://) opens in one process only: a run that is writing to one serves this
    page itself.
    """
    settings = load(config, os.environ, {"store.url": store, "run": run})

    from flows.serve import serve as run_serve  # loads the engine: only when needed

    stop = Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        run_serve(settings, at, stop, Console(stderr=True))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
