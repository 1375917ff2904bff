"""`seawall serve`: its options, and the whole command until SIGTERM."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.request import urlopen

import pytest

from tests.flows.command.door import Door

MAKE = "import sys; from sinks.store import Store\nwith Store.open(sys.argv[1]) as s: s.migrate()"


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Door:
    return Door(monkeypatch, capsys)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str | None, bool]]:
    """Store, run, address and whether it is to stop, of each call."""
    made: list[tuple[str, str, str | None, bool]] = []
    module = ModuleType("flows.serve")

    def serve(settings: Any, at: str | None, stop: Any, console: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        made.append((settings.store.url, settings.run, at, stop.is_set()))
        assert console.stderr

    module.serve = serve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flows.serve", module)
    return made


def test_options_win_over_the_file_and_a_signal_is_heard(
    door: Door, calls: list[tuple[str, str, str | None, bool]], tmp_path: Path
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    config = tmp_path / "s.toml"
    config.write_text('run = "night"\n[store]\nurl = "http://db:8123/"\n')
    assert door("serve") == (0, "", "")
    assert door("serve", "--config", str(config)).code == 0
    assert door("serve", "--config", str(config), "--run", "day", "--at", "0.0.0.0:80").code == 0
    assert door("serve", "--store", "chdb://s").code == 0
    assert calls == [
        ("chdb://seawall-store", "main", None, True),
        ("http://db:8123/", "night", None, True),
        ("http://db:8123/", "day", "0.0.0.0:80", True),
        ("chdb://s", "main", None, True),
    ]
    assert signal.getsignal(signal.SIGTERM) is before


def test_help_says_where_an_embedded_store_opens(door: Door) -> None:
    said = door("serve", "--help")
    words = " ".join(said.out.split())
    assert "An embedded store (chdb://) opens in one process only" in words
    assert "127.0.0.1:8099" in words


def test_wrong_settings_leave_with_2(door: Door) -> None:
    said = door("serve", "--store", "x")
    assert (said.code, said.out) == (2, "")
    assert "store.url" in said.err


def test_the_whole_command_until_sigterm(tmp_path: Path) -> None:
    url = f"chdb://{tmp_path}/store"
    subprocess.run([sys.executable, "-c", MAKE, url], check=True)
    command = [sys.executable, "-m", "flows", "serve", "--store", url, "--at", "127.0.0.1:0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    begun = process.stderr.readline().split()
    assert begun[:-1] == ["run", "'main'", "of", "store", f"{url}:"]
    process.stderr.readline()
    trouble = process.stderr.readline().strip()
    assert trouble == f"store {url} has nothing of run 'main' yet; it has no run at all"
    with urlopen(f"{begun[-1]}state.json", timeout=10) as answer:
        told = json.load(answer)
    assert (told["run"], told["trouble"], told["instruments"]) == ("main", trouble, {})
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert process.stderr.read() == ""
