"""The reader over whole conversations: what follows, what does not, a restart in the middle."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from schemas.control import Rejected
from tests.sources.coinbase_frames import (
    AT_NS,
    BOTH_LOST,
    BTC,
    ETH,
    SENT_NS,
    at,
    beat,
    book,
    book_event,
    change,
    full,
    gap,
    made,
    rows,
    said,
    seen,
    talked,
    ticker,
    trade,
    trades,
    wish,
)
from tests.sources.talk import hear, others, text, wire

CONTROL = said("subscriptions", 0, {"subscriptions": {"level2": ["BTC-USD"]}})
TALK = [
    CONTROL,
    trades(1, trade(11), trade(10), kind="snapshot"),
    ticker(2),
    change(3),
    full(4),
    change(5, size="0"),
    trades(6, trade(13, "SELL"), trade(12), trade(11)),
    beat(7),
    full(8, "ETH-USD"),
    said("l2_data", 9, book_event("update", ("ask", "101", "1")),
         book_event("update", ("bid", "99", "1"), product="ETH-USD")),
    said("candles", 10, {"type": "update", "candles": []}),
    wire({"type": "error", "message": "no"}),
    book(11, "update"),
    wire({"type": "match", "side": "buy"}),
    ticker(12, best_bid=""),
    ticker(13, "ETH-USD", best_ask_quantity="0.25"),
]  # fmt: skip
BTC_BOOK = [
    (at(5), 5, AT_NS, 4, 4, 1, 9950, 2.0, 1),
    (at(5), 5, AT_NS, 4, 4, -1, 10025, 3.0, 1),
    (at(6), 6, AT_NS, 5, 5, 1, 9950, 0.0, 0),
    (at(10), 10, AT_NS, 9, 9, -1, 10100, 1.0, 0),
    (at(13), 13, SENT_NS, 11, 11, 0, 0, 0.0, 0),
]
ETH_BOOK = [
    (at(9), 9, AT_NS, 8, 8, 1, 9950, 2.0, 1),
    (at(9), 9, AT_NS, 8, 8, -1, 10025, 3.0, 1),
    (at(10), 10, AT_NS, 9, 9, 1, 9900, 1.0, 0),
]
TALK_ROWS = {
    (BTC, "top"): [(at(3), 3, SENT_NS, -1, 99.5, 2.0, 100.25, 3.0)],
    (BTC, "book"): BTC_BOOK,
    (BTC, "trade"): [
        (at(7), 7, AT_NS, 12, 100.0, 0.5, -1),
        (at(7), 7, AT_NS, 13, 100.0, 0.5, 1),
    ],
    (ETH, "book"): ETH_BOOK,
    (ETH, "top"): [(at(16), 16, SENT_NS, -1, 99.5, 2.0, 100.25, 0.25)],
}
TALK_OTHERS = [
    seen("BTC-USD", None, 2),
    wish(BTC, "unsynchronised"),
    seen("BTC-USD", 2, 5),
    seen("ETH-USD", 2, 9),
]
TALK_COUNTS = {
    "control": 2, "past_trades": 2, "repeated_trades": 1, "assumed:side_is_maker": 2,
    "unsynchronised": 1, "unknown:candles": 1, "unknown:match": 1, "error": 1, "one_sided": 1,
}  # fmt: skip


def test_a_whole_conversation() -> None:
    session = made()
    items = hear(session, text(*TALK))
    assert (others(items), rows(items)) == (TALK_OTHERS, TALK_ROWS)
    assert +session.counts == TALK_COUNTS


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_batches_do_not_matter(size: int) -> None:
    session, items = made(), []
    for begin in range(0, len(TALK), size):
        part = TALK[begin : begin + size]
        items += hear(session, text(*part, start=at(begin + 1)), begin + 1)
    assert (others(items), rows(items)) == (TALK_OTHERS, TALK_ROWS)
    assert +session.counts == TALK_COUNTS


@pytest.mark.parametrize("cut", range(1, len(TALK)))
def test_a_restart_in_the_middle_changes_nothing(cut: int) -> None:
    first, second = made(), made()
    items = hear(first, text(*TALK[:cut]))
    second.restore(first.snapshot())
    items += hear(second, text(*TALK[cut:], start=at(cut + 1)), cut + 1)
    assert (others(items), rows(items)) == (TALK_OTHERS, TALK_ROWS)
    assert second.snapshot() == _state_after_all()


def _state_after_all() -> bytes:
    session = made()
    hear(session, text(*TALK))
    return session.snapshot()


def test_the_readers_state_is_plain() -> None:
    session = made()
    hear(session, text(*TALK))
    state = session.reader.snapshot()
    assert state == {"sequence": {"last": 13, "stray": -1}, "trades": {"BTC-USD": 13}}
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state)) == state


# -- what follows and what does not ----------------------------------------------------------


@pytest.mark.parametrize(
    "hole", [beat(5), ticker(5), change(5), trades(5), said("candles", 5, {}), CONTROL[:-1]]
)
def test_a_missing_frame_loses_every_book_whatever_channel_shows_it(hole: str) -> None:
    session = made()
    talked(session, full(0), full(1, "ETH-USD"))
    items = hear(session, text(hole, start=at(3)), 3)
    lost = [item for item in others(items) if not isinstance(item, Rejected)]
    assert (lost, "book" in {kind for _, kind in rows(items)}) == (BOTH_LOST, False)
    # Once lost, nothing more is told until a snapshot, and updates are left out.
    assert talked(session, change(6), change(7, "ETH-USD"), line=4) == []
    again = rows(hear(session, text(full(8), change(9), start=at(6)), 6))
    assert again == {
        (BTC, "book"): [
            (at(6), 6, AT_NS, 8, 8, 1, 9950, 2.0, 1),
            (at(6), 6, AT_NS, 8, 8, -1, 10025, 3.0, 1),
            (at(7), 7, AT_NS, 9, 9, 1, 9950, 4.0, 0),
        ]
    }


def test_a_snapshot_that_shows_the_hole_makes_its_own_book_known() -> None:
    session = made()
    talked(session, full(0), full(1, "ETH-USD"))
    items = hear(session, text(full(5), change(6), start=at(3)), 3)
    assert others(items) == BOTH_LOST
    assert [row[3] for row in rows(items)[BTC, "book"]] == [5, 5, 6]


def test_a_doubled_frame_is_left_out() -> None:
    session = made()
    one = [full(0), change(1), change(1), change(1), trades(2, trade(5)), trades(2, trade(5)),
           change(3)]  # fmt: skip
    items = hear(session, text(*one))
    assert others(items) == [seen("BTC-USD", 2)]
    assert [(row[1], row[3]) for row in rows(items)[BTC, "book"]] == [
        (1, 0), (1, 0), (2, 1), (7, 3),
    ]  # fmt: skip
    assert [row[1] for row in rows(items)[BTC, "trade"]] == [5]
    assert +session.counts == {"repeated": 3, "assumed:side_is_maker": 1}


def test_frames_in_the_wrong_order() -> None:
    session = made()
    items = hear(session, text(full(0), change(2), change(1), change(3), full(4)))
    assert others(items) == [seen("BTC-USD", 2), gap(BTC, 2), wish(BTC)]
    assert [(row[1], row[3]) for row in rows(items)[BTC, "book"]] == [
        (1, 0), (1, 0), (5, 4), (5, 4),
    ]  # fmt: skip
    assert +session.counts == {"repeated": 1, "unsynchronised": 2}


@pytest.mark.parametrize("numbers", [(0,), (3, 4), (4, 5)])
def test_a_connection_that_nobody_announced(numbers: Sequence[int]) -> None:
    session = made()
    talked(session, full(4), trades(5, trade(90)))
    items = hear(session, text(*(change(n) for n in numbers), start=at(3)), 3)
    assert others(items) == [gap(BTC, 2 + len(numbers)), wish(BTC)]
    assert session.reader.trades.last == {}
    more = rows(hear(session, text(full(numbers[-1] + 1), start=at(9)), 9))
    assert [row[3] for row in more[BTC, "book"]] == [numbers[-1] + 1] * 2


@pytest.mark.parametrize("cut", [2, 3])
def test_a_restart_does_not_hide_a_hole_nor_a_repetition(cut: int) -> None:
    talk = [full(0), full(1, "ETH-USD"), change(3), change(3), full(4)]
    first, second = made(), made()
    items = hear(first, text(*talk[:cut]))
    second.restore(first.snapshot())
    items += hear(second, text(*talk[cut:], start=at(cut + 1)), cut + 1)
    assert others(items) == [seen("BTC-USD", 2), seen("ETH-USD", 2, 2), *BOTH_LOST]
    assert [row[3] for row in rows(items)[BTC, "book"]] == [0, 0, 4, 4]
    assert second.counts["repeated"] == 1


def test_a_new_connection_begins_with_any_number_and_any_trade() -> None:
    session = made()
    talked(session, full(70), trades(71, trade(90)))
    assert session.lose(at(3), 3, "reconnect") == [gap(BTC, 3, "reconnect"),
                                                   wish(BTC, "reconnect")]  # fmt: skip
    items = hear(session, text(trades(5, trade(8)), full(6), start=at(4)), 4)
    assert others(items) == []
    assert [row[3] for row in rows(items)[BTC, "trade"]] == [8]
    assert [row[3] for row in rows(items)[BTC, "book"]] == [6, 6]


def test_a_wished_book_is_lost_alone() -> None:
    session = made()
    talked(session, full(0), full(1, "ETH-USD"))
    assert session.wished("BTC-USD", at(3), 3) == [gap(BTC, 3, "book_mismatch"),
                                                   wish(BTC, "book_mismatch")]  # fmt: skip
    items = rows(hear(session, text(change(2), change(3, "ETH-USD"), start=at(4)), 4))
    assert list(items) == [(ETH, "book")]


def test_a_frame_whose_stamp_went_back_counts_in_the_sequence() -> None:
    session = made()
    talked(session, full(0), full(1, "ETH-USD"))
    lines = text(change(2), change(3, "ETH-USD"), trades(4, trade(5)), start=at(3))
    items = hear(session, lines, 3, np.array([True, False, True]))
    assert others(items) == [gap(BTC, 3, "time_back"), wish(BTC, "time_back")]
    assert list(rows(items)) == [(ETH, "book")]
