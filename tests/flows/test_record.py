"""Recorded over real sockets in two goes, from simulated venues; replayed without a loss."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from sources.recording import open_recording
from tests.shared import ROOT

SEAWALL = [sys.executable, "-m", "flows"]
PATIENCE_S = 60.0


def started(said: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with said.open("wb") as file:
        return subprocess.Popen([*SEAWALL, *arguments], cwd=ROOT, stdout=file, stderr=file)


def wait_for(said: Path, words: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while words not in said.read_text():
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.05)


def lines_of(folder: Path) -> list[bytes]:
    if not any(folder.glob("*.log")):
        return []
    recording = open_recording(folder)
    return [lines.payload(i) for lines in recording.blocks(1) for i in range(len(lines))]


def test_recorded_twice_and_read_as_one(tmp_path: Path) -> None:
    settings, spool = tmp_path / "venues.toml", tmp_path / "spool"
    options = ("--venues", "binance-usdm", "--port", "0", "--speed", "4")
    venues = started(settings, "simulate", *options)
    try:
        wait_for(settings, "rest_url", venues)
        for number in (1, 2):
            said = tmp_path / f"record{number}"
            recorder = started(said, "record", str(settings), "--spool", str(spool))
            wait_for(said, "recording into", recorder)
            public = spool / "main" / "binance-usdm-public"
            deadline = time.monotonic() + PATIENCE_S
            while sum(b"depthUpdate" in line for line in lines_of(public)) < 20 * number:
                assert time.monotonic() < deadline, said.read_text()
                time.sleep(0.2)
            recorder.send_signal(signal.SIGINT)
            assert recorder.wait(PATIENCE_S) == 0, said.read_text()
            assert "the next recording goes on from here" in said.read_text()
    finally:
        venues.kill()
        venues.wait()
    lines = lines_of(public)
    assert [line for line in lines if line.startswith(b'!{"k":"start"')] == [b'!{"k":"start"}']
    assert sum(line.startswith(b"@") and b"/depth?" in line for line in lines) >= 2
    store = f"chdb://{tmp_path / 'store'}"
    replay = [*SEAWALL, "replay", str(spool / "main"), "--store", store]
    told = subprocess.run(replay, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    assert "reading binance-usdm-public from line 1" in told
    assert re.search(r"^rejected +0$", told, re.MULTILINE), told
