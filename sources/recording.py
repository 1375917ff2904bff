"""Recordings (C3): one file per connection, text lines, gzip or plain.

Reading never fails in the middle of a run: what is damaged ends the file and is told as a
sentence. The last line counts only when it is whole: a newline ends it, or its payload is
complete JSON (the recorder may be about to write the rest, and a longer file continues there).
"""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from schemas.errors import UsageError
from sources.lines import CONTROL, Lines, index_lines

BLOCK: Final = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
SUFFIXES: Final = (".gz", ".zst", ".txt", ".log")


class Header(Struct):
    """The first control line of our own recordings."""

    k: str
    version: int = 1
    venue: str | None = None
    instruments: list[dict[str, object]] = []


def connection_name(path: Path) -> str:
    """The file's name without its ending."""
    name = path.name
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def open_recording(path: Path) -> "Recording":
    """Open a file. Raises UsageError with a sentence when there is nothing to read."""
    if path.is_dir():
        message = f"{path}: is a folder, not a recording; name its files"
        raise UsageError(message)
    try:
        raw = path.open("rb")
    except FileNotFoundError as error:
        message = f"{path}: no such file"
        raise UsageError(message) from error
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise UsageError(message) from error
    magic = raw.read(4)
    raw.seek(0)
    if not magic:
        raw.close()
        message = f"{path}: is empty, there is nothing to replay"
        raise UsageError(message)
    if magic == _ZSTD:
        raw.close()
        message = f"{path}: is zstandard; this version reads gzip and plain text"
        raise UsageError(message)
    stream: BufferedIOBase = raw
    if magic.startswith(_GZIP):
        stream = gzip.GzipFile(fileobj=raw, mode="rb")
    return Recording(connection_name(path), str(path), stream, path.stat().st_size, raw)


class Recording:
    """Blocks of whole lines of one file, in order."""

    def __init__(
        self,
        name: str,
        path: str,
        stream: BufferedIOBase,
        size: int = 0,
        raw: BufferedIOBase | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.size = size
        self.problem: str | None = None  # why the file ended early
        self.damaged = False  # the bytes are wrong, not merely cut off
        self._stream = stream
        self._raw = raw
        self._carry = b""
        self._ended = False

    @property
    def position(self) -> int:
        """Bytes of the file read so far (compressed ones)."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed else self.size

    def blocks(self, first_line: int) -> Iterator[Lines]:
        """Indexed blocks; the first line gets number `first_line`."""
        while not self._ended:
            data = self._read(BLOCK)
            if not data:
                self._ended = True
                data = self._last(first_line)
            else:
                data = self._carry + data
                self._carry = b""
            lines = index_lines(np.frombuffer(data, np.uint8), first_line)
            if len(lines):
                self._carry = self._carry or data[int(lines.past[-1]) :]
                first_line += len(lines)
                yield lines
            elif not self._ended:
                self._carry = data
        self.close()

    def _last(self, line: int) -> bytes:
        tail, self._carry = self._carry, b""
        if not tail:
            return b""
        stamp, _, payload = tail.partition(b" ")
        if stamp.isdigit() and _is_json(payload):
            return tail + b"\n"
        self.problem = self.problem or f"ends in the middle of line {line}, which is left unread"
        return b""

    def _read(self, most: int) -> bytes:
        """Up to `most` bytes; fewer only at the end, or before what cannot be read."""
        parts: list[bytes] = []
        while most > 0 and self.problem is None:
            data = self._read_some(most)
            if not data:
                break
            parts.append(data)
            most -= len(data)
        return b"".join(parts)

    def _read_some(self, most: int) -> bytes:
        try:
            return self._stream.read1(most)  # read() would lose what it has when it fails
        except EOFError:
            self.problem = "the compressed data are cut off; everything before was read"
        except (zlib.error, gzip.BadGzipFile) as error:
            self.problem = f"the compressed data are damaged ({error}); everything before was read"
            self.damaged = True
        except OSError as error:
            self.problem = f"cannot be read further: {error.strerror or error}"
            self.damaged = True
        return b""

    def skip(self, size: int) -> Iterator[bytes]:
        """Read past the first `size` bytes, giving them out (for the hash).

        A last line that counted without its newline was counted with it: where the file still
        lacks it, it is given out all the same.
        """
        last = b"\n"
        while size > 0:
            data = self._read(min(size, BLOCK))
            if not data:
                break
            size -= len(data)
            last = data[-1:]
            yield data
        if size == 1 and last != b"\n":
            yield b"\n"

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        if self._raw is not None:
            self._raw.close()


def _is_json(payload: bytes) -> bool:
    if payload.startswith(b"@"):
        payload = payload.partition(b" ")[2]
    try:
        msgspec.json.decode(payload.removeprefix(b"!"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def header_of(lines: Lines) -> Header | None:
    """The header of our own recordings, if the first line is one."""
    if not len(lines) or lines.kind[0] != CONTROL:
        return None
    try:
        header = msgspec.json.decode(lines.payload(0)[1:], type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return header if header.k == "recording" else None
