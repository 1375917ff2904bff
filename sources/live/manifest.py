"""What is in the finished segments of a connection: `manifest.json` beside them.

Readers need none of it (each segment's header says enough); it is for whoever copies, checks or
bills the spool, and it says that a compressed segment was compared with what it was made from.
"""

import os
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from sources.live.segment_stream import BLOCK, SegmentStream, whole_lines
from sources.live.segments import stamp_of
from sources.packed import open_packed

FILE: Final = "manifest.json"
VERSION: Final = 1


class Entry(Struct, frozen=True, kw_only=True):
    """One segment. `bytes` and `sha256` are of its plain text with the header line."""

    segment: str
    first_ns: int  # received_ns of the first and the last line; of the header when it has none
    last_ns: int
    first_line: int  # number in the connection
    lines: int  # without the header line
    bytes: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """The whole file."""

    version: int
    connection: str
    segments: list[Entry]


def describe(folder: Path, name: str) -> Entry:
    """What is in a segment up to its last whole line. Raises RecordingError when it is damaged."""
    with closing(SegmentStream(folder, [name])) as stream:
        digest = sha256(stream.header_line)
        size = len(stream.header_line)
        lines = 0
        first_ns = last_ns = stamp_of(stream.header_line)
        for block in whole_lines(stream):
            digest.update(block)
            size += len(block)
            if not lines:
                first_ns = stamp_of(block[: block.index(b"\n")])
            lines += block.count(b"\n")
            last_ns = stamp_of(block[block.rfind(b"\n", 0, -1) + 1 :])
        return Entry(
            segment=name,
            first_ns=first_ns,
            last_ns=last_ns,
            first_line=stream.lines_before + 1,
            lines=lines,
            bytes=size,
            sha256=digest.hexdigest(),
        )


def content_of(path: Path) -> tuple[int, str]:
    """Length and SHA-256 of what is in a file, compressed or not."""
    stream, raw = open_packed(path)
    digest, size = sha256(), 0
    with raw:
        while data := stream.read1(BLOCK):
            digest.update(data)
            size += len(data)
    return size, digest.hexdigest()


def load_entries(folder: Path) -> dict[str, Entry]:
    """Entries by segment; none when there is no manifest, or no good one (it can be made anew)."""
    try:
        data = (folder / FILE).read_bytes()
        manifest = msgspec.json.decode(data, type=Manifest)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {entry.segment: entry for entry in manifest.segments}


def save_entries(folder: Path, entries: Sequence[Entry]) -> None:
    """Replace the manifest, wholly or not at all, also when the power fails."""
    manifest = Manifest(version=VERSION, connection=folder.name, segments=list(entries))
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    part = folder / (FILE + ".part")
    with part.open("wb") as file:
        file.write(text + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / FILE)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Put the names of a folder's files on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
