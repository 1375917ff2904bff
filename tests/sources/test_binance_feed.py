"""Binance's feeds: tiers as connections, shards, open interest by REST, the listing's pages."""

import json

import pytest

from schemas.instrument import infer
from sources.binance_family import MARKETS
from sources.binance_feed import BinanceFeed
from sources.instruments import Page, Traded
from sources.live.feed import Acknowledged, Request, RestLimits
from sources.venue_feed import Poll, PolledPlan
from tests.sources.coinm_frames import COINM, contract
from tests.sources.talk import SPOT, USDM, wire

FAPI, DAPI = "https://fapi.binance.com/fapi/v1", "https://dapi.binance.com/dapi/v1"
API = "https://api.binance.com/api/v3"


def feed(venue: str) -> BinanceFeed:
    return BinanceFeed(MARKETS[venue])


def test_a_connection_for_each_tier() -> None:
    public, market = feed(USDM).plans((), ["BTCUSDT"], {})
    assert json.loads(public.messages[0])["method"] == "SUBSCRIBE"
    assert (public, market) == (
        PolledPlan(
            "binance-usdm-public",
            "wss://fstream.binance.com/public/stream",
            public.messages,
            ("btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade"),
            ("BTCUSDT",),
            ("book", "top", "trade"),
        ),
        PolledPlan(
            "binance-usdm-market",
            "wss://fstream.binance.com/market/stream",
            market.messages,
            ("btcusdt@markPrice@1s", "btcusdt@forceOrder"),
            ("BTCUSDT",),
            ("mark", "liquidation"),
            every=(
                Poll(f"{FAPI}/openInterest?symbol=BTCUSDT", 15.0),
                Poll(f"{FAPI}/fundingInfo", 3600.0),
            ),
        ),
    )


def test_markets_without_tiers_have_numbers() -> None:
    (plan,) = feed(COINM).plans((), ["BTCUSD_PERP"], {"ws_url": "ws://h:1"})
    assert (plan.name, plan.url) == ("binance-coinm-1", "ws://h:1/stream")
    assert plan.streams == ("book", "top", "trade", "mark", "liquidation")
    (spot,) = feed(SPOT).plans((), ["BTCUSDT"], {})
    assert (spot.name, spot.url) == ("binance-spot-1", "wss://stream.binance.com:9443/stream")
    assert spot == PolledPlan(spot.name, spot.url, spot.messages, spot.expected, ("BTCUSDT",),
                              ("book", "top", "trade"))  # fmt: skip


def test_shards_have_as_many_streams_as_a_connection_may() -> None:
    symbols = [f"A{k}USDT" for k in range(150)]
    plans = feed(USDM).plans((), symbols, {})
    assert [(p.name, len(p.symbols), len(p.expected)) for p in plans] == [
        ("binance-usdm-public", 66, 198), ("binance-usdm-public-2", 66, 198),
        ("binance-usdm-public-3", 18, 54), ("binance-usdm-market", 100, 200),
        ("binance-usdm-market-2", 50, 100),
    ]  # fmt: skip
    assert [len(plan.messages) for plan in plans] == [4, 4, 2, 4, 2]
    asked = [s for plan in plans for m in plan.messages for s in json.loads(m)["params"]]
    assert asked == [topic for plan in plans for topic in plan.expected]
    assert len(set(asked)) == 150 * 5


def test_open_interest_is_asked_for_as_often_as_the_weight_allows() -> None:
    symbols = [f"A{k}USDT" for k in range(400)]
    plans = feed(USDM).plans(["mark"], symbols, {})
    polls = [poll for plan in plans for poll in plan.every if "openInterest" in poll.url]
    assert [poll.url for poll in polls] == [f"{FAPI}/openInterest?symbol={s}" for s in symbols]
    assert {poll.every_s for poll in polls} == {40.0}
    weight = sum(60.0 / poll.every_s for poll in polls)
    assert weight == pytest.approx(MARKETS[USDM].weight_per_minute / 4)
    assert all(not plan.every for plan in feed(USDM).plans(["book", "liquidation"], symbols, {}))


def test_answers_belong_to_what_was_asked() -> None:
    made = feed(USDM)
    (plan, _) = made.plans((), ["BTCUSDT"], {})
    number = json.loads(plan.messages[0])["id"]
    good = wire({"result": None, "id": number}).encode()
    assert made.acknowledged(good) == Acknowledged(plan.expected)
    bad = wire({"code": 2, "msg": "no", "id": number}).encode()
    apart = tuple((topic, "2 no") for topic in plan.expected)
    assert made.acknowledged(bad) == Acknowledged(apart=apart)
    one = json.loads(made.alone("btcusdt@trade") or b"")
    assert (one["method"], one["params"]) == ("SUBSCRIBE", ["btcusdt@trade"])
    taken = wire({"result": None, "id": one["id"]}).encode()
    assert made.acknowledged(taken) == Acknowledged(("btcusdt@trade",))
    refused = wire({"code": 2, "msg": "no", "id": one["id"]}).encode()
    assert made.acknowledged(refused) == Acknowledged((), (("btcusdt@trade", "2 no"),))
    assert feed(USDM).acknowledged(good) == Acknowledged()


def test_a_list_of_subscriptions_is_a_sign_of_life_where_streams_are_quiet() -> None:
    said = b'{"result":["btcusdt@forceOrder"],"id":1}'
    made = feed(USDM)
    (forced,) = made.plans(["liquidation"], ["BTCUSDT"], {})
    assert (made.acknowledged(said), made.idle(said), forced.quiet) == (None, True, True)
    both = made.plans(["book", "liquidation"], ["BTCUSDT"], {})
    assert [plan.quiet for plan in both] == [False, True]
    assert [plan.quiet for plan in made.plans((), ["BTCUSDT"], {})] == [False, False]
    assert made.leaving(b'{"e":"serverShutdown","E":5}')


def test_limits() -> None:
    assert [(f.messages_per_s, f.rest) for f in map(feed, (USDM, COINM, SPOT))] == [
        (8.0, RestLimits(2400, "X-MBX-USED-WEIGHT-1M")),
        (8.0, RestLimits(2400, "X-MBX-USED-WEIGHT-1M")),
        (4.0, RestLimits(6000, "X-MBX-USED-WEIGHT-1M")),
    ]
    assert feed(USDM).lifetime_s == 85_800.0
    assert feed(USDM).again("BTCUSDT") == []


@pytest.mark.parametrize(
    ("venue", "url", "weight"),
    [
        (USDM, f"{FAPI}/depth?symbol=BTCUSDT&limit=1000", 20),
        (SPOT, f"{API}/depth?symbol=BTCUSDT&limit=5000", 250),
        (SPOT, f"{API}/exchangeInfo", 20), (COINM, f"{DAPI}/exchangeInfo", 1),
        (SPOT, f"{API}/ticker/24hr", 80), (COINM, f"{DAPI}/ticker/24hr", 40),
        (COINM, f"{DAPI}/openInterest?symbol=BTCUSD_PERP", 1), (USDM, f"{FAPI}/fundingInfo", 1),
    ],
)  # fmt: skip
def test_what_an_answer_costs(venue: str, url: str, weight: int) -> None:
    assert feed(venue).request(url) == Request(url, "GET", b"", weight)


def test_the_pages_of_a_listing() -> None:
    assert feed(SPOT).listing_urls() == (f"{API}/exchangeInfo", f"{API}/ticker/24hr")
    info, tickers, funding = feed(COINM).listing_urls()
    assert funding == f"{DAPI}/fundingInfo"
    body = wire({"symbols": [contract("BTCUSD_PERP"), contract("X", baseAsset="")]}).encode()
    page = feed(COINM).page(info, body)
    assert [i.name for i in page.instruments] == ["binance-coinm:BTCUSD_PERP"]
    assert page.instruments[0] != infer(COINM, "BTCUSD_PERP", "perpetual", 1)
    assert page.refused == ("X: missing_field: a symbol needs its base and quote asset",)
    rows = wire([{"symbol": "BTCUSD_PERP", "lastPrice": "5", "volume": "7"}]).encode()
    traded = (Traded("BTCUSD_PERP", 7.0, "contracts", 5.0),)
    assert feed(COINM).page(tickers, rows) == Page(traded=traded)
    hours = b'[{"symbol":"BTCUSD_PERP","fundingIntervalHours":4}]'
    assert feed(COINM).page(funding, hours) == Page(intervals={"BTCUSD_PERP": 4.0})
