"""OKX's feed: few books a connection, channels of types once, listings by type and family."""

import json

import pytest

from sources.instruments import Page, Traded
from sources.live.feed import Acknowledged, Request
from sources.okx_feed import OkxFeed
from sources.venue_feed import PolledPlan
from sources.wire_numbers import Refused
from tests.shared import shared_file
from tests.sources.okx_frames import LINEAR, OPTION, SPOT
from tests.sources.talk import wire

API = "https://www.okx.com/api/v5"
URL = "wss://ws.okx.com:8443/ws/v5/public"


def frames(name: str) -> list[bytes]:
    found = json.loads(shared_file(f"frames/okx/{name}.json").read_text(encoding="utf-8"))["frames"]
    return [wire(frame).encode() for frame in found if frame.get("_dir") != "client"]


def test_a_plan() -> None:
    (plan,) = OkxFeed().plans(("book", "liquidation"), [LINEAR, SPOT], {"ws_url": "ws://h:9"})
    (message,) = map(json.loads, plan.messages)
    assert message == {"op": "subscribe", "args": [
        {"channel": "books", "instId": LINEAR},
        {"channel": "liquidation-orders", "instType": "SWAP"},
        {"channel": "books", "instId": SPOT},
    ]}  # fmt: skip
    topics = (f"books:{LINEAR}", "liquidation-orders:SWAP", f"books:{SPOT}")
    assert plan == PolledPlan("okx-1", "ws://h:9/ws/v5/public", plan.messages, topics,
                              (LINEAR, SPOT), ("book", "liquidation"))  # fmt: skip


def test_few_books_a_connection_and_channels_of_types_once() -> None:
    swaps = [f"A{k}-USDT-SWAP" for k in range(60)]
    plans = OkxFeed().plans((), [*swaps, OPTION], {})
    assert [len(plan.symbols) for plan in plans] == [29, 29, 3]
    topics = [topic for plan in plans for topic in plan.expected]
    assert [t for t in topics if t.startswith("liquidation-orders")] == [
        "liquidation-orders:SWAP", "liquidation-orders:OPTION",
    ]  # fmt: skip
    assert topics.count("opt-summary:BTC-USD") == 1
    assert len([t for t in topics if t.startswith("books:")]) == 61
    asked = [
        f"{a['channel']}:{next(iter({k: v for k, v in a.items() if k != 'channel'}.values()))}"
        for plan in plans for m in plan.messages for a in json.loads(m)["args"]
    ]  # fmt: skip
    assert asked == topics


def test_without_books_a_connection_takes_more() -> None:
    swaps = [f"A{k}-USDT-SWAP" for k in range(300)]
    plans = OkxFeed().plans(("trade",), swaps, {})
    assert [len(plan.symbols) for plan in plans] == [240, 60]


def test_an_index_is_asked_for_where_its_markets_are() -> None:
    symbols = [f"BTC-USDT-2703{day:02}" for day in range(1, 31)]
    plans = OkxFeed().plans(("book", "mark"), symbols, {})
    assert ["index-tickers:BTC-USDT" in plan.expected for plan in plans] == [True, True]


def test_answers_and_the_notice_of_leaving() -> None:
    feed = OkxFeed()
    feed.plans((), [LINEAR], {})
    (good, bad, notice) = frames("subscribe")
    assert feed.acknowledged(good) == Acknowledged(("books:BTC-USDT-SWAP",))
    said = feed.acknowledged(bad)
    assert said is not None
    assert said.refused[0][0] == "books:FOO"
    assert [feed.leaving(frame) for frame in (good, bad, notice)] == [False, False, True]
    rows = wire({"arg": {"channel": "books"}, "data": [{"x": '"event":"notice","code":"64008"'}]})
    assert not feed.leaving(rows.encode())


def test_a_channel_alone() -> None:
    feed = OkxFeed()
    (plan,) = feed.plans(("trade", "liquidation"), [LINEAR], {})
    assert plan.expected == (f"trades:{LINEAR}", "liquidation-orders:SWAP")
    assert [json.loads(feed.alone(topic) or b"") for topic in plan.expected] == [
        {"op": "subscribe", "args": [{"channel": "trades", "instId": LINEAR}]},
        {"op": "subscribe", "args": [{"channel": "liquidation-orders", "instType": "SWAP"}]},
    ]
    assert feed.alone("books:NONE") is None


def test_silence() -> None:
    feed = OkxFeed()
    feed.plans((), [LINEAR], {})
    for name in ("books", "trades", "mark-price", "open-interest", "liquidation-orders"):
        assert not any(feed.idle(frame) for frame in frames(name))
    assert feed.idle(b"pong")
    assert feed.heartbeat() == b"ping"
    assert len(feed.again(LINEAR)) == 2


def test_what_is_asked_for_to_know_everything() -> None:
    assert OkxFeed().listing_urls() == (
        f"{API}/public/instruments?instType=SPOT", f"{API}/public/instruments?instType=SWAP",
        f"{API}/public/instruments?instType=FUTURES", f"{API}/public/underlying?instType=OPTION",
        f"{API}/market/tickers?instType=SPOT", f"{API}/market/tickers?instType=SWAP",
        f"{API}/market/tickers?instType=FUTURES", f"{API}/market/tickers?instType=OPTION",
    )  # fmt: skip


def test_pages() -> None:
    feed = OkxFeed()
    (body,) = frames("instruments_swap_rest")
    page = feed.page(f"{API}/public/instruments?instType=SWAP", body)
    assert [(i.name, i.inverse, i.contract_size) for i in page.instruments] == [
        ("okx:BTC-USD-SWAP", True, 100.0), ("okx:ETH-USDT-SWAP", False, 0.1),
    ]  # fmt: skip
    families = wire({"code": "0", "data": [["BTC-USD", "ETH-USD"]]}).encode()
    assert feed.page(f"{API}/public/underlying?instType=OPTION", families) == Page(
        more=(
            f"{API}/public/instruments?instType=OPTION&instFamily=BTC-USD",
            f"{API}/public/instruments?instType=OPTION&instFamily=ETH-USD",
        )
    )
    rows = [{"instId": "BTC-USDT", "instType": "SPOT", "last": "5", "volCcy24h": "70"},
            {"instId": "NEW", "last": "", "volCcy24h": ""}]  # fmt: skip
    tickers = wire({"code": "0", "data": rows}).encode()
    assert feed.page(f"{API}/market/tickers?instType=SPOT", tickers) == Page(
        traded=(Traded("BTC-USDT", 70.0, "quote", 5.0), Traded("NEW", 0.0, "quote"))
    )
    assert feed.page(f"{API}/market/tickers?instType=SWAP", tickers) == Page(
        traded=(Traded("BTC-USDT", 70.0, "base", 5.0), Traded("NEW", 0.0, "base"))
    )


def test_what_the_venue_refuses_is_no_listing() -> None:
    with pytest.raises(Refused, match="the venue refused it: code 51000"):
        OkxFeed().page(OkxFeed().listing_urls()[0], b'{"code":"51000","msg":"x","data":[]}')
    url = f"{API}/market/tickers?instType=SPOT"
    assert OkxFeed().request(url) == Request(url)
