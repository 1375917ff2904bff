"""A line that the connection itself refuses, before any session sees it."""

from schemas.chunk import Array
from schemas.control import SHOWN, Reason, Rejected
from sources.lines import BAD, Lines


def rejected_line(
    connection: str, lines: Lines, index: int, clock_ns: Array, reason: Reason | None = None
) -> Rejected:
    """The refusal of line `index`; clock_ns is the source's clock at each line.

    Without a reason it is the line's stamp: none, or one that went backwards.
    """
    bad = lines.kind[index] == BAD
    stamp = None if bad else int(lines.received_ns[index])
    reason = reason or (Reason.bad_line if bad else Reason.time_back)
    details = {
        Reason.bad_line: "no stamp, or nothing after it",
        Reason.time_back: f"the clock of {connection} already stood at {int(clock_ns[index])}",
        Reason.after_end: "the recording had already said its end",
    }
    return Rejected(
        connection,
        lines.first_line + index,
        int(clock_ns[index]),
        stamp,
        reason,
        details[reason],
        lines.payload(index)[:SHOWN].decode("utf-8", "replace"),
    )
