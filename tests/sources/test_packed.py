"""Plain, gzip and zstandard: all bytes, and a cut or damage is never taken for the end."""

import gzip
import random
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.packed import DAMAGE, GZIP, ZSTD, ZstdStream, open_packed

DATA = b"".join(b"%d\n" % random.Random(k).getrandbits(90) for k in range(40_000))


def zstd(data: bytes, level: int = 3) -> bytes:
    return zstandard.ZstdCompressor(level=level, write_checksum=True).compress(data)


def whole(path: Path, size: int) -> bytes:
    stream, raw = open_packed(path)
    parts = []
    while part := stream.read1(size):
        assert 0 < len(part) <= size or size < 0
        parts.append(part)
    assert (stream.read1(size), raw.tell()) == (b"", path.stat().st_size)
    stream.close()
    raw.close()
    assert raw.closed
    return b"".join(parts)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd])
@pytest.mark.parametrize("size", [1 << 20, 4096, 7, -1])
def test_all_bytes(tmp_path: Path, pack: object, size: int) -> None:
    data = DATA if size > 100 else DATA[:5000]
    path = tmp_path / "x"
    path.write_bytes(pack(data))  # type: ignore[operator]
    assert whole(path, size) == data


def test_the_first_bytes_tell(tmp_path: Path) -> None:
    assert gzip.compress(b"")[:2] == GZIP
    assert zstd(b"")[:4] == ZSTD
    for data in (b"", b"\x28", b"\x1f", b"\x28\xb5\x2f", b"12 {}\n"):
        path = tmp_path / "x.zst"
        path.write_bytes(data)
        assert whole(path, 100) == data


def test_several_frames_are_one_content(tmp_path: Path) -> None:
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"aside"
    path = tmp_path / "x"
    path.write_bytes(zstd(b"1 {}\n2 {") + zstd(b"") + zstd(b"}\n") + skippable + zstd(b"3 {}\n"))
    assert whole(path, 100) == b"1 {}\n2 {}\n3 {}\n"


def test_little_that_becomes_much(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(zstd(bytes(50_000_000)))
    assert path.stat().st_size < 5000
    assert whole(path, 1 << 24) == bytes(50_000_000)


def test_a_long_window(tmp_path: Path) -> None:
    how = zstandard.ZstdCompressionParameters.from_level(1, window_log=28, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=how).compressobj()
    path = tmp_path / "x"
    path.write_bytes(packer.compress(DATA) + packer.flush())
    with pytest.raises(zstandard.ZstdError):
        zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    assert whole(path, 1 << 20) == DATA


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("share", [0.00003, 0.2, 0.7, 0.99999])
def test_what_is_cut_off_is_read_up_to_there(tmp_path: Path, pack: object, share: float) -> None:
    packed = pack(DATA)  # type: ignore[operator]
    path = tmp_path / "x"
    path.write_bytes(packed[: max(5, int(len(packed) * share))])
    stream, raw = open_packed(path)
    data = b""
    with raw, pytest.raises(EOFError):
        while part := stream.read1(1000):
            data += part
    assert DATA.startswith(data)
    assert len(data) >= len(DATA) * share - (1 << 18)


@given(st.integers(0, 10**9), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_one_wrong_byte_is_never_passed_over(
    tmp_path_factory: pytest.TempPathFactory, place: int, wrong: int
) -> None:
    packed = bytearray(PACKED)
    packed[16 + place % (len(packed) - 16)] ^= wrong  # in the first few a bit may mean nothing
    path = tmp_path_factory.mktemp("x") / "x"
    path.write_bytes(packed)
    stream, raw = open_packed(path)
    with raw, pytest.raises((*DAMAGE, EOFError)):
        while stream.read1(1 << 20):
            pass


PACKED = zstd(DATA[:30_000])


def test_rubbish_behind_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(zstd(b"1 {}\n") + b"rubbish")
    stream, raw = open_packed(path)
    assert isinstance(stream, ZstdStream)
    with raw:
        assert stream.read1() == b"1 {}\n"
        with pytest.raises(zstandard.ZstdError):
            stream.read1()
