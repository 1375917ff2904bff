"""Recordings packed with zstandard: the same lines, read up to what is cut off or damaged."""

import gzip
import random
from pathlib import Path

import pytest
import zstandard

from sources import recording
from sources.recording import Recording, open_recording
from tests.shared import shared_file

ROWS = tuple(b'%d {"a":%d}\n' % (k, random.Random(k).getrandbits(90)) for k in range(1, 20_001))
DATA = b"".join(ROWS)


def packed(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def read(made: Recording) -> list[tuple[int, bytes]]:
    """Every line with its number in the connection."""
    found = []
    for block in made.blocks(made.lines_before + 1):
        begin = block.begin
        for number, past in enumerate(block.past.tolist(), block.first_line):
            found.append((number, block.buffer[begin:past].tobytes()))
            begin = past
    return found


def told(made: Recording) -> tuple[list[bytes], str | None, bool]:
    return [text for _, text in read(made)], made.problem, made.damaged


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("block", [1 << 20, 4096, 7, 1])
def test_every_line_whatever_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(recording, "BLOCK", block)
    rows = ROWS if block > 100 else ROWS[:100]
    path = saved(tmp_path / "v__x.zst", packed(b"".join(rows)))
    made = open_recording(path)
    assert (made.name, made.position, made.size) == ("v__x", 0, path.stat().st_size)
    assert told(made) == (list(rows), None, False)
    assert made.position == made.size


def test_several_frames_are_one_file(tmp_path: Path) -> None:
    path = saved(tmp_path / "x", packed(b"1 {}\n2 {") + packed(b"}\n3 {}"))
    assert told(open_recording(path)) == ([b"1 {}\n", b"2 {}\n", b"3 {}\n"], None, False)


@pytest.mark.parametrize("share", [0.0001, 0.3, 0.9, 0.99999])
def test_a_file_that_is_cut_off_is_read_up_to_there(tmp_path: Path, share: float) -> None:
    whole = packed(DATA)
    path = saved(tmp_path / "x.zst", whole[: max(4, int(len(whole) * share))])
    found, problem, damaged = told(open_recording(path))
    assert found == list(ROWS[: len(found)])
    assert len(b"".join(found)) >= len(DATA) * share - (1 << 18)
    assert problem == "the compressed data are cut off; everything before was read"
    assert not damaged


def test_a_damaged_file_is_read_up_to_there(tmp_path: Path) -> None:
    whole = bytearray(packed(DATA))
    whole[len(whole) // 2] ^= 1
    found, problem, damaged = told(open_recording(saved(tmp_path / "x.zst", bytes(whole))))
    assert found[:5_000] == list(ROWS[:5_000])  # its own checksum is behind the last byte
    assert problem is not None and damaged
    assert problem.startswith("the compressed data are damaged (")
    found, problem, damaged = told(open_recording(saved(tmp_path / "y", packed(DATA) + b"more")))
    assert (len(found), damaged) == (len(ROWS), True)
    assert told(open_recording(saved(tmp_path / "z", packed(b"")))) == ([], None, False)


@pytest.mark.parametrize("newline", [True, False])
def test_a_longer_file_goes_on_where_the_shorter_ended(tmp_path: Path, newline: bool) -> None:
    short = b'1 {"a":1}\n2 {}\n'
    path = saved(tmp_path / "x.zst", packed(short if newline else short[:-1]))
    assert b"".join(told(open_recording(path))[0]) == short
    saved(path, packed(short + b"3 {}\n"))
    made = open_recording(path)
    assert b"".join(made.skip(len(short))) == short
    assert [(b.first_line, b.payload(0)) for b in made.blocks(3) if len(b)] == [(3, b"{}")]


def test_a_real_recording_packed_otherwise(tmp_path: Path) -> None:
    path = shared_file("data/captures/bybit-linear__2026-08-09.gz")
    data = gzip.decompress(path.read_bytes())
    expected = told(open_recording(path))
    assert expected == (data.splitlines(keepends=True), None, False)
    assert told(open_recording(saved(tmp_path / "x.zst", packed(data)))) == expected
