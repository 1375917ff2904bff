"""`replay`: resumes where it stopped, drains on a signal, refuses a state that does not fit."""

import shutil
import signal
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console

from flows.draining import draining
from flows.replay import replay
from flows.settings import load
from schemas.errors import BrokenInvariant, SeawallError, UsageError
from sources.simulator.recording import write_recording
from tests.flows.excerpt import raw_lines, write_lines
from tests.flows.killed import stored_rows

NAME = "binance-usdm__a.gz"


class Tried(NamedTuple):
    """A replay: its exit code, or the error, and its text."""

    code: int
    error: SeawallError | None
    said: str


class Folder:
    """A store and a recovery folder, and replays into them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def replay(self, recording: Path, **overrides: object) -> Tried:
        given: dict[str, object] = {
            "source": [{"files": [str(recording)]}],
            "store.url": f"chdb://{self.path / 'store'}",
            "state.dir": str(self.path / "state"),
        }
        said = StringIO()
        console = Console(file=said, width=200)
        settings = load(None, {}, {**given, **overrides})
        try:
            code = replay(settings, ends=False, strict=False, console=console)
        except SeawallError as error:
            return Tried(error.exit_code, error, said.getvalue())
        return Tried(code, None, said.getvalue())

    @property
    def rows(self) -> dict[str, list[object]]:
        return stored_rows(f"chdb://{self.path / 'store'}")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made-up") / NAME
    write_recording(path, minutes=0.2)
    return path


@pytest.fixture
def half(recording: Path, tmp_path: Path) -> Path:
    lines = raw_lines(recording)
    return write_lines(lines[: len(lines) // 2], tmp_path / "half" / NAME)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_longer_file_is_read_from_where_it_was_left(
    recording: Path, half: Path, folder: Folder
) -> None:
    done = len(raw_lines(half))
    rest = len(raw_lines(recording)) - done
    first, second = folder.replay(half), folder.replay(recording)
    assert (first.code, second.code) == (0, 0)
    assert "reading binance-usdm__a from line 1\n" in first.said
    assert f"reading binance-usdm__a from line {done + 1}\n" in second.said
    assert f"\n{rest:,} lines done in " in second.said  # of this execution


def test_a_state_that_is_ahead_of_its_store(recording: Path, half: Path, folder: Folder) -> None:
    assert folder.replay(half).code == 0
    shutil.rmtree(folder.path / "store")
    tried = folder.replay(recording)
    assert type(tried.error) is UsageError
    assert str(tried.error) == (
        f"--state {folder.path / 'state'}: continues run 'main', of which this store has "
        "nothing; use a new folder"
    )


def test_a_state_that_is_ahead_of_its_source(recording: Path, half: Path, folder: Folder) -> None:
    assert folder.replay(half).code == 0
    with closing(sqlite3.connect(folder.path / "state" / "part-0.sqlite3")) as db:
        deleted = db.execute("DELETE FROM snaps WHERE step_id = 'seawall.lines'").rowcount
        db.commit()
    assert deleted
    before = folder.rows
    tried = folder.replay(recording)
    assert type(tried.error) is BrokenInvariant
    assert "the state is ahead of its source" in str(tried.error)
    assert folder.rows == before


def test_another_store_for_the_same_folder(half: Path, folder: Folder) -> None:
    assert folder.replay(half).code == 0
    other = f"chdb://{folder.path / 'other'}"
    tried = folder.replay(half, **{"store.url": other})
    assert str(tried.error) == (
        f"--state {folder.path / 'state'}: goes with store chdb://{folder.path / 'store'}; "
        "use a new folder"
    )
    assert not (folder.path / "other").exists()


def test_a_lost_folder_loses_nothing(recording: Path, half: Path, folder: Folder) -> None:
    other = Folder(folder.path / "fresh")
    assert folder.replay(half).code == 0
    shutil.rmtree(folder.path / "state")
    assert folder.replay(recording).code == 0
    assert other.replay(recording).code == 0
    got, fresh = folder.rows, other.rows
    assert len(got.pop("runs")) == len(fresh.pop("runs")) + 1  # the end of the half
    assert got == fresh


def test_signals_set_a_flag_and_a_second_one_stops_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with draining() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert capsys.readouterr().err == "\nSIGTERM: draining, the next run resumes\n"
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
