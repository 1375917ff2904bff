"""The stream talking about itself: clocks, gaps, refused frames, ends, and wishes to the outside.

Everything here is a typed item in the stream; nothing of it is an exception.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from schemas.instrument import Instrument


class Clock(Struct, frozen=True, gc=False):
    """Punctuation: every line of `connection` with received_ns < grid_ns has passed.

    With `jump` the grid times since the last clock are skipped (a restart, a long hole).
    """

    connection: str
    grid_ns: int
    jump: bool = False


class Gap(Struct, frozen=True, gc=False):
    """The instrument's book is no longer known; estimators take no return across it.

    Reasons: `sequence` (a missing frame), `book_mismatch` (the self-check failed), `time_back`
    (a book frame with an older stamp), `hole` (over 60 s of silence in a foreign recording),
    `start`, `reconnect`, `overflow`, `delisted` (nothing more comes of it), `rescaled` (its price
    tick has changed).
    """

    instrument: str
    connection: str
    received_ns: int
    line: int
    reason: str


SHOWN: Final = 500  # characters of a rejected line that are kept


class Reason(StrEnum):
    """Why a line was refused."""

    bad_line = "bad_line"  # no stamp, or nothing after it
    bad_control = "bad_control"  # a control line that is not one
    after_end = "after_end"  # it follows an end line
    time_back = "time_back"  # its stamp is older than the source's clock
    not_json = "not_json"
    wrong_type = "wrong_type"
    missing_field = "missing_field"
    bad_price = "bad_price"  # not positive, not finite, absurd
    price_scale = "price_scale"  # more decimals than the instrument has
    bad_size = "bad_size"
    bad_number = "bad_number"
    bad_time = "bad_time"
    bad_id = "bad_id"
    no_metadata = "no_metadata"  # the instrument's contract is not known


class Rejected(Struct, frozen=True, gc=False):
    """A line that could not be used. `at_ns` is the source's clock, `stamp_ns` the line's own."""

    connection: str
    line: int
    at_ns: int
    stamp_ns: int | None
    reason: Reason
    detail: str
    frame: str  # its first SHOWN characters


class End(Struct, frozen=True, gc=False):
    """The connection has ended for good: it leaves every alignment.

    With `delisted` it is an instrument that is listed no more: what it said last is of no use.
    """

    connection: str
    delisted: bool = False


class Seen(Struct, frozen=True, gc=False):
    """First sight of an instrument on a connection, with its metadata as far as known."""

    instrument: Instrument
    connection: str
    received_ns: int
    line: int
    listed: bool  # known when the run started, or told by an `instruments` line
    connections: tuple[str, ...] = ()  # that have it, where the line says so


class Progress(Struct, frozen=True, gc=False):
    """How far a connection's input has been read, with a hash of everything up to there."""

    connection: str
    at_ns: int
    lines: int
    bytes: int
    digest: str


QUESTION: Final = "question"  # reason of a wish that a `Granted` ends


class Wish(Struct, frozen=True, gc=False):
    """What a session asks of the outside: a REST answer. Wished once; repeating is not its work."""

    instrument: str
    url: str
    reason: str


class Granted(Struct, frozen=True, gc=False):
    """A wish got its answer, whatever that says; `url` is the wish's."""

    instrument: str
    received_ns: int
    url: str
