"""What a replay shows while it runs: where it reads from, how far it is."""

from io import StringIO
from pathlib import Path
from threading import Event

from rich.console import Console

from flows.progress import WatchedSource, _position, progress
from sources.listing import scan_listing
from sources.recording import open_recording
from sources.replay import ReplaySettings
from sources.simulator.recording import write_recording
from tests.flows.excerpt import raw_lines


def watched(path: Path) -> WatchedSource:
    listing = scan_listing(path, None, lambda instrument: instrument)
    settings = ReplaySettings(
        grid_ns=1_000_000_000,
        hole_ns=60_000_000_000,
        chunk_frames=100,
        ends=False,
        refine=lambda instrument: instrument,
        stop=Event(),
    )
    return WatchedSource([listing], settings)


def test_begins_and_resumes_at_a_line_and_ends_at_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "binance-usdm__[a].gz"
    write_recording(path, minutes=0.1)
    total = len(raw_lines(path))
    said = StringIO()
    console = Console(file=said, force_terminal=True, width=120, color_system=None)
    first, second = watched(path), watched(path)
    with progress(console, first):
        part = first.build_part("lines", "replay", None)
        for _ in range(3):  # its opening and 200 lines
            part.items()
        state = part.snapshot()
        part.close()
    assert first.began == {"binance-usdm__[a]": 0}
    with progress(console, second):
        part = second.build_part("lines", "replay", state)
        try:
            while True:
                part.items()
        except StopIteration:
            part.close()
    assert second.began == {"binance-usdm__[a]": 200}
    lines = [line.strip() for line in said.getvalue().replace("\r", "\n").splitlines()]
    assert "reading binance-usdm__[a] from line 1" in said.getvalue()
    assert "reading binance-usdm__[a] from line 201" in said.getvalue()
    assert any("100%" in line and f"{total:,} lines" in line for line in lines)


def test_nothing_is_drawn_on_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "binance-usdm__a.gz"
    write_recording(path, minutes=0.1)
    said = StringIO()
    source = watched(path)
    with progress(Console(file=said), source):
        source.build_part("lines", "replay", None).close()
    assert said.getvalue() == "reading binance-usdm__a from line 1\n"


def test_a_file_closed_at_this_very_moment(tmp_path: Path) -> None:
    path = tmp_path / "binance-usdm__a.gz"
    write_recording(path, minutes=0.1)
    recording = open_recording(path)
    assert _position(recording) == 0
    recording.close()
    assert _position(recording) == path.stat().st_size

    class Closing:
        size = 7

        def __init__(self, error: Exception) -> None:
            self.error = error

        @property
        def position(self) -> int:
            raise self.error

    for error in (ValueError("tell of closed file"), OSError(9, "Bad file descriptor")):
        assert _position(Closing(error)) == 7
