"""Chained and grouped books: in sequence or lost once, and never two channels in one book."""

from typing import Any

import pytest
from msgspec.structs import replace

from sources.deribit_instruments import infer
from tests.sources.deribit_frames import (
    AT,
    LINEAR,
    OPTION,
    PERP,
    book,
    fresh,
    full_seen,
    grouped,
    level_rows,
    notice,
    rows,
    said,
    seen,
)  # fmt: skip
from tests.sources.talk import MS, hear, text

BID, ASK = 1, -1

A = book(10, None, [["new", 50000.0, 25000], ["new", 49999.5, 10]], [["new", 50001, 50001]])
B = book(12, 10, [["delete", 49999.5, 0]], [["change", 50001.0, 100002]])
C = book(15, 12, [["new", 49990.5, 49990.5]])
D = book(16, 15, [], [["delete", 50001, 0.0], ["new", 50003, 50003]])
ROWS = {
    "A": (10, [(BID, 5000000, 0.5), (BID, 4999950, 10 / 49999.5), (ASK, 5000100, 1.0)], 1),
    "B": (12, [(BID, 4999950, 0.0), (ASK, 5000100, 2.0)], 0),
    "C": (15, [(BID, 4999050, 1.0)], 0),
    "D": (16, [(ASK, 5000100, 0.0), (ASK, 5000300, 1.0)], 0),
}


def expected(**at_line: int) -> list[Any]:
    """Rows of the frames by name, at these lines."""
    return [
        row
        for name, line in at_line.items()
        for row in level_rows(PERP, line, ROWS[name[0]][0], ROWS[name[0]][1], ROWS[name[0]][2])
    ]


def gap(line: int, symbol: str = PERP) -> list[Any]:
    return [("gap", line, symbol, "sequence"), ("wish", symbol, "sequence")]


def test_frames_in_sequence() -> None:
    session = fresh()
    assert said(A, B, C, D, session=session) == ([seen(PERP, 2)], expected(A=1, B=2, C=3, D=4))
    assert session.books.last_id("deribit:BTC-PERPETUAL") == 16
    assert dict(session.counts) == {}


def test_the_seen_item_is_whole() -> None:
    assert hear(fresh(), text(A))[0] == full_seen(PERP, 2, 1)


def test_a_missing_frame_is_one_gap_and_one_wish_until_the_next_snapshot() -> None:
    again = book(20, None, [["new", 50000.0, 25000]])
    words, found = said(A, B, D, book(17, 16, [["new", 1, 1]]), again, book(21, 20))
    assert words == [seen(PERP, 2), *gap(3)]
    after = level_rows(PERP, 5, 20, [(BID, 5000000, 0.5)], 1) + level_rows(
        PERP, 6, 21, [(0, 0, 0.0)], 0
    )
    assert found == expected(A=1, B=2) + after


def test_the_last_frame_once_more_is_left_out() -> None:
    session = fresh()
    assert said(A, B, B, C, session=session) == ([seen(PERP, 2)], expected(A=1, B=2, C=4))
    assert dict(session.counts) == {"book_again": 1}


def test_an_older_frame_once_more_is_a_break() -> None:
    # The venue never repeats; were its ids to start anew, it would look like this.
    assert said(A, B, C, B, D) == ([seen(PERP, 2), *gap(4)], expected(A=1, B=2, C=3))


def test_reordered_frames_are_one_loss() -> None:
    assert said(A, C, B, D, A, B) == ([seen(PERP, 2), *gap(2)], expected(A=1, A2=5, B=6))


def test_changes_before_a_snapshot_are_left_out_and_wished_for_once() -> None:
    words, found = said(B, C, A, B)
    assert words == [seen(PERP, 2), ("wish", PERP, "unsynchronised")]
    assert found == expected(A=3, B=4)


def test_a_snapshot_amid_the_chain_starts_it_anew() -> None:
    assert said(A, B, A, B) == ([seen(PERP, 2)], expected(A=1, B=2, A2=3, B2=4))


def test_an_empty_snapshot_of_id_zero_is_known() -> None:
    session = fresh()
    first, then = book(0, None, symbol=OPTION), book(7, 0, [["new", 0.0415, 25.0]], symbol=OPTION)
    nothing = level_rows(OPTION, 1, 0, [(0, 0, 0.0)], 1)
    option = nothing + level_rows(OPTION, 2, 7, [(BID, 415, 25.0)], 0)
    assert said(first, then, session=session) == ([seen(OPTION, 4)], option)


def test_a_delete_deletes_whatever_amount_it_has() -> None:
    gone = book(11, 10, [["delete", 50000.0, 25000]])
    assert said(A, gone)[1] == expected(A=1) + level_rows(PERP, 2, 11, [(BID, 5000000, 0.0)], 0)


def test_a_null_previous_id_is_a_snapshots() -> None:
    first = book(10, None, [["new", 50000.0, 25000]], prev_change_id=None)
    assert said(first)[1] == level_rows(PERP, 1, 10, [(BID, 5000000, 0.5)], 1)
    assert said(A, book(11, 10, prev_change_id=None))[0] == [
        seen(PERP, 2), *gap(2), ("rejected", 2, "bad_id"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (book(12, 10, [["new", 0, 5]]), "bad_price"),
        (book(12, 10, [["new", -50000, 5]]), "bad_price"),
        (book(12, 10, [["new", 1e30, 5]]), "bad_price"),
        (book(12, 10, [["new", "NaN", 5]]), "bad_price"),
        (book(12, 10, [["new", 50000.125, 5]]), "price_scale"),
        (book(12, 10, [["new", 50000, -5]]), "bad_size"),
        (book(12, 10, [["new", 50000, 1e30]]), "bad_size"),
        (book(12, 10, [["new", 50000, "5"]]), "bad_size"),
        (book(12, 10, [["new", 50000, None]]), "bad_size"),
        (book(12, 10, [["move", 50000, 5]]), "wrong_type"),
        (book(12, 10, [["new", 50000]]), "wrong_type"),
        (book(12, 10, [[50000, 5]]), "wrong_type"),
        (book(12, 10, {"50000": 5}), "wrong_type"),
        (book(12, 10, None), "wrong_type"),
        (book(12, 10, type="patch"), "wrong_type"),
        (book(12, 10, type=None), "wrong_type"),
        (book(9, 10), "bad_id"),
        (book(1 << 63, 10), "bad_id"),
        (book(12, -10), "bad_id"),
        (book("12", 10), "wrong_type"),
        (book(12, 10, timestamp=-1), "bad_time"),
        (book(12, 10, timestamp=10**14), "bad_time"),
        (book(12, 10, timestamp="now"), "wrong_type"),
        (notice(f"book.{PERP}.100ms", {"type": "change", "timestamp": 1}), "missing_field"),
        (grouped(12).replace(".none.20.", "."), "missing_field"),
    ],
)
def test_a_refused_change_loses_its_book_at_once(bad: str, reason: str) -> None:
    words, found = said(A, bad, C, A, B)
    assert words == [seen(PERP, 2), *gap(2), ("rejected", 2, reason)]
    assert found == expected(A=1, A2=4, B=5)


def test_a_refused_frame_loses_no_other_book() -> None:
    other = book(5, None, [["new", 150.25, 2]], symbol=LINEAR)
    more = book(6, 5, [["change", 150.25, 3]], symbol=LINEAR)
    words, found = said(A, other, book(12, 10, [["new", 0, 5]]), more)
    assert words == [seen(PERP, 2), seen(LINEAR, 6, 2), *gap(3), ("rejected", 3, "bad_price")]
    assert [row[:3] for row in found if row[0] == LINEAR] == [(LINEAR, "book", 2),
                                                              (LINEAR, "book", 4)]  # fmt: skip


def test_half_a_frame_is_noticed_by_the_chain() -> None:
    words, found = said(A, B[:60], C)
    assert words == [seen(PERP, 2), ("rejected", 2, "not_json"), *gap(3)]
    assert found == expected(A=1)


def test_a_book_whose_contract_is_not_known_is_refused() -> None:
    words, found = said(book(1, None, [["new", 5, 5]], symbol="BTC-SWAP"))
    assert words == [("wish", "BTC-SWAP", "sequence"), ("rejected", 1, "no_metadata")]
    assert found == []


def test_a_combos_book_is_left_out() -> None:
    session = fresh()
    assert said(book(1, None, symbol="BTC-FS-26JUN26_PERP"), session=session) == ([], [])
    assert dict(session.counts) == {"combo": 1}


# -- two channels ------------------------------------------------------------------------------


def test_changes_of_another_channel_are_left_out() -> None:
    session = fresh()
    raw = book(12, 10, [["new", 40000, 5]], interval="raw")
    bad = book(12, 10, [["new", 0, 5]], interval="raw")
    words, found = said(A, raw, bad, grouped(11, [[40000, 5]]), B, session=session)
    assert (words, found) == ([seen(PERP, 2)], expected(A=1, B=5))
    assert dict(session.counts) == {"other_book": 3}


def test_a_snapshot_of_another_channel_takes_over() -> None:
    session = fresh()
    raw = book(11, None, [["new", 50000.0, 25000]], interval="raw")
    words, found = said(A, raw, B, book(12, 11, interval="raw"), session=session)
    assert words == [seen(PERP, 2)]
    taken = level_rows(PERP, 2, 11, [(BID, 5000000, 0.5)], 1)
    assert found == expected(A=1) + taken + level_rows(PERP, 4, 12, [(0, 0, 0.0)], 0)
    assert dict(session.counts) == {"other_book": 1}


def test_a_snapshot_of_another_channel_takes_over_a_grouped_book() -> None:
    words, found = said(grouped(9, [[50000, 25000]]), A, grouped(12, [[40000, 5]]), B)
    assert words == [seen(PERP, 2)]
    assert [row[2] for row in found] == [1, 2, 2, 2, 4, 4]


# -- grouped books -----------------------------------------------------------------------------


def test_every_grouped_frame_is_a_whole_book() -> None:
    frames = grouped(5, [[0.0415, 25.0]], [[0.042, 3]], OPTION), grouped(9, [], [], OPTION, AT + 1)
    ids = AT * MS, 5, 5
    assert said(*frames) == (
        [seen(OPTION, 4)],
        [(OPTION, "book", 1, *ids, BID, 415, 25.0, 2), (OPTION, "book", 1, *ids, ASK, 420, 3.0, 2),
         (OPTION, "book", 2, (AT + 1) * MS, 9, 9, 0, 0, 0.0, 2)],
    )  # fmt: skip


def test_a_missing_a_doubled_and_an_older_grouped_frame() -> None:
    session = fresh()
    first, second, third = (grouped(k, [[50000 + k, 5]], at=AT + k) for k in (5, 6, 9))
    words, found = said(first, third, third, second, session=session)
    assert words == [seen(PERP, 2)]
    assert [(row[2], row[4], row[7]) for row in found] == [(1, 5, 5000500), (2, 9, 5000900),
                                                           (3, 9, 5000900)]  # fmt: skip
    assert dict(session.counts) == {"book_old": 1}


def test_ids_that_start_anew_later_are_no_older_frame() -> None:
    frames = grouped(9, [[50000, 5]], at=AT), grouped(2, [[50001, 5]], at=AT + 1)
    assert [row[4] for row in said(*frames)[1]] == [9, 2]


def test_a_refused_grouped_frame_loses_the_book_until_the_next() -> None:
    bad = grouped(6, [[50000, -1]])
    words, found = said(grouped(5, [[50000, 5]]), bad, grouped(7, [[50000, 5]]))
    assert words == [seen(PERP, 2), *gap(2), ("rejected", 2, "bad_size")]
    assert [row[2] for row in found] == [1, 3]


# -- loss and recovery -------------------------------------------------------------------------


def test_a_lost_connection_loses_the_book_once() -> None:
    session = fresh()
    said(A, session=session)
    assert len(session.lose(5, 2, "reconnect")) == 2
    assert session.lose(6, 3, "reconnect") == []
    words, found = said(C, book(30, None, [["new", 50000.0, 25000]], interval="raw"),
                        session=session)  # fmt: skip
    assert words == []
    assert found == level_rows(PERP, 2, 30, [(BID, 5000000, 0.5)], 1)


@pytest.mark.parametrize("cut", range(6))
def test_a_restart_changes_nothing(cut: int) -> None:
    raw = book(12, 10, [["new", 40000, 5]], interval="raw")
    lines = [A, raw, B, grouped(14, [[40000, 5]]), C, D]
    data = [text(line, start=1_700_000_000_000_000_000 + k * MS) for k, line in enumerate(lines)]
    undisturbed, first, second = fresh(), fresh(), fresh()
    whole = hear(undisturbed, b"".join(data))
    before = hear(first, b"".join(data[:cut]))
    second.restore(first.snapshot())
    after = hear(second, b"".join(data[cut:]), first_line=cut + 1)
    assert rows(before) + rows(after) == rows(whole) == expected(A=1, B=3, C=5, D=6)
    assert second.snapshot() == undisturbed.snapshot()


def test_a_listed_scale_is_used() -> None:
    session = fresh()
    session.list_instruments([replace(infer(PERP), price_decimals=1, source="settings")])
    found = rows(hear(session, text(A)))
    assert [row[7] for row in found] == [500000, 499995, 500010]
