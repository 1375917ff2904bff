"""`seawall replay`: options become settings, files become the source; its exit code is ours."""

from pathlib import Path

import pytest
from msgspec import structs

from schemas.settings import (
    FlowSettings,
    GridSettings,
    Settings,
    SourceSettings,
    StateSettings,
    StoreSettings,
)
from sources.listing import WHOLE, Window
from tests.flows.command.door import Door


@pytest.fixture
def door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Door:
    monkeypatch.chdir(tmp_path)
    for name in ("a.gz", "b.gz"):
        Path(name).write_bytes(b"")
    return Door(monkeypatch, capsys)


def test_every_option_reaches_the_replay(door: Door) -> None:
    calls = door.put_replay(3)
    options = (
        "replay b.gz a.gz --store chdb://s --state st --run night --grid 1s --chunk-frames 7 "
        "--workers 2 --epoch 0 --venue binance-spot --ends --strict "
        "--from 2026-10-10T21:15 --to 2026-10-10T23:15:00.5+02:00"
    )
    assert door(*options.split()).code == 3
    (call,) = calls
    assert call.pop("console").stderr
    assert call == {
        "settings": Settings(
            run="night",
            store=StoreSettings(url="chdb://s"),
            state=StateSettings(dir="st"),
            grid=GridSettings(interval="1s"),
            flow=FlowSettings(chunk_frames=7, workers=2, epoch_s=0.0),
            source=[SourceSettings(files=["b.gz", "a.gz"], venue="binance-spot")],
        ),
        "ends": True,
        "strict": True,
        "window": Window(1_791_666_900_000_000_000, 1_791_666_900_500_000_000),
    }


def test_files_of_the_settings_and_files_instead_of_them(door: Door) -> None:
    calls = door.put_replay(0)
    text = '[[source]]\nfiles = ["a.gz"]\n[[source]]\nfiles = ["b.gz"]\nvenue = "binance-spot"\n'
    Path("s.toml").write_text(text)
    assert door("replay", "--config", "s.toml").code == 0
    door.monkeypatch.setenv("SEAWALL_CONFIG", "s.toml")
    assert door("replay", "b.gz").code == 0
    first, second = calls
    assert first["settings"].source == [
        SourceSettings(files=["a.gz"]),
        SourceSettings(files=["b.gz"], venue="binance-spot"),
    ]
    assert second["settings"] == structs.replace(
        Settings(), source=[SourceSettings(files=["b.gz"])]
    )
    assert (first["ends"], first["strict"], first["window"]) == (False, False, WHOLE)


@pytest.mark.parametrize(
    ("options", "err"),
    [
        ("", "seawall: nothing to replay: name recordings, or a settings file with [[source]]\n"),
        ("c.gz", "seawall: command line: c.gz does not exist\n"),
        (
            "a.gz --venue okxx",
            'seawall: command line: unknown venue "okxx", did you mean "okx"?\n',
        ),
        (
            "--venue okx",
            "seawall: --venue goes with FILES; in a settings file each [[source]] has its venue\n",
        ),
        (
            "a.gz --from noon",
            'seawall: --from "noon" is no time: write 2026-10-10T21:15 or 2026-10-10T21:15:00.5\n',
        ),
        (
            "a.gz --from 2026-10-10 --to 2026-10-10T00:00Z",
            "seawall: --from 2026-10-10 is not before --to 2026-10-10T00:00Z\n",
        ),
        (
            "a.gz --grid 300ms --workers 0",
            "seawall: --workers: flow.workers must be at least 1 and at most 64, not 0\n"
            'seawall: --grid: grid.interval "300ms" must divide 1s, '
            "or be a whole number of seconds\n",
        ),
    ],
)
def test_mistakes(door: Door, options: str, err: str) -> None:
    calls = door.put_replay(0)
    assert door("replay", *options.split()) == (2, "", err)
    assert calls == []
