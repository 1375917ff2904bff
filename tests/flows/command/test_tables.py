"""`seawall tables`: plain SQL, one statement per table."""

import pytest

from schemas.tables import TABLES
from sinks.tables import ddl
from tests.flows.command.door import Door


def test_the_ddl_of_every_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = Door(monkeypatch, capsys)("tables")
    statements = [statement.strip() for statement in said.out.split(";\n")]
    assert statements == [
        "CREATE DATABASE IF NOT EXISTS seawall",
        *(ddl(table) for table in TABLES.values()),
        "",
    ]
    assert (said.code, said.err) == (0, "")
