"""Deribit's reader as a session: every shared frame, indices, surfaces, odd frames, restarts."""

import json
from typing import Any

import pytest

from sources.deribit import MOST_HELD
from sources.session import Session
from tests.shared import shared_file
from tests.sources.deribit_frames import (
    AT,
    LINEAR,
    OPTION,
    PERP,
    book,
    fill,
    fresh,
    full_seen,
    grouped,
    notice,
    rows,
    said,
    seen,
    ticker,
    trades,
    words,
)
from tests.sources.talk import MS, START, hear, indexed, text, wire

NS = AT * MS


def shared(name: str) -> list[str]:
    """The venue's frames of a shared file."""
    frames = json.loads(shared_file(f"frames/deribit/{name}.json").read_bytes())["frames"]
    return [wire(frame) for frame in frames if frame.get("_dir") != "client"]


# -- every shared frame (liquidations and listings have their own tests) -------------------------


def test_the_shared_book() -> None:
    at, first, then = 1786563084954 * MS, 169600103289, 169600103676
    later = 1786563085228 * MS
    bids = [(63324.5, 372280), (63324, 1360), (63323.5, 17750), (63323, 60380), (63322.5, 13000)]
    asks = [(63325, 7730), (63330, 220), (63331, 7240), (63332, 10000), (63333, 1340)]
    changes = [(63350.5, 8250), (63353, 10), (64116.5, 0), (94987.5, 20)]
    heard = said(*shared("book"))
    assert heard[0] == [seen(PERP, 2)]
    assert heard[1] == [
        *((PERP, "book", 1, at, first, first, 1, round(p * 100), a / p, 1) for p, a in bids),
        *((PERP, "book", 1, at, first, first, -1, round(p * 100), a / p, 1) for p, a in asks),
        (PERP, "book", 2, later, then, then, 1, 6253300, 0.0, 0),
        *((PERP, "book", 2, later, then, then, -1, round(p * 100), a / p, 0) for p, a in changes),
    ]


def test_the_shared_grouped_book() -> None:
    heard = said(*shared("book_grouped"))
    ids = 1769246173071 * MS, 136725664747, 136725664747
    assert heard[0] == [seen(PERP, 2)]
    assert len(heard[1]) == 20
    assert heard[1][0] == (PERP, "book", 1, *ids, 1, 8953250, 254900 / 89532.5, 2)
    assert heard[1][9] == (PERP, "book", 1, *ids, 1, 8952350, 11000 / 89523.5, 2)
    assert heard[1][10] == (PERP, "book", 1, *ids, -1, 8953300, 91570 / 89533, 2)
    assert heard[1][19] == (PERP, "book", 1, *ids, -1, 8954550, 29500 / 89545.5, 2)


def test_the_shared_tickers() -> None:
    symbol = "BTC-27SEP24-40000-C"
    heard = said(*shared("ticker_option"), *shared("ticker_perpetual"))
    assert heard[0] == [seen(symbol, 4), seen(PERP, 2, 2)]
    at = 1786563120494 * MS
    assert heard[1] == [
        (symbol, "quote", 1, 1699578548021 * MS, 0.214, None, 0.219, None, 0.2168, 0.6051, 0.6188,
         0.6127, 38992.71, 36552.72, 0.0, 0.59621, 2e-05, 141.90146, -13.48784, 368.8),
        (PERP, "top", 2, at, -1, 63344.0, 58060 / 63344, 63344.5, 9980 / 63344.5),
        (PERP, "mark", 2, at, 63346.33, 63329.18, 2.081e-05, 8.0, 0, 716004750 / 63346.33),
    ]  # fmt: skip


def test_the_shared_trades() -> None:
    row = (PERP, "trade", 1, 1786563104514 * MS, 296152987, 63344.5, 20 / 63344.5, 1)
    assert said(*shared("trades")) == ([seen(PERP, 2)], [row])


def test_the_shared_surface_and_indices() -> None:
    call, put = "BTC-31JUL26-67000-C", "BTC-31JUL26-106000-P"
    at = 1785079023870 * MS
    heard = said(*shared("markprice_options"), *shared("price_index"), *shared("volatility_index"))
    assert heard[0] == [
        seen(call, 4), seen(put, 4), seen("btc_usd", None, 2), seen("btc_usd.dvol", None, 3)
    ]  # fmt: skip
    assert heard[1] == [
        (call, "quote", 1, at, *[None] * 4, 0.005, None, None, 0.3706, *[None] * 8),
        (put, "quote", 1, at, *[None] * 4, 0.6376, None, None, 0.6527, *[None] * 8),
        ("btc_usd", "index", 2, 1550588002899 * MS, 3937.89),
        ("btc_usd.dvol", "vol_index", 3, 1619777946007 * MS, 1.2936),
    ]


@pytest.mark.parametrize(
    ("name", "counts"),
    [("error", {"error": 1}), ("heartbeat_test_request", {"control": 3}),
     ("subscribe_response", {"control": 1}), ("trades_option_combo", {"combo": 1}),
     ("instrument_option_rest", {"control": 1}), ("instrument_perpetual_rest", {"control": 1})],
)  # fmt: skip
def test_shared_frames_that_say_nothing(name: str, counts: dict[str, int]) -> None:
    session = fresh()
    assert said(*shared(name), session=session) == ([], [])
    assert dict(session.counts) == counts


# -- other frames --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "counted"),
    [
        ({"id": 5, "result": "ok"}, "control"),
        ({"id": 5, "result": None}, "control"),
        ({"id": 5, "error": {"code": 10028}}, "error"),
        ({"id": 5, "error": {"code": 11051}, "result": None}, "error"),
        ({"method": "heartbeat", "params": [1]}, "control"),
        ({"method": "notification", "params": [1]}, "unknown:notification"),
        ({"method": "x" * 99}, "unknown:" + "x" * 40),
        ({"unheard": "of"}, "unknown:"),
        ({"method": "subscription", "params": {"channel": "user.orders.x", "data": 5}},
         "unknown:user"),
        ({"method": "subscription", "params": {"channel": "", "data": 5}}, "unknown:"),
        ({"method": "subscription", "params": {"channel": "instrument.state.any.any",
                                               "data": {"state": "halted"}}},
         "unknown:instrument"),
    ],
)  # fmt: skip
def test_what_is_counted(frame: Any, counted: str) -> None:
    session = fresh()
    assert said(wire(frame), session=session) == ([], [])
    assert dict(session.counts) == {counted: 1}


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"method":"subscription"}', "not_json"),
        ('{"method":"subscription","params":{}}', "missing_field"),
        (notice("deribit_price_index.btc_usd", {"index_name": "btc_usd", "price": 5}),
         "missing_field"),
        (notice("deribit_price_index.a", {"index_name": "btc_usd", "price": 0, "timestamp": 1}),
         "bad_price"),
        (notice("deribit_price_index.a", {"index_name": "?", "price": 5, "timestamp": 1}),
         "no_metadata"),
        (notice("deribit_volatility_index.a", {"index_name": "btc_usd", "timestamp": 1,
                                               "volatility": 0}), "bad_number"),
        (notice("deribit_volatility_index.a", {"index_name": "btc_usd", "timestamp": -1,
                                               "volatility": 50}), "bad_time"),
        (notice("markprice.options.btc_usd", [
            {"instrument_name": OPTION, "timestamp": AT, "mark_price": 0.04, "iv": 0.5},
            {"instrument_name": OPTION, "timestamp": AT, "mark_price": 0.04, "iv": -0.5}]),
         "bad_number"),
        (ticker("BTC-SWAP", mark_price=5), "no_metadata"),
        (ticker(PERP, mark_price=True), "bad_price"),
        (ticker(PERP, timestamp="1"), "wrong_type"),
        (ticker(OPTION, greeks=[1]), "wrong_type"),
    ],
)  # fmt: skip
def test_a_refused_frame_leaves_no_row(frame: str, reason: str) -> None:
    heard = said(frame)
    assert [word for word in heard[0] if word[0] != "seen"] == [("rejected", 1, reason)]
    assert heard[1] == []


def test_a_line_whose_stamp_went_back_says_nothing_but_loses_its_book() -> None:
    session = fresh()
    said(book(5, None, [["new", 50000, 5]]), session=session)
    lines = indexed(text(ticker(PERP, mark_price=5), book(6, 5), book(7, 6)), first_line=2)
    items = session.lines(lines, lines.received_ns, lines.received_ns > 0)
    assert rows(items) == []
    assert words(items) == [("gap", 3, PERP, "time_back"), ("wish", PERP, "time_back")]


def test_the_items_of_a_first_ticker_are_whole() -> None:
    heard = hear(fresh(), text("{}", ticker(LINEAR, mark_price=150.25)))
    assert heard[0] == full_seen(LINEAR, 6, 2)
    assert [item.instrument for item in heard[1:]] == ["deribit:SOL_USDC-PERPETUAL"]
    assert heard[1].received_ns.tolist() == [START + MS]


# -- state ---------------------------------------------------------------------------------------


TALK = [
    ticker(PERP, "incremental_ticker", type="snapshot", mark_price=50000, open_interest=50000),
    book(5, None, [["new", 50000, 5000]]),
    grouped(9, [[0.0415, 25]], symbol=OPTION),
    trades(fill(1), fill(2)),
    book(6, 5, [["delete", 50000, 0]]),
    ticker(PERP, "incremental_ticker", type="change", mark_price=40000),
    trades(fill(2), fill(3)),
    notice("deribit_price_index.btc_usd", {"index_name": "btc_usd", "price": 5, "timestamp": AT}),
    grouped(8, [[0.0415, 25]], symbol=OPTION),
    ticker(PERP, "incremental_ticker", type="change", open_interest=40000),
    book(7, 6, [["new", 40000, 5000]]),
]


@pytest.mark.parametrize("cut", range(len(TALK) + 1))
def test_a_restart_changes_nothing(cut: int) -> None:
    lines = indexed(text(*TALK))
    undisturbed, first, second = fresh(), fresh(), fresh()
    none = lines.received_ns < 0
    whole = undisturbed.lines(lines, lines.received_ns, none)
    before, after = lines.part(0, cut), lines.part(cut, len(TALK))
    items = first.lines(before, before.received_ns, none[:cut])
    second.restore(first.snapshot())
    items += second.lines(after, after.received_ns, none[cut:])
    assert words(items) == words(whole)
    assert rows(items) == rows(whole)
    assert second.snapshot() == undisturbed.snapshot()
    assert dict(first.counts + second.counts) == dict(undisturbed.counts)


def test_what_that_talk_says() -> None:
    heard = said(*TALK)
    assert heard[0] == [seen(PERP, 2), seen(OPTION, 4, 3), seen("btc_usd", None, 8)]
    ids = (AT + 1) * MS
    assert heard[1] == [
        (PERP, "mark", 1, NS, 50000.0, None, None, None, 0, 1.0),
        (PERP, "book", 2, ids, 5, 5, 1, 5000000, 0.1, 1),
        (OPTION, "book", 3, NS, 9, 9, 1, 415, 25.0, 2),
        (PERP, "trade", 4, NS, 1, 50000.0, 0.4, 1),
        (PERP, "trade", 4, NS, 2, 50000.0, 0.4, 1),
        (PERP, "book", 5, ids, 6, 6, 1, 5000000, 0.0, 0),
        (PERP, "mark", 6, NS, 40000.0, None, None, None, 0, 1.25),
        (PERP, "trade", 7, NS, 3, 50000.0, 0.4, 1),
        ("btc_usd", "index", 8, NS, 5.0),
        (PERP, "mark", 10, NS, 40000.0, None, None, None, 0, 1.0),
        (PERP, "book", 11, ids, 7, 7, 1, 4000000, 0.125, 0),
    ]


def test_what_is_held_of_incremental_tickers_is_bounded() -> None:
    session = fresh()
    first = ticker("BTC-26JUN26-1-C", "incremental_ticker", mark_iv=50)
    names = [f"BTC-26JUN26-{strike}-C" for strike in range(2, MOST_HELD + 2)]
    said(first, *(ticker(name, "incremental_ticker", mark_iv=50) for name in names),
         session=session)  # fmt: skip
    late = [ticker(f"BTC-26JUN26-{k}-C", "incremental_ticker", mark_price=0.5) for k in (2, 1)]
    found = said(*late, session=session)[1]
    assert [row[11] for row in found] == [0.5, None]


def test_what_a_lost_connection_leaves_is_the_fills() -> None:
    session = fresh()
    said(*TALK, session=session)
    feeds, held, recent = session.reader.snapshot()
    assert feeds == {PERP: (f"book.{PERP}.100ms", (AT + 1) * MS),
                     OPTION: (f"book.{OPTION}.none.20.100ms", NS)}  # fmt: skip
    assert held == {PERP: {"mark_price": "40000", "open_interest": "40000"}}
    assert recent == [(PERP, 1), (PERP, 2), (PERP, 3)]
    session.lose(START, 12, "reconnect")
    assert session.reader.snapshot() == ({}, {}, recent)


def test_it_is_a_session() -> None:
    session: Session = fresh()
    assert (session.venue, session.with_trades()) == ("deribit", [])
