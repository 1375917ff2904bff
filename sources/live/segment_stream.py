"""Segments read as one stream of lines, without their headers, from any place in them."""

from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Final

from schemas.errors import BrokenInvariant, RecordingError, SeawallError
from sources.live.segments import Position, header_in, open_segment, segment_names
from sources.packed import DAMAGE, ByteStream

BLOCK: Final = 1 << 20
_HEADER_BYTES: Final = 1 << 16  # read at once when looking for its end


class SegmentStream:
    """Bytes of a connection from the beginning of a segment on, without the headers.

    What is wrong with the files is a RecordingError with the last good line.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self._names = list(names)
        self._path = folder
        self._stream: ByteStream | None = None
        self._raw: BufferedReader | None = None
        self._ahead = b""
        self._done_bytes = 0  # of files that have been read
        self.closed = False
        self.header_line = b""  # of the segment that is being read
        self.lines = 0  # of the connection, up to here
        self.bytes = 0
        self._open_next()
        self.lines_before = self.lines

    def read1(self, size: int = -1, /) -> bytes:
        """Some bytes, at most `size`; b"" at the end and nowhere else."""
        while True:
            data = self._some(BLOCK if size < 0 else size)
            if data or not self._open_next():
                return data

    def pass_to(self, offset: int) -> None:
        """Pass over the lines before byte `offset` of the first segment."""
        left, last = max(offset - len(self.header_line), 0), b"\n"
        while left:
            data = self._some(min(left, BLOCK))
            if not data:
                message = (
                    f"{self._path}: ends {left} bytes before the place that the recovery data had "
                    "reached: the machine stopped before it was on disk; start with new recovery "
                    "data ([state] dir)"
                )
                raise SeawallError(message)
            left, last = left - len(data), data[-1:]
        if last != b"\n" or 0 < offset < len(self.header_line):
            message = f"{self._path}: byte {offset} is not between two lines"
            raise BrokenInvariant(message)

    def tell(self) -> int:
        """Bytes of the files read so far (compressed ones)."""
        return self._done_bytes + (self._raw.tell() if self._raw is not None else 0)

    def close(self) -> None:
        """Let go of the file."""
        self.closed = True
        self._leave()

    def _some(self, size: int) -> bytes:
        """Some bytes of this segment."""
        data = self._ahead[:size] or self._unpacked(size)
        self._ahead = self._ahead[size:]
        self.lines += data.count(b"\n")
        self.bytes += len(data)
        return data

    def _unpacked(self, size: int) -> bytes:
        if self._stream is None:
            return b""
        try:
            return self._stream.read1(size)
        except EOFError as error:
            why = "the compressed data are cut off"
            raise self._damage(why) from error
        except DAMAGE as error:
            why = f"the compressed data are damaged ({error})"
            raise self._damage(why) from error
        except OSError as error:
            why = f"cannot be read further: {error.strerror or error}"
            raise self._damage(why) from error

    def _open_next(self) -> bool:
        """Go on with the next segment; False when there is none."""
        if not self._names:
            return False
        self._leave()
        self._path, self._stream, self._raw = open_segment(self._folder, self._names.pop(0))
        line = self._line()
        if not line.endswith(b"\n") and not self._names:
            return False  # the writer stopped within the header: nothing is in it yet
        header = header_in(line)
        if header is None:
            why = "the segment does not begin with its header"
            raise self._damage(why)
        place = header.lines_before, header.bytes_before
        if self.header_line and place != (self.lines, self.bytes):
            why = "it does not go on where the one before ends: a segment is missing or has changed"
            raise self._damage(why)
        self.lines, self.bytes = place
        self.header_line = line
        return True

    def _line(self) -> bytes:
        """The first line of a segment, or what there is of it."""
        data = b""
        while b"\n" not in data and (more := self._unpacked(_HEADER_BYTES)):
            data += more
        line, newline, self._ahead = data.partition(b"\n")
        return line + newline

    def _leave(self) -> None:
        if self._stream is not None and self._raw is not None:
            self._done_bytes += self._raw.tell()
            self._stream.close()
            self._raw.close()
        self._stream = self._raw = None

    def _damage(self, why: str) -> RecordingError:
        return RecordingError(str(self._path), self.lines, why)


def whole_lines(stream: ByteStream) -> Iterator[bytes]:
    """Blocks of whole lines; a torn last line is cut off."""
    torn: list[bytes] = []
    while data := stream.read1(BLOCK):
        end = data.rfind(b"\n") + 1
        if end:
            yield b"".join((*torn, data[:end]))
            torn.clear()
        torn.append(data[end:])


def tail_of(folder: Path, position: Position) -> Iterator[bytes]:
    """Blocks of whole lines after `position`, over all segments, without the headers."""
    names = segment_names(folder)
    if position.segment:
        if position.segment not in names:
            message = (
                f"{folder / position.segment}: this segment of the spool has been deleted before "
                "it was read: keep more hours, and start with new recovery data ([state] dir)"
            )
            raise SeawallError(message)
        names = names[names.index(position.segment) :]
    stream = SegmentStream(folder, names)
    try:
        if position.segment:
            stream.pass_to(position.offset)
        yield from whole_lines(stream)
    finally:
        stream.close()
