"""`seawall run`: venues live through the whole pipeline into the store."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.command.options import StoreUrl
from flows.settings import load


def run(
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG", help="Settings with live [[source]] entries."),
    ],
    *,
    store: StoreUrl = None,
    run_name: Annotated[
        str | None,
        typer.Option("--run", metavar="NAME", help="Name of this set of rows.  [main]"),
    ] = None,
    page: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help='Where the page is served; "" for none.'),
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=0.0, metavar="N", help="Stop after so long; 0: with Ctrl-C only.")
    ] = 0.0,
) -> None:
    """Listen to venues: compute everything, write it to the store, show it on a page.

    Every received line is in the spool before it is used. Ctrl-C drains and stops;
    the next run of the same name goes on, also after a crash.
    """
    overrides: dict[str, object] = {"store.url": store, "run": run_name, "live.page": page}
    settings = load(config, os.environ, overrides)
    from flows.live import run as run_live  # compiles and loads engines: only when needed

    raise typer.Exit(run_live(settings, Console(stderr=True), minutes=minutes))
