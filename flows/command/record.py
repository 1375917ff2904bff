"""`seawall record`: venues live into a spool and nothing else."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.settings import load


def record(
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG", help="Settings with live [[source]] entries."),
    ],
    *,
    run_name: Annotated[
        str | None,
        typer.Option("--run", metavar="NAME", help="Folder within the spool.  [main]"),
    ] = None,
    spool: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder of the recordings.  [seawall-spool]"),
    ] = None,
) -> None:
    """Record what venues send, compressed and with a manifest, for `seawall replay`.

    Ctrl-C stops; the next recording of the same name appends.
    """
    settings = load(config, os.environ, {"run": run_name, "live.spool": spool})
    from flows.record import record as run_record  # compiles and loads kernels: only when needed

    raise typer.Exit(run_record(settings, Console(stderr=True)))
