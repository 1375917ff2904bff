"""The segments of one connection's spool: their names, their first lines, a place in them.

    <spool>/<connection>/<connection>__<number>.log    the last one; finished ones for a moment
                         <connection>__<number>.zst    finished, compressed
                         manifest.json                 what is in the finished ones

The number is the received_ns of the segment's first line, or one more than the last segment's.
Every segment begins with a header line that tells how many lines and bytes of the connection lie
before it. Headers are no lines of the connection: the first line that was appended is line 1,
whatever was rotated, compressed or deleted since.
"""

import re
from io import BufferedReader
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from schemas.errors import BrokenInvariant, SeawallError
from sources.packed import ByteStream, open_packed

OPEN: Final = ".log"
PACKED: Final = ".zst"


class Position(Struct, frozen=True, order=True):
    """A place between two lines: a segment (name without ending), a byte of its plain text.

    The empty segment is the place before everything there is.
    """

    segment: str
    offset: int


class SegmentHeader(Struct):
    """What a segment's first line says of its place; the rest of it is for the replay."""

    k: str
    lines_before: int
    bytes_before: int  # without any header


def segment_names(folder: Path) -> list[str]:
    """Names of the segments in a connection's folder, oldest first; none in any other folder."""
    own = re.compile(re.escape(folder.absolute().name) + r"__([0-9]+)\.(log|zst)")
    found = {m[1] for path in folder.iterdir() if (m := own.fullmatch(path.name))}
    return [f"{folder.absolute().name}__{number}" for number in sorted(found, key=int)]


def number_of(name: str) -> int:
    """The number in a segment's name."""
    return int(name.rpartition("__")[2])


def stamp_of(line: bytes) -> int:
    """received_ns of a line of ours. Raises BrokenInvariant when it has none."""
    stamp, space, _ = line.partition(b" ")
    if not space or not stamp.isdigit():
        message = f"a line of the spool has no stamp: {line[:80]!r}"
        raise BrokenInvariant(message)
    return int(stamp)


def header_in(line: bytes) -> SegmentHeader | None:
    """The header of a segment, None when the line is something else."""
    try:
        header = msgspec.json.decode(line.partition(b" !")[2], type=SegmentHeader)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return header if header.k == "recording" else None


def segment_file(folder: Path, name: str) -> Path:
    """The file of a segment that is there: the `.zst` only where the `.log` is gone."""
    log = folder / (name + OPEN)
    return log if log.exists() else folder / (name + PACKED)


def open_segment(folder: Path, name: str) -> tuple[Path, ByteStream, BufferedReader]:
    """A segment, compressed or not: its file and what is in it."""
    for suffix in (OPEN, PACKED):  # the first vanishes only after the second is there
        path = folder / (name + suffix)
        try:
            return path, *open_packed(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            message = f"{path}: cannot be read: {error.strerror}"
            raise SeawallError(message) from error
    message = f"{folder / name}: this segment of the spool has been deleted"
    raise SeawallError(message)
