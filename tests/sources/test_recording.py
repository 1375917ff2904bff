"""Recordings: whole lines out of gzip and plain files, whatever is cut off, damaged or missing."""

import gzip
import random
import zlib
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import UsageError
from sources import recording
from sources.recording import Header, Recording, connection_name, header_of, open_recording
from tests.sources.talk import indexed

ROWS = tuple(b'%d {"a":%d}' % (k, random.Random(k).getrandbits(90)) for k in range(1, 20_001))
DATA = b"".join(row + b"\n" for row in ROWS)


def read(path: Path) -> tuple[list[bytes], str | None, bool]:
    """Lines, problem, damaged."""
    made = open_recording(path)
    lines, number = [], 1
    for block in made.blocks(1):
        assert block.first_line == number
        number += len(block)
        begin = block.begin
        for past in block.past.tolist():
            lines.append(block.buffer[begin:past].tobytes())
            begin = past
    return lines, made.problem, made.damaged


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


# -- whole files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("block", [1 << 20, 4096, 7, 1])
def test_every_line_whatever_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, block: int
) -> None:
    monkeypatch.setattr(recording, "BLOCK", block)
    data = DATA[: len(DATA) if block > 100 else 3_000]
    data = data[: data.rindex(b"\n") + 1]
    path = saved(tmp_path / "x.gz", gzip.compress(data, 1) if packed else data)
    assert read(path) == (data.splitlines(keepends=True), None, False)


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    path = saved(tmp_path / "x", gzip.compress(b"1 {}\n2 {") + gzip.compress(b"}\n3 {}\n"))
    assert read(path)[0] == [b"1 {}\n", b"2 {}\n", b"3 {}\n"]


def test_line_ends_of_two_characters(tmp_path: Path) -> None:
    made = open_recording(saved(tmp_path / "x", b"1 {}\r\n\r\n2 []\r\n3 {}\r"))
    payloads = [block.payload(k) for block in made.blocks(1) for k in range(len(block))]
    assert (payloads, made.problem) == ([b"{}", b"", b"[]", b"{}"], None)


def test_position_goes_to_the_size(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.gz", gzip.compress(DATA))
    made = open_recording(path)
    assert (made.position, made.size) == (0, path.stat().st_size)
    assert len([made.position for _ in made.blocks(1)]) > 0
    assert made.position == made.size


def test_a_stream_that_is_no_file() -> None:
    (block,) = Recording("c", "c", BytesIO(b"1 {}\n2 {}\n")).blocks(5)
    assert (len(block), block.first_line) == (2, 5)


# -- the last line -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tail", [b'3 {"a":[1]}', b"3 @https://h/x?y {}", b'3 !{"k":"end"}', b"3 [1,2]", b"3 {}\r"]
)
def test_a_whole_last_line_counts_without_its_newline(tmp_path: Path, tail: bytes) -> None:
    path = saved(tmp_path / "x", b"1 {}\n2 {}\n" + tail)
    assert read(path) == ([b"1 {}\n", b"2 {}\n", tail + b"\n"], None, False)


@pytest.mark.parametrize(
    "tail", [b"3", b"3 ", b'3 {"a":', b"3 {}}", b"x {}", b"{}", b"3 @https://h/x", b"3 !",
             b"3 @https://h/x {", b"3 \xff", b"3 " + b"[" * 5000]
)  # fmt: skip
def test_half_a_last_line_is_left_unread(tmp_path: Path, tail: bytes) -> None:
    path = saved(tmp_path / "x", b"1 {}\n2 {}\n" + tail)
    problem = "ends in the middle of line 3, which is left unread"
    assert read(path) == ([b"1 {}\n", b"2 {}\n"], problem, False)


def test_a_single_line(tmp_path: Path) -> None:
    assert read(saved(tmp_path / "x", b"1 {}"))[0] == [b"1 {}\n"]
    problem = "ends in the middle of line 1, which is left unread"
    assert read(saved(tmp_path / "x", b"rubbish")) == ([], problem, False)


# -- damage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.9999])
def test_a_gzip_that_is_cut_off_is_read_up_to_there(tmp_path: Path, share: float) -> None:
    packed = gzip.compress(DATA)
    cut = packed[: int(len(packed) * share)]
    lines, problem, damaged = read(saved(tmp_path / "x.gz", cut))
    readable = gzip_prefix(cut)
    assert b"".join(lines) == readable[: readable.rfind(b"\n") + 1]
    assert problem == "the compressed data are cut off; everything before was read"
    assert not damaged


def gzip_prefix(data: bytes) -> bytes:
    """Everything that zlib itself gets out of it."""
    return zlib.decompressobj(wbits=31).decompress(data)


def test_a_damaged_gzip_is_read_up_to_there(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(DATA))
    middle = len(packed) // 2
    packed[middle : middle + 2_000] = b"\0" * 2_000
    lines, problem, damaged = read(saved(tmp_path / "x.gz", bytes(packed)))
    assert 0 < len(lines) < len(ROWS)
    assert lines[:5_000] == [row + b"\n" for row in ROWS[:5_000]]
    assert problem is not None and damaged
    assert problem.startswith("the compressed data are damaged (")


def test_a_wrong_checksum_and_rubbish_behind_are_damage(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"1 {}\n2 {}\n"))
    packed[-8] ^= 1
    for data in (bytes(packed), gzip.compress(b"1 {}\n2 {}\n") + b"rubbish behind"):
        lines, problem, damaged = read(saved(tmp_path / "x.gz", data))
        assert (lines, damaged) == ([b"1 {}\n", b"2 {}\n"], True)
        assert "damaged" in str(problem)


# -- nothing to read -----------------------------------------------------------------------------


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for path, sentence in (
        (tmp_path, "is a folder, not a recording; name its files"),
        (tmp_path / "none.gz", "no such file"),
        (saved(tmp_path / "empty.gz", b""), "is empty, there is nothing to replay"),
    ):
        with pytest.raises(UsageError) as error:
            open_recording(path)
        assert str(error.value) == f"{path}: {sentence}"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UsageError) as error:
        open_recording(tmp_path / "x")
    assert str(error.value) == f"{tmp_path / 'x'}: cannot be read: Permission denied"


def test_a_disk_that_fails_later() -> None:
    class Failing(BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 10:
                raise OSError(5, "Input/output error")
            return super().read1(size)

    made = Recording("c", "c", Failing(b"1 {}\n2 {}\n3 {}\n"))
    lines = [b.payload(k) for b in made.blocks(1) for k in range(len(b))]
    assert (lines, made.problem, made.damaged) == (
        [b"{}"] * 3, "cannot be read further: Input/output error", True,
    )  # fmt: skip


def test_an_empty_gzip_has_no_lines(tmp_path: Path) -> None:
    assert read(saved(tmp_path / "x.gz", gzip.compress(b""))) == ([], None, False)


# -- going on ------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("newline", [True, False])
@pytest.mark.parametrize("block", [1 << 20, 5])
def test_a_longer_file_goes_on_where_the_shorter_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, newline: bool, block: int
) -> None:
    monkeypatch.setattr(recording, "BLOCK", block)
    pack = gzip.compress if packed else bytes
    # An empty line right behind the place must not be taken for the newline that was missing.
    whole = b'1 {"a":1}\n2 {}\n\n3 {}\n4 {}\n'
    for lines in (1, 2, 3, 4):
        short = b"".join(whole.splitlines(keepends=True)[:lines])
        given_newline = newline or lines == 3  # the third is empty: nothing to count without one
        path = saved(tmp_path / "x.gz", pack(short if given_newline else short[:-1]))
        before = b"".join(read(path)[0])
        assert before == short
        digest = sha256(before).hexdigest()
        for now in (whole, short, short if given_newline else short[:-1]):
            made = open_recording(saved(tmp_path / "x.gz", pack(now)))
            skipped = b"".join(made.skip(len(before)))
            assert sha256(skipped).hexdigest() == digest
            after = [(b.first_line, len(b)) for b in made.blocks(lines + 1) if len(b)]
            rest = len(now.splitlines()) - lines
            assert sum(count for _, count in after) == rest
            assert [first for first, _ in after][:1] == ([lines + 1] if rest else [])
            assert made.problem is None


def test_what_follows_the_place(tmp_path: Path) -> None:
    made = open_recording(saved(tmp_path / "x", b"1 {}\n2 {}\n\n3 {}"))
    assert b"".join(made.skip(10)) == b"1 {}\n2 {}\n"
    (first, last) = made.blocks(3)
    assert [first.payload(0), last.payload(0)] == [b"", b"{}"]
    assert (last.first_line, last.received_ns.tolist()) == (4, [3])


def test_a_file_that_has_become_shorter_is_not_made_longer(tmp_path: Path) -> None:
    for size, expected in ((9, b"1 {}\n"), (6, b"1 {}\n"), (5, b"1 {}\n")):
        made = open_recording(saved(tmp_path / "x", b"1 {}\n"))
        assert (b"".join(made.skip(size)), list(made.blocks(2))) == (expected, [])


@given(st.binary(max_size=120), st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_any_bytes_through_any_block(data: bytes, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "BLOCK", block)
        made = Recording("c", "c", BytesIO(data))
        lines = [b.payload(k) for b in made.blocks(1) for k in range(len(b))]
    whole = indexed(data)
    rest = data[int(whole.past[-1]) :] if len(whole) else data
    if rest and made.problem is None:
        whole = indexed(data + b"\n")
    assert lines == [whole.payload(k) for k in range(len(whole))]


# -- names and headers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "connection"),
    [("v__x.gz", "v__x"), ("v__x.txt.gz", "v__x"), ("v__x.zst", "v__x"), ("v__x.log", "v__x"),
     ("v__x", "v__x"), ("v__x.1.gz", "v__x.1")],
)  # fmt: skip
def test_a_connection_is_named_by_its_file(name: str, connection: str) -> None:
    assert connection_name(Path("/a.gz/b") / name) == connection


def test_the_header() -> None:
    line = b'5 !{"k":"recording","version":2,"venue":"v","instruments":[{"symbol":"A"}],"more":1}\n'
    assert header_of(indexed(line)) == Header("recording", 2, "v", [{"symbol": "A"}])
    for other in (
        b"",
        b"5 {}\n",
        b'5 !{"k":"clock"}\n',
        b"5 !{\n",
        b'5 !{"k":1}\n',
        b"5 !" + b"[" * 5000 + b"\n",
    ):
        assert header_of(indexed(other)) is None  # fmt: skip
