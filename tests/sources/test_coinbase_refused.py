"""Frames that cannot be used: the reason, the books they may have carried, nothing else lost."""

from collections.abc import Sequence

import pytest

from schemas.control import Reason, Rejected
from tests.sources.coinbase_frames import (
    BOTH_LOST,
    BTC,
    ETH,
    at,
    best,
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


def refused(line: int, reason: Reason, detail: str, payload: str) -> Rejected:
    return Rejected("c", line, at(line), at(line), reason, detail, payload[:500])


ALL, NO = (BTC, ETH), ()


@pytest.mark.parametrize(
    ("payload", "reason", "lost"),
    [
        (change(2)[:-30], Reason.not_json, ALL),
        ("{", Reason.not_json, ALL),
        ('{"channel":"ticker","sequence_num":2,"events":[NaN]}', Reason.not_json, ALL),
        ("[]", Reason.wrong_type, ALL),
        (wire({"channel": "ticker", "sequence_num": "2"}), Reason.wrong_type, ALL),
        (wire({"channel": "ticker", "events": []}), Reason.bad_id, ALL),
        (wire({"channel": "ticker", "sequence_num": -2}), Reason.bad_id, ALL),
        (wire({"channel": "ticker", "sequence_num": 1 << 62}), Reason.bad_id, ALL),
        (wire({"channel": "ticker", "sequence_num": 1 << 70}), Reason.bad_id, ALL),
        (wire({"sequence_num": 2, "events": []}), Reason.missing_field, ALL),
        (wire({"channel": "l2_data", "sequence_num": 2}), Reason.missing_field, ALL),
        (wire({"channel": "ticker", "sequence_num": 2}), Reason.missing_field, NO),
        (said("l2_data", 2, {"type": "update", "updates": []}), Reason.missing_field, ALL),
        (said("l2_data", 2, {"product_id": "BTC-USD"}), Reason.missing_field, (BTC,)),
        (said("l2_data", 2, 7), Reason.wrong_type, ALL),
        (book(2, "l2update"), Reason.wrong_type, (BTC,)),
        (book(2, "update", ("HOLD", "99", "1")), Reason.wrong_type, (BTC,)),
        (book(2, "update", ("bid", "0", "1")), Reason.bad_price, (BTC,)),
        (book(2, "update", ("bid", "1e30", "1")), Reason.bad_price, (BTC,)),
        (book(2, "update", ("bid", "NaN", "1")), Reason.bad_price, (BTC,)),
        (book(2, "update", ("bid", "99.505", "1")), Reason.price_scale, (BTC,)),
        (book(2, "update", ("bid", "99", "-1")), Reason.bad_size, (BTC,)),
        (book(2, "update", ("bid", "99", "NaN")), Reason.bad_size, (BTC,)),
        (book(2, "snapshot", ("bid", "-5", "1"), product="ETH-USD"), Reason.bad_price, (ETH,)),
        (said("l2_data", 2, book_event("update", ("bid", "98", "1")),
              book_event("update", ("bid", "0", "1"), product="ETH-USD")), Reason.bad_price, ALL),
        (trades(2, trade(1, px="0")), Reason.bad_price, NO),
        (trades(2, trade(1), trade(2, size="-1")), Reason.bad_size, NO),
        (trades(2, trade("x")), Reason.bad_id, NO),
        (trades(2, trade("-1")), Reason.bad_id, NO),
        (trades(2, trade("9" * 19)), Reason.bad_id, NO),
        (trades(2, trade(1, "HOLD")), Reason.wrong_type, NO),
        (trades(2, trade(1, at="yesterday")), Reason.bad_time, NO),
        (ticker(2, best_bid="0"), Reason.bad_price, NO),
        (ticker(2, best_ask="1e30"), Reason.bad_price, NO),
        (ticker(2, best_bid_quantity="NaN"), Reason.bad_size, NO),
        (ticker(2, best_bid_quantity=None), Reason.missing_field, NO),
        (ticker(2, product=""), Reason.missing_field, NO),
        (ticker(2, best_bid=5), Reason.wrong_type, NO),
        (ticker(2, "BTC-PERP-INTX"), Reason.no_metadata, NO),
        (full(2, "BIT-28AUG26-CDE"), Reason.no_metadata, NO),
    ],
)  # fmt: skip
def test_what_is_refused_and_what_it_may_have_carried(
    payload: str, reason: Reason, lost: Sequence[str]
) -> None:
    session = made()
    talked(session, full(0), full(1, "ETH-USD"))
    items = hear(session, text(payload, start=at(3)), 3)
    assert rows(items) == {}
    found = [item for item in others(items) if not hasattr(item, "listed")]
    *losses, rejected = found
    assert isinstance(rejected, Rejected)
    assert rejected == refused(3, reason, rejected.detail, payload)
    assert losses == [item for name in lost for item in (gap(name, 3), wish(name))]
    # The frame had its place in the sequence: what comes next is no second loss.
    after = hear(session, text(change(3), change(4, "ETH-USD"), start=at(4)), 4)
    assert others(after) == []
    assert sorted(name for name, _ in rows(after)) == [n for n in (BTC, ETH) if n not in lost]


def test_what_is_refused_teaches_nothing() -> None:
    session = made()
    bad = book(0, "snapshot", ("bid", "99.123", "1"), ("offer", "0", "1"))
    items = hear(session, text(bad, full(1)))
    assert [item.reason for item in items if isinstance(item, Rejected)] == [Reason.bad_price]
    assert [item for item in others(items) if not isinstance(item, Rejected)] == [
        seen("BTC-USD", 2, 2)
    ]
    assert [row[6] for row in rows(items)[BTC, "book"]] == [9950, 10025]


def test_a_hole_that_a_refused_frame_shows_is_a_hole() -> None:
    session = made()
    talked(session, full(0), full(1, "ETH-USD"))
    items = hear(session, text(ticker(5, best_bid="0"), start=at(3)), 3)
    assert others(items)[:-1] == BOTH_LOST


def test_a_hole_after_a_frame_without_a_number_is_covered_by_its_loss() -> None:
    session = made()
    talked(session, full(0))
    items = hear(session, text("{", change(9), full(12), change(13), start=at(2)), 2)
    assert others(items)[:2] == [gap(BTC, 2), wish(BTC)]
    assert [type(item).__name__ for item in others(items)[2:]] == ["Rejected"]
    assert [row[3] for row in rows(items)[BTC, "book"]] == [12, 12, 13]


def test_a_ticker_frame_of_two_products_counts_wholly_or_not_at_all() -> None:
    session = made()
    good = {"type": "update", "tickers": [best(), best("ETH-USD")]}
    bad = {"type": "update", "tickers": [best(), best("ETH-USD", best_ask="x")]}
    items = hear(session, text(said("ticker", 0, good), said("ticker", 1, bad)))
    assert {key: len(found) for key, found in rows(items).items()} == {
        (BTC, "top"): 1, (ETH, "top"): 1,
    }  # fmt: skip
    assert [item.reason for item in items if isinstance(item, Rejected)] == [Reason.bad_price]


def test_the_batches_do_not_matter_where_frames_are_refused() -> None:
    talk = [full(0), full(1, "ETH-USD"), book(2, "update", ("bid", "0", "1")), change(3),
            change(4, "ETH-USD"), "{", full(6), change(7), ticker(8, best_bid="0"), ticker(9),
            change(11), full(12)]  # fmt: skip
    whole = hear(made(), text(*talk))
    session, single = made(), []
    for line, payload in enumerate(talk, 1):
        single += hear(session, text(payload, start=at(line)), line)
    assert (others(single), rows(single)) == (others(whole), rows(whole))
    assert [type(item).__name__ for item in others(whole)] == [
        "Seen", "Seen", "Gap", "Wish", "Rejected", "Gap", "Wish", "Rejected", "Rejected", "Gap",
        "Wish",
    ]  # fmt: skip
