"""Stamped lines in a buffer, `<received_ns> <payload>` each, indexed by one kernel (C3).

What a live connection has just written to its spool and what a replay has just read look the
same here: bytes, and for each whole line where its payload starts and stops, its stamp, and
whether the payload is a frame, a REST answer (`@url body`) or a control line (`!{…}`).
"""

from typing import Final

import numpy as np
from msgspec import Struct

from schemas.chunk import Array
from schemas.kernel import compiled

FRAME: Final = 0
ANSWER: Final = 1
CONTROL: Final = 2
BAD: Final = 3  # no stamp, or nothing after it

_SPACE, _NEWLINE, _RETURN, _AT, _BANG, _ZERO, _NINE = 32, 10, 13, 64, 33, 48, 57
_LONGEST_STAMP = 19  # digits of an int64


class Lines(Struct):
    """Whole lines of one connection, in order."""

    buffer: Array  # u8
    start: Array  # first byte of the payload
    stop: Array  # past its last byte
    past: Array  # past the whole line with its newline
    received_ns: Array  # −1 when the line has no stamp
    kind: Array  # FRAME, ANSWER, CONTROL, BAD
    first_line: int  # number of the first line, counting from 1
    begin: int = 0  # first byte of the first line, where its stamp stands

    def __len__(self) -> int:
        """Number of lines."""
        return len(self.start)

    def payload(self, index: int) -> bytes:
        """Bytes of one payload."""
        return self.buffer[self.start[index] : self.stop[index]].tobytes()

    def part(self, begin: int, end: int) -> "Lines":
        """Lines `begin` to `end`, counting from the first of these."""
        cut = slice(begin, end)
        return Lines(
            self.buffer,
            self.start[cut],
            self.stop[cut],
            self.past[cut],
            self.received_ns[cut],
            self.kind[cut],
            self.first_line + begin,
            int(self.past[begin - 1]) if begin else self.begin,
        )


def index_plain(buffer, newline, begin, start, stop, received, kind):  # type: ignore[no-untyped-def]
    """Fill start, stop, received_ns, kind for the lines that end at the given newlines."""
    at = begin
    for i in range(len(newline)):
        end = newline[i]
        stamp = np.int64(0)
        p = at
        while p < end and _ZERO <= buffer[p] <= _NINE and p - at < _LONGEST_STAMP:
            stamp = stamp * 10 + (np.int64(buffer[p]) - _ZERO)
            p += 1
        last = end
        if last > at and buffer[last - 1] == _RETURN:
            last -= 1
        if p == at or p >= last - 1 or buffer[p] != _SPACE or stamp < 0:
            start[i], stop[i], received[i], kind[i] = at, last, -1, BAD
        else:
            first = buffer[p + 1]
            start[i], stop[i], received[i] = p + 1, last, stamp
            kind[i] = ANSWER if first == _AT else CONTROL if first == _BANG else FRAME
        at = end + 1


_index = compiled(index_plain)


def index_lines(buffer: Array, first_line: int) -> Lines:
    """Index the whole lines of `buffer`; a line without its newline is left for later."""
    newline = np.flatnonzero(buffer == _NEWLINE)
    count = len(newline)
    start, stop, received = (np.empty(count, np.int64) for _ in range(3))
    kind = np.empty(count, np.int8)
    _index(buffer, newline, 0, start, stop, received, kind)
    return Lines(buffer, start, stop, newline + 1, received, kind, first_line)
