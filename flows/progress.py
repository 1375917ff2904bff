"""A progress bar over the bytes of the recordings, drawn beside the dataflow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from sources.replay import ReplayPartition, ReplaySource

_EVERY_S = 0.1


class WatchedSource(ReplaySource):
    """Remembers, and tells, from which line on each file is read."""

    began: dict[str, int]
    tell: Callable[[str], None] | None = None

    def build_part(
        self, step_id: str, for_part: str, resume_state: tuple[Any, ...] | None
    ) -> ReplayPartition:
        """Open the files and go to where they were left."""
        part = super().build_part(step_id, for_part, resume_state)
        self.began = {name: c.lines_done for name, c in self.connections.items()}
        for name, lines in self.began.items():
            if self.tell is not None:
                before = self.recordings[name].lines_before
                self.tell(f"reading {name} from line {before + lines + 1}")
        return part


@contextmanager
def progress(console: Console, source: WatchedSource) -> Iterator[None]:
    """Draw while the body runs; on a pipe nothing is drawn."""
    columns = (
        TextColumn("[bold]replaying"),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeRemainingColumn(),
    )
    done = Event()
    source.tell = lambda text: console.print(escape(text), highlight=False, soft_wrap=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("replay", total=None, lines=0)

        def draw() -> None:
            lines = sum(c.lines_done for c in list(source.connections.values()))
            recordings = list(source.recordings.values())
            position, total = sum(map(_position, recordings)), sum(r.size for r in recordings)
            bar.update(task, total=total or None, completed=position, lines=lines)

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


def _position(recording: Any) -> int:
    try:
        position: int = recording.position
    except (OSError, ValueError):  # closed by the flow's thread at this very moment
        position = recording.size
    return position
