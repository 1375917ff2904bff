"""Pieces of one or several connections in one order, against a plain sort."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.stretches import Between, merge
from flows.waiting import Piece
from schemas.chunk import COLUMNS, Chunk
from schemas.control import Gap
from schemas.errors import BrokenInvariant

NAME = "okx:BTC"


def fills(connection: str, rows: list[tuple[int, int, float]], kind: str = "trade") -> Chunk:
    """Rows (received_ns, line, value); the value is told apart by `id` and the price."""
    stamps, lines, values = (list(column) for column in zip(*rows, strict=True))
    columns = {
        name: np.array(values if name in ("px", "size") else [0] * len(rows), dtype)
        for name, dtype in COLUMNS[kind].items()
    }
    return Chunk(NAME, kind, np.array(stamps), np.array(lines), columns, connection)


def gap(connection: str, received_ns: int, line: int) -> Gap:
    return Gap(NAME, connection, received_ns, line, "sequence")


def whole(connection: str, piece: Chunk | Gap) -> Piece:
    return connection, piece, 0, len(piece) if isinstance(piece, Chunk) else 1


def values_of(between: Between, kind: str, column: str) -> list[float]:
    return between.kinds[kind].columns[column].tolist()


def test_one_connection_ranks_by_line_and_joins_kinds_apart() -> None:
    first, second = fills("a", [(5, 2, 1.0), (5, 2, 1.5), (6, 4, 2.0)]), fills("a", [(6, 5, 3.0)])
    book = fills("a", [(6, 3, 9.0)], "book")
    lost = gap("a", 6, 4)
    between = merge([whole("a", piece) for piece in (first, book, lost, second)])
    trade = between.kinds["trade"]
    assert trade.order.tolist() == [2, 2, 4, 5]
    assert trade.received_ns.tolist() == [5, 5, 6, 6]
    assert values_of(between, "trade", "px") == [1.0, 1.5, 2.0, 3.0]
    assert between.kinds["book"].order.tolist() == [3]
    assert between.gaps == [(4, lost)]
    assert set(between.kinds) == {"trade", "book"}


def test_rows_of_a_single_chunk_are_passed_without_a_copy() -> None:
    chunk = fills("a", [(5, 2, 1.0), (6, 3, 2.0), (7, 4, 3.0)])
    between = merge([("a", chunk, 1, 2)])
    trade = between.kinds["trade"]
    assert trade.columns is chunk.columns
    assert (trade.begin, trade.end) == (1, 2)
    assert between.gaps == []


def test_only_the_rows_asked_for_are_merged() -> None:
    one = fills("a", [(5, 20, 1.0), (7, 21, 4.0), (8, 22, 9.0)])
    other = fills("b", [(5, 1, 2.0), (6, 2, 3.0)])
    between = merge([("a", one, 1, 3), ("b", other, 0, 1)])
    assert values_of(between, "trade", "px") == [2.0, 4.0, 9.0]
    trade = between.kinds["trade"]
    assert (trade.begin, trade.end, trade.received_ns.tolist()) == (0, 3, [5, 7, 8])


def test_several_connections_rank_by_time_then_name_then_line() -> None:
    one = fills("a", [(5, 20, 1.0), (7, 21, 4.0), (7, 21, 4.5)])
    other = fills("b", [(5, 1, 2.0), (6, 2, 3.0), (7, 3, 5.0)])
    lost = gap("b", 6, 2)
    between = merge([whole("b", other), whole("a", one), whole("b", lost)])
    assert values_of(between, "trade", "px") == [1.0, 2.0, 3.0, 4.0, 4.5, 5.0]
    assert between.kinds["trade"].order.tolist() == [0, 1, 2, 3, 3, 4]
    assert between.gaps == [(2, lost)]  # of the rank of its own line
    assert not between.kinds["trade"].columns["px"].flags.writeable


def test_the_place_of_a_book_frame_is_its_own_line() -> None:
    one = fills("a", [(5, 20, 1.0), (7, 21, 4.0)], "book")
    other = fills("b", [(6, 2, 3.0), (6, 2, 3.5)], "book")
    last = fills("a", [(8, 22, 9.0)])
    between = merge([whole("a", one), whole("b", other), whole("a", last)])
    assert [between.place(rank) for rank in range(3)] == [("a", 20), ("b", 2), ("a", 21)]
    for rank in (3, 9):
        with pytest.raises(BrokenInvariant, match=f"no book frame has the rank {rank}"):
            between.place(rank)
    assert merge([whole("a", one)]).place(21) == ("a", 21)


@st.composite
def streams(draw: st.DrawFn) -> dict[str, list[tuple[int, int, str, float]]]:
    """Per connection rows (received_ns, line, kind, value), in order of their lines."""
    result = {}
    for connection in draw(st.sets(st.sampled_from("abc"), min_size=1)):
        stamps = sorted(draw(st.lists(st.integers(0, 6), min_size=1, max_size=12)))
        lines = np.cumsum([draw(st.integers(1, 3)) for _ in stamps]).tolist()
        kinds = [draw(st.sampled_from(["book", "trade", "gap"])) for _ in stamps]
        values = [draw(st.floats(0, 9)) for _ in stamps]
        result[connection] = list(zip(stamps, lines, kinds, values, strict=True))
    return result


@given(rows=streams(), size=st.integers(1, 4), order=st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_pieces_equal_a_plain_sort(rows: dict, size: int, order: object) -> None:
    queues = []
    for connection, mine in rows.items():
        pieces: list[Chunk | Gap] = []
        for kind in ("book", "trade"):
            column = [(at, line, value) for at, line, k, value in mine if k == kind]
            pieces += [
                fills(connection, column[k : k + size], kind) for k in range(0, len(column), size)
            ]
        pieces += [gap(connection, at, line) for at, line, kind, _ in mine if kind == "gap"]
        queues.append([whole(connection, piece) for piece in pieces])
    turns = [q for q, queue in enumerate(queues) for _ in queue]
    order.shuffle(turns)  # type: ignore[attr-defined]
    between = merge([queues[q].pop(0) for q in turns])
    plain = sorted(
        (at, connection, line, kind, value)
        for connection, mine in rows.items()
        for at, line, kind, value in mine
    )
    ranks: dict[str, list[int]] = {"book": [], "trade": [], "gap": []}
    for kind in ("book", "trade"):
        expected = [row for row in plain if row[3] == kind]
        if expected:
            column = "size" if kind == "book" else "px"
            assert values_of(between, kind, column) == [row[4] for row in expected]
            ranks[kind] = between.kinds[kind].order.tolist()
    ranks["gap"] = [rank for rank, _ in between.gaps]
    assert [(g.received_ns, g.connection, g.line) for _, g in between.gaps] == [
        row[:3] for row in plain if row[3] == "gap"
    ]
    # Ranks put all kinds into that one order.
    counters = {kind: iter(values) for kind, values in ranks.items()}
    merged = [next(counters[row[3]]) for row in plain]
    assert merged == sorted(merged)
    places = [row[:3] for row in plain]
    for (one, a), (other, b) in zip(
        zip(merged, places, strict=True), zip(merged[1:], places[1:], strict=True), strict=False
    ):
        assert (one == other) == (a == b)
    for rank, row in zip(merged, plain, strict=True):
        if row[3] == "book":
            assert between.place(rank) == (row[1], row[2])
