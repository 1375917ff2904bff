"""A live run against simulated venues, killed several times, stopped, replayed from its spool.

Everything in processes of their own, as a user starts them.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from flows.simulated_addresses import LISTENING
from schemas.tables import TABLES
from schemas.units import NS_PER_S
from sinks.reading import latest_inputs, rows_of
from sinks.store import Store
from sinks.tables import columns
from sources.live.reread import reread
from tests.flows.killed import RULES
from tests.shared import ROOT

SEAWALL = [sys.executable, "-m", "flows"]
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("SEAWALL_")}
PATIENCE_S = 120.0  # a machine under load is no failure
NEVER_SAME = {"run", "id"}  # the id of a trigger has the run in it
RESTLESS = RULES.replace("enter = 0.8", "enter = 0.4")  # triggers within seconds
LIVE = """
[grid]
interval = "250ms"

[live]
epoch_s = 1
page = ""
"""


class Process:
    """A command under way whose words go into a file."""

    def __init__(self, said: Path, *arguments: object) -> None:
        self.path = said
        with said.open("wb") as file:
            command = [*SEAWALL, *map(str, arguments)]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=ENVIRON, stdout=file, stderr=file
            )

    @property
    def said(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def until(self, true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Wait for something; a process that ends before is a failure."""
        deadline = time.monotonic() + patience_s
        while not true():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.25)

    def end(self, number: int | None = None) -> int:
        """Send a signal, if any, and wait for the end; the exit code."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextmanager
def seawall(said: Path, *arguments: object) -> Iterator[Process]:
    """A command that does not outlive the test."""
    one = Process(said, *arguments)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()


class Line(NamedTuple):
    """A line of a spool."""

    at_ns: int
    payload: bytes

    @property
    def word(self) -> str | None:
        """What a control line says; None: a frame or an answer."""
        if not self.payload.startswith(b"!"):
            return None
        return str(msgspec.json.decode(self.payload[1:])["k"])


def lines_of(spool: Path, connection: str, since: int = 0) -> list[Line]:
    """Lines of a connection from a byte on."""
    data = b"".join(reread(spool / connection, since))
    return [Line(int(stamp), payload) for stamp, _, payload in
            (line.partition(b" ") for line in data.splitlines())]  # fmt: skip


class Heard:
    """How long each connection has been heard since a time, reading only what is new."""

    def __init__(self, spool: Path, connections: Sequence[str], since_ns: int) -> None:
        self._spool, self._since_ns = spool, since_ns
        self._bytes = dict.fromkeys(connections, 0)
        self._frames: dict[str, list[int]] = {name: [] for name in connections}

    def for_s(self, live_s: float) -> bool:
        """Whether every connection has been heard for so long."""
        for name, heard in self._frames.items():
            if not (self._spool / name).exists():
                return False
            for line in lines_of(self._spool, name, self._bytes[name]):
                self._bytes[name] += len(b"%d %s\n" % line)
                if line.at_ns > self._since_ns and not line.word:
                    heard[1:] = [line.at_ns] if heard else []
                    heard[:1] = heard[:1] or [line.at_ns]
            if len(heard) < 2 or heard[1] - heard[0] < live_s * NS_PER_S:
                return False
        return True


class Lived(NamedTuple):
    """What is left of a run that was killed, started again, stopped and replayed."""

    killed: list[int]  # exit codes
    stopped: int
    said: str
    replayed: int
    replay_said: str
    spool: Path
    lines: dict[str, list[Line]]
    tables: dict[tuple[str, str], list[dict[str, Any]]]  # rows by (table, run)
    inputs: dict[str, dict[str, tuple[int, int]]]  # run → connection → lines, bytes


def live_through(
    folder: Path,
    simulate: Sequence[object],
    connections: Sequence[str],
    live_s: Sequence[float],
    edited: Callable[[int, str], str] = lambda _, settings: settings,
) -> Lived:
    """One run: it is killed when every connection has been heard for `live_s[k]`, and begun again.

    The last time it is stopped with SIGTERM instead. `simulate`: arguments of the venues.
    `edited`: the settings as they are at the n-th start, from 1.
    """
    spool, config = folder / "spool" / "main", folder / "live.toml"
    store = f"chdb://{folder / 'store'}"
    codes, said = [], ""
    with seawall(folder / "simulate.txt", "simulate", "--port", 0, *simulate) as simulated:
        simulated.until(lambda: LISTENING in simulated.said)
        spool_line = f'spool = "{folder / "spool"}"\n'
        settings = f"{LIVE}{spool_line}{RESTLESS}{simulated.said}"
        for number, each_s in enumerate(live_s, start=1):
            config.write_text(edited(number, settings), encoding="utf-8")
            since_ns = time.time_ns()
            last = number == len(live_s)
            path = folder / f"run-{number}.txt"
            with seawall(path, "run", config, "--store", store) as run:
                heard = Heard(spool, connections, since_ns)
                run.until(lambda: heard.for_s(each_s), PATIENCE_S + each_s)  # noqa: B023
                codes.append(run.end(signal.SIGTERM if last else signal.SIGKILL))
                said = run.said
    replay = ("replay", spool, "--run", "again", "--config", config, "--store", store)
    with seawall(folder / "replay.txt", *replay) as replayed:
        replay_code = replayed.end()
    with Store.open(store, create=False) as opened:
        tables = {}
        for name, table in TABLES.items():
            names = [column.name for column in columns(table) if column.name not in NEVER_SAME]
            for which in ("main", "again"):
                rows = sorted(rows_of(opened, table, which, names), key=repr)  # a frame's tie
                tables[name, which] = [dict(zip(names, row, strict=True)) for row in rows]
        inputs = {
            which: {row[0]: (row[2], row[3]) for row in latest_inputs(opened, which)}
            for which in ("main", "again")
        }
    lines = {name: lines_of(spool, name) for name in connections}
    return Lived(
        codes[:-1], codes[-1], said, replay_code, replayed.said, spool, lines, tables, inputs
    )
