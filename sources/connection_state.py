"""A connection's state as plain values: where to read on, the clock, the roster, the session."""

from typing import TYPE_CHECKING, Any, Final

from schemas.errors import BrokenInvariant
from sources.digest import RunningDigest

if TYPE_CHECKING:
    from sources.connection import Connection

VERSION: Final = 3


def packed(connection: "Connection") -> tuple[Any, ...]:
    """State that a restart needs."""
    return (
        VERSION,
        connection.name,
        connection.bytes_done,
        connection.lines_done,
        connection.last_ns,
        connection.last_grid,
        connection.ended,
        tuple(connection.known),
        connection.digest.taken_up(),
        connection.roster.snapshot(),
        connection.session.snapshot(),
    )


def unpack(connection: "Connection", state: tuple[Any, ...]) -> None:
    """Inverse of `packed`. Raises BrokenInvariant when the state is another connection's."""
    version, name, bytes_done, lines_done, *clock, known, taken, roster, session = state
    if version != VERSION or name != connection.name:
        message = f"recovery data of {name!r} (version {version}) do not fit {connection.name!r}"
        raise BrokenInvariant(message)
    connection.bytes_done, connection.lines_done = bytes_done, lines_done
    connection.last_ns, connection.last_grid, connection.ended = clock
    connection.known = dict.fromkeys(known)
    chain, blocks = taken
    connection.digest = RunningDigest(chain, blocks)
    connection.roster.restore(roster)
    connection.session.restore(session)
