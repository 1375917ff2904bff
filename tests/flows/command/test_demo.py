"""`seawall demo`: its own folder only, its recording, its settings, then the same replay."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flows.command.demo import MARK, demo_settings, fresh
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


def test_settings_of_the_demo(tmp_path: Path) -> None:
    recording = tmp_path / "a.gz"
    recording.write_bytes(b"")
    settings = demo_settings(tmp_path, recording)
    assert settings.run == "demo"
    assert settings.store.url == f"chdb://{tmp_path}/store"
    assert settings.source[0].files == [str(recording)]
    regime = settings.regime
    assert (regime.step_s, regime.enter_dwell_s, regime.leave_dwell_s) == (5.0, 10.0, 120.0)
    names = [rule.name for rule in settings.rule]
    assert {"market-stress", "demo-stress"} <= set(names)


def test_the_recording_is_written_and_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted: list[dict[str, Any]] = []
    module = ModuleType("sources.simulator.recording")

    def write_recording(path: Path, **options: Any) -> None:
        options.pop("progress")(1.0)
        path.write_bytes(b"")
        wanted.append({"path": path, **options})

    module.write_recording = write_recording  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sources.simulator.recording", module)
    door = Door(monkeypatch, capsys)
    calls = door.put_replay(0)
    folder = tmp_path / "demo"
    assert door("demo", "--folder", str(folder), "--minutes", "2").code == 0
    recording = folder / "binance-usdm__demo.gz"
    assert wanted == [{"path": recording, "seed": 7, "minutes": 2}]
    assert [call["settings"].source[0].files for call in calls] == [[str(recording)]]
    assert calls[0]["ends"]
