"""What waits for its grid time: taken once, in any cuts, also after a restart."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.waiting import Piece, Waiting
from schemas.chunk import COLUMNS, Chunk
from schemas.control import Gap

NAME = "okx:BTC"


def fills(stamps: list[int], connection: str = "a") -> Chunk:
    columns = {name: np.arange(len(stamps)).astype(d) for name, d in COLUMNS["trade"].items()}
    received, line = np.array(stamps, np.int64), np.arange(1, len(stamps) + 1)
    return Chunk(NAME, "trade", received, line, columns, connection)


def rows(pieces: list[Piece]) -> list[tuple[str, int, int]]:
    """(connection, received_ns, line) of every row and gap."""
    told = []
    for connection, piece, begin, end in pieces:
        if isinstance(piece, Gap):
            told.append((connection, piece.received_ns, piece.line))
        else:
            cut = zip(piece.received_ns[begin:end], piece.line[begin:end], strict=True)
            told += [(connection, int(at), int(line)) for at, line in cut]
    return told


def test_rows_before_a_grid_time_and_a_gap_among_them() -> None:
    waiting = Waiting()
    chunk, gap = fills([1, 5, 5, 10, 12]), Gap(NAME, "b", 9, 3, "sequence")
    waiting.add("a", chunk)
    waiting.add("b", gap)
    waiting.cut([5, 10, 11])
    assert waiting.take(0) == [("a", chunk, 0, 1)]
    assert waiting.take(1) == [("a", chunk, 1, 3), ("b", gap, 0, 1)]
    assert waiting.take(2) == [("a", chunk, 3, 4)]
    assert waiting.take(2) == []
    waiting.forget()
    assert rows(_rest(waiting)) == [("a", 12, 5)]


def _rest(waiting: Waiting) -> list[Piece]:
    waiting.cut([1 << 62])
    return waiting.take(0)


def test_nothing_waits_in_no_bytes() -> None:
    waiting = Waiting()
    assert waiting.snapshot() == b""
    assert _rest(Waiting.restore(b"")) == []


@given(
    stamps=st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=9), min_size=1, max_size=5),
    grids=st.lists(st.integers(1, 70), min_size=1, max_size=6, unique=True),
    restart=st.integers(0, 6),
)
@settings(max_examples=200, deadline=None)
def test_any_cuts_take_every_row_once(
    stamps: list[list[int]], grids: list[int], restart: int
) -> None:
    waiting, expected = Waiting(), []
    for number, mine in enumerate(stamps):
        chunk = fills(sorted(mine), f"c{number}")
        waiting.add(chunk.connection, chunk)
        expected += rows([(chunk.connection, chunk, 0, len(chunk))])
    taken: list[tuple[str, int, int]] = []
    last = -1
    for turn, grid_ns in enumerate(sorted(grids)):
        if turn == restart:
            waiting = Waiting.restore(waiting.snapshot())
        waiting.cut([grid_ns])
        some = rows(waiting.take(0))
        assert all(last <= at < grid_ns for _, at, _ in some)
        taken += some
        last = grid_ns
        waiting.forget()
    assert sorted(taken + rows(_rest(waiting))) == sorted(expected)
