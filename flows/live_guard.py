"""May a live run go on? What the store, the recovery data and the spools say of it together.

A live run reads its spools again from where its recovery data stand, or from the first line. What
it stores then is exact only when these are the lines that it was made from: events are known by
their line numbers, and estimators by everything before.
"""

from flows.live_wiring import Live
from flows.run_guard import Stored
from schemas.errors import RunConflict
from sinks.reading import Reader, latest_inputs


def stored_live(store: Reader, run: str, live: Live, *, resumes: bool) -> Stored:
    """How far the run is stored. `resumes`: there are recovery data to start from.

    Raises RunConflict when it was made with other settings or from other lines, or when lines
    that must be read again have been deleted from a spool (`live.keep_hours`).
    """
    known = latest_inputs(store, run)
    if any(row[5] != live.wiring.settings_hash for row in known):
        raise RunConflict(run, "was made with other settings")
    if strange := sorted({row[0] for row in known} - set(live.wiring.connections)):
        raise RunConflict(run, f"was made from another input ({strange[0]})")
    spools = {name: one.feeding.spool for name, one in live.connections.items()}
    if not resumes:
        for name, spool in spools.items():
            if deleted := spool.lines_deleted:
                why = (
                    f"has no recovery data, and {deleted:,} lines of {name} that it must begin "
                    "with have been deleted from the spool"
                )
                raise RunConflict(run, why)
    for name, first_line, lines, *_ in known:
        if not lines:
            continue
        if lines > spools[name].lines:
            why = f"was made from {lines:,} lines of {name}, of which the spool has "
            raise RunConflict(run, f"{why}{spools[name].lines:,}")
        if first_line != live.wiring.first_line_hash(name):
            raise RunConflict(run, f"was made from another spool of {name}")
    return Stored(lines=sum(row[2] for row in known) if known else None)
