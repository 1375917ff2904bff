"""Books of the old rule: no ids, a checksum after each frame."""

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from schemas.control import Gap, Reason, Rejected, Wish
from tests.sources.okx_frames import (
    INVERSE,
    SPOT,
    TS,
    book,
    checksum_of,
    merged,
    one,
    session,
    snapshot,
    update,
)
from tests.sources.talk import MS, START, hear, shown, text

NAME = f"okx:{SPOT}"
ASKS = {"101.5": "3"}


def at(line: int) -> int:
    return START + (line - 1) * MS


def lost(line: int, reason: str, name: str = NAME) -> list[Any]:
    return [Gap(name, "c", at(line), line, reason), Wish(name, "", reason)]


def first(**more: Any) -> str:
    """A bid of 2 at 100, an ask of 3 at 101.5."""
    check = {"checksum": checksum_of({"100": "2"}, ASKS)} | more
    return book("snapshot", [("100", "2")], list(ASKS.items()), **check)


def second(**more: Any) -> str:
    """A bid of 4 at 99.9."""
    check = {"checksum": checksum_of({"100": "2", "99.9": "4"}, ASKS)} | more
    return book("update", [("99.9", "4")], **check)


def third(**more: Any) -> str:
    """The bid at 100 goes."""
    check = {"checksum": checksum_of({"99.9": "4"}, ASKS)} | more
    return book("update", [("100", "0")], **check)


LEVELS = {"first": [(1, 1000, 2.0), (-1, 1015, 3.0)], "second": [(1, 999, 4.0)],
          "third": [(1, 1000, 0.0)]}  # fmt: skip


def frames(*names: tuple[int, str]) -> Any:
    """The chunk of these frames, each on its line; archives have no ids."""
    flat = [(line, *level, int(name == "first")) for line, name in names for level in LEVELS[name]]
    lines, side, px, size, fresh = zip(*flat, strict=True)
    return one(SPOT, "book", *lines, venue_ns=TS * MS, first_id=0, last_id=0, side=side,
               px_ticks=px, size=size, is_snapshot=fresh)  # fmt: skip


WHOLE = [first(), second(), third()]


@pytest.mark.parametrize(
    ("order", "told", "applied"),
    [
        ([0, 1, 2], [], [(1, "first"), (2, "second"), (3, "third")]),
        ([0, 2], lost(2, "book_mismatch"), [(1, "first")]),
        ([0, 2, 1], lost(2, "book_mismatch"), [(1, "first")]),
        ([0, 1, 1, 2], [], [(1, "first"), (2, "second"), (3, "second"), (4, "third")]),
        ([0, 2, 1, 0, 1], lost(2, "book_mismatch"), [(1, "first"), (4, "first"), (5, "second")]),
        ([1, 2], [Wish(NAME, "", "unsynchronised")], []),
    ],
    ids=["as it should", "one missing", "two changed", "one doubled", "recovered", "no snapshot"],
)
def test_the_checksum_is_the_chain(order: list[int], told: list[Any], applied: Any) -> None:
    made = session()
    items = hear(made, text(*(WHOLE[k] for k in order)))
    assert merged(items) == [*told, *([frames(*applied)] if applied else [])]
    assert made.counts["checksum_mismatch"] == len(told) // 2


def test_a_snapshot_that_does_not_hold_is_none() -> None:
    sent = [first(checksum=5), second(), first(), second(checksum=6)]
    items = hear(session(), text(*sent))
    assert merged(items) == [
        *lost(1, "book_mismatch"), *lost(4, "book_mismatch"), frames((3, "first")),
    ]  # fmt: skip


@pytest.mark.parametrize("none", [{"checksum": 0}, {}])
def test_without_a_checksum_it_applies_and_is_counted(none: dict[str, int]) -> None:
    made = session()
    bare = book("update", [("99.9", "4")], **none)
    items = hear(made, text(first(), bare, third()))
    assert merged(items) == [frames((1, "first"), (2, "second"), (3, "third"))]
    assert +made.counts == {"book_unchecked": 1}


def test_where_there_are_ids_the_checksum_means_nothing() -> None:
    made = session()
    items = hear(made, text(snapshot(10, checksum=77), update(10, 11, checksum=-5)))
    assert [type(item).__name__ for item in items] == ["Chunk"]
    assert (made.reader.books.written, +made.counts) == ({}, {})


@pytest.mark.parametrize(
    "sent", [[first(), update(0, 5)], [snapshot(0), second()]], ids=["to ids", "from ids"]
)
def test_one_book_does_not_change_its_rule(sent: list[str]) -> None:
    items = hear(session(), text(*sent))
    assert items[:2] == lost(2, "sequence")
    assert len(items) == 3


def test_a_snapshot_with_ids_ends_the_old_rule() -> None:
    items = hear(session(), text(first(), snapshot(10), update(10, 11, checksum=5)))
    ids = ((0, 0, 10, 10, 10), (0, 0, 10, 10, 11))
    assert [type(item).__name__ for item in items] == ["Chunk"]
    assert tuple(tuple(items[0].columns[c].tolist()) for c in ("first_id", "last_id")) == ids


def test_a_lost_book_is_not_remembered() -> None:
    unscaled = book("snapshot", symbol="ETH-USDT", seqId=5, prevSeqId=-1)
    nothing = {"written": {}, "unscaled": []}
    gap = session()
    hear(gap, text(first(), update(0, 5), unscaled, update(6, 7, symbol="ETH-USDT")))
    reconnect = session()
    hear(reconnect, text(first(), unscaled))
    assert list(reconnect.reader.books.written) == [NAME]
    assert list(reconnect.reader.books.unscaled) == ["okx:ETH-USDT"]
    reconnect.lose(at(3), 3, "reconnect")
    for made in (gap, reconnect):
        assert made.reader.books.snapshot() == nothing


def test_an_inverse_book_is_checked_in_contracts_and_given_in_coin() -> None:
    check = checksum_of({"100": "2"}, {})
    items = hear(session(), text(book("snapshot", [("100", "2")], symbol=INVERSE, checksum=check)))
    assert list(map(shown, items)) == [one(
        INVERSE, "book", venue_ns=TS * MS, first_id=0, last_id=0, side=1, px_ticks=1000, size=2.0,
        is_snapshot=1,
    )]  # fmt: skip


@pytest.mark.parametrize("bad", ['{"arg":{"channel":"tra', '{"arg":"books"}', "[1]"])
def test_a_frame_of_nobody_loses_every_unchecked_book(bad: str) -> None:
    """A change below the top would never be noticed; books with ids notice for themselves."""
    other = book("snapshot", [("100", "2")], symbol=INVERSE, checksum=checksum_of({"100": "2"}, {}))
    chained = snapshot(10, symbol="BTC-USDT-SWAP")
    items = hear(session(), text(first(), other, chained, bad, second()))
    assert items[:4] == [*lost(4, "sequence", f"okx:{INVERSE}"), *lost(4, "sequence")]
    assert (type(items[4]), items[4].line, items[4].frame) == (Rejected, 4, bad)
    assert len(items) == 5 + 3  # and the chunk of each book


def test_a_refused_frame_loses_its_book_at_once() -> None:
    bad = book("update", [("99.9", "-4")], checksum=1)
    items = hear(session(), text(first(), bad, third()))
    rejected = Rejected("c", 2, at(2), at(2), Reason.bad_size, "size -4 is out of range", bad)
    assert merged(items) == [*lost(2, "sequence"), rejected, frames((1, "first"))]


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_a_restart_in_between(cut: int) -> None:
    made, other = session(), session()
    items = hear(made, text(*WHOLE[:cut]))
    other.restore(made.snapshot())
    items += hear(other, text(*WHOLE[cut:], start=at(cut + 1)), first_line=cut + 1)
    assert merged(items) == [frames((1, "first"), (2, "second"), (3, "third"))]


def test_what_others_lose_is_left_alone_until_the_next_snapshot() -> None:
    for lose in (
        lambda made: made.lose(at(2), 2, "reconnect"),
        lambda made: made.wished(SPOT, at(2), 2),
        lambda made: hear(made, text("pong", second())[len(text("pong")) :], 2, np.array([True])),
    ):
        made = session()
        items = hear(made, text(first()))
        reason = (told := lose(made))[0].reason
        assert told == lost(2, reason)[: len(told)]
        items += hear(made, text(third(), first(), second(), start=at(3)), first_line=3)
        assert merged(items) == [frames((1, "first"), (4, "first"), (5, "second"))]


def test_a_book_that_only_grows_is_lost() -> None:
    with patch("sources.okx_checksum.MOST_LEVELS", 1):
        items = hear(session(), text(first(), second()))
    assert merged(items) == [*lost(2, "overflow"), frames((1, "first"))]
