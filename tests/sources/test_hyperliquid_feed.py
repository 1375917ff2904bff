"""Hyperliquid's feed: shards within the limits of an address, accounts, POSTs, every dex."""

import json

import pytest

from schemas.errors import UsageError
from sources.hyperliquid_feed import HyperliquidFeed
from sources.instruments import Page, Traded
from sources.live.feed import Acknowledged, Request
from sources.venue_feed import PolledPlan
from sources.wire_numbers import Refused
from tests.shared import shared_file
from tests.sources.talk import wire

INFO = "https://api.hyperliquid.xyz/info"
URL = "wss://api.hyperliquid.xyz/ws"
ME = "0x" + "ab" * 20


def frames(name: str) -> list[bytes]:
    path = shared_file(f"frames/hyperliquid/{name}.json")
    found = json.loads(path.read_text(encoding="utf-8"))["frames"]
    return [wire(frame).encode() for frame in found if frame.get("_dir") != "client"]


def test_a_plan_with_an_account() -> None:
    (plan,) = HyperliquidFeed([ME]).plans(("book", "liquidation", "account"), ["BTC"], {})
    assert [json.loads(m)["subscription"] for m in plan.messages] == [
        {"type": "l2Book", "coin": "BTC", "fast": True},
        {"type": "userFills", "user": ME},
        {"type": "allDexsClearinghouseState", "user": ME},
    ]
    topics = ("l2Book:BTC", f"userFills:{ME}", f"allDexsClearinghouseState:{ME}")
    streams = ("book", "liquidation", "account")
    assert plan == PolledPlan("hyperliquid-1", URL, plan.messages, topics, ("BTC",), streams)


def test_an_account_alone_is_a_plan_too() -> None:
    (plan,) = HyperliquidFeed([ME]).plans(("account",), [], {})
    assert (plan.symbols, plan.expected) == ((), (f"allDexsClearinghouseState:{ME}",))
    with pytest.raises(UsageError, match="has nothing on account of what was chosen"):
        HyperliquidFeed().plans(("account",), ["BTC"], {})


def test_shards_and_the_limit_of_an_address() -> None:
    coins = [f"C{k}" for k in range(240)]
    plans = HyperliquidFeed([ME]).plans((), coins, {})
    assert [(p.name, len(p.symbols)) for p in plans][:2] == [
        ("hyperliquid-1", 24), ("hyperliquid-2", 24),
    ]  # fmt: skip
    assert len(plans) == 10
    topics = [topic for plan in plans for topic in plan.expected]
    assert len(topics) == len(set(topics)) == 240 * 4 + 2
    assert max(len(plan.expected) for plan in plans) <= 100
    with pytest.raises(UsageError, match="takes 1000 subscriptions, not 1002"):
        HyperliquidFeed([ME]).plans((), [f"C{k}" for k in range(250)], {})


def test_answers_and_silence() -> None:
    feed = HyperliquidFeed()
    feed.plans((), ["BTC"], {})
    (good, error, pong) = frames("subscribe_error_pong")
    assert feed.acknowledged(good) == Acknowledged(("l2Book:BTC",))
    assert feed.acknowledged(error) == Acknowledged((), (("", "Invalid subscription ..."),))
    assert [feed.idle(frame) for frame in (good, error, pong, b"Websocket connection")] == [
        True
    ] * 4
    for name in ("l2Book", "bbo", "trades", "activeAssetCtx"):
        assert not any(feed.idle(frame) for frame in frames(name))
    assert feed.heartbeat() == b'{"method":"ping"}'
    assert len(feed.again("BTC")) == 2


def test_questions_are_posts() -> None:
    feed = HyperliquidFeed()
    assert feed.request(f"{INFO}#metaAndAssetCtxs:xyz") == Request(
        INFO, "POST", b'{"type":"metaAndAssetCtxs","dex":"xyz"}', 20
    )
    assert feed.request(f"{INFO}#clearinghouseState:{ME}") == Request(
        INFO, "POST", f'{{"type":"clearinghouseState","user":"{ME}"}}'.encode(), 2
    )
    assert feed.request(f"{INFO}#perpDexs") == Request(INFO, "POST", b'{"type":"perpDexs"}', 20)
    with pytest.raises(UsageError):
        feed.request(INFO)


def test_every_dex_and_spot_are_listed() -> None:
    feed = HyperliquidFeed()
    perpetuals, spot, dexes = feed.listing_urls()
    assert feed.page(dexes, b'[null,{"name":"xyz","fullName":"XYZ"},{"name":"flx"}]') == Page(
        more=(f"{INFO}#metaAndAssetCtxs:xyz", f"{INFO}#metaAndAssetCtxs:flx")
    )
    meta = json.loads(frames("meta_rest")[0])
    meta["universe"][2]["isDelisted"] = True
    contexts = [{"dayNtlVlm": "10.5", "markPx": "7"}, {"dayNtlVlm": "3"}, {"markPx": "1"}]
    body = wire([meta, contexts]).encode()
    page = feed.page(perpetuals, body)
    assert [i.name for i in page.instruments] == ["hyperliquid:BTC", "hyperliquid:ETH"]
    assert page.traded == (Traded("BTC", 10.5, "usd", 7.0), Traded("ETH", 3.0, "usd"))
    page = feed.page(f"{INFO}#metaAndAssetCtxs:xyz", body)
    assert [i.name for i in page.instruments] == ["hyperliquid:xyz:BTC", "hyperliquid:xyz:ETH"]
    assert [one.symbol for one in page.traded] == ["xyz:BTC", "xyz:ETH"]
    with pytest.raises(Refused, match="not one context for each coin"):
        feed.page(perpetuals, wire([meta, contexts[:2]]).encode())
    tokens = [{"name": "USDC", "index": 0, "szDecimals": 8}, {"name": "UBTC", "index": 1,
              "szDecimals": 5}]  # fmt: skip
    pairs = [{"name": "@142", "tokens": [1, 0], "index": 142}]
    body = wire([{"universe": pairs, "tokens": tokens},
                 [{"coin": "@142", "dayNtlVlm": "5", "markPx": "9"}]]).encode()  # fmt: skip
    page = feed.page(spot, body)
    assert [(i.name, i.asset, i.quote) for i in page.instruments] == [
        ("hyperliquid:@142", "BTC", "USDC")
    ]
    assert page.traded == (Traded("@142", 5.0, "usd", 9.0),)
