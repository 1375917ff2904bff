"""Trades and tickers: past ones, repetitions, missed ones, sides, best prices."""

from typing import Any

import pytest

from schemas.control import Rejected
from tests.sources.coinbase_frames import (
    AT_NS,
    BTC,
    ETH,
    SENT_NS,
    at,
    best,
    made,
    rows,
    said,
    ticker,
    trade,
    trades,
)
from tests.sources.talk import hear, text


def ids(items: Any, name: str = BTC) -> list[tuple[int, int]]:
    """(line, id) of the trades."""
    return [(row[1], row[3]) for row in rows(items).get((name, "trade"), [])]


def test_past_trades_are_no_flow_and_neither_are_they_when_they_come_again() -> None:
    session = made()
    past = trades(0, trade(7), trade(6), trade(5), kind="snapshot")
    items = hear(session, text(past, trades(1, trade(8), trade(7)), trades(2, trade(8), trade(9))))
    assert ids(items) == [(2, 8), (3, 9)]
    assert +session.counts == {"past_trades": 3, "repeated_trades": 2, "assumed:side_is_maker": 2}
    assert session.reader.trades.last == {"BTC-USD": 9}


def test_missed_trades_are_counted_by_product() -> None:
    session = made()
    eth = trade(3, product="ETH-USD")
    frames = [trades(0, trade(5)), trades(1, trade(9), eth), trades(2, trade(10), trade(12))]
    items = hear(session, text(*frames))
    assert (ids(items), ids(items, ETH)) == ([(1, 5), (2, 9), (3, 10), (3, 12)], [(2, 3)])
    assert session.counts["missed_trades"] == 3 + 1


def test_a_second_show_of_past_trades_never_goes_back() -> None:
    session = made()
    frames = [trades(0, trade(5)), trades(1, trade(3), kind="snapshot"), trades(2, trade(5))]
    assert ids(hear(session, text(*frames))) == [(1, 5)]


def test_within_a_frame_trades_are_in_the_order_of_ids() -> None:
    frame = trades(0, trade(9, px="3"), trade(8, px="2"), trade(8, px="2"), trade(10, px="4"))
    items = hear(made(), text(frame))
    assert [row[3:5] for row in rows(items)[BTC, "trade"]] == [(8, 2.0), (9, 3.0), (10, 4.0)]


@pytest.mark.parametrize(
    ("is_maker", "side", "size", "taker"),
    [
        (True, "BUY", "1", -1),
        (True, "SELL", "1", 1),
        (False, "BUY", "1", 1),
        (False, "SELL", "1", -1),
        (True, "BUY", "0", 0),
        (False, "BUY", "0.000", 0),
    ],
)
def test_sides(is_maker: bool, side: str, size: str, taker: int) -> None:
    session = made(side_is_maker=is_maker)
    items = hear(session, text(trades(0, trade(1, side, size=size))))
    assert [row[6] for row in rows(items)[BTC, "trade"]] == [taker]
    assert +session.counts == ({"assumed:side_is_maker": 1} if taker else {})


def test_a_trade_without_a_time() -> None:
    items = hear(made(), text(trades(0, trade(1, at=""), trade(2))))
    assert [row[2] for row in rows(items)[BTC, "trade"]] == [0, AT_NS]


def test_a_refused_frame_leaves_the_ids_as_they_were() -> None:
    session = made()
    bad = trades(1, trade(6), trade(7, px="0"))
    items = hear(session, text(trades(0, trade(5)), bad, trades(2, trade(8))))
    assert ids(items) == [(1, 5), (3, 8)]
    assert sum(isinstance(item, Rejected) for item in items) == 1
    assert session.counts["missed_trades"] == 2  # that the two are gone is not kept quiet


def test_both_products_of_a_ticker_frame() -> None:
    tickers = [best(best_bid="7", best_ask="7"), best("ETH-USD", best_bid_quantity="0")]
    found = rows(hear(made(), text(said("ticker", 0, {"type": "snapshot", "tickers": tickers}))))
    assert found == {
        (BTC, "top"): [(at(1), 1, SENT_NS, -1, 7.0, 2.0, 7.0, 3.0)],
        (ETH, "top"): [(at(1), 1, SENT_NS, -1, 99.5, 0.0, 100.25, 3.0)],
    }


@pytest.mark.parametrize("changes", [{"best_bid": ""}, {"best_ask": None}, {"best_ask": ""}])
def test_a_ticker_without_one_of_its_sides_is_no_row(changes: Any) -> None:
    session = made()
    items = hear(session, text(ticker(0, **changes)))
    assert rows(items) == {}
    assert +session.counts == {"one_sided": 1}
