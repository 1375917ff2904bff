"""Books in sequence or lost: what is missing, doubled, late, restarted, of another depth."""

from typing import Any

import pytest

from schemas.control import Rejected
from schemas.instrument import Instrument
from sources.bybit import Bybit
from sources.in_band import InBand
from tests.sources.bybit_frames import (
    ASKS,
    BTC,
    SIDES,
    SIZES,
    TICKS,
    at,
    book,
    btc,
    gap,
    one,
    rejected,
    say,
    seen,
    session,
    whole,
    wish,
)
from tests.sources.talk import MS, shown, wire

LEVEL = {"side": (1,), "px_ticks": (1000,), "size": (1.0,)}  # what `book(u)` holds


def levels(*rows: tuple[int, int, tuple[int, ...], tuple[int, ...], tuple[float, ...], int]) -> Any:
    """The chunk of (line, u, sides, ticks, sizes, is_snapshot) frames of BTCUSDT."""
    flat = [(line, u, s, px, size, fresh) for line, u, sides, ticks, sizes, fresh in rows
            for s, px, size in zip(sides, ticks, sizes, strict=True)]  # fmt: skip
    line, u, side, px_ticks, size, fresh = zip(*flat, strict=True)
    return one("book", line, venue_ns=5 * MS, first_id=u, last_id=u, side=side,
               px_ticks=px_ticks, size=size, is_snapshot=fresh)  # fmt: skip


def snapshot(line: int, u: int) -> Any:
    return (line, u, SIDES, TICKS, SIZES, 1)


def delta(line: int, u: int) -> Any:
    return (line, u, (1,), (1000,), (1.0,), 0)


def heard(*frames: str, made: InBand | None = None) -> list[Any]:
    return [shown(item) for item in say(made or session(), *frames)]


def test_a_snapshot_and_changes_that_follow() -> None:
    change = book(8, (("100.0", "0"), ("98.5", "4")), (("101.5", "6"),))
    made = session()
    assert heard(whole(7), change, book(9), made=made) == [
        seen(1),
        levels(snapshot(1, 7), (2, 8, (1, 1, -1), (1000, 985, 1015), (0.0, 4.0, 6.0), 0),
               delta(3, 9)),
    ]  # fmt: skip
    assert +made.counts == {}


def test_a_missing_frame_is_one_gap_and_one_wish_until_the_next_snapshot() -> None:
    made = session()
    assert heard(whole(7), book(9), book(10), whole(20), book(21), made=made) == [
        seen(1),
        gap(2),
        wish(),
        levels(snapshot(1, 7), snapshot(4, 20), delta(5, 21)),
    ]
    assert +made.counts == {"book_break": 1, "assumed:break_is_gap": 1}


def test_a_second_loss_is_told_anew() -> None:
    assert heard(whole(7), book(9), whole(20), book(22)) == [
        seen(1),
        gap(2),
        wish(),
        gap(4),
        wish(),
        levels(snapshot(1, 7), snapshot(3, 20)),
    ]


def test_a_doubled_frame_is_left_out() -> None:
    made = session()
    assert heard(whole(7), book(8), book(8), book(9), made=made) == [
        seen(1),
        levels(snapshot(1, 7), delta(2, 8), delta(4, 9)),
    ]
    assert +made.counts == {"duplicate": 1}


def test_reordered_frames_are_a_loss() -> None:
    assert heard(whole(7), book(9), book(8), book(10)) == [
        seen(1),
        gap(2),
        wish(),
        levels(snapshot(1, 7)),
    ]


def test_an_id_that_fell_is_a_loss_whatever_the_setting() -> None:
    for break_is_gap in (True, False):
        made = session(break_is_gap=break_is_gap)
        expected = [seen(1), gap(2), wish(), levels(snapshot(1, 7))]
        assert heard(whole(7), book(3), book(4), made=made) == expected
        assert +made.counts == {"book_break": 1}


def test_where_a_break_is_no_gap_what_comes_after_a_jump_applies() -> None:
    made = session(break_is_gap=False)
    assert heard(whole(7), book(9), book(10), made=made) == [
        seen(1),
        levels(snapshot(1, 7), delta(2, 9), delta(3, 10)),
    ]
    assert +made.counts == {"book_break": 1, "assumed:break_is_gap": 1}


def test_u_of_one_overwrites_whatever_the_type_says() -> None:
    fresh = book(1, (("98.0", "5"),), ())
    assert heard(whole(7), fresh, book(2)) == [
        seen(1),
        levels(snapshot(1, 7), (2, 1, (1,), (980,), (5.0,), 1), delta(3, 2)),
    ]
    assert heard(fresh, book(2)) == [
        seen(1),
        levels((1, 1, (1,), (980,), (5.0,), 1), delta(2, 2)),
    ]


def test_a_later_snapshot_replaces_everything() -> None:
    assert heard(whole(7), whole(5), book(6)) == [
        seen(1),
        levels(snapshot(1, 7), snapshot(2, 5), delta(3, 6)),
    ]


def test_changes_before_a_snapshot_are_left_out_and_wished_for_once() -> None:
    assert heard(book(6), book(7), whole(8), book(9)) == [
        seen(1),
        wish("unsynchronised"),
        levels(snapshot(3, 8), delta(4, 9)),
    ]


def test_a_frame_without_levels_carries_its_ids_on() -> None:
    assert heard(whole(7), book(8, (), ()), book(9)) == [
        seen(1),
        levels(snapshot(1, 7), (2, 8, (0,), (0,), (0.0,), 0), delta(3, 9)),
    ]
    assert heard(whole(7), book(8, (), (), kind="snapshot")) == [
        seen(1),
        levels(snapshot(1, 7), (2, 8, (0,), (0,), (0.0,), 1)),
    ]


def test_an_empty_book_without_a_price_scale_gives_no_row() -> None:
    made = session()
    first = heard(book(7, (), (), kind="snapshot"), book(8), made=made)
    assert first == [seen(None), seen(1, 2), wish("unsynchronised")]
    assert +made.counts == {"empty_book": 1}


def test_a_book_is_made_of_one_depth() -> None:
    made = session()
    other: dict[str, Any] = {"depth": 50}
    frames = whole(7), whole(70, **other), book(71, **other), book(8), book(10), book(73, **other)
    expected = [seen(1), gap(5), wish(), levels(snapshot(1, 7), delta(4, 8))]
    assert heard(*frames, made=made) == expected
    assert +made.counts == {"other_depth": 2, "book_break": 1, "assumed:break_is_gap": 1}
    after = [shown(i) for i in say(made, whole(80, **other), book(81, **other), whole(11),
                                   first_line=7)]  # fmt: skip
    assert after == [levels(snapshot(7, 80), delta(8, 81))]
    assert +made.counts == {"other_depth": 3, "book_break": 1, "assumed:break_is_gap": 1}


BAD: list[tuple[str, str]] = [
    (book(8, (("0", "1"),)), "bad_price"),
    (book(8, (("-1.0", "1"),)), "bad_price"),
    (book(8, (("1e30", "1"),)), "bad_price"),
    (book(8, (("NaN", "1"),)), "bad_price"),
    (book(8, (("", "1"),)), "bad_price"),
    (book(8, (("100.25", "1"),)), "price_scale"),
    (book(8, (), (("100.5", "-1"),)), "bad_size"),
    (book(8, (), (("100.5", "NaN"),)), "bad_size"),
    (book(8, (("100.5", "1e30"),)), "bad_size"),
    (book(8, ((100.5, "1"),)), "wrong_type"),
    (book(8, (("100.5",),)), "wrong_type"),
    (book(8, None), "wrong_type"),
    (book("8"), "wrong_type"),
    (book(8.5), "wrong_type"),
    (book(0), "bad_id"),
    (book(-1), "bad_id"),
    (book(1 << 62), "bad_id"),
    (book(8, kind="patch"), "wrong_type"),
    (book(8, cts=-1), "bad_time"),
    (book(8, cts=0, ts=10**15), "bad_time"),
    (book(8, data={"s": "ETHUSDT"}), "wrong_type"),
    (wire({"topic": "orderbook.200.BTCUSDT", "data": {}}), "missing_field"),
    (wire({"topic": "orderbook.200.BTCUSDT", "type": "delta"}), "missing_field"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD)
def test_a_refused_frame_loses_its_book_at_once(bad: str, reason: str) -> None:
    items = say(session(), whole(7), bad, book(9))
    assert [shown(i) for i in items if not isinstance(i, Rejected)] == [
        seen(1),
        gap(2),
        wish(),
        levels(snapshot(1, 7)),
    ]
    assert rejected(items) == [(2, reason)]


def test_a_rejected_frame_is_told_whole() -> None:
    items = say(session(), whole(7), book(8, (("0", "1"),)))
    (told,) = [i for i in items if isinstance(i, Rejected)]
    expected = Rejected("c", 2, at(2), at(2), told.reason, "price 0 is out of range",
                        book(8, (("0", "1"),)))  # fmt: skip
    assert (told, told.reason.value) == (expected, "bad_price")


@pytest.mark.parametrize("bad", ["1e-16", "0", "x", "1e-15"])
def test_a_refused_first_frame_teaches_no_price_scale(bad: str) -> None:
    first = book(7, (("60000.5", "1"), (bad, "1")), kind="snapshot")
    items = say(session(), first, book(8), whole(9))
    assert [shown(i) for i in items if not isinstance(i, Rejected)] == [
        seen(1, 2),
        wish("unsynchronised"),
        levels(snapshot(3, 9)),
    ]
    assert [line for line, _ in rejected(items)] == [1]


def test_a_refused_frame_of_another_depth_loses_nothing() -> None:
    items = say(session(), whole(7), book(71, (("0", "1"),), depth=50), book(8))
    assert [shown(i) for i in items if not isinstance(i, Rejected)] == [
        seen(1),
        levels(snapshot(1, 7), delta(3, 8)),
    ]
    assert rejected(items) == [(2, "bad_price")]


def test_half_a_frame_shows_in_the_next_one_or_loses_every_book() -> None:
    half = book(8)[:60]
    eth = book(70, (("9.0", "1"),), kind="snapshot", symbol="ETHUSDT")
    for break_is_gap, line in ((True, 4), (False, 3)):
        items = say(session(break_is_gap=break_is_gap), whole(7), eth, half, book(9))
        assert gap(line) in items
        assert [i.instrument for i in items if type(i).__name__ == "Gap"] == (
            [BTC] if break_is_gap else [BTC, "bybit-linear:ETHUSDT"]
        )
        assert rejected(items) == [(3, "not_json")]


def test_the_engine_time_counts_and_the_push_time_where_there_is_none() -> None:
    frames = whole(7), book(8, cts=0), book(9, cts=0, ts=0)
    (chunk,) = [i for i in say(session(), *frames) if type(i).__name__ == "Chunk"]
    assert chunk.columns["venue_ns"].tolist() == [5 * MS, 5 * MS, 5 * MS, 6 * MS, 0]


def test_the_finest_price_of_the_first_frame_tells_the_scale() -> None:
    first = book(7, (("100", "1"),), (("100.25", "2"), ("101.5", "3")), kind="snapshot")
    assert heard(first) == [
        seen(2),
        levels((1, 7, (1, -1, -1), (10000, 10025, 10150), (1.0, 2.0, 3.0), 1)),
    ]


def test_settings_tell_the_price_scale() -> None:
    def refine(instrument: Instrument) -> Instrument:
        assert instrument == btc(None)
        return btc(3)

    items = say(InBand(Bybit(), "c", refine), book(7, (), ASKS, kind="snapshot"))
    assert [shown(i) for i in items] == [
        seen(3),
        levels((1, 7, (-1,), (101000,), (3.0,), 1)),
    ]
