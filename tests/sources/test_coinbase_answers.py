"""The listing of products as an answer in the stream, and instruments listed beforehand."""

from typing import Any

import pytest

from schemas.chunk import Chunk
from schemas.control import Reason, Rejected
from tests.sources.coinbase_frames import (
    AT_NS,
    BTC,
    SENT_NS,
    at,
    change,
    full,
    made,
    rows,
    spot,
    ticker,
    trade,
    trades,
)
from tests.sources.talk import hear, others, shown, text, wire

LISTING = "https://api.coinbase.com/api/v3/brokerage/market/products?limit=9"


def product(**changes: Any) -> Any:
    usual = {
        "product_id": "BTC-USD",
        "product_type": "SPOT",
        "base_currency_id": "BTC",
        "quote_currency_id": "USD",
        "quote_increment": "0.01",
        "price_increment": "0.01",
    }
    return usual | changes


def test_the_listing_teaches_contracts() -> None:
    session = made()
    details = {
        "contract_size": "0.01",
        "contract_root_unit": "BTC",
        "contract_expiry": "2026-08-28T15:00:00Z",
        "contract_expiry_type": "EXPIRING",
    }
    listed = product(product_id="BIT-28AUG26-CDE", product_type="FUTURE", price_increment="5",
                     future_product_details=details)  # fmt: skip
    future = "coinbase-advanced:BIT-28AUG26-CDE"
    body = wire({"products": [listed]})
    frames = [
        full(0, "BIT-28AUG26-CDE"),
        f"@{LISTING} {body}",
        full(1, "BIT-28AUG26-CDE"),
        trades(2, trade(7, size="3", product="BIT-28AUG26-CDE")),
        ticker(3, "BIT-28AUG26-CDE"),
    ]
    items = hear(session, text(*frames))
    assert [item.reason for item in items if isinstance(item, Rejected)] == [Reason.no_metadata]
    assert rows(items) == {
        (future, "book"): [
            (at(3), 3, AT_NS, 1, 1, 1, 9950, 0.02, 1),
            (at(3), 3, AT_NS, 1, 1, -1, 10025, 0.03, 1),
        ],
        (future, "trade"): [(at(4), 4, AT_NS, 7, 100.0, 0.03, -1)],
        (future, "top"): [(at(5), 5, SENT_NS, -1, 99.5, 0.02, 100.25, 0.03)],
    }
    last = [item for item in others(items) if hasattr(item, "listed")][-1].instrument
    assert (last.source, last.contract_size, last.kind) == ("listing", 0.01, "future")


def test_a_listing_changes_no_unit_of_a_known_book() -> None:
    session = made()
    body = wire({"products": [product(quote_increment="0.0001")]})
    items = hear(session, text(full(0), f"@{LISTING} {body}", change(1)))
    listed = session.known["BTC-USD"]
    assert (listed.source, listed.price_decimals) == ("listing", 2)
    assert [row[6] for row in rows(items)[BTC, "book"]] == [9950, 10025, 9950]


@pytest.mark.parametrize(
    ("answer", "reason", "count"),
    [
        (f"@{LISTING} {{", Reason.not_json, None),
        (f"@{LISTING} {wire({'products': 1})}", Reason.wrong_type, None),
        ("@http://[ {}", Reason.wrong_type, None),
        ("@https://host/time {}", None, "unknown answer:/time"),
    ],
)
def test_other_answers(answer: str, reason: Reason | None, count: str | None) -> None:
    session = made()
    items = hear(session, text(full(0), answer, change(1)))
    assert [item.reason for item in items if isinstance(item, Rejected)] == [reason] * bool(reason)
    assert list(+session.counts) == [count] * bool(count)
    assert len(rows(items)[BTC, "book"]) == 3  # no book is lost by it


def test_listed_instruments_are_used_as_they_are() -> None:
    session = made()
    session.list_instruments([spot("BTC-USD", 4)])
    items = [shown(item) for item in hear(session, text(full(0)))]
    assert [item[5]["px_ticks"] for item in items if isinstance(item, tuple)] == [(995000, 1002500)]
    assert not any(isinstance(item, Chunk) for item in items)
