"""Finished segments: compressed beside the run, compared, listed, and deleted when old and read.

A `.log` is removed only after its `.zst` is on the disk, has been read back equal byte for byte and
stands in the manifest; so wherever this is interrupted, every line is in at least one of the two.
"""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

import zstandard

from schemas.errors import BrokenInvariant, RecordingError, SeawallError
from schemas.units import NS_PER_S
from sources.live.manifest import (
    Entry,
    content_of,
    describe,
    load_entries,
    save_entries,
    sync_folder,
)
from sources.live.segment_stream import SegmentStream
from sources.live.segments import OPEN, PACKED, number_of, segment_names

LEVEL: Final = 1  # of zstandard: on frames it packs as well as 3 to 6 do, several times as fast
PART: Final = ".part"
_BESIDE: Final = ThreadPoolExecutor(1, thread_name_prefix="spool")


class Packer:
    """The finished segments of one connection's folder.

    `needed`: the byte of the stream from which on somebody will have to read again, however old
    that is; None: nobody will.
    """

    def __init__(self, folder: Path, keep_s: float | None, needed: int | None = None) -> None:
        self.needed = needed
        self._folder = folder
        self._keep_ns = None if keep_s is None else int(keep_s * NS_PER_S)
        self._entries: dict[str, Entry] = {}
        self._jobs: list[Future[None]] = []

    def start(self) -> None:
        """Tidy what an earlier process left, and compress the finished segments of its."""
        for part in self._folder.glob("*" + PART):
            part.unlink()
        names = segment_names(self._folder)
        known = load_entries(self._folder)
        unpacked = []
        for name in names:
            log = self._folder / (name + OPEN)
            if not log.exists():
                self._list(name, known.get(name))
            elif name in known and (self._folder / (name + PACKED)).exists():
                self._list(name, known[name])
                log.unlink()
            elif name != names[-1]:
                unpacked.append(name)
        if self._entries != known:
            self._save()
        for name in unpacked:
            self.pack(name, 0)

    def pack(self, name: str, newest_ns: int) -> None:
        """Compress a finished segment, then delete what is too old at `newest_ns`; both later."""
        self._jobs.append(_BESIDE.submit(self._pack, name, newest_ns))

    def check(self) -> None:
        """Raise what went wrong meanwhile."""
        while self._jobs and self._jobs[0].done():
            self._jobs.pop(0).result()

    def wait(self) -> None:
        """Wait for what is under way; raise what went wrong."""
        while self._jobs:
            self._jobs.pop(0).result()

    def _list(self, name: str, entry: Entry | None) -> None:
        with suppress(RecordingError):  # damaged: not listed, and whoever reads it is told
            self._entries[name] = entry or describe(self._folder, name)

    def _save(self) -> None:
        save_entries(self._folder, [self._entries[n] for n in sorted(self._entries, key=number_of)])

    def _pack(self, name: str, newest_ns: int) -> None:
        log, packed = self._folder / (name + OPEN), self._folder / (name + PACKED)
        part = packed.with_name(packed.name + PART)
        try:
            entry = self._compressed(log, part)
            part.replace(packed)
            sync_folder(self._folder)
            self._entries[name] = entry
            self._save()
            log.unlink()
            if self._prune(newest_ns):
                self._save()
        except OSError as error:
            part.unlink(missing_ok=True)
            message = (
                f"{log}: the finished segment cannot be compressed: {error.strerror}; nothing is "
                "lost, free space there and start again"
            )
            raise SeawallError(message) from error

    def _compressed(self, log: Path, part: Path) -> Entry:
        """Compress, read back and compare."""
        entry = describe(self._folder, log.stem)
        packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        with log.open("rb") as source, part.open("wb") as target:
            packer.copy_stream(source, target, size=log.stat().st_size)
            target.flush()
            os.fsync(target.fileno())
        try:
            content = content_of(part)
        except (EOFError, zstandard.ZstdError) as error:
            message = f"{part}: what was just written cannot be read back: {error}"
            raise BrokenInvariant(message) from error
        if content != (entry.bytes, entry.sha256):
            message = f"{part}: what was just written differs from {log.name}"
            raise BrokenInvariant(message)
        return entry

    def _prune(self, newest_ns: int) -> bool:
        """Delete the oldest segments while nobody needs them and the next began long ago."""
        if self._keep_ns is None:
            return False
        deleted = False
        for name, following in pairwise(segment_names(self._folder)):
            recent = number_of(following) >= newest_ns - self._keep_ns
            if recent or (self._folder / (name + OPEN)).exists() or self._needs_before(following):
                break
            (self._folder / (name + PACKED)).unlink()
            self._entries.pop(name, None)
            deleted = True
        return deleted

    def _needs_before(self, name: str) -> bool:
        """Whether what lies before a segment is needed; also when the segment does not say."""
        needed = self.needed
        if needed is None:
            return False
        try:
            with closing(SegmentStream(self._folder, [name])) as stream:
                return not stream.header_line or stream.bytes > needed
        except RecordingError:
            return True  # whoever reads it is told
