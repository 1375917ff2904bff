"""The spool: every line of a connection goes to a file before anybody acts on it (C3).

append ─▶ <connection>__<number>.log ──(full or an hour old)──▶ compressed beside the run ─▶ .zst

What `append` has returned for survives the end of the process, however it ends; a line that was
being written then is cut off by the next one that opens the spool. One process at a time.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

import msgspec

from schemas.errors import BrokenInvariant, SeawallError, UsageError
from schemas.units import NS_PER_S
from sources.live.manifest import describe
from sources.live.packer import Packer
from sources.live.segment_stream import SegmentStream, tail_of
from sources.live.segments import OPEN, Position, number_of, segment_names, stamp_of

__all__ = ["BEGINNING", "Position", "Spool"]

BEGINNING: Final = Position("", 0)  # before everything there is
_LOCK: Final = "lock"


class Spool:
    """The lines of one connection; any thread may append.

    `header` (version, venue, instruments) begins every segment. A segment takes `segment_bytes` or
    `segment_s` of received time, whichever is first; finished ones are deleted when they are over
    `keep_s` older than the newest line (None: never), but for what is needed (see `need`).
    """

    def __init__(
        self,
        folder: Path,
        connection: str,
        *,
        header: Mapping[str, Any],
        segment_bytes: int = 256 << 20,
        segment_s: float = 3600.0,
        keep_s: float | None = None,
        needed: int | None = None,
    ) -> None:
        self.folder = folder / connection
        self.lines = 0  # of the connection so far, also those that were deleted
        self.last_ns: int | None = None  # stamp of the last line
        self._header = dict(header)
        self._segment_bytes = segment_bytes
        self._segment_ns = int(segment_s * NS_PER_S)
        self._guard = Lock()
        self._failure: SeawallError | None = None  # why nothing can be appended any more
        self._bytes = 0  # of the connection so far, without headers
        self._name = ""  # of the newest segment
        self._handle = -1  # its file while it takes lines
        self._size = 0
        self._first_ns = 0
        self._packer = Packer(self.folder, keep_s, needed)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            message = f"the spool {self.folder} cannot be opened: {error.strerror}"
            raise UsageError(message) from error
        try:
            self._take_over()
        except OSError as error:
            self._let_go()
            message = f"the spool {self.folder} cannot be opened: {error.strerror}"
            raise SeawallError(message) from error
        except SeawallError:
            self._let_go()
            raise

    # -- what an earlier process left ----------------------------------------------------------

    def _take_over(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"the spool {self.folder} is in use by another process: stop it first"
            raise UsageError(message) from error
        names = segment_names(self.folder)
        if names and not self._opened(names[-1]).header_line:
            (self.folder / (names.pop() + OPEN)).unlink()  # it stopped within the header
        self._packer.start()
        if names:
            self._go_on(names[-1])

    def _opened(self, name: str) -> SegmentStream:
        """What a segment's header says; its file is closed again."""
        stream = SegmentStream(self.folder, [name])
        stream.close()
        return stream

    def _go_on(self, name: str) -> None:
        """Go on where the newest segment ends, in it if it still takes lines."""
        before, last = self._opened(name), describe(self.folder, name)
        self._name, self._size, self._first_ns = name, last.bytes, last.first_ns
        self.lines = before.lines + last.lines
        self._bytes = before.bytes + last.bytes - len(before.header_line)
        self.last_ns = last.last_ns
        log = self.folder / (name + OPEN)
        if log.exists():
            self._handle = os.open(log, os.O_WRONLY | os.O_APPEND)
            os.ftruncate(self._handle, last.bytes)
            if not self._is_ours(before.header_line):
                self._finish()

    def _is_ours(self, header_line: bytes) -> bool:
        """Whether a segment was begun with the header that we were given."""
        found = msgspec.json.decode(header_line.partition(b" !")[2], type=dict[str, Any])
        place = {"lines_before": found["lines_before"], "bytes_before": found["bytes_before"]}
        ours = {"k": "recording", **self._header, **place}
        return bool(found == msgspec.json.decode(msgspec.json.encode(ours)))

    @property
    def header(self) -> dict[str, Any]:
        """What the next segment begins with, but for its place."""
        return dict(self._header)

    def begin_with(self, header: Mapping[str, Any]) -> None:
        """Segments begin with this header from now on."""
        with self._guard:
            self._header = dict(header)

    # -- lines in ------------------------------------------------------------------------------

    def append(self, lines: list[bytes]) -> Position:
        """Write whole stamped lines, each with its newline; the place after them.

        They are with the operating system when it returns. Raises SeawallError when they cannot be
        written (a full disk); then none of them counts and nothing can be appended any more.
        """
        with self._guard:
            if self._failure is not None:
                raise self._failure
            try:
                self._packer.check()
            except SeawallError as error:
                self._failure = error
                raise
            if lines:
                data = b"".join(lines)
                if data.count(b"\n") != len(lines) or any(line[-1:] != b"\n" for line in lines):
                    message = f"what is appended to {self.folder} is not whole lines, one by one"
                    raise BrokenInvariant(message)
                first_ns, last_ns = stamp_of(lines[0]), stamp_of(lines[-1])
                self._append(data, first_ns)
                self.lines += len(lines)
                self._bytes += len(data)
                self.last_ns = last_ns
            return Position(self._name, self._size)

    def _append(self, data: bytes, first_ns: int) -> None:
        if self._handle >= 0 and (
            self._size + len(data) > self._segment_bytes
            or first_ns - self._first_ns >= self._segment_ns
        ):
            self._finish()
        if self._handle < 0:
            data = self._begin(first_ns) + data
        try:
            written = os.write(self._handle, data)
            while written < len(data):
                written += os.write(self._handle, data[written:])
        except OSError as error:
            raise self._failed(error) from error
        self._size += len(data)

    def _begin(self, first_ns: int) -> bytes:
        """Begin a segment; its header line, still to be written."""
        number = max(first_ns, number_of(self._name) + 1) if self._name else first_ns
        name = f"{self.folder.name}__{number}"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        try:
            self._handle = os.open(self.folder / (name + OPEN), flags, 0o666)
        except OSError as error:
            raise self._failed(error) from error
        self._name, self._size, self._first_ns = name, 0, first_ns
        place = {"lines_before": self.lines, "bytes_before": self._bytes}
        header = msgspec.json.encode({"k": "recording", **self._header, **place})
        return b"%d !%b\n" % (first_ns, header)

    def _finish(self) -> None:
        os.close(self._handle)
        self._handle = -1
        self._packer.pack(self._name, self.last_ns or 0)

    def _failed(self, error: OSError) -> SeawallError:
        """Cut off what was written in vain; no more lines from now on."""
        if self._handle >= 0:
            with suppress(OSError):  # if this fails too, the next process cuts it off
                os.ftruncate(self._handle, self._size)
        self._failure = SeawallError(
            f"the spool {self.folder} cannot be written: {error.strerror}; all {self.lines} lines "
            "before are safe; free space there and start again"
        )
        return self._failure

    def need(self, byte: int | None) -> None:
        """From this byte on everything may have to be read again; None: nothing will be."""
        self._packer.needed = byte

    # -- lines out -----------------------------------------------------------------------------

    @property
    def lines_deleted(self) -> int:
        """Of the connection, with its first segments; they stay counted in `lines`."""
        names = segment_names(self.folder)
        return self._opened(names[0]).lines_before if names else 0

    @property
    def size_bytes(self) -> int:
        """Of the connection so far, also those that were deleted; without headers."""
        return self._bytes

    @property
    def end(self) -> Position:
        """The place after the last line."""
        return Position(self._name, self._size)

    def tail(self, position: Position) -> Iterator[bytes]:
        """Everything after `position` as blocks of whole lines (up to 1 MiB, or one line).

        Feed each to `index_lines`. Raises SeawallError when a segment is gone or damaged.
        """
        return tail_of(self.folder, position)

    # -- the end -------------------------------------------------------------------------------

    def close(self) -> None:
        """Take no more lines; wait until finished segments are compressed."""
        with self._guard:
            if self._failure is None:
                self._failure = BrokenInvariant(f"the spool {self.folder} is closed")
            try:
                self._packer.wait()
            finally:
                self._let_go()

    def _let_go(self) -> None:
        for handle in (self._handle, self._lock):
            if handle >= 0:
                os.close(handle)
        self._handle = self._lock = -1

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()
