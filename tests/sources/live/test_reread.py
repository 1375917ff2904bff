"""A spool read again from any byte: rotated, compressed, torn, too short, deleted."""

import os
from pathlib import Path

import pytest

from schemas.errors import SeawallError, UsageError
from sources.live import reread as module
from sources.live import segment_stream
from sources.live.reread import reread
from sources.live.segments import segment_names
from sources.live.spool import BEGINNING
from tests.sources.live.spools import line, lines, rest, spool

TEXT = b"".join(line(n, 3 * n) for n in range(1, 21))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 lines in several segments, all but the newest compressed."""
    base = tmp_path_factory.mktemp("spool")
    with spool(base, segment_bytes=300) as made:
        for n in range(1, 21):
            made.append([line(n, 3 * n)])
        assert rest(made, BEGINNING) == TEXT
    found = base / "c"
    kinds = sorted(path.suffix for path in found.glob("c__*"))
    assert len(kinds) > 4
    assert kinds == [".log"] + [".zst"] * (len(kinds) - 1)
    return found


def blocks_of(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(module, "BLOCK", size)
    monkeypatch.setattr(segment_stream, "BLOCK", size)


@pytest.mark.parametrize("block", [1 << 20, 64])
def test_from_every_byte(folder: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    blocks_of(monkeypatch, block)
    for begin in range(len(TEXT) + 1):
        parts = list(reread(folder, begin))
        assert b"".join(parts) == TEXT[begin:]
        assert all(part.endswith(b"\n") for part in parts)


@pytest.mark.parametrize("block", [1 << 20, 64])
def test_a_part_is_exact(folder: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    blocks_of(monkeypatch, block)
    for begin in range(0, len(TEXT) + 1, 23):
        for end in range(begin, len(TEXT) + 1, 29):
            parts = list(reread(folder, begin, end))
            assert b"".join(parts) == TEXT[begin:end]
            assert all(0 < len(part) <= block for part in parts)
    assert b"".join(reread(folder, 0, len(TEXT))) == TEXT


def test_nothing_lies_before_the_beginning_of_a_part(folder: Path) -> None:
    assert list(reread(folder, 7, 7)) == []
    assert list(reread(folder, 7, 3)) == []


def too_short(folder: Path, missing: int) -> str:
    return (
        f"{folder}: ends {missing} bytes before the place that the recovery data had reached: the "
        "machine stopped before it was on disk; start with new recovery data ([state] dir)"
    )


def told(folder: Path, begin: int, end: int | None = None) -> str:
    with pytest.raises(SeawallError) as error:
        list(reread(folder, begin, end))
    return str(error.value)


@pytest.mark.parametrize("block", [1 << 20, 64])
def test_past_the_end(folder: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    blocks_of(monkeypatch, block)
    for missing in (1, 100, 5000):
        assert told(folder, len(TEXT) + missing) == too_short(folder, missing)
        assert told(folder, 3, len(TEXT) + missing) == too_short(folder, missing)
        assert told(folder, len(TEXT), len(TEXT) + missing) == too_short(folder, missing)


def test_what_is_there_comes_before_the_error(folder: Path) -> None:
    got = b""
    with pytest.raises(SeawallError):
        for part in reread(folder, 5, len(TEXT) + 1):
            got += part
    assert got == TEXT[5:]


def test_an_empty_spool(tmp_path: Path) -> None:
    assert list(reread(tmp_path, 0)) == []
    assert list(reread(tmp_path, 0, 0)) == []
    assert told(tmp_path, 3) == too_short(tmp_path, 3)
    assert told(tmp_path, 0, 5) == too_short(tmp_path, 5)
    assert told(tmp_path, 3, 5) == too_short(tmp_path, 5)


def test_deleted_segments(tmp_path: Path) -> None:
    with spool(tmp_path, segment_bytes=300) as made:
        for n in range(1, 21):
            made.append([line(n, 3 * n)])
    folder = tmp_path / "c"
    names = segment_names(folder)
    first = segment_stream.SegmentStream(folder, names[2:3])
    kept = first.bytes
    first.close()
    for name in names[:2]:
        (folder / f"{name}.zst").unlink()
    for begin in range(kept, len(TEXT) + 1, 7):
        assert b"".join(reread(folder, begin)) == TEXT[begin:]
    deleted = (
        "of the spool, from which on it must be read again, has been deleted with an old segment: "
        "choose another name with --run NAME, and keep more hours"
    )
    for begin, end in ((kept - 1, None), (1, 2), (0, None)):
        assert told(folder, begin, end) == f"{folder}: byte {begin} {deleted}"
    with pytest.raises(UsageError):
        next(reread(folder, 0))


def test_a_torn_line_is_left_for_later(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        made.append(lines(1, 4))
        with next(made.folder.glob("*.log")).open("ab") as file:
            file.write(b'170 {"half')
        whole = b"".join(lines(1, 4))
        for begin in range(len(whole) + 1):
            assert b"".join(reread(made.folder, begin)) == whole[begin:]
        assert b"".join(reread(made.folder, 5, len(whole) + 4)) == whole[5:] + b"170 "


def test_files_are_let_go_of(folder: Path) -> None:
    def handles() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = handles()
    half = reread(folder, 5, len(TEXT))
    next(half)
    assert handles() == before + 1
    half.close()  # type: ignore[attr-defined]
    assert handles() == before
    told(folder, len(TEXT) + 1)
    list(reread(folder, 5))
    assert handles() == before
