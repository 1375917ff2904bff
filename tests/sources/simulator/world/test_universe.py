"""Markets: prices and sizes as text and as numbers, contracts in coin."""

import pytest

from sources.simulator.world.universe import ASSETS, MARKETS, VENUES, Market, fixed

BY_NAME = {(market.venue, market.symbol): market for market in MARKETS}


@pytest.mark.parametrize(
    ("venue", "symbol", "first", "one_lot"),
    [
        ("binance-usdm", "BTCUSDT", "92000.00", "0.001"),
        ("binance-coinm", "BTCUSD_PERP", "92000.0", "1"),
        ("binance-spot", "ETHUSDT", "3150.00000000", "0.00010000"),
        ("bybit-linear", "SOLUSDT", "140.000", "0.1"),
        ("okx", "BTC-USDT-SWAP", "92000.0", "0.01"),
        ("deribit", "ETH-PERPETUAL", "3150.00", "1"),
        ("hyperliquid", "BTC", "92000.0", "0.00001"),
        ("coinbase-advanced", "BTC-USD", "92000.00", "0.00000100"),
    ],
)
def test_texts_of_the_wire(venue: str, symbol: str, first: str, one_lot: str) -> None:
    market = BY_NAME[venue, symbol]
    assert market.price_text(market.start_ticks) == first
    assert market.size_text(1) == one_lot
    assert market.price(market.start_ticks) == pytest.approx(market.asset.start)
    assert market.ticks(market.price(12345)) == pytest.approx(12345)


def test_sizes_in_coin() -> None:
    linear, inverse = BY_NAME["okx", "BTC-USDT-SWAP"], BY_NAME["deribit", "BTC-PERPETUAL"]
    assert linear.coins(100, 5) == pytest.approx(0.01)  # a contract of 0.01 coin
    at = inverse.start_ticks
    assert inverse.coins(9200, at) == pytest.approx(1.0)  # 92,000 USD
    for market in MARKETS:
        ticks = market.start_ticks
        assert market.lots(market.coins(777, ticks), ticks) == pytest.approx(777)


def test_every_venue_has_its_markets() -> None:
    assert len(MARKETS) == len(BY_NAME) == 22
    assert VENUES[0] == "binance-usdm"
    assert {market.asset for market in MARKETS} == set(ASSETS)
    assert all(isinstance(market, Market) and 0.0 < market.share <= 1.0 for market in MARKETS)


def test_fixed_is_exact() -> None:
    assert (fixed(5, 3), fixed(10**18 + 1, 9)) == ("0.005", "1000000000.000000001")
