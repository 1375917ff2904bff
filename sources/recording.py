"""Recordings (C3): text lines of one connection, in a file (gzip, zstandard or plain) or a spool.

Reading never fails in the middle of a run: what is damaged ends the file and is told as a
sentence. The last line counts only when it is whole: a newline ends it, or its payload is
complete JSON (the recorder may be about to write the rest, and a longer file continues there).
A connection's folder in a spool is one recording: its segments in order, without their headers.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct

from schemas.errors import SeawallError, UsageError
from sources.lines import CONTROL, Lines, index_lines
from sources.live.segment_stream import SegmentStream
from sources.live.segments import number_of, segment_file, segment_names
from sources.packed import DAMAGE, ByteStream, Place, open_packed

BLOCK: Final = 1 << 20
SUFFIXES: Final = (".gz", ".zst", ".txt", ".log")


class Header(Struct):
    """The first control line of our own recordings."""

    k: str
    version: int = 1
    venue: str | None = None
    instruments: list[dict[str, object]] = []
    members: list[str] = []  # of the market regime of the run that made it
    assumed: dict[str, object] = {}  # of the venue, by that run


def connection_name(path: Path) -> str:
    """The file's name without its ending."""
    name = path.name
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def recordings_in(path: Path) -> list[Path]:
    """What a path stands for: the connections of a spool, else just itself."""
    if path.is_dir() and not segment_names(path):
        folders = sorted(folder for folder in path.iterdir() if folder.is_dir())
        return [folder for folder in folders if segment_names(folder)] or [path]
    return [path]


def is_spool(path: Path) -> bool:
    """Whether a path is the folder of a connection's spool, or of several."""
    return path.is_dir() and all(map(segment_names, recordings_in(path)))


def open_recording(
    path: Path, *, from_ns: int | None = None, to_ns: int | None = None
) -> "Recording":
    """Open a file, or a connection's folder in a spool.

    With `from_ns` it begins at the first line received then or later; with `to_ns` it ends before
    the first line received then or later. Raises UsageError when there is nothing to read.
    """
    recording = _open_spool(path, from_ns) if path.is_dir() else _open_file(path)
    recording.to_ns = to_ns
    if from_ns is not None or to_ns is not None:
        recording.start_at(-1 if from_ns is None else from_ns)
    return recording


def _open_spool(folder: Path, from_ns: int | None) -> "Recording":
    names = segment_names(folder)
    if not names:
        message = f"{folder}: is a folder, not a recording; name its files"
        raise UsageError(message)
    # A segment is passed over unread when the next one, too, begins before `from_ns`.
    early = sum(from_ns is not None and number_of(name) < from_ns for name in names)
    names = names[max(early - 1, 0) :]
    sizes = [path.stat().st_size for n in names if (path := segment_file(folder, n)).exists()]
    stream = SegmentStream(folder, names)
    recording = Recording(folder.absolute().name, str(folder), stream, sum(sizes), stream)
    recording.lines_before = stream.lines_before
    recording.header = _header_in(stream.header_line.partition(b" !")[2])
    recording.torn_counts = False
    return recording


def _open_file(path: Path) -> "Recording":
    try:
        stream, raw = open_packed(path)
    except FileNotFoundError as error:
        message = f"{path}: no such file"
        raise UsageError(message) from error
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise UsageError(message) from error
    if not raw.peek(1):
        raw.close()
        message = f"{path}: is empty, there is nothing to replay"
        raise UsageError(message)
    return Recording(connection_name(path), str(path), stream, path.stat().st_size, raw)


class Recording:
    """Blocks of whole lines of one connection, in order.

    Lines are counted from 1 at the first one given. `lines_before` more of the connection lie
    before that: deleted from the spool, or before the time asked for.
    """

    def __init__(
        self,
        name: str,
        path: str,
        stream: ByteStream,
        size: int = 0,
        raw: Place | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.size = size
        self.problem: str | None = None  # why the file ended early
        self.damaged = False  # the bytes are wrong, not merely cut off
        self.header: Header | None = None  # where it is not the first line given
        self.lines_before = 0
        self.to_ns: int | None = None  # lines received then or later are not given
        self.torn_counts = True  # a last line that is complete but for its newline
        self._stream = stream
        self._raw = raw
        self._ahead = b""  # read, but not given
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
                if lines := self._before_to(lines):
                    yield lines
            elif not self._ended:
                self._carry = data
        self.close()

    def _before_to(self, lines: Lines) -> Lines:
        if self.to_ns is not None and len(late := np.flatnonzero(lines.received_ns >= self.to_ns)):
            self._ended = True
            return lines.part(0, int(late[0]))
        return lines

    def start_at(self, from_ns: int) -> None:
        """Pass over the lines before the first one received at `from_ns` or later."""
        for lines in self.blocks(1):
            late = np.flatnonzero(lines.received_ns >= from_ns)
            at = int(late[0]) if len(late) else len(lines)
            if at and lines.first_line == 1:
                self.header = self.header or header_of(lines)
            if len(late):
                self.lines_before += lines.first_line - 1 + at
                self._ahead = lines.buffer[int(lines.past[at - 1]) if at else 0 :].tobytes()
                self._carry, self._ended = b"", False
                return
        self.problem = self.problem or "holds no line of the time asked for"

    def _last(self, line: int) -> bytes:
        tail, self._carry = self._carry, b""
        if not tail:
            return b""
        stamp, _, payload = tail.partition(b" ")
        if self.torn_counts and stamp.isdigit() and _is_json(payload):
            return tail + b"\n"
        self.problem = self.problem or f"ends in the middle of line {line}, which is left unread"
        return b""

    def _read(self, most: int) -> bytes:
        """Up to `most` bytes; fewer only at the end, or before what cannot be read."""
        parts = [self._ahead[:most]]
        self._ahead = self._ahead[most:]
        most -= len(parts[0])
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
        except DAMAGE as error:
            self.problem = f"the compressed data are damaged ({error}); everything before was read"
            self.damaged = True
        except OSError as error:
            self.problem = f"cannot be read further: {error.strerror or error}"
            self.damaged = True
        except SeawallError as error:  # of a spool
            self.problem = f"{error}; everything before was read"
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
    return _header_in(lines.payload(0)[1:])


def _header_in(payload: bytes) -> Header | None:
    try:
        header = msgspec.json.decode(payload, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return header if header.k == "recording" else None
