"""A full disk, a store that cannot be used, a reader that goes away: one sentence, nothing lost.

Everything runs as the command in another process; its stderr is what a user would see.
"""

import re
import subprocess
from pathlib import Path

import pytest

from sinks.store import Store
from sources.simulator.recording import write_recording
from tests.flows.excerpt import raw_lines, write_lines
from tests.flows.killed import SEAWALL, stored_rows
from tests.flows.several import Said, commands, heard
from tests.shared import ROOT

NAME = "binance-usdm__a.gz"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clean") / NAME
    write_recording(path, minutes=0.2)
    return path


def replayed(path: Path, *more: object) -> list[object]:
    """Arguments of a replay into a store beside the recording."""
    return ["replay", path, "--store", f"chdb://{path.parent / 'store'}", *more]


def test_stores_that_cannot_be_used(clean: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine\n")
    used = f"chdb://{tmp_path / 'used'}"
    config = tmp_path / "seawall.toml"
    config.write_text('[grid]\nintervall = "1s"\n')
    with Store.open(used):
        said = commands(
            [
                ["replay", clean, "--store", used],
                ["replay", clean, "--store", f"chdb://{file}"],
                ["replay", clean, "--store", f"chdb://{file}/below"],
                ["replay", clean, "--store", "chdb:///proc/seawall"],
                ["replay", clean, "--store", "http://desk:secret@127.0.0.1:1/"],
                ["replay", clean, "--config", config],
            ]
        )
    for each in said:
        heard(each)
        assert "secret" not in each.err
    assert [(each.code, each.last.removeprefix("seawall: ")) for each in said] == [
        (1, f"store {tmp_path / 'used'} is in use by another process: "
            "stop it, or give another --store"),
        (1, f"store {file} cannot be a folder: a file of that name is in the way"),
        (1, f"store {file}/below cannot be a folder: a file of that name is in the way"),
        (1, "store /proc/seawall cannot be created: No such file or directory"),
        (1, "store http://desk@127.0.0.1:1/ cannot be reached: Connection refused"),
        (2, f'{config}:2: unknown key "intervall", did you mean "interval"?'),
    ]  # fmt: skip


def test_a_full_disk_and_then_room_again(clean: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    path, other = (write_lines(raw_lines(clean), tmp_path / name / NAME) for name in "ab")
    plain = replayed(path, "--epoch", "0")
    (store_full,) = commands([plain], fsize=20_000)
    (state_full,) = commands([[*plain, "--state", state]], fsize=100_000)
    made, again, whole = commands([[*plain, "--state", state], plain, replayed(other)])
    for said in (store_full, state_full, made, again, whole):
        heard(said)
    assert [said.code for said in (store_full, state_full, made, again, whole)] == [1, 1, 0, 0, 0]
    assert re.match(r"seawall: the store refused \d+ rows for table \w+: ", store_full.last)
    assert state_full.last == (
        f"seawall: --state {state}: SQLite cannot use it (disk I/O error); "
        "make room there, or give a new folder: what is stored stays"
    )
    assert "already stored" in again.last
    stores = [stored_rows(f"chdb://{each.parent / 'store'}") for each in (path, other)]
    assert stores[0] == stores[1]


def test_a_reader_that_goes_away_early(tmp_path: Path) -> None:
    url = f"chdb://{tmp_path / 'store'}"
    with Store.open(url) as store:
        store.migrate()
    sql = "SELECT number FROM numbers(300000)"
    query = subprocess.Popen(
        [*SEAWALL, "query", "--store", url, "--format", "csv", sql],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert query.stdout is not None
    assert query.stdout.readline() == b"number\n"
    query.stdout.close()
    assert query.stderr is not None
    said = query.stderr.read().decode()
    code = query.wait(60)
    query.stderr.close()
    heard(Said(code, "", said))
    assert said == ""
    assert code in (0, 1)
