"""Segments as one stream: no header in it, every damage told with its last good line."""

from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
import zstandard

from schemas.errors import RecordingError, SeawallError
from sources.live import segment_stream
from sources.live.segment_stream import SegmentStream, tail_of, whole_lines
from sources.live.segments import Position, segment_names
from tests.sources.live.spools import AT, header, line, lines

NAMES = ["c__1", "c__2", "c__3"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three segments of four lines each, the first two compressed."""
    made = tmp_path / "c"
    made.mkdir()
    before = 0
    for number, name in enumerate(NAMES):
        text = b"".join(lines(4 * number + 1, 4 * number + 5))
        data = header(AT, 4 * number, before) + text
        before += len(text)
        if number < 2:
            packer = zstandard.ZstdCompressor(write_checksum=True)
            (made / f"{name}.zst").write_bytes(packer.compress(data))
        else:
            (made / f"{name}.log").write_bytes(data)
    return made


def plain(folder: Path, name: str) -> bytes:
    """Replace a compressed segment by its text."""
    path = folder / f"{name}.zst"
    text = zstandard.ZstdDecompressor().decompress(path.read_bytes())
    path.unlink()
    (folder / f"{name}.log").write_bytes(text)
    return text


def read(stream: SegmentStream, size: int = -1) -> bytes:
    with closing(stream):
        parts = []
        while part := stream.read1(size):
            parts.append(part)
        return b"".join(parts)


@pytest.mark.parametrize("size", [-1, 1, 7, 4096])
@pytest.mark.parametrize("step", [1 << 16, 5])
def test_all_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch, size: int, step: int) -> None:
    monkeypatch.setattr(segment_stream, "_HEADER_BYTES", step)
    for first in range(3):
        stream = SegmentStream(folder, NAMES[first:])
        assert (stream.lines_before, stream.lines) == (4 * first, 4 * first)
        assert stream.bytes == len(b"".join(lines(1, 4 * first + 1)))
        assert read(stream, size) == b"".join(lines(4 * first + 1, 13))
        assert (stream.lines_before, stream.lines) == (4 * first, 12)
        assert stream.bytes == len(b"".join(lines(1, 13)))
        sizes = [path.stat().st_size for path in sorted(folder.iterdir())]
        assert (stream.tell(), stream.closed) == (sum(sizes[first:]), True)


def test_nothing_to_read(folder: Path) -> None:
    stream = SegmentStream(folder, [])
    assert (read(stream), stream.header_line, stream.tell()) == (b"", b"", 0)
    (folder / "c__4.log").write_bytes(b"")
    stream = SegmentStream(folder, ["c__4"])
    assert (read(stream), stream.header_line) == (b"", b"")


def test_the_last_one_s_header_is_still_being_written(folder: Path) -> None:
    size = len(b"".join(lines(1, 13)))
    head = header(AT, 12, size)
    for cut in range(len(head)):
        (folder / "c__4.log").write_bytes(head[:cut])
        assert read(SegmentStream(folder, segment_names(folder))) == b"".join(lines(1, 13))
    (folder / "c__4.log").write_bytes(head + b"half")
    assert read(SegmentStream(folder, segment_names(folder))) == b"".join(lines(1, 13)) + b"half"


def damage(folder: Path, names: list[str] = NAMES) -> tuple[bytes, str]:
    stream = SegmentStream(folder, names)
    got = b""
    with closing(stream), pytest.raises(RecordingError) as error:
        while part := stream.read1():
            got += part
    return got, str(error.value)


NOT_ON = "it does not go on where the one before ends: a segment is missing or has changed"


def test_a_segment_is_missing(folder: Path) -> None:
    got, told = damage(folder, ["c__1", "c__3"])
    assert got == b"".join(lines(1, 5))
    assert told == f"{folder}/c__3.log: {NOT_ON} after line 4"


def test_a_segment_is_cut_off(folder: Path) -> None:
    text = plain(folder, "c__2")
    (folder / "c__2.log").write_bytes(text[:-3])
    got, told = damage(folder)
    assert got == b"".join(lines(1, 9))[:-3]
    assert told == f"{folder}/c__3.log: {NOT_ON} after line 7"


def test_as_many_lines_but_other_bytes(folder: Path) -> None:
    text = plain(folder, "c__2")
    (folder / "c__2.log").write_bytes(text[:-3] + b"  }\n")
    assert damage(folder)[1] == f"{folder}/c__3.log: {NOT_ON} after line 8"


def test_a_segment_without_its_header(folder: Path) -> None:
    text = plain(folder, "c__2")
    for wrong in (text.partition(b"\n")[2], b"", text[:20]):
        (folder / "c__2.log").write_bytes(wrong)
        got, told = damage(folder)
        assert got == b"".join(lines(1, 5))
        why = "the segment does not begin with its header after line 4"
        assert told == f"{folder}/c__2.log: {why}"


def test_damaged_bytes(folder: Path) -> None:
    path = folder / "c__2.zst"
    packed = path.read_bytes()
    path.write_bytes(packed[:-8])
    assert damage(folder)[1] == f"{path}: the compressed data are cut off after line 4"
    path.write_bytes(packed[:-1] + bytes([packed[-1] ^ 1]))
    told = damage(folder)[1]
    assert told.startswith(f"{path}: the compressed data are damaged (")
    assert told.endswith(") after line 4")


def test_a_disk_that_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 200:
                raise OSError(5, "Input/output error")
            return super().read1(min(size or 0, 201))

    text = (folder / "c__3.log").read_bytes()

    def opened(where: Path, name: str) -> tuple[Path, Failing, Failing]:
        stream = Failing(text)
        return where / name, stream, stream

    monkeypatch.setattr(segment_stream, "open_segment", opened)
    got, told = damage(folder, ["c__3"])
    assert got == text[:201].partition(b"\n")[2]
    last = 8 + got.count(b"\n")
    assert told == f"{folder}/c__3: cannot be read further: Input/output error after line {last}"


def test_a_segment_that_vanished(folder: Path) -> None:
    stream = SegmentStream(folder, NAMES)
    (folder / "c__2.zst").unlink()
    with pytest.raises(SeawallError, match="c__2: this segment of the spool has been deleted"):
        read(stream)


@pytest.mark.parametrize("block", [1 << 20, 5, 40])
def test_whole_lines(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(segment_stream, "BLOCK", block)
    for text, whole in ((b"", b""), (b"1 {", b""), (b"1 {}\n2 {}\n", b"1 {}\n2 {}\n"),
                        (b"1 {}\n" + line(7, 300) + b"3", b"1 {}\n" + line(7, 300))):  # fmt: skip
        blocks = list(whole_lines(BytesIO(text)))
        assert b"".join(blocks) == whole
        assert all(part.endswith(b"\n") for part in blocks)


def test_the_tail_lets_go_of_its_files(folder: Path) -> None:
    """Also when nobody reads it to its end."""
    tail = tail_of(folder, Position("c__1", 0))
    assert next(tail) == b"".join(lines(1, 5))
    tail.close()  # type: ignore[attr-defined]
    assert list(tail) == []
    assert b"".join(tail_of(folder, Position("c__2", 0))) == b"".join(lines(5, 13))
    assert b"".join(tail_of(folder, Position("", 0))) == b"".join(lines(1, 13))
