"""Bybit's feed: shards by characters and topics, its answers, the listing page by page."""

import json

from sources.bybit_feed import TICKERS_URL, BybitFeed
from sources.bybit_listing import LISTING_URL
from sources.instruments import Page, Traded
from sources.live.feed import Acknowledged, Request
from sources.venue_feed import PolledPlan
from tests.sources.bybit_frames import sample
from tests.sources.talk import wire

URL = "wss://stream.bybit.com/v5/public/linear"


def test_a_plan() -> None:
    (plan,) = BybitFeed().plans(("book", "trade"), ["BTCUSDT", "ETHUSDT"], {})
    assert [json.loads(m)["args"] for m in plan.messages] == [
        ["orderbook.200.BTCUSDT", "publicTrade.BTCUSDT"],
        ["orderbook.200.ETHUSDT", "publicTrade.ETHUSDT"],
    ]
    expected = ("orderbook.200.BTCUSDT", "publicTrade.BTCUSDT", "orderbook.200.ETHUSDT",
                "publicTrade.ETHUSDT")  # fmt: skip
    assert plan == PolledPlan("bybit-linear-1", URL, plan.messages, expected,
                              ("BTCUSDT", "ETHUSDT"), ("book", "trade"))  # fmt: skip


def test_shards_stay_within_characters_and_topics() -> None:
    short = [f"A{k}" for k in range(200)]
    plans = BybitFeed().plans((), short, {})
    assert [len(plan.symbols) for plan in plans] == [80, 80, 40]
    assert max(len(plan.expected) for plan in plans) == 400
    long = [f"{'A' * 80}{k:03}USDT" for k in range(200)]
    plans = BybitFeed().plans((), long, {})
    assert all(sum(map(len, plan.expected)) <= 21_000 for plan in plans)
    assert [s for plan in plans for s in plan.symbols] == long
    assert [plan.name for plan in plans[:2]] == ["bybit-linear-1", "bybit-linear-2"]


def test_answers() -> None:
    feed = BybitFeed()
    (plan,) = feed.plans(("book", "trade"), ["BTCUSDT"], {})
    asked = json.loads(plan.messages[0])
    answer = {"success": True, "ret_msg": "", "req_id": asked["req_id"], "op": "subscribe"}
    assert feed.acknowledged(wire(answer).encode()) == Acknowledged(plan.expected)
    refused = wire(answer | {"success": False, "ret_msg": "no"}).encode()
    apart = tuple((topic, "no") for topic in plan.expected)
    assert feed.acknowledged(refused) == Acknowledged(apart=apart)


def test_a_topic_alone() -> None:
    feed = BybitFeed()
    asked = json.loads(feed.alone("orderbook.1.BTC-26DEC25") or b"")
    topic = "orderbook.1.BTC-26DEC25"
    assert asked == {"req_id": "BTC-26DEC25 top", "op": "subscribe", "args": [topic]}
    refused = {"success": False, "op": "subscribe", "req_id": asked["req_id"]}
    for reason, expected in (
        ("handler not found", Acknowledged((), ((topic, "handler not found"),))),
        (f"error:Already subscribed,topic:{topic}", Acknowledged((topic,))),
    ):
        assert feed.acknowledged(wire(refused | {"ret_msg": reason}).encode()) == expected
    whole = refused | {"req_id": "BTCUSDT book+trade", "ret_msg": "already subscribed"}
    said = feed.acknowledged(wire(whole).encode())
    assert said is not None
    assert [t for t, _ in said.apart] == ["orderbook.200.BTCUSDT", "publicTrade.BTCUSDT"]
    assert feed.alone("kline.1.BTCUSDT") is None


def test_silence() -> None:
    feed = BybitFeed()
    feed.plans((), ["BTCUSDT"], {})
    for name in ("orderbook_50", "publicTrade", "tickers_linear", "allLiquidation"):
        said = [frame.encode() for frame in sample(name)]
        assert said
        assert not any(feed.idle(frame) for frame in said)
    assert all(feed.idle(frame.encode()) for frame in sample("pong"))
    assert feed.heartbeat() == b'{"req_id":"ping","op":"ping"}'
    assert len(feed.again("BTCUSDT")) == 2


def test_the_listing_is_read_page_by_page() -> None:
    feed = BybitFeed()
    assert feed.listing_urls() == (LISTING_URL, TICKERS_URL)
    contract = {"symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "deliveryTime": "0",
                "contractType": "LinearPerpetual", "priceFilter": {"tickSize": "0.10"},
                "fundingInterval": 480}  # fmt: skip
    broken = contract | {"symbol": "X", "baseCoin": ""}
    result = {"list": [contract, broken], "nextPageCursor": "a&b=c"}
    body = wire({"retCode": 0, "retMsg": "OK", "result": result}).encode()
    page = feed.page(LISTING_URL, body)
    assert [(i.name, i.price_decimals) for i in page.instruments] == [("bybit-linear:BTCUSDT", 2)]
    assert page.more == (f"{LISTING_URL}&cursor=a%26b%3Dc",)
    assert page.refused == ("X: missing_field: a contract needs its symbol, base and quote coin",)
    last = wire({"retCode": 0, "result": result | {"nextPageCursor": ""}}).encode()
    assert feed.page(page.more[0], last).more == ()


def test_volumes() -> None:
    rows = [{"symbol": "BTCUSDT", "turnover24h": "1e3", "lastPrice": "5", "volume24h": "9"},
            {"symbol": "NEWUSDT"}]  # fmt: skip
    body = wire({"retCode": 0, "result": {"category": "linear", "list": rows}}).encode()
    assert BybitFeed().page(TICKERS_URL, body) == Page(
        traded=(Traded("BTCUSDT", 1000.0, "quote", 5.0), Traded("NEWUSDT", 0.0, "quote"))
    )
    assert BybitFeed().request(TICKERS_URL) == Request(TICKERS_URL)
