"""`seawall demo`: its own folder only, its options, a browser only where somebody looks on."""

import sys
import webbrowser
from pathlib import Path
from threading import Event
from types import ModuleType
from typing import Any

import pytest

from flows.command.demo import MARK, fresh, has_screen
from schemas.errors import UsageError
from tests.flows.command.door import Door


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="is not the folder of an earlier demo"):
        fresh(tmp_path)
    with pytest.raises(UsageError, match="is not the folder of an earlier demo"):
        fresh(tmp_path / "letter.txt")
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_what_an_earlier_demo_left_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "demo"
    fresh(folder)
    (folder / "store").mkdir()
    (folder / "store" / "data").write_text("old")
    fresh(folder)
    assert [path.name for path in folder.iterdir()] == [MARK]
    empty = tmp_path / "empty"
    empty.mkdir()
    fresh(empty)
    assert (empty / MARK).is_file()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """How the demo behind the command was called."""
    found: list[dict[str, Any]] = []
    module = ModuleType("flows.demo")

    def demo(folder: Path, console: Any, **options: Any) -> int:
        options.pop("opened")("http://here/", Event())
        found.append({"folder": folder, **options})
        return 4

    module.demo = demo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flows.demo", module)
    return found


@pytest.mark.parametrize(
    ("screen", "options", "seen"),
    [(True, [], ["http://here/"]), (True, ["--no-browser"], []), (False, [], [])],
)
def test_defaults_and_the_browser(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    calls: list[dict[str, Any]],
    screen: bool,
    options: list[str],
    seen: list[str],
) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(webbrowser, "open", looked_at.append)
    monkeypatch.setattr("flows.command.demo.has_screen", lambda: screen)
    folder = tmp_path / "demo"
    assert Door(monkeypatch, capsys)("demo", "--folder", str(folder), *options).code == 4
    assert calls == [
        {"folder": folder, "minutes": 3.0, "scenario": "crash", "page": "127.0.0.1:8099"}
    ]
    assert looked_at == seen
    assert (folder / MARK).is_file()


def test_a_screen_is_a_terminal_beside_a_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for terminal, display in ((True, ":0"), (True, ""), (False, ":0")):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal, raising=False)
        monkeypatch.setenv("DISPLAY", display)
        found.append(has_screen())
    assert found == [True, False, False]
