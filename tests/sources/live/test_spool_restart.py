"""A spool goes on where the process before it stopped; one process at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import SeawallError, UsageError
from sources.live.segments import Position
from sources.live.spool import BEGINNING
from tests.sources.live.spools import AT, HEADER, SECOND, header, line, lines, rest, spool, texts


def test_a_restart_goes_on_in_the_same_segment(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        made.append(lines(1, 3))
    with spool(tmp_path) as made:
        assert (made.lines, made.last_ns) == (2, AT + 2 * SECOND)
        place = made.append([line(3)])
    text = header(AT + SECOND, 0, 0) + b"".join(lines(1, 4))
    assert texts(made.folder) == {f"c__{AT + SECOND}.log": text}
    assert place == Position(f"c__{AT + SECOND}", len(text))


def test_another_header_begins_another_segment(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        made.append(lines(1, 3))
    other = HEADER | {"instruments": []}
    with spool(tmp_path, header=other) as made:
        made.append([line(3)])
    with spool(tmp_path, header=other) as made:
        made.append([line(4)])
    both = header(AT + SECOND, 0, 0) + b"".join(lines(1, 3))
    later = header(AT + 3 * SECOND, 2, len(line(1) + line(2)), other) + b"".join(lines(3, 5))
    assert texts(made.folder) == {
        f"c__{AT + SECOND}.zst": both,
        f"c__{AT + 3 * SECOND}.log": later,
    }


def test_a_restart_after_the_last_segment_was_finished(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        end = made.append(lines(1, 3))
    with spool(tmp_path, header=HEADER | {"venue": "w"}) as made:  # finishes it and stops
        assert made.end == end
    assert [name[-4:] for name in texts(made.folder)] == [".zst"]
    with spool(tmp_path) as made:
        assert (made.lines, made.last_ns, made.end) == (2, AT + 2 * SECOND, end)
        assert rest(made, end) == b""
        made.append([line(3)])
        assert rest(made, end) == line(3)


def test_a_folder_that_is_a_link_to_another(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "c").symlink_to(tmp_path / "elsewhere")
    for number in (1, 2):
        with spool(tmp_path) as made:
            made.append([line(number)])
    assert (made.lines, rest(made, BEGINNING)) == (2, line(1) + line(2))


def test_one_process_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from sources.live.spool import Spool\n"
        "from schemas.errors import UsageError\n"
        "try: Spool(pathlib.Path(sys.argv[1]), 'c', header={})\n"
        "except UsageError as error: print(error)\n"
    )
    with spool(tmp_path) as made:
        run = [sys.executable, "-c", code, str(tmp_path)]
        done = subprocess.run(run, capture_output=True, text=True, check=True)
        told = f"the spool {tmp_path / 'c'} is in use by another process: stop it first\n"
        assert (done.stdout, done.stderr) == (told, "")
        made.append([line(1)])
    spool(tmp_path).close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError) as error:
        spool(tmp_path / "file")
    assert str(error.value) == f"the spool {tmp_path}/file/c cannot be opened: Not a directory"


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "iterdir", refuse)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(SeawallError) as error:
        spool(tmp_path)
    assert str(error.value) == f"the spool {tmp_path}/c cannot be opened: Input/output error"
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_torn_last_line_is_cut_off_wherever_it_is_torn(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        made.append(lines(1, 4))
    path = tmp_path / "c" / f"c__{AT + SECOND}.log"
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        kept = whole[:size].count(b"\n") - 1  # the header is no line
        with spool(tmp_path) as made:
            assert (made.lines, rest(made, BEGINNING)) == (
                max(kept, 0),
                b"".join(lines(1, kept + 1)),
            )
            made.append([line(9)])
            assert rest(made, BEGINNING) == b"".join([*lines(1, kept + 1), line(9)])
            (only,) = texts(made.folder).values()
            first = 1 if kept > 0 else 9
            assert only.startswith(header(AT + (first if kept < 0 else 1) * SECOND, 0, 0))
        for left in path.parent.glob("c__*"):
            left.unlink()
