"""Whole books and tickers: older, doubled, missing and refused frames; clocks set back."""

from typing import Any

import pytest

from schemas.control import Gap, Reason, Rejected, Wish
from sources.hyperliquid_books import OLD_IN_A_ROW
from tests.sources.talk import MS, START, chunks, others, shown
from tests.sources.test_hyperliquid_frames import (
    asset_context,
    bbo,
    book,
    frame,
    hear,
    rows,
    say,
    seen,
    session,
    trade,
    trades,
)

BTC, ETH = "hyperliquid:BTC", "hyperliquid:ETH"


def book_rows(*frames: tuple[int, int, Any, Any]) -> Any:
    """Rows of (line, time, bids, asks) with prices in ticks of 10^-6."""
    out = [
        (line, at, side, round(px * 10**6), size)
        for line, at, bids, asks in frames
        for side, levels in ((1, bids), (-1, asks))
        for px, size in levels or ([(0, 0.0)] if not bids and not asks and side > 0 else [])
    ]
    lines, times, sides, ticks, sizes = zip(*out, strict=True)
    sides = tuple(0 if px == 0 else side for side, px in zip(sides, ticks, strict=True))
    return rows("BTC", "book", lines, venue_ns=tuple(t * MS for t in times), first_id=times,
                last_id=times, side=sides, px_ticks=ticks, size=sizes,
                is_snapshot=(2,) * len(lines))  # fmt: skip


BIDS, ASKS = [(100.0, 2.0)], [(100.5, 3.0)]


def gap(line: int, reason: str, name: str = BTC) -> list[Any]:
    at = START + (line - 1) * MS
    return [Gap(name, "c", at, line, reason), Wish(name, "", reason)]


def test_every_frame_is_the_whole_book() -> None:
    items, counts = say(
        book(7, bids=[("100.0", "2"), ("99.999999", "0.5")], asks=[]),
        book(9),  # a missing frame in between changes nothing
        book(9),  # doubled: the same once more
        book(10, bids=[], asks=[]),  # an empty book is known to be empty
    )
    expected = book_rows(
        (1, 7, [(100.0, 2.0), (99.999999, 0.5)], []),
        (2, 9, BIDS, ASKS),
        (3, 9, BIDS, ASKS),
        (4, 10, [], []),
    )
    assert (items, counts) == ([seen("BTC", 1), expected], {})


def test_an_older_frame_is_left_out_and_counted() -> None:
    items, counts = say(book(9), book(8, bids=[("1", "1")]), book(10))
    expected = book_rows((1, 9, BIDS, ASKS), (3, 10, BIDS, ASKS))
    assert (items, counts) == ([seen("BTC", 1), expected], {"old:l2Book": 1})


def test_books_of_other_coins_have_their_own_times() -> None:
    items, counts = say(book(9), book(3, coin="ETH"))
    assert (len(chunks_of(items)), counts) == (2, {})


def chunks_of(items: Any) -> list[Any]:
    return [item for item in items if isinstance(item, tuple)]


def test_a_clock_that_was_set_back_loses_the_book_once() -> None:
    made = session()
    frames = [book(1000), *(book(10 + k) for k in range(OLD_IN_A_ROW + 2))]
    items = hear(made, *frames)
    first = 2 + OLD_IN_A_ROW  # the line of the first older frame that counts
    assert [shown(item) for item in items] == [
        seen("BTC", 1),
        *gap(first, "sequence"),
        book_rows(
            (1, 1000, BIDS, ASKS),
            (first, 10 + OLD_IN_A_ROW, BIDS, ASKS),
            (first + 1, 11 + OLD_IN_A_ROW, BIDS, ASKS),
        ),
    ]
    assert made.counts == {"old:l2Book": OLD_IN_A_ROW}


def test_older_frames_count_only_in_a_row() -> None:
    made = session()
    for _ in range(3):
        hear(made, book(1000), *[book(10)] * (OLD_IN_A_ROW - 1))
    assert made.counts == {"old:l2Book": 3 * (OLD_IN_A_ROW - 1)}


def test_a_new_stream_starts_with_times_of_its_own() -> None:
    made = session()
    hear(made, book(1000), bbo(1000, ("1", "1"), ("2", "1")))
    assert made.lose(START + MS, 2, "reconnect") == gap(2, "reconnect")
    items = hear(made, book(10), bbo(10, ("1", "1"), ("2", "1")), line=3)
    assert [shown(one)[1] for one in items] == ["book", "top"]
    assert made.counts == {}


def test_a_restart_keeps_the_times_and_the_older_frames_in_a_row() -> None:
    made, again = session(), session()
    hear(made, book(1000), bbo(1000), *[book(10)] * (OLD_IN_A_ROW - 1))
    again.restore(made.snapshot())
    items = hear(again, bbo(999), book(10), book(10))
    assert [type(item) for item in others(items)] == [Gap, Wish]
    assert ([c.line.tolist() for c in chunks(items, "book")], again.counts) == (
        [[3, 3]],
        {"old:bbo": 1, "old:l2Book": 1},
    )


# -- tickers -------------------------------------------------------------------------------------


def top_rows(*tops: tuple[int, int, float | str, float, float | str, float]) -> Any:
    lines, times, *best = zip(*tops, strict=True)
    names = "bid_px", "bid_sz", "ask_px", "ask_sz"
    return rows("BTC", "top", lines, venue_ns=tuple(t * MS for t in times), id=(0,) * len(lines),
                **dict(zip(names, best, strict=True)))  # fmt: skip


def test_a_side_that_is_not_there_is_unknown_and_no_zero() -> None:
    bid, ask = ("100.0", "2"), ("100.5", "3")
    items, counts = say(
        bbo(1, bid, ask), bbo(2, None, ask), bbo(3, bid, None), bbo(4, bid), bbo(5),
        bbo(6, bid, ask, ("7", "7")),
    )  # fmt: skip
    expected = top_rows(
        (1, 1, 100.0, 2.0, 100.5, 3.0),
        (2, 2, "NaN", 0.0, 100.5, 3.0),
        (3, 3, 100.0, 2.0, "NaN", 0.0),
        (4, 4, 100.0, 2.0, "NaN", 0.0),
        (5, 5, "NaN", 0.0, "NaN", 0.0),
        (6, 6, 100.0, 2.0, 100.5, 3.0),
    )
    assert (items, counts) == ([seen("BTC", 1), expected], {})


def test_an_older_ticker_is_left_out_and_counted() -> None:
    best = ("100.0", "2"), ("100.5", "3")
    items, counts = say(bbo(9, *best), bbo(9, *best), bbo(8, *best), book(3))
    tops = top_rows(*((line, 9, 100.0, 2.0, 100.5, 3.0) for line in (1, 2)))
    assert (items, counts) == (
        [seen("BTC", 1), tops, book_rows((4, 3, BIDS, ASKS))],
        {"old:bbo": 1},
    )


# -- refused frames ------------------------------------------------------------------------------

HALF = book(8)[:70]
REFUSED = [
    (book(8, bids=[("0", "1")]), Reason.bad_price),
    (book(8, bids=[("-1", "1")]), Reason.bad_price),
    (book(8, bids=[("1e30", "1")]), Reason.bad_price),
    (book(8, bids=[("NaN", "1")]), Reason.bad_price),
    (book(8, bids=[("100.0000001", "1")]), Reason.price_scale),
    (book(8, asks=[("101", "-1")]), Reason.bad_size),
    (book(8, asks=[("101", "1e30")]), Reason.bad_size),
    (book(8, asks=[("101", "Infinity")]), Reason.bad_size),
    (book(-1), Reason.bad_time),
    (book(1 << 61), Reason.bad_time),
    (HALF, Reason.not_json),
    (frame("l2Book", {"coin": "BTC", "time": "8", "levels": [[], []]}), Reason.wrong_type),
    (frame("l2Book", {"coin": "BTC", "time": 8, "levels": [[]]}), Reason.wrong_type),
]


@pytest.mark.parametrize(("bad", "reason"), REFUSED)
def test_a_refused_book_frame_is_a_lost_book_and_leaves_no_row(bad: str, reason: Reason) -> None:
    made = session()
    items = hear(made, book(7), book(7, coin="ETH"), bad, bad, book(9))
    plain = others(items)
    assert plain[:2] == [seen("BTC", 1), seen("ETH", 2)]
    assert plain[2:4] == gap(3, "sequence")  # once, and of this book alone
    assert [(type(i), i.reason, i.line, i.frame) for i in plain[4:]] == [
        (Rejected, reason, 3, bad),
        (Rejected, reason, 4, bad),
    ]
    btc, eth = chunks(items, "book")
    assert shown(btc) == book_rows((1, 7, BIDS, ASKS), (5, 9, BIDS, ASKS))
    assert (eth.instrument, eth.line.tolist()) == (ETH, [2, 2])


@pytest.mark.parametrize(
    "bad", ['{"chan', '{"channel":"l2Book","data":{"co', '{"channel":"l2Book"}', '{"channel":5}']
)
def test_a_frame_that_may_have_been_of_any_book_loses_them_all(bad: str) -> None:
    items = hear(session(), book(7), book(7, coin="ETH"), bad)
    assert [item for item in others(items) if isinstance(item, Gap)] == [
        gap(3, "sequence")[0],
        gap(3, "sequence", ETH)[0],
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "no json",
        "[]",
        trades(trade(1, px="0")),
        trades(trade(1))[:-5],
        bbo(8, ("0", "1")),
        asset_context(markPx="0"),
        book(8, bids=[("0", "1")], coin="SOL"),  # a book that was never known
    ],
)
def test_a_refused_frame_of_another_kind_loses_no_book(bad: str) -> None:
    items = hear(session(), book(7), bad)
    assert [type(item) for item in others(items)].count(Rejected) == 1
    assert not [item for item in items if isinstance(item, Gap | Wish)]
