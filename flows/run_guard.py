"""May these inputs go into this run? The `runs` table says what is there already (C8).

The same input, or a longer one with the same beginning, continues; an input that is wholly
there is "already stored"; anything else needs another run.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

from msgspec import Struct

from flows.wiring import Wiring
from schemas.errors import RunConflict
from sources.listing import Listing
from sources.recording import open_recording

_LATEST: Final = """
SELECT source, argMax(first_line, ts) AS first_line, argMax(lines, ts) AS lines,
       argMax(bytes, ts) AS bytes, argMax(digest, ts) AS digest, argMax(settings, ts) AS settings
FROM runs WHERE run = {run:String} GROUP BY source ORDER BY source
"""


class Reader(Protocol):
    """What is needed of a store."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        """Columns and rows of a query."""
        ...


class Stored(Struct, frozen=True):
    """What a run has of one input."""

    source: str
    first_line: str
    lines: int
    bytes: int
    digest: str
    settings: str


def already_stored(store: Reader, run: str, wiring: Wiring) -> bool:
    """Whether the run holds all of these inputs. Raises RunConflict when they do not fit it."""
    rows = store.query(_LATEST, {"run": run}).rows
    stored = {row[0]: Stored(*row) for row in rows}
    if not stored:
        return False
    given = {listing.connection: listing for listing in wiring.listings}
    for source, known in stored.items():
        if source not in given:
            raise RunConflict(run, f"was made from another input ({source})")
        if known.settings != wiring.settings_hash:
            raise RunConflict(run, "was made with other settings")
        if known.first_line != wiring.first_line_hash(source):
            raise RunConflict(run, f"was made from another recording named {source}")
    whole = len(stored) == len(given)
    for source, known in stored.items():
        whole &= _fits(run, given[source], known)
    if len(stored) != len(given):
        more = sorted(set(given) - set(stored))
        raise RunConflict(run, f"was made without {', '.join(more)}")
    return whole


def _fits(run: str, listing: Listing, known: Stored) -> bool:
    """Whether nothing follows what is stored. Raises RunConflict when the beginning differs."""
    digest = sha256()
    recording = open_recording(Path(listing.path))
    try:
        size = 0
        for data in recording.skip(known.bytes):
            if size < known.bytes:
                digest.update(data[: known.bytes - size])
            size += len(data)
        if size < known.bytes or digest.hexdigest()[:32] != known.digest:
            raise RunConflict(run, f"was made from another recording named {listing.connection}")
        return not any(len(lines) for lines in recording.blocks(known.lines + 1))
    finally:
        recording.close()
