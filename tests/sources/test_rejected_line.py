"""Refused lines: number, clock, stamp, reason, words, and the beginning of the line."""

import numpy as np

from schemas.control import SHOWN, Reason, Rejected
from sources.rejected_line import rejected_line
from tests.sources.talk import indexed

CLOCK = np.array([90, 100, 100, 100])


def test_what_is_told_of_each_refusal() -> None:
    lines = indexed(b"no stamp\n95 {}\n100 " + b"x" * 900 + b"\n100 \xff{\n", first_line=7)
    assert rejected_line("c", lines, 0, CLOCK) == Rejected(
        "c", 7, 90, None, Reason.bad_line, "no stamp, or nothing after it", "no stamp"
    )
    clock = "the clock of c already stood at 100"
    assert rejected_line("c", lines, 1, CLOCK) == Rejected(
        "c", 8, 100, 95, Reason.time_back, clock, "{}"
    )
    ended = "the recording had already said its end"
    assert rejected_line("c", lines, 2, CLOCK, Reason.after_end) == Rejected(
        "c", 9, 100, 100, Reason.after_end, ended, "x" * SHOWN
    )
    assert rejected_line("c", lines, 3, CLOCK).frame == "\ufffd{"
