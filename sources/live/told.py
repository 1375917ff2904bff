"""What the spool of a connection says of its instruments: at its beginning, and last.

A restart compares the last with what it is to listen to, and writes the difference; whatever reads
the spool from its beginning on knows the first and finds the differences on the way.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from sources.instrument_lines import WORD, listings_in
from sources.live.segment_stream import SegmentStream, whole_lines
from sources.live.segments import segment_names

_MARK: Final = b' !{"k":"%s"' % WORD.encode()

Entry = dict[str, Any]


class Told(Struct, frozen=True):
    """Entries as they stand there, by symbol."""

    venue: str
    first: dict[str, Entry]
    last: dict[str, Entry]


class _Header(Struct):
    venue: str = ""
    instruments: list[Entry] = []


def told_in(folder: Path) -> Told | None:
    """What the oldest and the newest segment of a connection say; None: there is no whole one.

    Raises SeawallError for a segment that is damaged.
    """
    names = segment_names(folder) if folder.is_dir() else []
    while names:
        newest = SegmentStream(folder, [names[-1]])
        try:
            if newest.header_line:
                return _told(folder, names[0], newest)
        finally:
            newest.close()
        names.pop()  # it stopped within its header
    return None


def _told(folder: Path, oldest: str, newest: SegmentStream) -> Told:
    stream = SegmentStream(folder, [oldest])
    stream.close()
    header = _header(newest)
    last = _by_symbol(header)
    for payload in _lines(newest):
        said = listings_in(payload)
        for symbol in said.delisted:
            last.pop(symbol, None)
        last |= {str(entry["symbol"]): _bare(entry) for entry in said.listed}
    return Told(header.venue, _by_symbol(_header(stream)), last)


def _lines(stream: SegmentStream) -> Iterator[bytes]:
    """Payloads of the `instruments` lines, without their `!`."""
    for block in whole_lines(stream):
        if _MARK in block:
            for line in block.splitlines():
                stamp, _, payload = line.partition(b" !")
                if _MARK in line and stamp.isdigit():
                    yield payload


def _header(stream: SegmentStream) -> _Header:
    return msgspec.json.decode(stream.header_line.partition(b" !")[2], type=_Header)


def _by_symbol(header: _Header) -> dict[str, Entry]:
    return {str(entry.get("symbol")): entry for entry in header.instruments}


def _bare(entry: Entry) -> Entry:
    return {key: value for key, value in entry.items() if key != "connections"}
