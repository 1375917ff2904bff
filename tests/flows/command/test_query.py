"""`seawall query`: formats, and errors of the store as one sentence."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import StoreError
from sinks.store import Answer, Store
from tests.flows.command.door import Door

MAKE = "import sys; from sinks.store import Store\nwith Store.open(sys.argv[1]) as s: s.migrate()"


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Door:
    return Door(monkeypatch, capsys)


class _Store:
    """Answers with what it was asked."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url, self.options = url, options

    def __enter__(self) -> "_Store":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def query(self, sql: str) -> Answer:
        if sql == "wrong":
            message = "store cannot answer: wrong"
            raise StoreError(message)
        return Answer(("url", "sql", "create"), ((self.url, sql, self.options["create"]),))


@pytest.mark.parametrize(
    ("form", "out"),
    [
        ("json", '{"url":"chdb://s","sql":"ask","create":false}\n'),
        ("csv", "url,sql,create\nchdb://s,ask,False\n"),
    ],
)
def test_the_store_of_the_option_is_asked_and_never_made(
    door: Door, monkeypatch: pytest.MonkeyPatch, form: str, out: str
) -> None:
    monkeypatch.setattr(Store, "open", _Store)
    assert door("query", "ask", "--store", "chdb://s", "--format", form) == (0, out, "")
    monkeypatch.setenv("SEAWALL_STORE__URL", "chdb://s")
    assert door("query", "ask", "--format", form) == (0, out, "")


def test_errors_of_the_store(door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = door("query", "SELECT 1", "--store", f"chdb://{tmp_path}/none")
    assert said == (1, "", f"seawall: there is no store in {tmp_path}/none\n")
    monkeypatch.setattr(Store, "open", _Store)
    assert door("query", "wrong") == (1, "", "seawall: store cannot answer: wrong\n")
    assert door("query", "ask", "--store", "x").code == 2


def test_a_real_store(tmp_path: Path) -> None:
    url = f"chdb://{tmp_path}/store"
    subprocess.run([sys.executable, "-c", MAKE, url], check=True)

    def ask(sql: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "flows", "query", sql, "--store", url, "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr.split(":")[0]

    sql = "SELECT name, total_rows AS n FROM system.tables WHERE name = 'ticks' AND database = "
    assert ask(f"{sql}'seawall'") == (0, '{"name":"ticks","n":0}\n', "")
    assert ask("INSERT INTO ticks SELECT * FROM ticks")[::2] == (1, "seawall")
