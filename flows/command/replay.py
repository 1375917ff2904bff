"""`seawall replay`: recordings through the whole pipeline into the store."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.command.options import Config, StoreUrl
from flows.settings import load
from schemas.errors import UsageError


def replay(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILES…",
            help="Recordings <venue>__<label>.gz; several merge by time. "
            "Default: the sources of the settings file.",
            show_default=False,
        ),
    ] = None,
    *,
    config: Config = None,
    store: StoreUrl = None,
    state: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Recovery folder: a stopped replay continues from there."),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of this set of rows in the store.  [main]"),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Step of the time grid, such as 100ms.  [250ms]"),
    ] = None,
    chunk_frames: Annotated[
        int | None, typer.Option(metavar="N", help="Lines read at a time; changes no number.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Bytewax workers; changes no number.")
    ] = None,
    epoch: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Time between snapshots; changes no number."),
    ] = None,
    venue: Annotated[
        str | None,
        typer.Option(metavar="VENUE", help="Venue of FILES whose names do not begin with it."),
    ] = None,
    ends: Annotated[
        bool,
        typer.Option("--ends", help="A finished file leaves the alignment, as with an end line."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 when a line was rejected.")
    ] = False,
) -> None:
    """Replay recordings: compute everything, write it to the store.

    The same input into the same run continues, or is "already stored".
    Other input or other settings need another --run NAME.
    """
    overrides: dict[str, object] = {
        "store.url": store,
        "state.dir": state,
        "run": run,
        "grid.interval": grid,
        "flow.chunk_frames": chunk_frames,
        "flow.workers": workers,
        "flow.epoch_s": epoch,
    }
    if files:
        source: dict[str, object] = {"files": [str(file) for file in files]}
        overrides["source"] = [source | ({"venue": venue} if venue else {})]
    elif venue:
        message = "--venue goes with FILES; in a settings file each [[source]] has its venue"
        raise UsageError(message)
    settings = load(config, os.environ, overrides)
    inputs = [Path(file) for part in settings.source for file in part.files]
    if not inputs:
        message = "nothing to replay: name recordings, or a settings file with [[source]]"
        raise UsageError(message)

    from flows.replay import replay as run_replay  # compiles and loads engines: only when needed

    console = Console(stderr=True)
    raise typer.Exit(run_replay(settings, inputs, ends=ends, strict=strict, console=console))
