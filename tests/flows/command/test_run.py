"""`seawall run`: the file, variables and options become settings; its exit code is ours."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from schemas.settings import LiveSettings, Settings, SourceSettings, StoreSettings
from tests.flows.command.door import Door

TEXT = """
run = "day"
[live]
epoch_s = 1
page = "127.0.0.1:1"
[[source]]
venue = "okx"
instruments = ["BTC-USDT-SWAP"]
"""
SOURCE = SourceSettings(venue="okx", instruments=["BTC-USDT-SWAP"])


@pytest.fixture
def door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Door:
    monkeypatch.chdir(tmp_path)
    Path("live.toml").write_text(TEXT, encoding="utf-8")
    return Door(monkeypatch, capsys)


def put_run(door: Door, code: int) -> list[tuple[Settings, Any, float]]:
    """Put a run in place that only notes how it was called and leaves with `code`."""
    calls: list[tuple[Settings, Any, float]] = []
    module = ModuleType("flows.live")

    def run(settings: Settings, console: Any, *, minutes: float) -> int:
        calls.append((settings, console, minutes))
        return code

    module.run = run  # type: ignore[attr-defined]
    door.monkeypatch.setitem(sys.modules, "flows.live", module)
    return calls


def test_the_file_alone(door: Door) -> None:
    calls = put_run(door, 0)
    assert door("run", "live.toml") == (0, "", "")
    ((settings, console, minutes),) = calls
    assert minutes == 0.0
    assert settings == Settings(
        run="day", live=LiveSettings(epoch_s=1.0, page="127.0.0.1:1"), source=[SOURCE]
    )
    assert console.stderr


def test_options_win_over_variables_and_these_over_the_file(door: Door) -> None:
    calls = put_run(door, 7)
    door.monkeypatch.setenv("SEAWALL_RUN", "evening")
    door.monkeypatch.setenv("SEAWALL_LIVE__EPOCH_S", "2")
    said = door("run", "live.toml", "--run", "night", "--store", "chdb://s", "--page", "",
                "--minutes", "1.5")  # fmt: skip
    assert said == (7, "", "")
    ((settings, _, minutes),) = calls
    assert minutes == 1.5
    assert settings == Settings(
        run="night",
        store=StoreSettings(url="chdb://s"),
        live=LiveSettings(epoch_s=2.0, page=""),
        source=[SOURCE],
    )


def test_what_is_wrong_is_said_before_anything_runs(door: Door) -> None:
    calls = put_run(door, 0)
    assert door("run").code == 2
    missing = door("run", "none.toml")
    assert (missing.code, missing.out) == (2, "")
    assert "none.toml" in missing.err
    Path("live.toml").write_text(TEXT.replace("okx", "okxx"), encoding="utf-8")
    wrong = door("run", "live.toml")
    assert (wrong.code, wrong.err) == (
        2, 'seawall: live.toml:7: unknown venue "okxx", did you mean "okx"?\n',
    )  # fmt: skip
    assert calls == []


def test_settings_without_a_live_source_are_refused(door: Door) -> None:
    """By the run itself, which asks nobody and makes nothing."""
    Path("live.toml").write_text('[live]\nspool = "spool"\n', encoding="utf-8")
    said = door("run", "live.toml")
    assert said == (
        2,
        "",
        "seawall: nothing to run: no [[source]] of the settings is live (see infra/live.toml)\n",
    )
    assert sorted(path.name for path in Path().iterdir()) == ["live.toml"]
