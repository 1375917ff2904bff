"""A progress bar over the bytes of the recordings, drawn beside the dataflow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from sources.replay import ReplaySource

_EVERY_S = 0.1


@contextmanager
def progress(console: Console, source: ReplaySource, files: Sequence[Path]) -> Iterator[None]:
    """Draw while the body runs; on a pipe nothing is drawn."""
    total = sum(file.stat().st_size for file in files)
    columns = (
        TextColumn("[bold]replaying"),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeRemainingColumn(),
    )
    done = Event()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("replay", total=total, lines=0)

        def draw() -> None:
            lines = sum(c.lines_done for c in list(source.connections.values()))
            position = sum(r.position for r in list(source.recordings.values()))
            bar.update(task, completed=position, lines=lines)

        def watch() -> None:
            while not done.wait(_EVERY_S):
                draw()

        watcher = Thread(target=watch, name="progress", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
            draw()
