"""`seawall bench`: one JSON object, a table of the same, the default recording, mistakes."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from flows.command.bench import FRAMES, _default, _show
from sources.simulator.recording import RecordingSummary, write_recording
from tests.flows.several import Said, commands

STAGES = [
    "orjson.loads",
    "decode",
    "decode + book",
    "decode + book + ticks",
    "whole flow, rows dropped",
    "whole flow into the store",
    "straightforward rival",
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> RecordingSummary:
    path = tmp_path_factory.mktemp("bench") / "binance-usdm__tiny.gz"
    return write_recording(path, minutes=0.3)


@pytest.fixture(scope="module")
def said(recording: RecordingSummary) -> list[Said]:
    folder, file = recording.path.parent, recording.path
    headed = folder / "binance-usdm__empty.txt"
    headed.write_text(
        '1767614400000000000 !{"k":"recording","version":1,"venue":"binance-usdm",'
        '"instruments":[]}\n'
    )
    twin = folder / "twin" / file.name
    twin.parent.mkdir()
    twin.write_bytes(file.read_bytes())
    return commands(
        [
            ["bench", file, "--json", "--rounds", "1", "--grid", "500ms"],
            ["bench", headed],
            ["bench", file, twin],
            ["bench", file, "--grid", "300ms"],
        ]
    )


@pytest.fixture(scope="module")
def report(said: list[Said]) -> dict[str, Any]:
    assert said[0].code in (None, 0), said[0].err
    assert said[0].out.count("\n") == 1
    told: dict[str, Any] = json.loads(said[0].out)
    return told


def test_the_object(recording: RecordingSummary, report: dict[str, Any]) -> None:
    pushed = {"recording", "snapshot", "end"} ^ set(recording.frames)
    measured = {key: report.pop(key) for key in ("second_start_first_row_s", "peak_memory_mb")}
    figures = report.pop("stages")
    equal = report.pop("equal_rows")
    assert report == {
        "files": [str(recording.path)],
        "grid": "500ms",
        "chunk_frames": 4096,
        "frames": sum(recording.frames[kind] for kind in pushed),
        "rounds": 1,
    }
    report |= measured | {"stages": figures, "equal_rows": equal}
    assert min(measured.values()) > 0
    assert list(equal) == ["ticks", "depth_curves", "volatility", "regimes", "rejected"]
    assert (equal["ticks"], equal["rejected"]) == (equal["volatility"], 0)


def test_the_figures_of_every_stage(report: dict[str, Any]) -> None:
    assert list(report["stages"]) == STAGES
    unit, rival = (report["stages"][name] for name in (STAGES[0], STAGES[-1]))
    assert (unit["x_orjson"], rival["x_rival"]) == (1.0, 1.0)
    for figures in report["stages"].values():
        us = figures["us_per_frame"]
        assert figures == {
            "us_per_frame": us,
            "frames_per_s": pytest.approx(1e6 / us, rel=0.01),
            "x_orjson": pytest.approx(us / unit["us_per_frame"], rel=0.01, abs=0.01),
            "x_rival": pytest.approx(us / rival["us_per_frame"], rel=0.01, abs=0.001),
        }


def test_the_table(
    report: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    _show(report)
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert lines[0].endswith(" frames, grid 500ms, 4096 lines at a time, medians of 1 rounds")
    for line, (name, figures) in zip(lines[2:], report["stages"].items(), strict=False):
        shown = line.removeprefix(f" {name} ").split()
        assert shown == [
            f"{figures['us_per_frame']:.3f}",
            f"{figures['frames_per_s']:,}",
            f"{figures['x_orjson']:.2f}",
            f"{figures['x_rival']:.3f}",
        ]
    assert f"rows equal to the rival's before timing: {report['equal_rows']['ticks']} " in text
    alone = {name: figures | {"x_rival": None} for name, figures in report["stages"].items()}
    _show(report | {"stages": alone, "equal_rows": {}})
    assert "the rival needs the repository and a single recording: not timed" in (
        capsys.readouterr().out
    )


def test_mistakes(recording: RecordingSummary, said: list[Said]) -> None:
    empty = recording.path.parent / "binance-usdm__empty.txt"
    assert [(each.code, each.out) for each in said[1:]] == 3 * [(2, "")]
    assert [each.last for each in said[1:]] == [
        f"seawall: nothing to measure: there is no frame in {empty}",
        "seawall: two inputs are named binance-usdm__tiny: a connection's name must be its own, "
        "and it is the file's name without its ending",
        'seawall: --grid: grid.interval "300ms" must divide 1s, or be a whole number of seconds',
    ]


def test_the_default_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[dict[str, Any]] = []
    module = ModuleType("sources.simulator.recording")
    module.write_recording = lambda path, **how: written.append({"path": path, **how})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sources.simulator.recording", module)
    monkeypatch.setenv("SEAWALL_SHARED", str(tmp_path / "shared"))
    quiet = Console(quiet=True)
    simulated = tmp_path / "binance-usdm__bench.gz"
    assert _default(tmp_path, quiet) == simulated
    assert written == [{"path": simulated, "minutes": 10}]
    shared = tmp_path / "shared" / "data" / FRAMES
    shared.parent.mkdir(parents=True)
    shared.write_bytes(b"")
    assert _default(tmp_path, quiet) == shared
    assert len(written) == 1
