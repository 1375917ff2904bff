"""A connection's spool from any byte of its stream on (headers are not part of the stream)."""

from collections.abc import Iterator
from pathlib import Path

from schemas.errors import SeawallError, UsageError
from sources.live.segment_stream import BLOCK, SegmentStream, whole_lines
from sources.live.segments import segment_names


def reread(folder: Path, begin: int, end: int | None = None) -> Iterator[bytes]:
    """Bytes [begin, end) of the stream, in blocks; without `end` whole lines up to the last.

    Raises UsageError when they are not there any more, SeawallError when they are not yet.
    """
    stream = _at(folder, begin)
    if stream is None:
        if begin or end:
            raise _too_short(folder, max(begin, end or 0))
        return
    try:
        if end is None:
            yield from whole_lines(stream)
            return
        left = end - begin
        while left > 0:
            data = stream.read1(min(left, BLOCK))
            if not data:
                raise _too_short(folder, left)
            left -= len(data)
            yield data
    finally:
        stream.close()


def _at(folder: Path, byte: int) -> SegmentStream | None:
    """The stream at a byte; None when there is nothing at all."""
    names = segment_names(folder)
    for at in range(len(names) - 1, -1, -1):
        stream = SegmentStream(folder, names[at:])
        if stream.bytes <= byte:
            left = byte - stream.bytes
            while left:
                data = stream.read1(min(left, BLOCK))
                if not data:
                    stream.close()
                    raise _too_short(folder, left)
                left -= len(data)
            return stream
        stream.close()
    if names:
        message = (
            f"{folder}: byte {byte} of the spool, from which on it must be read again, has been "
            "deleted with an old segment: choose another name with --run NAME, and keep more hours"
        )
        raise UsageError(message)
    return None


def _too_short(folder: Path, missing: int) -> SeawallError:
    message = (
        f"{folder}: ends {missing} bytes before the place that the recovery data had reached: "
        "the machine stopped before it was on disk; start with new recovery data ([state] dir)"
    )
    return SeawallError(message)
