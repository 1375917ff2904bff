"""Coinbase's feed: few products a connection, its answers, the listing until it is empty."""

import json

from sources.coinbase_feed import CoinbaseFeed
from sources.instruments import Traded
from sources.live.feed import Acknowledged, Request
from sources.venue_feed import PolledPlan
from tests.shared import shared_file
from tests.sources.talk import wire

URL = "wss://advanced-trade-ws.coinbase.com"
LISTING = "https://api.coinbase.com/api/v3/brokerage/market/products?limit=500&offset={}"


def frames(name: str) -> list[bytes]:
    path = shared_file(f"frames/coinbase/{name}.json")
    found = json.loads(path.read_text(encoding="utf-8"))["frames"]
    return [wire(frame).encode() for frame in found if frame.get("_dir") != "client"]


def test_a_plan_has_heartbeats_first() -> None:
    (plan,) = CoinbaseFeed().plans((), ["BTC-USD", "ETH-USD"], {"ws_url": "ws://127.0.0.1:9101"})
    assert [(m["channel"], m.get("product_ids")) for m in map(json.loads, plan.messages)] == [
        ("heartbeats", None), ("level2", ["BTC-USD", "ETH-USD"]),
        ("ticker", ["BTC-USD", "ETH-USD"]), ("market_trades", ["BTC-USD", "ETH-USD"]),
    ]  # fmt: skip
    topics = ("heartbeats", "level2:BTC-USD", "level2:ETH-USD", "ticker:BTC-USD", "ticker:ETH-USD",
              "market_trades:BTC-USD", "market_trades:ETH-USD")  # fmt: skip
    assert plan == PolledPlan(
        "coinbase-advanced-1", "ws://127.0.0.1:9101", plan.messages, topics,
        ("BTC-USD", "ETH-USD"), ("book", "top", "trade"),
    )  # fmt: skip
    assert CoinbaseFeed().plans((), ["BTC-USD"], {})[0].url == URL


def test_few_products_share_a_connection() -> None:
    plans = CoinbaseFeed().plans((), [f"C{k}-USD" for k in range(45)], {})
    assert [len(plan.symbols) for plan in plans] == [20, 20, 5]


def test_answers_and_silence() -> None:
    feed = CoinbaseFeed()
    feed.plans((), ["BTC-USD"], {})
    (said,) = frames("adv_subscriptions")
    assert feed.acknowledged(said) == Acknowledged(
        ("level2:BTC-USD", "market_trades:BTC-USD", "market_trades:ETH-USD")
    )
    error = b'{"type":"error","message":"no such product"}'
    assert feed.acknowledged(error) == Acknowledged((), (("", "no such product"),))
    quiet = [said, error, *frames("adv_heartbeats")]
    assert [feed.idle(frame) for frame in quiet] == [True] * len(quiet)
    for name in ("adv_l2_snapshot", "adv_l2_update", "adv_market_trades"):
        assert not any(feed.idle(frame) for frame in frames(name))
    assert feed.heartbeat() is None
    assert len(feed.again("BTC-USD")) == 2


def test_a_product_alone() -> None:
    asked = json.loads(CoinbaseFeed().alone("level2:BTC-USD") or b"")
    assert asked == {"type": "subscribe", "product_ids": ["BTC-USD"], "channel": "level2"}
    assert CoinbaseFeed().alone("heartbeats") is None


def test_the_listing_is_read_until_a_page_is_empty() -> None:
    feed = CoinbaseFeed()
    assert feed.listing_urls() == (LISTING.format(0),)
    products = [
        {"product_id": f"{base}-USD", "product_type": "SPOT", "base_currency_id": base,
         "quote_currency_id": "USD", "quote_increment": "0.01", "price": "2.5",
         "approximate_quote_24h_volume": "70"}
        for base in ("BTC", "ETH")
    ]  # fmt: skip
    products.append({"product_id": "SHARE", "product_type": "EQUITY"})
    page = feed.page(LISTING.format(500), wire({"products": products}).encode())
    assert [i.name for i in page.instruments] == [
        "coinbase-advanced:BTC-USD", "coinbase-advanced:ETH-USD",
    ]  # fmt: skip
    assert page.traded == (Traded("BTC-USD", 70.0, "quote", 2.5),
                           Traded("ETH-USD", 70.0, "quote", 2.5),
                           Traded("SHARE", 0.0, "quote"))  # fmt: skip
    assert page.more == (LISTING.format(503),)
    assert feed.page(page.more[0], b'{"products":[]}').more == ()
    assert feed.request(LISTING.format(0)) == Request(LISTING.format(0))
