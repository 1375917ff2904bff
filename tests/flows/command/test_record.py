"""`seawall record`: its options become settings; what does the work is called with them."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.flows.command.door import Door

LIVE = '[[source]]\nvenue = "binance-usdm"\ninstruments = ["BTCUSDT"]\n'


def test_options_reach_the_recorder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("live.toml").write_text(LIVE)
    calls: list[Any] = []
    module = ModuleType("flows.record")

    def record(settings: Any, console: Any) -> int:
        calls.append(settings)
        return 0

    module.record = record  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flows.record", module)
    door = Door(monkeypatch, capsys)
    assert door("record", "live.toml", "--run", "night", "--spool", "here").code == 0
    (settings,) = calls
    assert (settings.run, settings.live.spool) == ("night", "here")
    assert settings.source[0].instruments == ["BTCUSDT"]
    assert door("record", "none.toml").code == 2
