"""Feeds as instruments: what a symbol tells, which ids are whose, what cannot be used."""

import json
from typing import Any

import pytest

from sources.pyth_listing import KEPT, Listed, instrument, read_listing, url_of
from sources.wire_numbers import Refused
from tests.shared import shared_file
from tests.sources.pyth_frames import IDS, metadata, row
from tests.sources.talk import wire


def read(*rows: Any) -> tuple[list[Listed], list[str]]:
    return read_listing(wire(rows).encode())


@pytest.mark.parametrize(
    ("symbol", "asset", "quote"),
    [
        ("Crypto.BTC/USD", "BTC", "USD"),
        ("Crypto.WBTC/USD", "BTC", "USD"),
        ("Crypto.WSTETH/USD", "WSTETH", "USD"),
        ("Crypto.weETH/USD", "WEETH", "USD"),
        ("Crypto.ETH/BTC", "ETH", "BTC"),
        ("Crypto.SUSDE/USDE.RR", "Crypto.SUSDE", "USDE.RR"),
        ("Crypto.Index.SILV/USD", "Crypto.Index.SILV", "USD"),
        ("Equity.US.BTC/USD", "Equity.US.BTC", "USD"),
        ("Equity.US.AAPL/USD.PRE", "Equity.US.AAPL", "USD.PRE"),
        ("FX.EUR/USD", "FX.EUR", "USD"),
        ("Metal.XAU/USD", "Metal.XAU", "USD"),
        ("Pyth.Index.KPOW", "Pyth.Index.KPOW", ""),
        ("BTCUSDT", "BTCUSDT", ""),
        ("", "", ""),
    ],
)
def test_what_a_symbol_tells(symbol: str, asset: str, quote: str) -> None:
    found = instrument(symbol)
    assert (found.name, found.asset, found.quote) == (f"pyth:{symbol}", asset, quote)
    assert (found.kind, found.price_decimals, found.source) == ("index", None, "inferred")


def test_the_quote_of_the_listing_counts_but_for_coins() -> None:
    assert instrument("Pyth.Index.KPOW", "usd").quote == "USD"
    assert instrument("Equity.US.AAPL/USD.PRE", "USD").quote == "USD"
    assert instrument("Crypto.BTC/USD", "EUR").quote == "USD"


def test_a_listing() -> None:
    shown = {"display_symbol": "BTC/USD", "description": "x", "schedule": "y"}
    found, refused = read(
        row("Crypto.BTC/USD", "0x" + IDS["Crypto.BTC/USD"].upper(), **shown),
        row("Equity.US.BTC/USD", "12" * 32, asset_type="Equity", quote_currency=None),
    )
    assert found == [
        Listed(IDS["Crypto.BTC/USD"], "Crypto.BTC/USD", "USD"),
        Listed("12" * 32, "Equity.US.BTC/USD", ""),
    ]
    assert found[0].instrument == metadata("Crypto.BTC/USD")
    assert refused == []


def test_what_cannot_be_used_is_told_and_the_rest_stays() -> None:
    found, refused = read(
        row("Crypto.A/USD", "e62d"),
        {"id": "1" * 64},
        {"id": "1" * 64, "attributes": {"base": "X"}},
        row("", "2" * 64, symbol=""),
        row("Crypto.A B/USD", "3" * 64),
        row("Crypto.C/USD", "4" * 64),
        5,
    )
    assert found == [Listed("4" * 64, "Crypto.C/USD", "USD")]
    assert refused == [
        "feed id 'e62d' is not of 32 bytes",
        "Object missing required field `attributes`",
        "Object missing required field `symbol` - at `$.attributes`",
        f"feed {'2' * 64!r} has no usable symbol",
        f"feed {'3' * 64!r} has no usable symbol",
        "Expected `object`, got `int`",
    ]


def test_a_symbol_with_two_ids_is_nobodys() -> None:
    twice = [row("Crypto.A/USD", digit * 64) for digit in "121"]
    found, refused = read(*twice, row("Crypto.B/USD", "3" * 64), row("Crypto.B/USD", "3" * 64))
    assert found == [Listed("3" * 64, "Crypto.B/USD", "USD")]
    assert refused == ["Crypto.A/USD has more than one id"]


@pytest.mark.parametrize("body", [b"", b"{}", b"5", b"null", b"[" * 5000, b"\xff"])
def test_what_is_no_listing_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        read_listing(body)


def test_the_ids_that_are_kept_are_those_of_the_recordings() -> None:
    path = shared_file("data/oracle/pyth_hermes_21d17be7.json")
    feeds = json.loads(path.read_text(encoding="utf-8"))["priceFeeds"]
    crypto = {f"Crypto.{f['symbol']}": f["id"][2:] for f in feeds if f["assetType"] == "crypto"}
    assert {symbol: crypto[symbol] for symbol in KEPT} == KEPT


def test_one_symbol_is_asked_for() -> None:
    assert url_of("Crypto.A&B#/USD") == (
        "https://hermes.pyth.network/v2/price_feeds?query=Crypto.A%26B%23/USD"
    )
