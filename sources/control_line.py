"""A control line that is one, as the connection reads it; anything else is refused."""

import msgspec
from msgspec import Struct

from schemas.control import SHOWN, Reason, Rejected
from sources.lines import Lines

BAD_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Control(Struct):
    """Its word, and the instrument of a `wish`."""

    k: str
    instrument: str = ""


def control_in(connection: str, lines: Lines, at_ns: int) -> Control | Rejected:
    """The first of the lines; at_ns is the source's clock there."""
    try:
        return msgspec.json.decode(lines.payload(0)[1:], type=Control)
    except BAD_JSON as error:
        return bad_control(connection, lines, at_ns, str(error))


def bad_control(connection: str, lines: Lines, at_ns: int, detail: str) -> Rejected:
    """The refusal of the first of the lines."""
    frame = lines.payload(0)[:SHOWN].decode("utf-8", "replace")
    stamp, line = int(lines.received_ns[0]), lines.first_line
    return Rejected(connection, line, at_ns, stamp, Reason.bad_control, detail, frame)
