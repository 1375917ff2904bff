"""Replays in processes of their own: started, stopped at random moments, finished; what is stored.

A stop hits when the dataflow was still running: the next start then has lines left to read.
"""

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from flows.replay import replay
from flows.settings import load
from schemas.tables import TABLES
from sinks.store import Store
from tests.flows.excerpt import raw_lines
from tests.shared import ROOT

SEAWALL = [sys.executable, "-m", "flows"]
CHUNKS = (1, 7, 64, 1024)
WORKERS = (1, 2)
PATIENCE_S = 180.0
SPEED = {1: 3_000.0, 7: 12_000.0, 64: 30_000.0, 1024: 40_000.0}  # lines/s where nothing else runs
_READING = re.compile(r"^reading \S+ from line (\d+)$", re.MULTILINE)

RULES = """
[regime]
step_s = 5

[[rule]]
name = "restless"
metric = "ticks.imbalance"
op = ">"
enter = 0.8
leave = 0.2
m = 2
n = 3
escalate = 0.95
"""


def lively(folder: Path) -> Path:
    """Settings under which a minute has regimes and triggers: the shipped rules and one more."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lively.toml"
    path.write_text(RULES + (ROOT / "infra" / "rules.toml").read_text(encoding="utf-8"))
    return path


@dataclass(frozen=True)
class Job:
    """One replay into a store and a recovery folder of its own, started as often as needed."""

    recording: Path
    folder: Path
    config: Path | None = None
    grid: str = "50ms"  # many rows, so that a replay takes a while
    state: bool = True

    @property
    def store(self) -> str:
        """The store's URL."""
        return f"chdb://{self.folder / 'store'}"

    def arguments(self, *more: object) -> list[str]:
        """Of `seawall`."""
        given = ["replay", self.recording, "--store", self.store, "--grid", self.grid]
        if self.state:
            given += ["--state", self.folder / "state", "--epoch", "0.2"]
        if self.config is not None:
            given += ["--config", self.config]
        return [str(argument) for argument in (*given, *more)]

    def has_rows(self, table: str) -> bool:
        """Whether the engine has any part of a table, seen from outside its process."""
        parts = (self.folder / "store").glob(f"data/*/{table}/*/count.txt")
        return any(not part.parent.name.startswith("tmp") for part in parts)  # half written

    def start(self, chunk_frames: int, workers: int) -> "Running":
        """Start it in a process of its own."""
        how = ("--chunk-frames", chunk_frames, "--workers", workers)
        return Running(self.arguments(*how))

    def undisturbed(self) -> dict[str, list[Any]]:
        """Replay it here and now, without a recovery folder; its rows."""
        overrides: dict[str, object] = {
            "source": [{"files": [str(self.recording)]}],
            "store.url": self.store,
            "grid.interval": self.grid,
        }
        settings = load(self.config, {}, overrides)
        told = StringIO()
        code = replay(settings, ends=False, strict=False, console=Console(file=told))
        assert code == 0, told.getvalue()
        return stored_rows(self.store)


class Running:
    """A command under way."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            [*SEAWALL, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert self.process.stderr is not None
        self.descriptor = self.process.stderr.fileno()
        self.said = ""

    def until_reading(self) -> int:
        """Wait until the dataflow has started; the line it starts from."""
        with self._listening() as hear:
            while (found := _READING.search(self.said)) is None:
                assert hear(), f"ended before it began: {self.said}"
        return int(found[1])

    def stop(self, number: int) -> bool:
        """Send a signal and wait; whether it came in time to stop anything."""
        came = self.process.poll() is None
        if came:
            self.process.send_signal(number)
        code = self.end()
        came = came and (code == -9 or "draining" in self.said)
        assert code == (-9 if came and number == signal.SIGKILL else 0), self.said
        return came

    def end(self) -> int:
        """Wait for the end; its exit code."""
        with self._listening() as hear:
            while hear():
                pass
        code = self.process.wait(PATIENCE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    @contextmanager
    def _listening(self) -> Iterator[Callable[[], bool]]:
        """A call that waits for more text, false at its end; the process dies with a failure."""
        deadline = time.monotonic() + PATIENCE_S
        with selectors.DefaultSelector() as selector:
            selector.register(self.descriptor, selectors.EVENT_READ)

            def hear() -> bool:
                assert selector.select(max(0.0, deadline - time.monotonic())), self.said
                data = os.read(self.descriptor, 65_536)
                self.said += data.decode()
                return bool(data)

            try:
                yield hear
            except AssertionError:
                self.process.kill()
                raise


@dataclass(frozen=True)
class Stop:
    """A stop at a random moment: when, of what, and whether there was something left to do."""

    signal: int
    line: int  # it had started from
    after_s: float
    chunk_frames: int
    workers: int
    hit: bool

    def __str__(self) -> str:
        """One line."""
        return (
            f"{signal.Signals(self.signal).name} {self.after_s:5.2f} s after line {self.line:6d}, "
            f"chunk {self.chunk_frames:4d}, {self.workers} worker(s): "
            f"{'hit' if self.hit else 'too late'}"
        )


@dataclass
class Stopped:
    """A replay that came to its end after several stops."""

    stops: list[Stop] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def hits(self) -> int:
        """Stops that hit a running dataflow."""
        return sum(stop.hit for stop in self.stops)


def stopped(
    job: Job,
    signals: Sequence[int],
    rng: Random,
    *,
    share: float = 0.4,
    tell: Callable[[str], None] = lambda _: None,
) -> Stopped:
    """Start, stop by each signal in turn, restart with other chunks and workers, finish.

    A stop comes within about `share` of the time that the rest would take.
    """
    total = len(raw_lines(job.recording))
    done = Stopped()
    begun = time.monotonic()
    pending: dict[str, Any] | None = None

    def reading(running: Running) -> int:
        nonlocal pending
        line = running.until_reading()
        if pending is not None:
            done.stops.append(Stop(**pending, hit=line <= total))
            tell(str(done.stops[-1]))
            pending = None
        return line

    for number in signals:
        chunk_frames, workers = rng.choice(CHUNKS), rng.choice(WORKERS)
        running = job.start(chunk_frames, workers)
        line = reading(running)
        rest_s = (total - line + 1) / SPEED[chunk_frames]
        after_s = min(0.1 + rng.uniform(0.0, share) * rest_s, 0.7 * rest_s)
        time.sleep(after_s)
        if not running.stop(number):
            done.seconds = time.monotonic() - begun
            return done
        pending = {
            "signal": number,
            "line": line,
            "after_s": after_s,
            "chunk_frames": chunk_frames,
            "workers": workers,
        }
    running = job.start(rng.choice(CHUNKS), rng.choice(WORKERS))
    reading(running)
    assert running.end() == 0, running.said
    done.seconds = time.monotonic() - begun
    return done


def stopped_in_time(
    jobs: Iterator[Job], signals: Sequence[int], rng: Random, shares: Sequence[float]
) -> tuple[Job, list[Stop]]:
    """A job of which every stop hit: a faster machine than `SPEED` says needs earlier stops."""
    stops: list[Stop] = []
    for job, share in zip(jobs, shares, strict=False):
        stops = stopped(job, signals, rng, share=share).stops
        if [stop.hit for stop in stops] == [True] * len(signals):
            return job, stops
    message = f"no series of stops came in time; the last: {stops}"
    raise AssertionError(message)


def stored_rows(url: str, run: str = "main") -> dict[str, list[Any]]:
    """Every row of a run, whole, by table, in the order of scope and mark."""
    with Store.open(url, create=False) as store:
        return {
            name: list(
                store.query(
                    f"SELECT * FROM {name} WHERE run = {{run:String}} "
                    f"ORDER BY {', '.join(table.scope)}, {table.mark}",
                    {"run": run},
                ).rows
            )
            for name, table in TABLES.items()
        }
