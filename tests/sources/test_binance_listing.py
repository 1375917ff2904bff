"""Listings of the three markets: what each symbol is, what is left out, what cannot be read."""

from typing import Any

import pytest

from schemas.control import Reason
from schemas.instrument import Instrument
from sources.binance_family import MARKETS
from sources.binance_listing import (
    Listing,
    inferred,
    read_intervals,
    read_listing,
    read_volumes,
)
from sources.instruments import Traded
from sources.wire_numbers import Refused
from tests.sources.coinm_frames import BTC, COINM, contract, instrument
from tests.sources.talk import SPOT, USDM, wire


def symbol(name: str, base: str, tick: str, **more: Any) -> dict[str, Any]:
    """One symbol of USD-M."""
    return {
        "symbol": name, "pair": name, "contractType": "PERPETUAL", "status": "TRADING",
        "deliveryDate": 4133404800000, "onboardDate": 1569398400000, "baseAsset": base,
        "quoteAsset": "USDT", "marginAsset": "USDT", "pricePrecision": 2, "quantityPrecision": 3,
        "underlyingType": "COIN", "underlyingSubType": ["PoW"], "settlePlan": 0,
        "filters": [{"filterType": "PRICE_FILTER", "tickSize": tick, "minPrice": "1"},
                    {"filterType": "LOT_SIZE", "stepSize": "0.001"},
                    {"filterType": "MAX_NUM_ORDERS", "limit": 200}],
    } | more  # fmt: skip


def listed(venue: str, *symbols: dict[str, Any]) -> Listing:
    body = wire({"timezone": "UTC", "serverTime": 1, "rateLimits": [], "symbols": symbols})
    return read_listing(MARKETS[venue], body.encode())


def made(name: str, asset: str, quote: str, kind: Any, decimals: int, **more: Any) -> Instrument:
    return Instrument(name=name, asset=asset, quote=quote, kind=kind, price_decimals=decimals,
                      source="listing", **more)  # fmt: skip


def test_usd_margined_perpetuals_and_dated_futures() -> None:
    found = listed(
        USDM,
        symbol("BTCUSDT", "BTC", "0.10"),
        symbol("1000PEPEUSDT", "1000PEPE", "0.0000001", pricePrecision=7),
        symbol("1MBABYDOGEUSDT", "1MBABYDOGE", "0.0000001"),
        symbol("1000000MOGUSDT", "1000000MOG", "0.0001", pricePrecision=4),
        symbol("1INCHUSDT", "1INCH", "0.0001", pricePrecision=4),
        symbol("币安人生USDT", "币安人生", "0.0001", pricePrecision=5),
        symbol("TSLAUSDT", "TSLA", "0.01", contractType="TRADIFI_PERPETUAL"),
        symbol("BTCUSDT_260327", "BTC", "0.1", pricePrecision=1, contractType="CURRENT_QUARTER",
               deliveryDate=1774598400000),
        symbol("ETHUSDC", "ETH", "0.01", quoteAsset="USDC"),
    )  # fmt: skip
    perpetual = {"funding_interval_h": 8.0}
    assert found == Listing(
        (
            made(f"{USDM}:BTCUSDT", "BTC", "USDT", "perpetual", 2, **perpetual),
            made(f"{USDM}:1000PEPEUSDT", "PEPE", "USDT", "perpetual", 7, ratio_factor=1e3,
                 **perpetual),
            made(f"{USDM}:1MBABYDOGEUSDT", "BABYDOGE", "USDT", "perpetual", 7, ratio_factor=1e6,
                 **perpetual),
            made(f"{USDM}:1000000MOGUSDT", "MOG", "USDT", "perpetual", 4, ratio_factor=1e6,
                 **perpetual),
            made(f"{USDM}:1INCHUSDT", "1INCH", "USDT", "perpetual", 4, **perpetual),
            made(f"{USDM}:币安人生USDT", "币安人生", "USDT", "perpetual", 5, **perpetual),
            made(f"{USDM}:TSLAUSDT", "TSLA", "USDT", "perpetual", 2, **perpetual),
            made(f"{USDM}:BTCUSDT_260327", "BTC", "USDT", "future", 1,
                 expiry_ns=1774598400 * 10**9),
            made(f"{USDM}:ETHUSDC", "ETH", "USDC", "perpetual", 2, **perpetual),
        ),
        (),
    )  # fmt: skip


def test_coin_margined_contracts_are_inverse_and_of_some_usd() -> None:
    dated = contract("ETHUSD_260327", contractType="NEXT_QUARTER", deliveryDate=1774598400000,
                     pricePrecision=2)  # fmt: skip
    assert listed(COINM, contract(BTC), dated) == Listing(
        (
            instrument(BTC),
            made(f"{COINM}:ETHUSD_260327", "ETH", "USD", "future", 2, inverse=True,
                 contract_size=10.0, expiry_ns=1774598400 * 10**9),
        ),
        (),
    )  # fmt: skip
    assert instrument(BTC).contract_size == 100.0


def test_spot() -> None:
    spot = {"symbol": "1000SATSUSDT", "status": "TRADING", "baseAsset": "1000SATS",
            "baseAssetPrecision": 8, "quoteAsset": "USDT", "quotePrecision": 8,
            "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.00000010"}]}  # fmt: skip
    assert listed(SPOT, spot) == Listing(
        (made(f"{SPOT}:1000SATSUSDT", "SATS", "USDT", "spot", 8, ratio_factor=1e3),), ()
    )


def test_what_does_not_trade_is_left_out() -> None:
    words = ("PENDING_TRADING", "SETTLING", "PRE_DELIVERING", "CLOSE", "BREAK", "")
    for word in words:
        with_word = symbol("AUSDT", "A", "0.1", status=word, contractType="")
        assert listed(USDM, with_word) == Listing((), ())
        assert listed(COINM, contract(BTC, contractStatus=word)) == Listing((), ())


@pytest.mark.parametrize(
    ("venue", "wrong", "text"),
    [
        (USDM, {"baseAsset": ""}, "missing_field: a symbol needs its base and quote asset"),
        (USDM, {"filters": []}, "missing_field: a symbol needs its tick"),
        (USDM, {"filters": [{"filterType": "PRICE_FILTER", "tickSize": "0"}]},
         "bad_price: price 0 is out of range"),
        (USDM, {"contractType": "SQUARED"}, "no_metadata: 'SQUARED' is no contract that we know"),
        (USDM, {"contractType": "CURRENT_QUARTER", "deliveryDate": 0},
         "bad_time: a dated contract needs its delivery date"),
        (USDM, {"quoteAsset": 5}, "wrong_type: Expected `str`, got `int` - at `$.quoteAsset`"),
        (COINM, {"contractSize": 0}, "bad_price: price 0 is out of range"),
        (COINM, {"contractSize": None}, "bad_price: 'null' is not a plain number"),
        (COINM, {"contractSize": -10}, "bad_price: price -10 is out of range"),
    ],
)  # fmt: skip
def test_a_symbol_that_cannot_be_used_takes_no_other_with_it(
    venue: str, wrong: dict[str, Any], text: str
) -> None:
    good = contract(BTC) if venue == COINM else symbol("BTCUSDT", "BTC", "0.10")
    name = "" if "quoteAsset" in wrong else good["symbol"]
    found = listed(venue, good | wrong, good)
    assert found == Listing(listed(venue, good).instruments, (f"{name}: {text}",))
    assert len(found.instruments) == 1


def test_a_contract_without_its_size_is_refused() -> None:
    without = {key: value for key, value in contract(BTC).items() if key != "contractSize"}
    assert listed(COINM, without).refused == (f"{BTC}: missing_field: a price is missing",)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"code":-1121,"msg":"Invalid symbol."}'])
def test_what_is_no_listing_is_refused(body: bytes) -> None:
    for read in (read_listing, read_volumes):
        with pytest.raises(Refused):
            read(MARKETS[USDM], body if read is read_listing else body.replace(b"[]", b"5"))


def test_funding_intervals() -> None:
    rows = [{"symbol": "BTCUSDT", "adjustedFundingRateCap": "0.02", "fundingIntervalHours": 4},
            {"symbol": "XUSDT", "fundingIntervalHours": 1, "disclaimer": False},
            {"symbol": "NONEUSDT", "fundingIntervalHours": None}]  # fmt: skip
    intervals = read_intervals(wire(rows).encode())
    assert intervals == {"BTCUSDT": 4.0, "XUSDT": 1.0}
    with pytest.raises(Refused) as error:
        read_intervals(b'[{"symbol":"BTCUSDT","fundingIntervalHours":0}]')
    assert error.value.reason == Reason.bad_number


def test_volumes_are_in_quote_or_in_contracts() -> None:
    rows = [{"symbol": BTC, "pair": "BTCUSD", "lastPrice": "86090.1", "volume": "350000",
             "baseVolume": "406.5", "quoteVolume": "7"},
            {"symbol": "NEW", "lastPrice": ""}]  # fmt: skip
    body = wire(rows).encode()
    assert read_volumes(MARKETS[COINM], body) == (
        Traded(BTC, 350_000.0, "contracts", 86_090.1), Traded("NEW", 0.0, "contracts"),
    )  # fmt: skip
    assert read_volumes(MARKETS[SPOT], body) == (
        Traded(BTC, 7.0, "quote", 86_090.1), Traded("NEW", 0.0, "quote"),
    )  # fmt: skip


def test_a_contract_is_never_inferred() -> None:
    found = inferred(MARKETS[COINM], "BTCUSD_260327", 1)
    assert (found.inverse, found.contract_size, found.kind, found.asset) == (
        True, 0.0, "future", "BTC",
    )  # fmt: skip
    assert inferred(MARKETS[USDM], "BTCUSDT", 1).contract_size == 1.0
