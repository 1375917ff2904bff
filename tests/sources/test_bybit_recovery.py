"""Losses, restarts, batches of any size, and REST answers."""

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from schemas.chunk import Chunk
from schemas.instrument import Instrument
from tests.sources.bybit_frames import (
    at,
    book,
    btc,
    fill,
    fills,
    gap,
    gone,
    liquidations,
    one,
    rejected,
    say,
    seen,
    session,
    ticker,
    whole,
    wish,
)
from tests.sources.talk import MS, hear, indexed, parted, shown, stamped, text, wire

# -- losses and restarts ---------------------------------------------------------------------


def test_a_lost_connection_forgets_what_its_stream_knew() -> None:
    made = session()
    say(made, whole(7), fills(fill(1)))
    assert made.lose(at(3), 3, "reconnect") == [gap(3, "reconnect"), wish("reconnect")]
    assert made.reader.snapshot() == [{}, {}]
    after = say(made, book(8), whole(20, depth=50), book(21, depth=50), first_line=4)
    assert [shown(item) for item in after] == [
        one("book", (5, 5, 5, 6), venue_ns=5 * MS, first_id=(20, 20, 20, 21),
            last_id=(20, 20, 20, 21), side=(1, 1, -1, 1), px_ticks=(1000, 995, 1010, 1000),
            size=(1.0, 2.0, 3.0, 1.0), is_snapshot=(1, 1, 1, 0)),
    ]  # fmt: skip


def test_a_book_that_was_wished_for_elsewhere_is_lost() -> None:
    made = session()
    say(made, whole(7))
    assert made.wished("BTCUSDT", at(2), 2) == [gap(2, "book_mismatch"), wish("book_mismatch")]
    assert say(made, book(8), first_line=3) == []


def test_frames_whose_stamp_went_back_lose_their_book() -> None:
    late = (at(1), book(8)), (at(1), fills(fill(1)))
    data = stamped([(at(9), whole(7)), *late, (at(10), book(9))])
    items = hear(session(), data, misplaced=np.array([False, True, True, False]))
    others = [item for item in items if not isinstance(item, Chunk)]
    assert [type(item).__name__ for item in others] == ["Seen", "Gap", "Wish"]
    assert (others[1].line, others[1].reason) == (2, "time_back")
    assert [(item.kind, set(item.line.tolist())) for item in items if item not in others] == [
        ("book", {1})
    ]


TALK = [
    ticker(markPrice="100.5", fundingRate="0.0001"),
    book(6),
    whole(7),
    fills(fill(1)),
    book(8),
    book(8),
    fills(fill(1)),
    whole(70, depth=50),
    book(10),
    book(11),
    whole(20),
    liquidations(gone()),
    liquidations(gone()),
    book(21),
    book(1, [("98.0", "1")], []),
    book(2),
    fills(fill(2, p="0")),
    book(3, [("100.0", "1")], [("100.5", "2")], kind="snapshot", depth=1),
]


def test_a_restart_at_any_line_changes_nothing() -> None:
    for cut in range(1, len(TALK)):
        undisturbed, before, after = session(), session(), session()
        for made in (undisturbed, before):
            say(made, *TALK[:cut])
        after.restore(before.snapshot())
        rest, expected = (
            [shown(item) for item in say(made, *TALK[cut:], first_line=cut + 1)]
            for made in (after, undisturbed)
        )
        assert rest == expected
        assert after.snapshot() == undisturbed.snapshot()


def test_lines_split_in_any_way_give_the_same_rows() -> None:
    data = text(*TALK)
    whole_run = _by_kind(hear(session(), data))
    for size in (1, 3, 5):
        made, items = session(), []
        for part in parted(indexed(data), size):
            items += made.lines(part, part.received_ns, np.zeros(0, np.bool_))
        assert _by_kind(items) == whole_run


def _by_kind(items: list[Any]) -> Any:
    """Items other than chunks in order, and the rows of each kind."""
    rows: dict[str, list[Any]] = {}
    for item in items:
        if isinstance(item, Chunk):
            columns = [column.tolist() for column in item.columns.values()]
            found = zip(item.line.tolist(), item.received_ns.tolist(), *columns, strict=True)
            rows.setdefault(item.kind, []).extend(map(str, found))
    return [item for item in items if not isinstance(item, Chunk)], rows


# -- answers ---------------------------------------------------------------------------------

URL = "https://api.bybit.com/v5/market/instruments-info?category=linear"


def listing(tick: str = "0.10", symbol: str = "BTCUSDT") -> str:
    contract = {"symbol": symbol, "contractType": "LinearPerpetual", "baseCoin": "BTC",
                "quoteCoin": "USDT", "priceFilter": {"tickSize": tick}, "deliveryTime": "0",
                "fundingInterval": 240}  # fmt: skip
    inverse = {"symbol": "BTCUSD", "contractType": "InversePerpetual"}
    bad = contract | {"symbol": "BADUSDT", "priceFilter": {"tickSize": "0"}}
    return f"@{URL} " + wire({"retCode": 0, "result": {"list": [contract, inverse, bad]}})


def listed(decimals: int) -> Instrument:
    return replace(btc(decimals), funding_interval_h=4.0, source="listing")


def test_the_listing_is_laid_over_what_was_inferred() -> None:
    made = session()
    items = say(made, whole(7), listing("0.1"), book(8), listing("0.001"), book(9))
    told = [item.instrument for item in items if type(item).__name__ == "Seen"]
    assert told == [seen(1).instrument, listed(1)]
    assert [type(item).__name__ for item in items] == ["Seen", "Seen", "Chunk"]
    assert items[-1].line.tolist() == [1, 1, 1, 3, 5]
    assert +made.counts == {"listing of another product": 2, "listing refused": 2}


def test_a_listing_with_another_tick_keeps_the_scale_that_was_told() -> None:
    items = say(session(), whole(7), listing("0.01"), book(8))
    told = [item.instrument for item in items if type(item).__name__ == "Seen"]
    assert told == [seen(1).instrument, listed(1)]
    assert items[-1].line.tolist() == [1, 1, 1, 3]


def test_a_listing_before_the_first_frame_tells_the_scale() -> None:
    items = say(session(), listing("0.01"), book(7, [], [], kind="snapshot"))
    assert items[0].instrument == listed(2)
    assert [item.columns["side"].tolist() for item in items[1:]] == [[0]]


@pytest.mark.parametrize(
    ("payload", "reason", "counted"),
    [
        (f"@{URL} <html>", "not_json", None),
        (f"@{URL} " + wire({"retCode": 10006, "result": {}}), "missing_field", None),
        ("@https://[bad/instruments-info {}", "wrong_type", None),
        ("@https://api.bybit.com/v5/market/orderbook {}", None,
         "unknown answer:/v5/market/orderbook"),
    ],
)  # fmt: skip
def test_answers_of_no_use(payload: str, reason: str | None, counted: str | None) -> None:
    made = session()
    assert rejected(say(made, payload)) == ([(1, reason)] if reason else [])
    assert +made.counts == ({counted: 1} if counted else {})
