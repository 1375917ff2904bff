"""Book sequences of both rules: what applies, what is a loss, what a restart keeps."""

from typing import Any

import numpy as np
import pytest

from schemas.control import Gap, Reason, Rejected, Wish
from tests.sources.okx_frames import (
    INVERSE,
    LINEAR,
    MARKETS,
    OPTION,
    SPOT,
    TS,
    book,
    merged,
    one,
    rows,
    seen,
    session,
    snapshot,
    unlisted,
    update,
)
from tests.sources.talk import MS, START, hear, shown, text

NAME = f"okx:{SPOT}"


def at(line: int) -> int:
    return START + (line - 1) * MS


def gap(line: int, reason: str = "sequence") -> Gap:
    return Gap(NAME, "c", at(line), line, reason)


def wish(reason: str = "sequence") -> Wish:
    return Wish(NAME, "", reason)


def frames(*applied: tuple[int, int, int, list[tuple[int, int, float]], int]) -> Any:
    """The chunk of these frames: (line, first id, last id, [(side, ticks, size)], snapshot)."""
    flat = [
        (line, first, last, *level, fresh)
        for line, first, last, levels, fresh in applied
        for level in levels
    ]
    lines, first, last, side, ticks, size, fresh = zip(*flat, strict=True)
    return one(
        SPOT, "book", *lines, venue_ns=TS * MS, first_id=first, last_id=last, side=side,
        px_ticks=ticks, size=size, is_snapshot=fresh,
    )  # fmt: skip


def begun(line: int, seq: int) -> Any:
    """`snapshot(seq)` on a line."""
    return line, seq, seq, [(1, 1000, 2.0), (-1, 1015, 3.0)], 1


KEPT = [(0, 0, 0.0)]  # a frame without levels


# -- the chain of ids ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "told", "applied", "counted"),
    [
        ("as they should",
         [],
         [begun(1, 10), (2, 10, 15, [(1, 1000, 0.0)], 0), (3, 15, 16, [(1, 999, 4.0)], 0)],
         {}),
        ("without the second",
         [gap(2), wish()],
         [begun(1, 10)],
         {}),
        ("the second doubled",
         [gap(3), wish()],
         [begun(1, 10), (2, 10, 15, [(1, 1000, 0.0)], 0)],
         {}),
        ("the last two changed",
         [gap(2), wish()],
         [begun(1, 10)],
         {}),
        ("without the snapshot",
         [wish("unsynchronised")],
         [],
         {}),
    ],
)  # fmt: skip
def test_an_update_follows_the_last(
    sent: str, told: list[Any], applied: list[Any], counted: dict[str, int]
) -> None:
    whole = [snapshot(10), update(10, 15, ("100", "0")), update(15, 16, ("99.9", "4"))]
    orders = {
        "as they should": [0, 1, 2], "without the second": [0, 2],
        "the second doubled": [0, 1, 1, 2], "the last two changed": [0, 2, 1],
        "without the snapshot": [1, 2],
    }  # fmt: skip
    made = session()
    items = hear(made, text(*(whole[k] for k in orders[sent])))
    assert merged(items) == [*told, *([frames(*applied)] if applied else [])]
    assert +made.counts == counted


def test_a_quiet_book_is_kept_alive() -> None:
    items = hear(session(), text(snapshot(10), update(10, 10), update(10, 10), update(10, 12)))
    kept = [(2, 10, 10, KEPT, 0), (3, 10, 10, KEPT, 0), (4, 10, 12, KEPT, 0)]
    assert merged(items) == [frames(begun(1, 10), *kept)]


def test_ids_begin_anew_at_maintenance() -> None:
    made = session()
    later = [update(10, 3, ("99", "1")), update(3, 5, ("99", "0")), update(10, 11, ("98", "1"))]
    items = hear(made, text(snapshot(10), *later))
    applied = [(2, 10, 3, [(1, 990, 1.0)], 0), (3, 3, 5, [(1, 990, 0.0)], 0)]
    assert merged(items) == [gap(4), wish(), frames(begun(1, 10), *applied)]
    assert +made.counts == {"sequence_reset": 1}


def test_a_snapshot_makes_a_lost_book_known_and_a_known_one_new() -> None:
    sent = [snapshot(10), update(11, 12), update(12, 13), snapshot(20), update(20, 21), snapshot(7)]
    items = hear(session(), text(*sent))
    applied = [begun(1, 10), begun(4, 20), (5, 20, 21, KEPT, 0), begun(6, 7)]
    assert merged(items) == [gap(2), wish(), frames(*applied)]


def test_each_loss_is_one_gap_and_one_wish() -> None:
    sent = [update(1, 2), update(2, 3), snapshot(10), update(1, 2), update(2, 3), snapshot(11),
            update(9, 12)]  # fmt: skip
    items = hear(session(), text(*sent))
    expected = [wish("unsynchronised"), gap(4), wish(), gap(7), wish()]
    assert merged(items) == [*expected, frames(begun(3, 10), begun(6, 11))]


def test_a_snapshot_without_prev_seq_id_is_one_all_the_same() -> None:
    frame = book("snapshot", [("100", "2")], [("101.5", "3")], seqId=10)
    assert merged(hear(session(), text(frame))) == [frames(begun(1, 10))]


def test_several_rows_in_a_frame_apply_in_order() -> None:
    each = [
        {"bids": [["99", size, "0", "1"]], "asks": [], "ts": str(TS), "seqId": seq,
         "prevSeqId": seq - 1}
        for seq, size in ((11, "1"), (12, "2"))
    ]  # fmt: skip
    both = rows("books", *each, action="update", instId=SPOT)
    applied = [(2, 10, 11, [(1, 990, 1.0)], 0), (2, 11, 12, [(1, 990, 2.0)], 0)]
    items = hear(session(), text(snapshot(10), both))
    assert merged(items) == [frames(begun(1, 10), *applied)]


# -- prices and sizes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "sizes"),
    [(SPOT, (2.0, 3.0)), (LINEAR, (1.0, 1.5)), (INVERSE, (200.0 / 100.0, 300.0 / 101.5)),
     (OPTION, (1.0, 1.5))],
)  # fmt: skip
def test_sizes_are_base_coin(symbol: str, sizes: tuple[float, float]) -> None:
    scale = 10_000 if symbol == OPTION else 10
    items = hear(session(), text(snapshot(10, symbol=symbol)))
    assert list(map(shown, items)) == [one(
        symbol, "book", 1, 1, venue_ns=TS * MS, first_id=10, last_id=10, side=(1, -1),
        px_ticks=(100 * scale, round(101.5 * scale)), size=sizes, is_snapshot=1,
    )]  # fmt: skip


def test_the_scale_is_the_finest_price_of_the_first_snapshot() -> None:
    made = unlisted()
    bids = [("41006", "1"), ("41005.25", "2"), ("41005.5", "0.5")]
    items = hear(made, text(book("snapshot", bids, [("41007", "1")], seqId=1, prevSeqId=-1)))
    assert merged(items) == [
        seen(SPOT, decimals=2),
        one(SPOT, "book", 1, 1, 1, 1, venue_ns=TS * MS, first_id=1, last_id=1, side=(1, 1, 1, -1),
            px_ticks=(4100600, 4100525, 4100550, 4100700), size=(1.0, 2.0, 0.5, 1.0),
            is_snapshot=1),
    ]  # fmt: skip
    assert [type(i) for i in hear(made, text(update(1, 2, ("41006.125", "1"))))] == [
        Gap, Wish, Rejected,
    ]  # fmt: skip


def test_an_update_before_the_snapshot_tells_no_scale() -> None:
    items = hear(unlisted(), text(update(9, 10, ("100", "1")), snapshot(10)))
    assert merged(items) == [
        seen(SPOT), wish("unsynchronised"), seen(SPOT, 2, decimals=1), frames(begun(2, 10)),
    ]  # fmt: skip


def test_an_empty_book_without_a_scale_begins_with_its_first_price() -> None:
    sent = [book("snapshot", seqId=5, prevSeqId=-1), update(5, 5), update(5, 6, ("100.5", "1")),
            update(6, 7, ("100", "2"))]  # fmt: skip
    expected = frames((3, 5, 6, [(1, 1005, 1.0)], 1), (4, 6, 7, [(1, 1000, 2.0)], 0))
    for cut in range(5):
        made = unlisted()
        items = hear(made, text(*sent[:cut]))
        other = unlisted()
        other.restore(made.snapshot())
        items += hear(other, text(*sent[cut:], start=at(cut + 1)), first_line=cut + 1)
        assert merged(items) == [seen(SPOT), seen(SPOT, 3, decimals=1), expected]


def test_an_empty_book_with_a_scale_is_a_row_that_carries_the_id() -> None:
    items = hear(session(), text(book("snapshot", seqId=5, prevSeqId=-1)))
    assert merged(items) == [frames((1, 5, 5, KEPT, 1))]


# -- what is refused loses the book --------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "reason", "detail"),
    [
        (update(10, 11, ("0", "1")), Reason.bad_price, "price 0 is out of range"),
        (update(10, 11, ("1e30", "1")), Reason.bad_price, "price 1e30 is out of range"),
        (update(10, 11, ("NaN", "1")), Reason.bad_price, "'NaN' is not a plain number"),
        (update(10, 11, ("100", "-1")), Reason.bad_size, "size -1 is out of range"),
        (update(10, 11, ("100", "inf")), Reason.bad_size, "'inf' is not a plain number"),
        (update(10, 11, ("99.99", "1")), Reason.price_scale,
         "price 99.99 has more than 1 decimals"),
        (update(-2, 11, ("100", "1")), Reason.bad_id, "id -2 is missing or out of range"),
        (update(10, 1 << 62), Reason.bad_id, f"id {1 << 62} is missing or out of range"),
        (update(10, 11, ts=-5), Reason.bad_time, "'-5' is not a whole number"),
        (book("update", seqId=11), Reason.missing_field, "an update needs prevSeqId"),
        (book("replace", seqId=11), Reason.missing_field, "a book needs an instId and an action"),
        (update(10, 11, ("100", "1")).replace('"1","0","3"', "1"), Reason.wrong_type,
         "Expected `str`, got `int` - at `$[0].bids[0][1]`"),
        (update(10, 11, ("100", "1")).replace(',"1","0","3"', ""), Reason.missing_field,
         "a level needs price and size"),
        (update(10, 11).replace('"asks":[],', ""), Reason.missing_field,
         "Object missing required field `asks` - at `$[0]`"),
    ],
)  # fmt: skip
def test_a_refused_frame_loses_its_book(frame: str, reason: Reason, detail: str) -> None:
    """And no other; the frames after it wait for the snapshot."""
    other = snapshot(50, symbol=LINEAR)
    items = hear(session(), text(snapshot(10), other, frame, update(11, 12), update(10, 13)))
    rejected = Rejected("c", 3, at(3), at(3), reason, detail, frame[:500])
    *told, spot, linear = merged(items)
    assert told == [gap(3), wish(), rejected]
    assert spot == frames(begun(1, 10))
    assert linear == merged(hear(session(), text("pong", other)))[0]


def test_a_refused_snapshot_leaves_no_row_and_no_scale() -> None:
    bad = snapshot(10, bid="100.123", ask="0")
    items = hear(unlisted(), text(bad, update(10, 11), snapshot(20)))
    rejected = Rejected("c", 1, at(1), at(1), Reason.bad_price, "price 0 is out of range", bad)
    assert merged(items) == [
        rejected, seen(SPOT, 2), wish("unsynchronised"), seen(SPOT, 3, decimals=1),
        frames(begun(3, 20)),
    ]  # fmt: skip


def test_half_a_frame_breaks_the_chain_at_the_next_one() -> None:
    half = update(10, 11, ("100", "1"))[:-20]
    items = hear(session(), text(snapshot(10), half, update(11, 12), update(12, 13)))
    rejected = Rejected("c", 2, at(2), at(2), Reason.not_json, "Input data was truncated", half)
    assert merged(items) == [rejected, gap(3), wish(), frames(begun(1, 10))]


def test_a_frame_of_an_older_time_is_a_loss() -> None:
    misplaced = np.array([False, True, False])
    items = hear(session(), text(snapshot(10), update(10, 11), update(11, 12)), 1, misplaced)
    assert merged(items) == [gap(2, "time_back"), wish("time_back"), frames(begun(1, 10))]


def test_contracts_whose_size_was_forgotten_lose_their_book() -> None:
    made, other = session(MARKETS[1]), unlisted()
    hear(made, text(snapshot(10, symbol=LINEAR)))
    other.restore(made.snapshot())
    frame = update(10, 11, symbol=LINEAR)
    items = hear(other, text(frame, frame))
    name = f"okx:{LINEAR}"
    detail = f"how much a contract of {LINEAR} is, is not known"
    assert items == [
        Wish(name, f"https://www.okx.com/api/v5/public/instruments?instType=SWAP&instId={LINEAR}",
             "no_metadata"),
        Gap(name, "c", at(1), 1, "sequence"),
        Wish(name, "", "sequence"),
        Rejected("c", 1, at(1), at(1), Reason.no_metadata, detail, frame),
        Rejected("c", 2, at(2), at(2), Reason.no_metadata, detail, frame),
    ]  # fmt: skip
