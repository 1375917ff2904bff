"""Instrument names and what a symbol alone lets one guess."""

import pytest

from schemas.instrument import VENUES, Instrument, infer, instrument_name


@pytest.mark.parametrize(
    ("name", "asset", "quote", "kind", "factor"),
    [
        ("binance-usdm:BTCUSDT", "BTC", "USDT", "perpetual", 1.0),
        ("binance-usdm:1000PEPEUSDT", "PEPE", "USDT", "perpetual", 1000.0),
        ("binance-usdm:1000000MOGUSDT", "MOG", "USDT", "perpetual", 1e6),
        ("binance-usdm:BTCUSDT_261225", "BTC", "USDT", "future", 1.0),
        ("binance-coinm:BTCUSD_PERP", "BTC", "USD", "perpetual", 1.0),
        ("binance-spot:ethusdc", "ETH", "USDC", "spot", 1.0),
        ("binance-spot:ETHBTC", "ETH", "BTC", "spot", 1.0),
        ("hyperliquid:BTC", "BTC", "USD", "perpetual", 1.0),
    ],
)
def test_guesses(name: str, asset: str, quote: str, kind: str, factor: float) -> None:
    venue, _, symbol = name.partition(":")
    guessed_kind = "spot" if kind == "spot" else "perpetual"
    assert infer(venue, symbol, guessed_kind, 2) == Instrument(
        name=name,
        asset=asset,
        quote=quote,
        kind=kind,
        price_decimals=2,
        ratio_factor=factor,
        source="inferred",
    )


def test_a_name_has_two_parts() -> None:
    instrument = infer("okx", "BTC-USDT-SWAP", "perpetual", 1)
    assert instrument.name == instrument_name("okx", "BTC-USDT-SWAP") == "okx:BTC-USDT-SWAP"
    assert (instrument.venue, instrument.symbol) == ("okx", "BTC-USDT-SWAP")


def test_venue_ids_are_those_of_the_contract() -> None:
    assert len(set(VENUES)) == len(VENUES)
    assert all(":" not in venue and venue == venue.lower() for venue in VENUES)
