"""Deribit's feed: channels parted over connections, answers beside requests, the listing."""

import json

import pytest

from schemas.errors import UsageError
from sources.deribit_feed import LISTING_URL, SUMMARY_URL, DeribitFeed
from sources.instruments import Page, Traded
from sources.live.feed import Acknowledged, Request
from sources.venue_feed import PolledPlan
from tests.shared import shared_file
from tests.sources.talk import wire

URL = "wss://www.deribit.com/ws/api/v2"
PERPETUAL, OPTION = "BTC-PERPETUAL", "BTC-27DEC24-100000-C"


def frames(name: str) -> list[bytes]:
    path = shared_file(f"frames/deribit/{name}.json")
    found = json.loads(path.read_text(encoding="utf-8"))["frames"]
    return [wire(frame).encode() for frame in found if frame.get("_dir") != "client"]


def test_a_plan_has_each_channel_once() -> None:
    (plan,) = DeribitFeed().plans((), [PERPETUAL, OPTION, "btc_usd", "btc_usd.dvol"], {})
    channels = (
        "book.BTC-PERPETUAL.100ms", "ticker.BTC-PERPETUAL.100ms", "trades.BTC-PERPETUAL.100ms",
        "deribit_price_index.btc_usd", "book.BTC-27DEC24-100000-C.none.20.100ms",
        "ticker.BTC-27DEC24-100000-C.100ms", "trades.BTC-27DEC24-100000-C.100ms",
        "markprice.options.btc_usd", "deribit_volatility_index.btc_usd",
    )  # fmt: skip
    (message,) = map(json.loads, plan.messages)
    assert (message["method"], message["params"]) == (
        "public/subscribe", {"channels": list(channels)},
    )  # fmt: skip
    symbols = (PERPETUAL, OPTION, "btc_usd", "btc_usd.dvol")
    streams = ("book", "top", "trade", "mark", "liquidation", "quote", "index")
    assert plan == PolledPlan("deribit-1", URL, plan.messages, channels, symbols, streams)


def test_a_chain_of_options_is_parted_and_its_index_asked_for_once() -> None:
    chain = [f"BTC-27DEC24-{strike}000-{side}" for strike in range(10, 160) for side in "CP"]
    plans = DeribitFeed().plans(("book", "quote", "trade", "index"), chain, {})
    assert [len(plan.symbols) for plan in plans] == [100, 100, 100]
    assert [len(plan.expected) for plan in plans] == [301, 300, 300]
    channels = [channel for plan in plans for channel in plan.expected]
    assert len(set(channels)) == len(channels) == 901
    asked = [
        c for plan in plans for m in plan.messages for c in json.loads(m)["params"]["channels"]
    ]
    assert asked == channels


def test_a_missing_channel_was_refused() -> None:
    feed = DeribitFeed()
    (plan,) = feed.plans(("book", "trade"), [PERPETUAL], {})
    request = json.loads(plan.messages[0])
    book, trades = plan.expected
    both = wire({"jsonrpc": "2.0", "id": request["id"], "result": [book, trades]}).encode()
    assert feed.acknowledged(both) == Acknowledged((book, trades))
    one = wire({"jsonrpc": "2.0", "id": request["id"], "result": [book]}).encode()
    refused = ((trades, "missing from the result"),)
    assert feed.acknowledged(one) == Acknowledged((book,), refused)


def test_an_error_is_of_the_whole_request_and_each_channel_may_be_good_alone() -> None:
    feed = DeribitFeed()
    (plan,) = feed.plans(("book", "trade"), [PERPETUAL], {})
    number = json.loads(plan.messages[0])["id"]
    error = {"jsonrpc": "2.0", "id": number, "error": {"code": -32602, "message": "Invalid params"}}
    reason = "-32602 Invalid params"
    apart = tuple((channel, reason) for channel in plan.expected)
    assert feed.acknowledged(wire(error).encode()) == Acknowledged(apart=apart)
    nothing = {"jsonrpc": "2.0", "id": number, "result": []}  # it has looked at each
    missing = tuple((channel, "missing from the result") for channel in plan.expected)
    assert feed.acknowledged(wire(nothing).encode()) == Acknowledged((), missing)
    trades = plan.expected[1]
    one = json.loads(feed.alone(trades) or b"")
    assert (one["method"], one["params"]) == ("public/subscribe", {"channels": [trades]})
    again = wire(error | {"id": one["id"]}).encode()
    assert feed.acknowledged(again) == Acknowledged((), ((trades, reason),))


def test_a_book_that_is_asked_for_again_may_be_refused_too() -> None:
    feed = DeribitFeed()
    feed.plans((), [PERPETUAL], {})
    gone, back = map(json.loads, feed.again(PERPETUAL))
    book = "book.BTC-PERPETUAL.100ms"
    assert (gone["method"], gone["params"]) == ("public/unsubscribe", {"channels": [book]})
    answer = wire({"jsonrpc": "2.0", "id": back["id"], "result": []}).encode()
    assert feed.acknowledged(answer) == Acknowledged((), ((book, "missing from the result"),))


def test_signs_of_life() -> None:
    feed = DeribitFeed()
    feed.plans((), [PERPETUAL], {})
    (test_request, *_) = [f for f in frames("heartbeat_test_request") if b"test_request" in f]
    answer = feed.reply(test_request)
    assert answer is not None
    assert json.loads(answer)["method"] == "public/test"
    assert json.loads(feed.heartbeat() or b"")["method"] == "public/set_heartbeat"
    assert feed.idle(test_request)
    for name in ("book", "book_grouped", "ticker_option", "trades", "markprice_options"):
        assert not any(feed.idle(frame) for frame in frames(name))


def test_a_name_that_is_none() -> None:
    with pytest.raises(UsageError):
        DeribitFeed().plans((), ["BTC"], {})


def test_the_listing_has_the_indices_too() -> None:
    def row(name: str) -> dict[str, object]:
        found = shared_file(f"frames/deribit/{name}.json")
        return json.loads(found.read_text(encoding="utf-8"))["frames"][0]["result"]

    linear = row("instrument_perpetual_rest") | {
        "instrument_name": "SOL_USDC-PERPETUAL", "base_currency": "SOL", "counter_currency": "USDC",
        "instrument_type": "linear",
    }  # fmt: skip
    rows = [row("instrument_perpetual_rest"), row("instrument_option_rest"), linear]
    page = DeribitFeed().page(LISTING_URL, wire({"jsonrpc": "2.0", "result": rows}).encode())
    assert [(i.symbol, i.kind) for i in page.instruments] == [
        ("BTC-PERPETUAL", "perpetual"), ("BTC-27DEC24-100000-C", "option"),
        ("SOL_USDC-PERPETUAL", "perpetual"), ("btc_usd", "index"), ("btc_usd.dvol", "index"),
    ]  # fmt: skip


def test_volumes_are_in_usd() -> None:
    feed = DeribitFeed()
    assert feed.listing_urls() == (
        "https://www.deribit.com/api/v2/public/get_instruments?currency=any&expired=false",
        *(SUMMARY_URL.format(currency=name) for name in ("BTC", "ETH", "USDC", "USDT")),
    )
    rows = [{"instrument_name": OPTION, "volume": 3.1, "volume_usd": 12345.5},
            {"instrument_name": "X", "volume_usd": None}, {"instrument_name": "Y"}]  # fmt: skip
    body = wire({"jsonrpc": "2.0", "result": rows}).encode()
    assert feed.page(SUMMARY_URL.format(currency="BTC"), body) == Page(
        traded=(Traded(OPTION, 12345.5, "usd"), Traded("X", 0.0, "usd"), Traded("Y", 0.0, "usd"))
    )
    assert feed.request(LISTING_URL) == Request(LISTING_URL, weight=20)
