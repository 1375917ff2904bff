"""Binance's REST answers: listings that our code reads, weights, refusals."""

import json

from sources.simulator.venues.binance import FORMS, Binance
from sources.simulator.venues.hub import Answer
from sources.simulator.world.universe import Market
from tests.sources.simulator.hearing import EPOCH_MS, engine_book, small_world, to_request

NAMES = {"binance-usdm": "BTCUSDT", "binance-coinm": "BTCUSD_PERP", "binance-spot": "BTCUSDT"}


def venue(name: str) -> Binance:
    return Binance(FORMS[name], small_world(name), EPOCH_MS)


def ask(made: Binance, path: str, wall_s: float = 0.0) -> Answer:
    return made.http(to_request(f"https://host{made.form.rest}{path}"), wall_s)


def coins(market: Market, px: float, size: float) -> float:
    return market.coins(size * market.lots_per_unit, market.ticks(px))


def test_books_as_the_engine_has_them() -> None:
    for name, symbol in NAMES.items():
        made = venue(name)
        made.world.run(1500.0)
        answer = ask(made, f"/depth?symbol={symbol}&limit=1000")
        book = json.loads(answer.body)
        trading = made.trading[symbol]
        assert book["lastUpdateId"] == trading.engine.update
        assert ("T" in book) == (name != "binance-spot")
        market = trading.market
        found = [
            [
                (float(px), round(coins(market, float(px), float(size)), 8))
                for px, size in book[side]
            ]
            for side in ("bids", "asks")
        ]
        assert found == engine_book(trading, 1000)


def test_listings_and_prices() -> None:
    for name, symbol in NAMES.items():
        made = venue(name)
        rows = json.loads(ask(made, "/exchangeInfo").body)["symbols"]
        assert [row["symbol"] for row in rows] == [symbol]
        tick = next(f for f in rows[0]["filters"] if f["filterType"] == "PRICE_FILTER")
        assert float(tick["tickSize"]) == made.trading[symbol].market.price(1)
        (day,) = json.loads(ask(made, "/ticker/24hr").body)
        assert float(day["quoteVolume"]) > 1e8
        assert json.loads(ask(made, "/ping").body) == {}
        assert json.loads(ask(made, "/time").body) == {"serverTime": EPOCH_MS}
    usdm = venue("binance-usdm")
    interest = json.loads(ask(usdm, "/openInterest?symbol=BTCUSDT").body)
    assert interest == {"openInterest": "3200.000", "symbol": "BTCUSDT", "time": EPOCH_MS}
    premium = json.loads(ask(usdm, "/premiumIndex?symbol=BTCUSDT").body)
    assert premium["markPrice"] == "92000.00000000"
    assert premium["nextFundingTime"] == EPOCH_MS + 4 * 3_600_000
    assert json.loads(ask(usdm, "/fundingInfo").body) == []


def test_weights_add_up_until_it_is_too_much() -> None:
    made = venue("binance-usdm")
    limits = {5: 2, 100: 5, 500: 10, 1000: 20}
    used = 0
    for limit, weight in limits.items():
        used += weight
        answer = ask(made, f"/depth?symbol=BTCUSDT&limit={limit}")
        assert answer.headers == {"X-MBX-USED-WEIGHT-1M": str(used)}
    for _ in range(118):
        answer = ask(made, "/depth?symbol=BTCUSDT&limit=1000")
    assert answer.status == 200
    refused = ask(made, "/depth?symbol=BTCUSDT&limit=1000", 15.0)
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "45"
    assert ask(made, "/depth?symbol=BTCUSDT&limit=1000", 60.0).status == 200
    spot = venue("binance-spot")
    assert ask(spot, "/depth?symbol=BTCUSDT&limit=5000").headers == {"X-MBX-USED-WEIGHT-1M": "250"}


def test_what_is_not_there_is_refused() -> None:
    made = venue("binance-usdm")
    refusals = {
        "/depth?symbol=NONE": (400, -1121), "/depth": (400, -1102),
        "/depth?symbol=BTCUSDT&limit=7": (400, -4021),
    }  # fmt: skip
    for path, (status, code) in refusals.items():
        answer = ask(made, path)
        assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
    assert ask(made, "/nothing").status == 404
    assert made.http(to_request("https://host/api/v3/depth"), 0.0).status == 404
    assert ask(venue("binance-spot"), "/openInterest?symbol=BTCUSDT").status == 400
