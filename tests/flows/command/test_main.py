"""The door itself: help, version, wrong usage, and errors as one line without a traceback."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import flows.__main__
from schemas.errors import BrokenInvariant, UsageError
from tests.flows.command.door import Door


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Door:
    return Door(monkeypatch, capsys)


def test_version(door: Door) -> None:
    assert door("--version") == (0, f"seawall {version('seawall')}\n", "")


@pytest.mark.parametrize("command", ["demo", "replay", "query", "check", "tables"])
def test_help_of_every_command(door: Door, command: str) -> None:
    assert f" {command} " in door("--help").out
    said = door(command, "--help")
    assert (said.code, said.err) == (0, "")
    assert "Usage: seawall" in said.out


@pytest.mark.parametrize(
    "arguments", [["quer"], ["replay", "--colour"], ["check"], ["query", "x", "--format", "xml"]]
)
def test_wrong_usage_leaves_with_2(door: Door, arguments: list[str]) -> None:
    said = door(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("error", "code", "err"),
    [
        (UsageError("this is wrong"), 2, "seawall: this is wrong\n"),
        (BrokenInvariant("one\ntwo"), 1, "seawall: one\nseawall: two\n"),
        (PermissionError(13, "Permission denied", "a.gz"), 1, "seawall: a.gz: Permission denied\n"),
        (OSError("no disk"), 1, "seawall: no disk\n"),
    ],
)
def test_errors_are_lines(
    door: Door, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, err: str
) -> None:
    def app(prog_name: str) -> None:
        assert prog_name == "seawall"
        raise error

    monkeypatch.setattr(flows.__main__, "app", app)
    assert door() == (code, "", err)


def test_the_installed_command() -> None:
    command = Path(sys.executable).with_name("seawall")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"seawall {version('seawall')}\n"
