"""Names of segments, their header lines, stamps, and which of two files is opened."""

import os
from pathlib import Path

import pytest

from schemas.errors import BrokenInvariant, SeawallError
from sources.live.segments import (
    Position,
    SegmentHeader,
    header_in,
    number_of,
    open_segment,
    segment_file,
    segment_names,
    stamp_of,
)
from tests.sources.live.spools import header


def test_a_connection_s_folder_holds_segments_of_its_name_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "v-1"
    folder.mkdir()
    assert segment_names(folder) == []
    for name in ("v-1__9.log", "v-1__10.zst", "v-1__10.log", "v-1__100.zst", "v-1__11.zst.part",
                 "v-1__x.log", "v-1__.log", "v-2__5.log", "v__5.zst", "v-1__5.gz", "av-1__5.log",
                 "manifest.json", "lock"):  # fmt: skip
        (folder / name).touch()
    assert segment_names(folder) == ["v-1__9", "v-1__10", "v-1__100"]
    monkeypatch.chdir(folder)
    assert segment_names(Path()) == ["v-1__9", "v-1__10", "v-1__100"]
    assert [number_of(name) for name in segment_names(folder)] == [9, 10, 100]


def test_a_name_with_signs_of_a_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "a.b+"
    folder.mkdir()
    (folder / "a.b+__1.log").touch()
    (folder / "axb+__2.log").touch()
    assert segment_names(folder) == ["a.b+__1"]


def test_stamps() -> None:
    assert stamp_of(b"1700000000000000000 {}\n") == 1_700_000_000_000_000_000
    for bad in (b"", b"12", b"12\n", b" {}", b"-1 {}", b"1x {}", b"{} 1"):
        with pytest.raises(BrokenInvariant) as error:
            stamp_of(bad)
        assert str(error.value) == f"a line of the spool has no stamp: {bad!r}"


def test_headers() -> None:
    assert header_in(header(5, 7, 99)) == SegmentHeader("recording", 7, 99)
    for bad in (
        b"",
        b"5 {}\n",
        b'5 !{"k":"recording","version":1}\n',
        header(5, 7, 99).replace(b"recording", b"clock"),
        header(5, 7, 99)[:-9],
        b"5 !\xff\n",
        b"5 !" + b"[" * 5000,
    ):
        assert header_in(bad) is None


def test_the_plain_file_is_taken_while_both_are_there(tmp_path: Path) -> None:
    log, packed = tmp_path / "c__1.log", tmp_path / "c__1.zst"
    log.write_bytes(b"plain")
    packed.write_bytes(b"packed")
    for path in (log, packed):
        assert segment_file(tmp_path, "c__1") == path
        found, stream, raw = open_segment(tmp_path, "c__1")
        assert (found, stream.read1()) == (path, path.read_bytes())
        raw.close()
        path.unlink()
    with pytest.raises(SeawallError) as error:
        open_segment(tmp_path, "c__1")
    assert str(error.value) == f"{tmp_path}/c__1: this segment of the spool has been deleted"


def test_a_file_that_is_compressed_between_listing_and_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the moment, one of the two is found."""
    (tmp_path / "c__1.log").write_bytes(b"same")
    opened = Path.open

    def then(path: Path, mode: str) -> object:
        if path.suffix == ".log":
            (tmp_path / "c__1.log").rename(tmp_path / "c__1.zst")
        return opened(path, mode)

    monkeypatch.setattr(Path, "open", then)
    path, stream, raw = open_segment(tmp_path, "c__1")
    assert (path.name, stream.read1()) == ("c__1.zst", b"same")
    raw.close()


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SeawallError) as error:
        open_segment(tmp_path, "c__1")
    assert str(error.value) == f"{tmp_path}/c__1.log: cannot be read: Permission denied"


def test_places_have_an_order() -> None:
    assert sorted([Position("b", 1), Position("a", 9), Position("", 0)]) == [
        Position("", 0), Position("a", 9), Position("b", 1),
    ]  # fmt: skip
