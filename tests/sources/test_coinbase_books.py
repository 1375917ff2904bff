"""Events of books within one frame: order, several products, scales, times, contracts."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.control import Rejected
from schemas.instrument import Instrument
from sources.coinbase import CoinbaseAdvanced
from sources.in_band import InBand
from tests.sources.coinbase_frames import (
    AT_NS,
    BTC,
    ETH,
    SENT_NS,
    at,
    book,
    book_event,
    change,
    full,
    made,
    rows,
    said,
    seen,
    wish,
)
from tests.sources.talk import hear, others, text


def levels(items: Any, name: str = BTC) -> list[tuple[int, float, int]]:
    """(px_ticks with its side as sign, size, is_snapshot)."""
    found = rows(items).get((name, "book"), [])
    return [(row[5] * row[6], row[7], row[8]) for row in found]


def test_bids_come_before_asks_and_ask_is_offer() -> None:
    frame = book(
        0,
        "snapshot",
        ("ask", "3", "1"),
        ("bid", "1", "2"),
        ("offer", "4", "0"),
        ("bid", "0.5", "5"),
    )
    assert levels(hear(made(), text(frame))) == [
        (10, 2.0, 1), (5, 5.0, 1), (-30, 1.0, 1), (-40, 0.0, 1),
    ]  # fmt: skip


def test_a_later_snapshot_of_the_frame_replaces_what_is_before_it() -> None:
    up, down = ("bid", "9", "1"), ("bid", "8", "2")
    frame = said(
        "l2_data", 0,
        book_event("update", down), book_event("snapshot", down),
        book_event("snapshot", up, product="ETH-USD"),
        book_event("snapshot", up), book_event("update", down),
    )  # fmt: skip
    items = hear(made(), text(frame))
    assert others(items) == [seen("BTC-USD", None), seen("BTC-USD", 0), seen("ETH-USD", 0)]
    assert levels(items) == [(9, 1.0, 1), (8, 2.0, 0)]
    assert levels(items, ETH) == [(9, 1.0, 1)]


def test_the_scale_is_the_finest_of_the_first_snapshot_whatever_came_before() -> None:
    frames = [change(0), full(1), book(2, "snapshot", ("bid", "7", "1"))]
    items = hear(made(), text(*frames))
    assert others(items) == [
        seen("BTC-USD", None), wish(BTC, "unsynchronised"), seen("BTC-USD", 2, 2),
    ]  # fmt: skip
    assert levels(items) == [(9950, 2.0, 1), (-10025, 3.0, 1), (700, 1.0, 1)]


def test_a_finer_price_than_the_first_snapshot_had_is_refused_and_loses_the_book() -> None:
    items = hear(made(), text(full(0), book(1, "snapshot", ("bid", "7.125", "1")), change(2)))
    lost = [item for item in others(items) if not isinstance(item, Rejected)][1:]
    assert [type(item).__name__ for item in lost] == ["Gap", "Wish"]
    assert len(levels(items)) == 2


def test_a_first_snapshot_without_prices_is_no_book_yet() -> None:
    session = made()
    items = hear(session, text(book(0, "snapshot"), change(1), full(2), book(3, "snapshot")))
    assert others(items) == [
        seen("BTC-USD", None), wish(BTC, "unsynchronised"), seen("BTC-USD", 2, 3),
    ]  # fmt: skip
    # The second empty one does empty the book: its scale is known.
    assert rows(items)[BTC, "book"][-1] == (at(4), 4, SENT_NS, 3, 3, 0, 0, 0.0, 1)
    assert +session.counts == {"empty_book": 1, "unsynchronised": 1}


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (("", ""), 0),
        (("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"), 0),
        (("1970-01-01T00:00:00.2Z", "1970-01-01T00:00:00.11Z"), 200_000_000),
        (("1970-01-01T00:00:00.5Z", "1970-01-01T00:00:00.51Z"), 510_000_000),
        (("0001-01-01T00:00:00Z", "1970-01-01T00:00:00.11Z"), 110_000_000),
    ],
)
def test_the_time_is_the_latest_of_its_levels(times: tuple[str, str], expected: int) -> None:
    event = book_event("snapshot", ("bid", "1", "1"), ("offer", "2", "1"))
    for level, when in zip(event["updates"], times, strict=True):
        level["event_time"] = when
    items = hear(made(), text(said("l2_data", 0, event)))
    assert {row[2] for row in rows(items)[BTC, "book"]} == {expected}


def refined(**changes: Any) -> InBand:
    def refine(instrument: Instrument) -> Instrument:
        return replace(instrument, **changes)

    return InBand(CoinbaseAdvanced(), "c", refine)


def test_settings_give_scale_and_contract() -> None:
    session = refined(price_decimals=4, contract_size=0.5, source="settings")
    items = hear(session, text(full(0), book(1, "update", ("bid", "99.1234", "3"))))
    assert levels(items) == [(995000, 1.0, 1), (-1002500, 1.5, 1), (991234, 1.5, 0)]
    (met,) = others(items)
    assert met.instrument.price_decimals == 4


def test_a_scale_of_the_settings_that_is_too_coarse_refuses_the_snapshot() -> None:
    items = hear(refined(price_decimals=1), text(full(0)))
    assert [item.reason for item in items if isinstance(item, Rejected)] == ["price_scale"]
    assert levels(items) == []


def test_ids_and_times_of_two_books_in_one_frame() -> None:
    frame = said("l2_data", 41, book_event("snapshot", ("bid", "1", "1")),
                 book_event("snapshot", ("offer", "2", "1"), product="ETH-USD"))  # fmt: skip
    found = rows(hear(made(), text(frame)))
    assert found == {
        (BTC, "book"): [(at(1), 1, AT_NS, 41, 41, 1, 1, 1.0, 1)],
        (ETH, "book"): [(at(1), 1, AT_NS, 41, 41, -1, 2, 1.0, 1)],
    }
