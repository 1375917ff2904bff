"""`seawall replay`: recordings through the whole pipeline into the store."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from flows.command.options import Config, StoreUrl
from flows.settings import load
from schemas.errors import UsageError
from schemas.units import NS_PER_US

if TYPE_CHECKING:
    from sources.listing import Window

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def replay(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILES…",
            help="Recordings <venue>__<label>.gz or .zst, or a spool's folder; several merge by "
            "time. Default: the sources of the settings file.",
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
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Only lines from then on (UTC, ISO 8601)."),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="Only lines before then (UTC, ISO 8601)."),
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
    if not any(part.files for part in settings.source):
        message = "nothing to replay: name recordings, or a settings file with [[source]]"
        raise UsageError(message)

    from flows.replay import replay as run_replay  # compiles and loads engines: only when needed

    console = Console(stderr=True)
    raise typer.Exit(
        run_replay(settings, ends=ends, strict=strict, console=console, window=window(begin, end))
    )


def window(begin: str | None, end: str | None) -> "Window":
    """The part of the recordings between two times. Raises UsageError for what is no time."""
    from sources.listing import Window

    from_ns, to_ns = _time_ns("--from", begin), _time_ns("--to", end)
    if from_ns is not None and to_ns is not None and from_ns >= to_ns:
        message = f"--from {begin} is not before --to {end}"
        raise UsageError(message)
    return Window(from_ns, to_ns)


def _time_ns(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        message = f'{option} "{text}" is no time: write 2026-10-10T21:15 or 2026-10-10T21:15:00.5'
        raise UsageError(message) from error
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return (at - _EPOCH) // timedelta(microseconds=1) * NS_PER_US
