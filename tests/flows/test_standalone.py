"""`python -m bytewax.run flows.risk`: settings from SEAWALL_CONFIG, a recovery folder cleaned."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir

from sources.simulator.recording import write_recording
from tests.flows.excerpt import raw_lines, write_lines
from tests.flows.killed import stored_rows
from tests.flows.several import commands
from tests.shared import ROOT

NAME = "binance-usdm__a.gz"


def bytewax_run(folder: Path, *more: str, config: str = "s.toml") -> tuple[int, str]:
    """Run the flow from another working folder; exit code and stderr."""
    environ = os.environ | {"SEAWALL_CONFIG": config, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "bytewax.run", "flows.risk", *more],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


def planted(folder: Path) -> list[tuple[str, int]]:
    """Snapshots of the key that nobody touches."""
    with closing(sqlite3.connect(folder / "part-0.sqlite3")) as db:
        sql = "SELECT step_id, snap_epoch FROM snaps WHERE state_key = 'nobody'"
        return list(db.execute(sql))


def test_it_flows_resumes_and_cleans(tmp_path: Path) -> None:
    write_recording(tmp_path / NAME, minutes=0.2)
    lines = raw_lines(tmp_path / NAME)
    write_lines(lines[: len(lines) // 2], tmp_path / NAME)
    text = f'[[source]]\nfiles = ["{NAME}"]\n[store]\nurl = "chdb://store"\n'
    (tmp_path / "s.toml").write_text(text)
    state = tmp_path / "rd"
    state.mkdir()
    init_db_dir(state, 1)
    recovery = ("-r", "rd", "-s", "1", "-b", "0")
    assert bytewax_run(tmp_path, *recovery) == (0, "")
    with closing(sqlite3.connect(state / "part-0.sqlite3")) as db:
        db.execute("INSERT INTO snaps VALUES ('now', 'seawall.market', 'nobody', 999, NULL)")
        db.commit()
    write_lines(lines, tmp_path / NAME)
    assert bytewax_run(tmp_path, *recovery) == (0, "")
    assert planted(state) == []
    other = write_lines(lines, tmp_path / "other" / NAME)
    run = [
        "replay",
        NAME,
        "--store",
        "chdb://store",
    ]  # reads nothing new, and says so the next time
    made, *said = commands(
        [["replay", other, "--store", f"chdb://{tmp_path / 'fresh'}"], run, run], cwd=tmp_path
    )
    assert [made.code, *(each.code for each in said)] == [0, 0, 0]
    assert stored_rows(f"chdb://{tmp_path / 'store'}") == stored_rows(
        f"chdb://{tmp_path / 'fresh'}"
    )
    told = "already stored: run 'main' has all of these inputs\n"
    assert bytewax_run(tmp_path, *recovery) == (0, told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "seawall: s.toml: no [[source]], nothing to replay\n"),
        ('[[source]]\nfiles = ["none.gz"]\n', "seawall: s.toml:2: none.gz does not exist\n"),
    ],
)
def test_mistakes_are_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(text)
    assert bytewax_run(tmp_path) == (2, said)
