"""What a recording holds, learnt from its first lines: venue, instruments, how fills come.

A replay scans each file before it starts, so that it knows which instruments must be waited for
and which of them has most volume.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from msgspec import Struct

from schemas.chunk import Chunk
from schemas.errors import UsageError
from schemas.instrument import Instrument
from sources.assumed import Assumed
from sources.instrument_lines import listed_in
from sources.lines import BAD, Lines
from sources.recording import Header, Recording, header_of, open_recording
from sources.registry import Refine, assumed_for, session_for

SCANNED_LINES: Final = 20_000


class Window(Struct, frozen=True):
    """The part of a recording that is wanted: lines received in [from_ns, to_ns)."""

    from_ns: int | None = None
    to_ns: int | None = None


WHOLE: Final = Window()


class Listing(Struct, frozen=True):
    """One file before it is replayed."""

    path: str
    connection: str
    venue: str
    foreign: bool  # not written by us: holes count as restarts
    first_ns: int
    first_line: bytes
    instruments: tuple[Instrument, ...]
    single_fills: tuple[str, ...]  # instruments whose fills come as `trade`
    turnover_usd: dict[str, float]  # of the scanned lines
    members: tuple[str, ...] = ()  # of the market regime, as the run that made it had them
    lists: bool = False  # its first line lists instruments
    window: Window = WHOLE
    lines_before: int = 0  # the first one: before the window, or deleted from the spool
    assumed: Assumed | None = None  # of the venue; None: what is by default


def open_listed(listing: Listing) -> Recording:
    """The file behind a listing. Raises UsageError when it begins elsewhere by now."""
    window = listing.window
    recording = open_recording(Path(listing.path), from_ns=window.from_ns, to_ns=window.to_ns)
    if recording.lines_before != listing.lines_before:
        recording.close()
        message = f"{listing.path}: a segment has been deleted since it was looked at: start again"
        raise UsageError(message)
    return recording


def scan_listing(
    path: Path,
    venue: str | None,
    refine: Refine,
    window: Window = WHOLE,
    assumed: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
) -> Listing:
    """Scan the first 20,000 lines of a file. Raises UsageError when there is nothing to use.

    assumed: what settings assume, by venue; the rest is as the recording's first line says.
    """
    recording = open_recording(path, from_ns=window.from_ns, to_ns=window.to_ns)
    first: Lines | None = None
    header = None
    session = None
    held = None
    turnover: dict[str, float] = {}
    last_ns = 0
    try:
        for lines in recording.blocks(1):
            if first is None:
                first = lines
                header = recording.header or header_of(lines)
                venue = venue or _venue_of(path, header)
                if venue is None:
                    message = (
                        f"{path}: no venue in its name (<venue>__<label>.gz) or first line; "
                        "give --venue"
                    )
                    raise UsageError(message)
                held = _assumed(path, venue, header, assumed.get(venue, {}))
                session = session_for(venue, recording.name, refine, held)
                if header is not None:
                    session.list_instruments(listed_in(header.instruments, venue, refine))
            assert session is not None
            part = lines.part(0, SCANNED_LINES + 1 - lines.first_line)
            stamped = np.where(part.received_ns < 0, last_ns, part.received_ns)
            clock_ns = np.maximum.accumulate(np.maximum(stamped, last_ns))
            last_ns = int(clock_ns[-1])
            _sum_turnover(session.lines(part, clock_ns, np.zeros(0, np.bool_)), turnover)
            if lines.first_line + len(lines) > SCANNED_LINES:
                break
    finally:
        recording.close()
    if first is None or session is None:
        why = recording.problem or "holds no whole line"
        message = f"{path}: {why}, there is nothing to replay"
        raise UsageError(message)
    stamped = first.received_ns[first.kind != BAD]
    if not len(stamped):
        message = f"{path}: no line begins with a stamp; is it a recording?"
        raise UsageError(message)
    instruments = session.instruments()
    if header is not None and header.instruments:  # what the run that made it knew beforehand
        symbols = {entry.get("symbol") for entry in header.instruments}
        instruments = {name: i for name, i in instruments.items() if i.symbol in symbols}
    return Listing(
        path=str(path),
        connection=recording.name,
        venue=session.venue,
        foreign=header is None,
        first_ns=int(stamped[0]),
        first_line=first.buffer[: int(first.past[0])].tobytes(),
        instruments=tuple(instruments[name] for name in sorted(instruments)),
        single_fills=tuple(sorted(session.with_trades())),
        turnover_usd=turnover,
        members=tuple(header.members) if header is not None else (),
        lists=header is not None and bool(header.instruments),
        window=window,
        lines_before=recording.lines_before,
        assumed=held,
    )


def _assumed(path: Path, venue: str, header: Header | None, given: Mapping[str, object]) -> Assumed:
    """What is assumed of a venue: settings over the run that made it over the defaults."""
    told = header.assumed if header is not None and header.venue == venue else {}
    if not told:
        return assumed_for(venue, given)
    try:
        return assumed_for(venue, told, given)
    except UsageError as error:
        message = f"{path}: {error}"
        raise UsageError(message) from error


def _venue_of(path: Path, header: Header | None) -> str | None:
    """The venue in a file's name, else in its first line.

    A segment of a spool has the connection's name in that place, which is no venue.
    """
    named, found, _ = path.name.partition("__")
    told = header.venue if header is not None else None
    is_segment = told is not None and named.startswith(f"{told}-")
    return named if found and not is_segment else told


def _sum_turnover(items: Sequence[object], turnover: dict[str, float]) -> None:
    for item in items:
        if isinstance(item, Chunk) and item.kind == "trade":
            usd = float(np.dot(item.columns["px"], item.columns["size_base"]))
            turnover[item.instrument] = turnover.get(item.instrument, 0.0) + usd
