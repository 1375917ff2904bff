"""Runs the command inside the test, as a shell would: arguments in, exit code and texts out."""

import sys
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from flows.__main__ import main


class Said(NamedTuple):
    """What a command left behind."""

    code: object
    out: str
    err: str


class Door:
    """`door("replay", "a.gz")` is `seawall replay a.gz`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys
        monkeypatch.setenv("COLUMNS", "100")
        for name in ("SEAWALL_CONFIG", "SEAWALL_SHARED"):
            monkeypatch.delenv(name, raising=False)

    def __call__(self, *arguments: str) -> Said:
        self.monkeypatch.setattr(sys, "argv", ["seawall", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = self.capsys.readouterr()
        return Said(left.value.code, out, err)

    def put_replay(self, code: int) -> list[dict[str, Any]]:
        """Put a replay in place that only notes how it was called and leaves with `code`."""
        calls: list[dict[str, Any]] = []
        module = ModuleType("flows.replay")

        def replay(settings: Any, **options: Any) -> int:
            calls.append({"settings": settings, **options})
            return code

        module.replay = replay  # type: ignore[attr-defined]
        self.monkeypatch.setitem(sys.modules, "flows.replay", module)
        return calls
