"""Live, end to end over real sockets: killed, started again, stopped, replayed to the same rows.

The venues are those of `seawall simulate`, in a process of its own.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import msgspec
import pytest

from flows.live import _stored
from flows.live_wiring import wire_live
from flows.run_guard import Stored
from flows.settings import numbers_hash
from schemas.errors import RunConflict
from schemas.feed_health import ConnectionState
from schemas.settings import Settings
from schemas.tables import TABLES
from schemas.units import NS_PER_S
from sinks.reading import latest_inputs, rows_of
from sinks.store import Store
from sinks.tables import columns
from sources.live.reread import reread
from tests.flows.killed import RULES
from tests.flows.live_made import BTC, live_input, live_settings
from tests.shared import ROOT

SEAWALL = [sys.executable, "-m", "flows"]
PATIENCE_S = 60.0  # a machine under load is no failure
LIVE_S = 3.0
CONNECTIONS = ["binance-usdm-market", "binance-usdm-public", "okx-1"]
VENUES = ["binance-usdm", "binance-usdm", "okx"]
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
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)

    @property
    def said(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something; a process that ends before is a failure."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

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


def lines_of(spool: Path, connection: str) -> list[Line]:
    data = b"".join(reread(spool / connection, 0))
    return [Line(int(stamp), payload) for stamp, _, payload in
            (line.partition(b" ") for line in data.splitlines())]  # fmt: skip


def flowing_since(spool: Path, since_ns: int) -> bool:
    """Whether every connection has heard something for long enough since then."""
    for name in CONNECTIONS:
        if not (spool / name).exists():
            return False
        heard = [x.at_ns for x in lines_of(spool, name) if x.at_ns > since_ns and not x.word]
        if not heard or heard[-1] - heard[0] < LIVE_S * NS_PER_S:
            return False
    return True


class Lived(NamedTuple):
    """What is left of a run that was killed, started again, stopped and replayed."""

    killed: int
    stopped: int
    said: str
    replayed: int
    replay_said: str
    spool: Path
    lines: dict[str, list[Line]]
    tables: dict[tuple[str, str], list[dict[str, Any]]]  # rows by (table, run)
    inputs: dict[str, dict[str, tuple[int, int]]]  # run → connection → lines, bytes


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("live")
    spool, config = folder / "spool" / "main", folder / "live.toml"
    store = f"chdb://{folder / 'store'}"
    how = ("--port", 0, "--venues", "binance-usdm,okx", "--scenario", "crash", "--speed", 5)
    with seawall(folder / "simulate.txt", "simulate", *how) as simulated:
        simulated.until(lambda: simulated.said.endswith("\n\n"))
        spool_line = f'spool = "{folder / "spool"}"\n'
        config.write_text(f"{LIVE}{spool_line}{RESTLESS}{simulated.said}", encoding="utf-8")
        run = ("run", config, "--store", store)
        with seawall(folder / "first.txt", *run) as first:
            first.until(lambda: flowing_since(spool, 0))
            killed = first.end(signal.SIGKILL)
        again_ns = time.time_ns()
        with seawall(folder / "second.txt", *run) as second:
            second.until(lambda: flowing_since(spool, again_ns))
            stopped = second.end(signal.SIGTERM)
    replay = ("replay", spool, "--run", "again", "--config", config, "--store", store)
    with seawall(folder / "replay.txt", *replay) as replayed:
        replay_code = replayed.end()
    with Store.open(store, create=False) as opened:
        tables = {}
        for name, table in TABLES.items():
            names = [column.name for column in columns(table) if column.name not in NEVER_SAME]
            for which in ("main", "again"):
                rows = rows_of(opened, table, which, names)
                tables[name, which] = [dict(zip(names, row, strict=True)) for row in rows]
        inputs = {
            which: {row[0]: (row[2], row[3]) for row in latest_inputs(opened, which)}
            for which in ("main", "again")
        }
    lines = {name: lines_of(spool, name) for name in CONNECTIONS}
    return Lived(
        killed, stopped, second.said, replay_code, replayed.said, spool, lines, tables, inputs
    )


def test_a_killed_run_goes_on_and_a_stopped_one_says_that_it_will(lived: Lived) -> None:
    assert (lived.killed, lived.stopped, lived.replayed) == (-9, 0, 0), lived.said
    assert "\nSIGTERM: draining, the next run resumes\n" in lived.said
    assert lived.said.endswith("stopped; the next run of 'main' goes on from here\n")
    for name, lines in lived.lines.items():
        words = [x.word for x in lines if x.word in ("start", "open", "close")]
        assert words == ["open", "start", "open", "close"], name


def test_every_received_line_is_in_both_runs(lived: Lived) -> None:
    in_spool = {
        name: (len(lines), sum(len(b"%d %s\n" % line) for line in lines))
        for name, lines in lived.lines.items()
    }
    assert lived.inputs == {"main": in_spool, "again": in_spool}
    assert all(count > 100 for count, _ in in_spool.values()), in_spool


@pytest.mark.parametrize("table", [name for name in TABLES if name != "feed_health"])
def test_a_replay_of_the_spool_gives_the_rows_of_the_live_run(lived: Lived, table: str) -> None:
    live, again = lived.tables[table, "main"], lived.tables[table, "again"]
    assert live == again
    if table not in ("liquidations", "rejected"):  # the market is too short for these
        assert live, f"{table} is empty: nothing was compared"


def test_ticks_of_all_instruments_cover_the_run(lived: Lived) -> None:
    found: dict[str, list[Any]] = {}
    for row in lived.tables["ticks", "main"]:
        found.setdefault(row["instrument"], []).append(row["ts"])
    assert sorted(found) == [
        "binance-usdm:BTCUSDT", "binance-usdm:ETHUSDT", "binance-usdm:SOLUSDT",
        "okx:BTC-USDT-SWAP", "okx:ETH-USDT-SWAP", "okx:SOL-USDT-SWAP",
    ]  # fmt: skip
    for times in found.values():
        assert (times[-1] - times[0]).total_seconds() > 2 * LIVE_S
        assert len(set(times)) == len(times)


def test_health_accounts_for_every_frame_of_the_second_run(lived: Lived) -> None:
    assert lived.tables["feed_health", "again"] == []
    told: dict[str, list[dict[str, Any]]] = {}
    for row in lived.tables["feed_health", "main"]:
        told.setdefault(row["source"], []).append(row)
    assert sorted(told) == CONNECTIONS
    assert [told[name][0]["venue"] for name in CONNECTIONS] == VENUES
    for name, lines in lived.lines.items():
        began = max(at for at, line in enumerate(lines) if line.word == "start")
        frames = [line.payload for line in lines[began:] if line.word is None]
        rows = [r for r in told[name] if r["ts"].timestamp() * NS_PER_S > lines[began].at_ns]
        assert sum(row["messages"] for row in rows) == len(frames), name
        assert sum(row["bytes"] for row in rows) == sum(map(len, frames)), name
        assert rows[-1]["state"] == ConnectionState.closed.name, rows[-1]


def test_a_second_replay_has_nothing_to_do(lived: Lived) -> None:
    config = lived.spool.parent.parent / "live.toml"
    store = f"chdb://{config.parent / 'store'}"
    arguments = ("replay", lived.spool, "--run", "main", "--config", config, "--store", store)
    with seawall(config.parent / "stored.txt", *arguments) as replay:
        assert replay.end() == 0, replay.said
    assert "already stored: run 'main' has all of these inputs\n" in replay.said


# -- may the run go on ------------------------------------------------------------------------


class Runs:
    """A store with these rows of `runs`: (source, lines, settings)."""

    def __init__(self, *rows: tuple[str, int, str]) -> None:
        self.rows = [(source, "f", lines, 9, "d", settings) for source, lines, settings in rows]

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        assert params == {"run": "main"}
        return SimpleNamespace(rows=self.rows)


def stored(tmp_path: Path, *rows: tuple[str, int, str]) -> Stored:
    settings = live_settings(tmp_path)
    live = wire_live(settings, [live_input(BTC)], pytest.fail)
    try:
        return _stored(cast(Store, Runs(*rows)), settings, live)
    finally:
        live.close()


def test_a_run_goes_on_with_the_same_settings_and_connections(tmp_path: Path) -> None:
    same = numbers_hash(Settings())
    assert stored(tmp_path) == Stored(lines=None)
    assert stored(tmp_path, ("binance-usdm-public", 5, same)) == Stored(lines=5)
    both = ("binance-usdm-public", 5, same), ("binance-usdm-market", 7, same)
    assert stored(tmp_path, *both) == Stored(lines=12)


@pytest.mark.parametrize(
    ("source", "same", "why"),
    [
        ("binance-usdm-public", False, "was made with other settings"),
        ("okx-1", True, "was made from another input (okx-1)"),
    ],
)
def test_another_run_is_left_alone(tmp_path: Path, source: str, same: bool, why: str) -> None:
    with pytest.raises(RunConflict) as told:
        stored(tmp_path, (source, 5, numbers_hash(Settings()) if same else "other"))
    assert str(told.value) == f"run 'main' in this store {why}; choose another name with --run NAME"
