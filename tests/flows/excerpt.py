"""Recordings made from others at test time: a first minute, chosen lines, another symbol."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

S = 1_000_000_000


def raw_lines(recording: Path) -> list[bytes]:
    """The lines of a recording, each with its newline."""
    with gzip.open(recording) as stream:
        return stream.readlines()


def stamp_of(line: bytes) -> int:
    """When a line was received."""
    return int(line[: line.index(b" ")])


def write_lines(lines: Iterable[bytes], path: Path) -> Path:
    """Write a recording; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.writelines(lines)
    return path


def first_lines(lines: list[bytes], span_ns: int = 60 * S) -> list[bytes]:
    """Lines up to `span_ns` after the first."""
    end = stamp_of(lines[0]) + span_ns
    return [line for line in lines if stamp_of(line) <= end]


def excerpt(recording: Path, folder: Path, span_ns: int = 60 * S) -> Path:
    """The beginning of a recording, under the same name."""
    return write_lines(first_lines(raw_lines(recording), span_ns), folder / recording.name)


def is_depth(line: bytes) -> bool:
    """A depth frame or a snapshot."""
    return b'"depthUpdate"' in line or b" @http" in line


def is_ticker(line: bytes) -> bool:
    """A book ticker."""
    return b"@bookTicker" in line


def split(lines: list[bytes], wanted: Callable[[bytes], bool]) -> tuple[list[bytes], list[bytes]]:
    """Lines that are wanted and those that are not, both with the clock of all of them.

    A control line `clock` at the first and at the last stamp lets both cover the same time.
    """
    ends = [b'%d !{"k":"clock"}\n' % stamp_of(line) for line in (lines[0], lines[-1])]

    def between(part: Iterator[bytes]) -> list[bytes]:
        return [ends[0], *part, ends[1]]

    return (
        between(line for line in lines if wanted(line)),
        between(line for line in lines if not wanted(line)),
    )
