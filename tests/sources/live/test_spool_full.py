"""A full disk: one clear error, and nothing that was acknowledged is lost."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import SeawallError
from sources.live.spool import BEGINNING
from tests.sources.live.spools import header, line, lines, rest, spool, texts

CHILD = """
import os, resource, sys
from pathlib import Path
from schemas.errors import SeawallError
from sources.live.spool import Spool
from tests.sources.live.spools import HEADER, line
made = Spool(Path(sys.argv[1]), "c", header=HEADER, segment_bytes=int(sys.argv[3]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
number = 0
for _ in range(2):
    try:
        while True:
            made.append([line(number + 1, 50), line(number + 2, 70)])
            number += 2
    except SeawallError as error:
        print(type(error).__name__, number, error)
made.close()
"""


def told(folder: Path, limit: int, segment: int) -> list[str]:
    run = [sys.executable, "-c", CHILD, str(folder), str(limit), str(segment)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("limit", [3000, 3001, 3077, 3150])
def test_the_limit_of_a_file_s_size(tmp_path: Path, limit: int) -> None:
    first, second = told(tmp_path, limit, 10**9)
    name, number, sentence = first.split(" ", 2)
    assert second == first  # it stays so until somebody starts again
    count = int(number)
    assert name == "SeawallError"
    assert sentence == (
        f"the spool {tmp_path}/c cannot be written: File too large; all {count} lines before are "
        "safe; free space there and start again"
    )
    assert count > 10
    with spool(tmp_path) as made:  # the limit is gone
        said = b"".join(lines_of(count))
        assert rest(made, BEGINNING) == said
        made.append([line(count + 1)])
        assert rest(made, BEGINNING) == said + line(count + 1)


def lines_of(count: int) -> list[bytes]:
    return [line(k, 50 if k % 2 else 70) for k in range(1, count + 1)]


def test_a_segment_that_cannot_even_begin(tmp_path: Path) -> None:
    first, _ = told(tmp_path, 100, 10**9)
    assert first.startswith("SeawallError 0 the spool ")
    with spool(tmp_path) as made:
        assert (made.lines, rest(made, BEGINNING)) == (0, b"")
        made.append([line(1)])
        assert rest(made, BEGINNING) == line(1)


def test_no_space_for_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with spool(tmp_path, segment_bytes=10) as made:
        made.append([line(1)])
        made._packer.wait()

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "open", full)
        with pytest.raises(SeawallError, match=r"No space left on device; all 1 lines before are"):
            made.append([line(2)])
        monkeypatch.undo()
        with pytest.raises(SeawallError, match="No space left on device"):
            made.append([line(2)])
    with spool(tmp_path) as made:
        made.append([line(2)])
        assert rest(made, BEGINNING) == line(1) + line(2)


def test_half_a_write_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    with spool(tmp_path) as made:
        place = made.append(lines(1, 4))
        assert rest(made, BEGINNING) == b"".join(lines(1, 4))
        assert sum(map(len, texts(made.folder).values())) == place.offset


def test_half_a_write_that_cannot_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with spool(tmp_path) as made:
        made.append([line(1)])
        write = os.write
        left = [7]

        def some(handle: int, data: bytes) -> int:
            if not left:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return write(handle, data[: left.pop()])

        monkeypatch.setattr(os, "write", some)
        monkeypatch.setattr(os, "ftruncate", some)
        with pytest.raises(SeawallError, match="Input/output error; all 1 lines before are safe"):
            made.append([line(2)])
        monkeypatch.undo()
        with pytest.raises(SeawallError, match="Input/output error"):
            made.append([line(2)])
        assert rest(made, BEGINNING) == line(1)
    with spool(tmp_path) as made:
        made.append([line(2)])
        assert rest(made, BEGINNING) == line(1) + line(2)


NOISE = """
import os, resource, sys, time
from pathlib import Path
from schemas.errors import SeawallError
from sources.live.spool import Spool
made = Spool(Path(sys.argv[1]), "c", header={}, segment_bytes=8100)
noise = Path(sys.argv[2]).read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
number = 0
for _ in range(2):
    try:
        while True:
            made.append([noise])
            number += 1
            time.sleep(0.02)
    except SeawallError as error:
        print(type(error).__name__, number, error)
os._exit(0)
"""


def test_what_cannot_be_compressed_is_kept_and_told(tmp_path: Path) -> None:
    """Random bytes pack to more than they are: the limit strikes the compressed file alone."""
    noise = b"5 " + bytes(byte for byte in os.urandom(9000) if byte != 10)[:8000] + b"\n"
    (tmp_path / "noise").write_bytes(noise)
    log = tmp_path / "c" / "c__5.log"
    size = len(header(5, 0, 0, {}) + noise)
    run = [sys.executable, "-c", NOISE, str(tmp_path), str(tmp_path / "noise"), str(size + 5)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    assert second == first
    number = int(first.split(" ")[1])
    assert first == (
        f"SeawallError {number} {log}: the finished segment cannot be compressed: File too large; "
        "nothing is lost, free space there and start again"
    )
    assert sorted(path.name for path in log.parent.glob("*5.*")) == [log.name]
    with spool(tmp_path, header={}) as made:
        assert rest(made, BEGINNING) == noise * number
        assert number == made.lines >= 2
    assert not log.exists()
