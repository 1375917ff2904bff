"""The recovery folder: no state from the future, one owner, usable after a kill at any moment."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir
from msgspec.structs import replace

from flows.recovery import Owner, check, clean, folder_of, locked, recovery, resume_epoch, resumes
from schemas.errors import SeawallError, UsageError
from tests.flows.counted import count
from tests.shared import ROOT

TEXT = "aaabb"
TRUE = [(1, "a", 1), (2, "a", 2), (3, "a", 3), (4, "b", 1), (5, "b", 2)]
OWNER = Owner("main", "5e77", ("binance-usdm__a",), "chdb:///s")


def die(folder: Path, cuts: str, moment: str, at: int) -> None:
    """An execution of the tiny flow that is killed."""
    script = ROOT / "tests" / "flows" / "counted.py"
    arguments = [sys.executable, str(script), str(folder), TEXT, cuts, moment, str(at)]
    done = subprocess.run(arguments, capture_output=True, timeout=60, check=False)
    assert done.returncode == -9, done.stderr.decode()


@pytest.fixture(scope="module", params=[1, 3])
def from_the_future(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder after two kills, with a snapshot of an epoch that was never committed.

    Epochs 1 and 2 have an `a` each. Killed in epoch 3, after its snapshots and before its commit:
    `ab`. The next execution does epoch 3 with an `a` alone and is killed in epoch 4, before `b`
    is snapshot. There is still the `b` of the first execution, of an epoch now committed.
    """
    folder = tmp_path_factory.mktemp("future")
    init_db_dir(folder, request.param)
    die(folder, "1,2,4,5", "snapshot", 4)
    die_first = resume_epoch(folder)
    copy = folder.with_name(folder.name + "-cleaned")
    shutil.copytree(folder, copy)
    assert clean(copy) == 3  # of the source, `a` and `b`
    for each in (folder, copy):
        die(each, "1,2,3,4,5", "write", 4)
    assert (die_first, resume_epoch(folder), resume_epoch(copy)) == (3, 4, 4)
    return folder


def test_bytewax_alone_takes_state_from_the_future(from_the_future: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(from_the_future, tmp_path / "rd"))
    assert count(str(folder), TEXT, range(1, 6)) == [(4, "b", 2), (5, "b", 3)]


def test_cleaning_before_each_start_cures_it(from_the_future: Path, tmp_path: Path) -> None:
    cleaned = from_the_future.with_name(from_the_future.name + "-cleaned")
    folder = Path(shutil.copytree(cleaned, tmp_path / "rd"))
    clean(folder)
    assert count(str(folder), TEXT, range(1, 6)) == TRUE[3:]
    assert clean(folder) == 0


def fill(folder: Path, rows: dict[int, dict[str, list[tuple[int, ...]]]], snaps: list[int]) -> None:
    """Write executions, frontiers, and one snapshot per part and epoch."""
    for part, tables in rows.items():
        with closing(sqlite3.connect(folder / f"part-{part}.sqlite3")) as db:
            for resume in tables.get("exs", []):
                db.execute(
                    "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (?, 2, ?)", resume
                )
            for front in tables.get("fronts", []):
                db.execute(
                    "INSERT INTO fronts (ex_num, worker_index, worker_frontier) VALUES (?, ?, ?)",
                    front,
                )
            for epoch in snaps:
                db.execute("INSERT INTO snaps VALUES ('now', 's', 'k', ?, NULL)", (epoch,))
            db.commit()


def epochs(folder: Path) -> list[list[int]]:
    """Epochs of the snapshots of each part."""
    left = []
    for part in sorted(folder.glob("part-*.sqlite3")):
        with closing(sqlite3.connect(part)) as db:
            left.append([row[0] for row in db.execute("SELECT snap_epoch FROM snaps ORDER BY 1")])
    return left


def test_cleaning_goes_by_the_slowest_worker_of_the_last_execution(tmp_path: Path) -> None:
    init_db_dir(tmp_path, 2)
    assert (resume_epoch(tmp_path), clean(tmp_path), resumes(tmp_path)) == (None, 0, False)
    rows = {
        0: {"exs": [(0, 1)], "fronts": [(0, 0, 9), (1, 1, 6)]},
        1: {"exs": [(1, 5)], "fronts": [(0, 1, 9), (1, 0, 7)]},
    }
    fill(tmp_path, rows, [4, 5, 6, 7])
    assert resume_epoch(tmp_path) == 6
    assert clean(tmp_path) == 4
    assert epochs(tmp_path) == [[4, 5], [4, 5]]
    assert resumes(tmp_path)


def test_an_execution_that_committed_nothing_resumes_where_it_began(tmp_path: Path) -> None:
    init_db_dir(tmp_path, 1)
    fill(tmp_path, {0: {"exs": [(0, 1), (1, 5)], "fronts": [(0, 0, 5)]}}, [4, 5])
    assert (resume_epoch(tmp_path), clean(tmp_path), epochs(tmp_path)) == (5, 1, [[4]])


def test_a_new_folder_is_made_and_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "state"
    with recovery(folder, OWNER):
        names = sorted(file.name for file in folder.iterdir())
    assert names == ["part-0.sqlite3", "seawall.json", "seawall.lock"]
    with recovery(folder, OWNER):
        assert not resumes(folder)


def empty(folder: Path) -> None:
    folder.mkdir()


def locked_only(folder: Path) -> None:
    folder.mkdir()
    (folder / "seawall.lock").touch()


def half_a_mark(folder: Path) -> None:
    locked_only(folder)
    (folder / "seawall.json.part").write_bytes(b'{"run":')


def mark_alone(folder: Path) -> None:
    with recovery(folder, OWNER):
        pass
    (folder / "part-0.sqlite3").unlink()


def empty_part(folder: Path) -> None:
    mark_alone(folder)
    (folder / "part-0.sqlite3").touch()


def unnamed_part(folder: Path) -> None:
    with recovery(folder, OWNER):
        pass
    with closing(sqlite3.connect(folder / "part-0.sqlite3")) as db:
        db.execute("DELETE FROM parts")
        db.commit()


@pytest.mark.parametrize(
    "before", [empty, locked_only, half_a_mark, mark_alone, empty_part, unnamed_part]
)
def test_a_kill_while_the_folder_is_made_does_no_harm(
    before: Callable[[Path], None], tmp_path: Path
) -> None:
    folder = tmp_path / "rd"
    assert not resumes(folder)
    before(folder)
    assert not resumes(folder)
    with recovery(folder, OWNER):
        assert count(str(folder), TEXT, range(1, 6)) == TRUE


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(OWNER, run="night"), "holds the state of run 'main'"),
        (replace(OWNER, inputs=("b",)), "holds the state of a replay of binance-usdm__a"),
        (replace(OWNER, settings="07"), "was made with other settings"),
        (replace(OWNER, store="chdb:///t"), "goes with store chdb:///s"),
    ],
)
def test_a_folder_of_something_else(other: Owner, why: str, tmp_path: Path) -> None:
    with recovery(tmp_path, OWNER):
        pass
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(UsageError) as raised, recovery(tmp_path, other):
        pass
    assert str(raised.value) == f"--state {tmp_path}: {why}; use a new folder"
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def refusal(folder: Path) -> str:
    """What `recovery` says against a folder."""
    with pytest.raises(SeawallError) as raised, recovery(folder, OWNER):
        pass
    return str(raised.value).removeprefix(f"--state {folder}: ")


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine\n")
    assert refusal(file) == "is a file, not a folder"
    assert refusal(file / "below") == "cannot be made: Not a directory"
    assert refusal(tmp_path) == "holds other files; use an empty or new folder"
    state = tmp_path / "state"
    with recovery(state, OWNER):
        assert refusal(state) == "is in use by another process"
    (state / "part-0.sqlite3").write_bytes(b"x" * 4096)
    assert refusal(state) == (
        "part-0.sqlite3 cannot be used (file is not a database); "
        "make room there, or give a new folder: what is stored stays"
    )
    (state / "seawall.json").write_text("{}")
    assert refusal(state) == "seawall.json is damaged; use a new folder"


def test_check_changes_nothing(tmp_path: Path) -> None:
    check(tmp_path / "none", OWNER)
    check(tmp_path, OWNER)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_ends_with_its_user(tmp_path: Path) -> None:
    with locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


@pytest.mark.parametrize(
    ("arguments", "environ", "folder"),
    [
        ("flows.risk", {}, None),
        ("flows.risk -r rd -s 1 -b 0", {}, "rd"),
        ("flows.risk -rrd -w2", {}, "rd"),
        ("-s 1 -b 0 --recovery-directory=rd flows.risk", {}, "rd"),
        ("-s 1 -b 0 --recovery-dir rd flows.risk", {}, "rd"),
        ("flows.risk -s1 -a h:1 -w 2", {"BYTEWAX_RECOVERY_DIRECTORY": "ed"}, "ed"),
        ("flows.risk -r rd", {"BYTEWAX_RECOVERY_DIRECTORY": "ed"}, "rd"),
    ],
)
def test_the_folder_that_bytewax_was_given(
    arguments: str, environ: dict[str, str], folder: str | None
) -> None:
    found = folder_of(arguments.split(), environ)
    assert (found and os.fspath(found)) == folder
