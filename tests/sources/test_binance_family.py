"""Each market is one row: venue, kind, product, continuity rule, hosts, weights, streams."""

from sources.binance_family import MARKETS, Stream
from sources.book_sync import Continuity
from tests.sources.coinm_frames import COINM
from tests.sources.talk import SPOT, USDM


def test_the_rows() -> None:
    rows = {m.venue: (m.kind, m.product, m.continuity, m.in_contracts) for m in MARKETS.values()}
    assert rows == {
        USDM: ("perpetual", 1, Continuity(by_previous=True), False),
        COINM: ("perpetual", 2, Continuity(by_previous=True), True),
        SPOT: ("spot", 0, Continuity(by_previous=False), False),
    }
    assert list(MARKETS) == list(rows)


def test_where_rest_answers_are_and_what_they_cost() -> None:
    urls = {
        m.venue: (m.depth_url.format(symbol="X"), m.open_interest_url.format(symbol="X"),
                  m.listing_url, m.tickers_url, m.funding_url)
        for m in MARKETS.values()
    }  # fmt: skip
    fapi, dapi = "https://fapi.binance.com/fapi/v1", "https://dapi.binance.com/dapi/v1"
    api = "https://api.binance.com/api/v3"
    assert urls == {
        venue: (f"{base}/depth?symbol=X&limit={limit}", f"{base}/openInterest?symbol=X",
                f"{base}/exchangeInfo", f"{base}/ticker/24hr", f"{base}/fundingInfo")
        for venue, base, limit in ((USDM, fapi, 1000), (COINM, dapi, 1000), (SPOT, api, 5000))
    }  # fmt: skip
    weights = {
        m.venue: (m.depth_weight, m.listing_weight, m.tickers_weight, m.weight_per_minute)
        for m in MARKETS.values()
    }
    assert weights == {
        USDM: (20, 1, 40, 2400), COINM: (20, 1, 40, 2400), SPOT: (250, 20, 80, 6000),
    }  # fmt: skip


def test_where_streams_are() -> None:
    assert {m.venue: (m.ws, m.messages_per_s) for m in MARKETS.values()} == {
        USDM: ("wss://fstream.binance.com", 10.0),
        COINM: ("wss://dstream.binance.com", 10.0),
        SPOT: ("wss://stream.binance.com:9443", 5.0),
    }
    assert MARKETS[USDM].streams == {
        "book": Stream("depth@100ms", "public"),
        "top": Stream("bookTicker", "public"),
        "trade": Stream("trade", "public"),
        "mark": Stream("markPrice@1s", "market"),
        "liquidation": Stream("forceOrder", "market"),
    }
    assert MARKETS[COINM].streams == {
        "book": Stream("depth@100ms"), "top": Stream("bookTicker"), "trade": Stream("aggTrade"),
        "mark": Stream("markPrice@1s"), "liquidation": Stream("forceOrder"),
    }  # fmt: skip
    assert MARKETS[SPOT].streams == {
        "book": Stream("depth@100ms"), "top": Stream("bookTicker"), "trade": Stream("trade"),
    }  # fmt: skip
