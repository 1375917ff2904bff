"""Where lines are parted, and how items stand between clocks."""

import numpy as np

from schemas.control import Clock
from sources.weaving import breaks, woven
from tests.sources.talk import START, indexed, text

GRIDS = range(10, 31, 10)


def test_runs_end_around_control_lines_and_before_holes() -> None:
    lines = indexed(text("{}", '!{"k":"open"}', "{}", "{}", "", '!{"k":"close"}', start=START))
    special = np.array([False, True, False, True, True, True])
    assert breaks(lines, special, np.zeros(6, np.bool_)) == [1, 2, 3, 5]
    misplaced = np.array([False, False, False, True, False, False])
    assert breaks(lines, special, misplaced) == [1, 2, 5]


def test_a_clock_comes_after_the_pieces_before_it() -> None:
    out = woven("c", GRIDS, {"a": [(1, "x"), (0, "w"), (1, "y"), (3, "z")]}, (), ())
    clocks = [Clock("c", at) for at in (10, 20, 30)]
    assert out == [("a", i) for i in ("w", clocks[0], "x", "y", clocks[1], clocks[2], "z")]


def test_the_fresh_begin_with_their_first_piece_and_the_leaving_end_with_one_clock() -> None:
    pieces = {"fresh": [(1, "x")], "leaving": [(0, "y")], "quiet": []}
    assert woven("c", GRIDS, pieces, {"fresh"}, {"leaving"}) == [
        ("fresh", "x"),
        ("fresh", Clock("c", 20)),
        ("fresh", Clock("c", 30)),
        ("leaving", "y"),
        ("leaving", Clock("c", 10)),
        *(("quiet", Clock("c", at)) for at in (10, 20, 30)),
    ]
