"""Bytes out of plain, gzip and zstandard files alike, told apart by their first bytes.

A file that is cut off raises EOFError, one that is damaged one of DAMAGE; what was readable before
has been given out by then.
"""

import gzip
import zlib
from io import BufferedReader
from pathlib import Path
from typing import Final, Protocol

import zstandard

GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
DAMAGE: Final = (zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
_PACKED_BYTES: Final = 1 << 17  # read from the file at once
_WINDOW_BYTES: Final = 1 << 31  # files packed with `zstd --long=31` are read too


class ByteStream(Protocol):
    """What is read: at most so many bytes at a time, b"" at the end."""

    def read1(self, size: int = -1, /) -> bytes:
        """Some bytes, at most `size`; b"" at the end and nowhere else."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class Place(Protocol):
    """How far the file itself has been read."""

    @property
    def closed(self) -> bool:
        """Whether the file has been let go of."""
        ...

    def tell(self) -> int:
        """Bytes of the file read so far (compressed ones)."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class ZstdStream:
    """The content of a zstandard file: any number of frames, one behind the other.

    The library's own reader takes a frame that is cut off for a whole one; this one does not.
    """

    def __init__(self, raw: BufferedReader) -> None:
        self._raw = raw
        self._packed = b""
        self._frame: zstandard.ZstdDecompressionObj | None = None  # the one that is being read
        self._data = memoryview(b"")

    def read1(self, size: int = -1, /) -> bytes:
        """Some bytes, at most `size`; b"" at the end and nowhere else."""
        while not self._data:
            packed = self._packed or self._raw.read(_PACKED_BYTES)
            self._packed = b""
            if not packed:
                if self._frame is not None:
                    raise EOFError
                return b""
            self._data = memoryview(self._unpacked(packed))
        end = len(self._data) if size < 0 else size
        data = self._data[:end].tobytes()
        self._data = self._data[end:]
        return data

    def _unpacked(self, packed: bytes) -> bytes:
        if self._frame is None:
            opener = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
            self._frame = opener.decompressobj()
        data = self._frame.decompress(packed)
        if self._frame.eof:
            self._packed = self._frame.unused_data
            self._frame = None
        return data

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()


def open_packed(path: Path) -> tuple[ByteStream, BufferedReader]:
    """The content of a file, and the file. Raises OSError."""
    raw = path.open("rb")
    magic = raw.peek(4)[:4]
    if magic == ZSTD:
        return ZstdStream(raw), raw
    if magic.startswith(GZIP):
        return gzip.GzipFile(fileobj=raw, mode="rb"), raw
    return raw, raw
