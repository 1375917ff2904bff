"""A connection's folder in a spool is one recording: same lines, same numbers, same replay."""

import gzip
import pickle
import shutil
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.errors import RecordingError, UsageError
from sources import recording
from sources.listing import Listing, scan_listing
from sources.live.spool import Spool
from sources.recording import Header, open_recording, recordings_in
from sources.replay import ReplayPartition, ReplaySettings, ReplaySource
from tests.shared import shared_file
from tests.sources.live.spools import HEADER, line, lines, spool, texts
from tests.sources.talk import USDM, as_is, joined
from tests.sources.test_recording_zst import packed, read, saved, told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six segments, the last one open, over several starts."""
    for first in range(1, 60, 10):
        with spool(tmp_path / "spool", segment_bytes=700) as made:
            for number in range(first, first + 10):
                made.append([line(number, size=20)])
    return tmp_path / "spool" / "c"


SAID = list(enumerate(lines(1, 61, size=20), 1))


def test_segments_in_order_are_one_recording(folder: Path) -> None:
    names = [name.rpartition(".")[2] for name in texts(folder)]
    assert names == ["zst"] * (len(names) - 1) + ["log"]
    assert len(names) > 4
    made = open_recording(folder)
    sizes = [path.stat().st_size for path in folder.glob("c__*")]
    assert (made.name, made.path, made.size) == ("c", str(folder), sum(sizes))
    assert (made.lines_before, made.header) == (0, Header("recording", **HEADER))
    assert read(made) == SAID
    assert (made.problem, made.damaged, made.position) == (None, False, made.size)


@pytest.mark.parametrize("block", [7, 100, 1 << 20])
def test_going_on_at_every_line(folder: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(recording, "BLOCK", block)
    for done in range(len(SAID) + 1):
        made = open_recording(folder)
        before = b"".join(text for _, text in SAID[:done])
        assert b"".join(made.skip(len(before))) == before
        found = [b.first_line for b in made.blocks(done + 1) if len(b)]
        assert found[:1] == ([done + 1] if done < len(SAID) else [])


def test_what_was_deleted_still_counts(folder: Path) -> None:
    names = sorted(texts(folder))
    (folder / names[0]).unlink()
    (folder / names[1]).unlink()
    first = int(texts(folder)[names[2]].split(b"\n")[1].partition(b'"n":')[2].partition(b",")[0])
    made = open_recording(folder)
    assert 1 < first == made.lines_before + 1
    assert read(made) == SAID[first - 1 :]
    made = open_recording(folder)
    with_number_one = [(b.first_line, len(b)) for b in made.blocks(1)]
    assert with_number_one[0][0] == 1  # the caller says where numbers begin


def test_a_segment_alone_is_a_file(folder: Path) -> None:
    """With its header as the first line, like any recording of ours."""
    name, text = sorted(texts(folder).items())[1]
    made = open_recording(folder / name)
    assert [row for _, row in read(made)] == text.splitlines(keepends=True)
    assert (made.name, made.header) == (name.rpartition(".")[0], None)


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    """Even when it looks complete: a spool's line counts with its newline."""
    with spool(tmp_path) as made:
        place = made.append(lines(1, 3))
        with (made.folder / f"{place.segment}.log").open("ab") as file:
            file.write(line(3)[:-1])
        found = told(open_recording(made.folder))
    problem = "ends in the middle of line 3, which is left unread"
    assert found == (lines(1, 3), problem, False)


def test_a_missing_segment_ends_it_there(folder: Path) -> None:
    name = sorted(texts(folder))[2]
    (folder / name).unlink()
    found, problem, damaged = told(open_recording(folder))
    assert found == [text for _, text in SAID[: len(found)]]
    assert 0 < len(found) < len(SAID)
    assert damaged
    after = sorted(texts(folder))[2]
    assert problem == (
        f"{folder / after}: it does not go on where the one before ends: a segment is missing or "
        f"has changed after line {len(found)}; everything before was read"
    )


def test_a_damaged_first_segment_cannot_be_opened(folder: Path) -> None:
    path = folder / sorted(texts(folder))[0]
    path.write_bytes(packed(b"5 {}\n"))
    with pytest.raises(RecordingError) as error:
        open_recording(folder)
    why = "the segment does not begin with its header after line 0"
    assert str(error.value) == f"{path}: {why}"


def test_folders(tmp_path: Path, folder: Path) -> None:
    with Spool(folder.parent, "b", header=HEADER) as made:
        made.append(lines(1, 2))
    (folder.parent / "empty").mkdir()
    file = saved(tmp_path / "x.gz", b"1 {}")
    inner = [folder.parent / "b", folder]
    no = tmp_path / "no"
    for path, stands_for in ((folder.parent, inner), (folder, [folder]), (file, [file]),
                             (tmp_path, [tmp_path]), (no, [no])):  # fmt: skip
        assert recordings_in(path) == stands_for
    with pytest.raises(UsageError) as error:
        open_recording(folder.parent)
    assert str(error.value) == f"{folder.parent}: is a folder, not a recording; name its files"


# -- replays ---------------------------------------------------------------------------------------


def listed(path: Path) -> Listing:
    """What a replay has to know of a recording of ours."""
    made = open_recording(path)
    first = next(made.blocks(1))
    made.close()
    found = scan_listing(path, USDM, as_is)
    assert (found.connection, found.first_ns) == (made.name, int(first.received_ns[0]))
    return replace(found, foreign=False)


def part_of(listing: Listing, state: Any = None) -> tuple[ReplaySource, ReplayPartition]:
    how = ReplaySettings(grid_ns=250_000_000, hole_ns=60 * 10**9, chunk_frames=500, ends=False,
                         refine=as_is, stop=Event())  # fmt: skip
    source = ReplaySource([listing], how)
    return source, source.build_part("step", "replay", state)


def drained(part: ReplayPartition, batches: int = 10**6) -> list[tuple[str, Any]]:
    out = []
    for _ in range(batches):
        try:
            out += part.items()
        except StopIteration:
            break
    return out


@pytest.fixture(scope="module")
def rows() -> list[bytes]:
    """The first 12,000 lines of a real recording."""
    path = shared_file("data/captures/binance-usdm__btcusdt-2024-08-08.gz")
    with gzip.open(path) as file:
        return [next(file) for _ in range(12_000)]


def test_a_spool_replays_as_the_same_lines_in_one_file(tmp_path: Path, rows: list[bytes]) -> None:
    """Bit for bit, with the same line numbers, digest and counts; also gone on with in between."""
    one = saved(tmp_path / "c.gz", gzip.compress(b"".join(rows), 1))
    source, part = part_of(listed(one))
    expected = joined(drained(part))
    plain = source.connections["c"]
    for cut in (0, 3, 11, 10**6):
        shutil.rmtree(tmp_path / "spool", ignore_errors=True)
        header = {"version": 1, "venue": USDM}
        with spool(tmp_path / "spool", header=header, segment_bytes=400_000) as made:
            made.append(rows[:5_000])
            _, part = part_of(listed(made.folder))
            out = drained(part, cut)
            state = pickle.loads(pickle.dumps(part.snapshot()))
            part.close()
            for begin in range(5_000, 12_000, 500):
                made.append(rows[begin : begin + 500])
        assert len(texts(made.folder)) > 4
        source, part = part_of(listed(made.folder), state)
        out += drained(part)
        assert joined(out) == expected
        gone_on = source.connections["c"]
        assert gone_on.progress(0) == plain.progress(0)
        assert (gone_on.lines_done, gone_on.last_ns) == (12_000, plain.last_ns)
