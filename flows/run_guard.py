"""May these inputs go into this run? The `runs` table says what is there already (C8).

The same input, or a longer one with the same beginning, continues; an input that is wholly
there is "already stored"; anything else needs another run.
"""

from msgspec import Struct

from flows.wiring import Wiring
from schemas.errors import RunConflict, UsageError
from sinks.reading import Reader, latest_inputs
from sources.digest import RunningDigest
from sources.listing import Listing, open_listed


class Stored(Struct):
    """What a run has of the inputs given."""

    lines: int | None = None  # of all inputs; None: the run is new
    whole: bool = False  # nothing follows
    problems: list[str] = []  # why an input that is wholly there ends early
    damaged: bool = False


class _Known(Struct, frozen=True):
    source: str
    first_line: str
    lines: int
    bytes: int
    digest: str
    settings: str


def one_name_each(wiring: Wiring) -> None:
    """Two inputs of one name could not be told apart. Raises UsageError."""
    names = wiring.connections
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        message = (
            f"two inputs are named {double[0]}: a connection's name must be its own, "
            "and it is the file's name without its ending"
        )
        raise UsageError(message)


def stored_inputs(store: Reader, run: str, wiring: Wiring) -> Stored:
    """How far the run has these inputs. Raises RunConflict when they do not fit it."""
    known = {row[0]: _Known(*row) for row in latest_inputs(store, run)}
    stored = Stored()
    if not known:
        return stored
    given = {listing.connection: listing for listing in wiring.listings}
    for source, part in known.items():
        if source not in given:
            raise RunConflict(run, f"was made from another input ({source})")
        if part.settings != wiring.settings_hash:
            raise RunConflict(run, "was made with other settings")
        if part.first_line != wiring.first_line_hash(source):
            raise RunConflict(run, _begins_elsewhere(given[source]))
    if more := sorted(set(given) - set(known)):
        raise RunConflict(run, f"was made without {', '.join(more)}")
    stored.lines = sum(part.lines for part in known.values())
    whole = [_is_whole(run, given[source], part, stored) for source, part in known.items()]
    stored.whole = all(whole)
    return stored


def _begins_elsewhere(listing: Listing) -> str:
    name, before = listing.connection, listing.lines_before
    if not before:
        return f"was made from another recording named {name}"
    return (
        f"begins with another line of {name}, whose first {before:,} lines have been deleted from "
        "the spool or are before --from"
    )


def _is_whole(run: str, listing: Listing, known: _Known, stored: Stored) -> bool:
    """Whether nothing follows what is stored. Raises RunConflict when the beginning differs."""
    digest = RunningDigest()
    recording = open_listed(listing)
    try:
        size = 0
        for data in recording.skip(known.bytes):
            digest.update(data[: known.bytes - size])
            size += len(data)
        if size < known.bytes or digest.hexdigest()[:32] != known.digest:
            raise RunConflict(run, f"was made from another recording named {listing.connection}")
        last = recording.lines_before + known.lines
        whole = not any(len(lines) for lines in recording.blocks(last + 1))
        if recording.problem is not None:
            told = f"{recording.path}: {recording.problem} (read to line {last})"
            stored.problems.append(told)
            stored.damaged |= recording.damaged
    finally:
        recording.close()
    return whole
