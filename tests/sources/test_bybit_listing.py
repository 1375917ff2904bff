"""Symbols and the REST listing as instruments."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.instrument import Instrument
from sources.bybit_listing import infer, instruments_of, is_linear, read_listing
from sources.wire_numbers import Refused
from tests.sources.talk import wire

EXPIRY = int(datetime(2025, 12, 26, 8, tzinfo=UTC).timestamp()) * 10**9


def instrument(symbol: str, asset: str, quote: str = "USDT", **changes: Any) -> Instrument:
    base: dict[str, Any] = {"kind": "perpetual", "price_decimals": None}
    name = f"bybit-linear:{symbol}"
    return Instrument(name=name, asset=asset, quote=quote, **base | changes)


@pytest.mark.parametrize(
    "expected",
    [
        instrument("BTCUSDT", "BTC"),
        instrument("BTCPERP", "BTC", "USDC"),
        instrument("PERPUSDT", "PERP"),
        instrument("ETHBTCUSDT", "ETHBTC"),
        instrument("1INCHUSDT", "1INCH"),
        instrument("币安人生USDT", "币安人生"),
        instrument("1000PEPEUSDT", "PEPE", ratio_factor=1000.0),
        instrument("10000SATSUSDT", "SATS", ratio_factor=1e4),
        instrument("1000000BABYDOGEUSDT", "BABYDOGE", ratio_factor=1e6),
        instrument("SHIB1000USDT", "SHIB", ratio_factor=1000.0),
        instrument("1000BONKPERP", "BONK", "USDC", ratio_factor=1000.0),
        instrument("BTC-26DEC25", "BTC", "USDC", kind="future", expiry_ns=EXPIRY),
        instrument("BTCUSDT-26DEC25", "BTC", kind="future", expiry_ns=EXPIRY),
        instrument("ETH-6JAN23", "ETH", "USDC", kind="future",
                   expiry_ns=1_672_992_000 * 10**9),
    ],
)  # fmt: skip
def test_what_a_symbol_says(expected: Instrument) -> None:
    assert infer(expected.symbol) == expected
    assert is_linear(expected.symbol)


@pytest.mark.parametrize(
    "symbol",
    ["", "USDT", "PERP", "BTC", "BTCUSD", "BTCUSDZ25", "BTC-6JAN23-17500-C",
     "BTC-6JAN23-17500-C-USDT", "BTC-31FEB25", "BTC-26ABC25", "BTC-26DEC", "-26DEC25"],
)  # fmt: skip
def test_inverse_contracts_and_options_are_other_products(symbol: str) -> None:
    assert not is_linear(symbol)


# -- the listing -----------------------------------------------------------------------------


def contract(symbol: str = "BTCUSDT", **changes: Any) -> dict[str, Any]:
    base = {"symbol": symbol, "contractType": "LinearPerpetual", "status": "Trading"}
    coins = {"baseCoin": "BTC", "quoteCoin": "USDT", "settleCoin": "USDT"}
    rules = {"priceScale": "2", "priceFilter": {"minPrice": "0.10", "tickSize": "0.10"},
             "lotSizeFilter": {"qtyStep": "0.001"}, "fundingInterval": 480}  # fmt: skip
    return base | coins | rules | {"deliveryTime": "0"} | changes


def page(*contracts: Any, **changes: Any) -> bytes:
    result = {"category": "linear", "list": contracts, "nextPageCursor": "first%3DXUSDT"}
    answer = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 9}
    return wire(answer | changes).encode()


def listed(symbol: str, asset: str, quote: str = "USDT", **changes: Any) -> Instrument:
    base: dict[str, Any] = {"price_decimals": 2, "funding_interval_h": 8.0, "source": "listing"}
    return instrument(symbol, asset, quote, **base | changes)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (contract(), listed("BTCUSDT", "BTC")),
        (contract(fundingInterval=240), listed("BTCUSDT", "BTC", funding_interval_h=4.0)),
        (contract(fundingInterval=0), listed("BTCUSDT", "BTC", funding_interval_h=None)),
        (contract(priceFilter={"tickSize": "0.00001"}),
         listed("BTCUSDT", "BTC", price_decimals=5)),
        (contract(priceFilter={"tickSize": "1e-7"}),
         listed("BTCUSDT", "BTC", price_decimals=7)),
        (contract(priceFilter={"tickSize": "5"}), listed("BTCUSDT", "BTC", price_decimals=0)),
        (contract("ETHPERP", baseCoin="ETH", quoteCoin="USDC", settleCoin="USDC"),
         listed("ETHPERP", "ETH", "USDC")),
        (contract("SHIB1000USDT", baseCoin="SHIB1000"),
         listed("SHIB1000USDT", "SHIB", ratio_factor=1000.0)),
        (contract("1000PEPEUSDT", baseCoin="1000PEPE"),
         listed("1000PEPEUSDT", "PEPE", ratio_factor=1000.0)),
        (contract(deliveryTime="1766736000000"), listed("BTCUSDT", "BTC")),  # its delisting
        (contract("BTC-26DEC25", contractType="LinearFutures", quoteCoin="USDC",
                  fundingInterval=0, deliveryTime="1766736000000"),
         listed("BTC-26DEC25", "BTC", "USDC", kind="future", funding_interval_h=None,
                expiry_ns=EXPIRY)),
    ],
)  # fmt: skip
def test_what_the_listing_says(entry: Any, expected: Instrument) -> None:
    assert instruments_of(page(entry)) == [expected]


def test_a_page_with_other_products_and_contracts_of_no_use() -> None:
    inverse = contract("BTCUSD", contractType="InversePerpetual", quoteCoin="USD")
    option = {"symbol": "BTC-26DEC25-90000-C", "optionsType": "Call", "baseCoin": "BTC"}
    found = read_listing(page(inverse, contract("AUSDT", priceFilter={"tickSize": "0"}),
                              contract("BUSDT", baseCoin="B"), option, 7))  # fmt: skip
    expected = instrument("BUSDT", "B", price_decimals=2, funding_interval_h=8.0, source="listing")
    assert found.instruments == [expected]
    assert (found.other_products, found.next_page) == (2, "first%3DXUSDT")
    assert [text.partition(":")[0] for text in found.refused] == ["AUSDT", ""]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"priceFilter": {"tickSize": "-0.1"}}, "bad_price"),
        ({"priceFilter": {"tickSize": "1e30"}}, "bad_price"),
        ({"priceFilter": {"tickSize": "1e-30"}}, "price_scale"),
        ({"priceFilter": {"tickSize": "NaN"}}, "bad_price"),
        ({"priceFilter": {}}, "missing_field"),
        ({"fundingInterval": -480}, "bad_number"),
        ({"fundingInterval": "480"}, "wrong_type"),
        ({"baseCoin": ""}, "missing_field"),
        ({"quoteCoin": ""}, "missing_field"),
        ({"contractType": "LinearFutures", "deliveryTime": "0"}, "bad_time"),
        ({"contractType": "LinearFutures", "deliveryTime": ""}, "bad_time"),
        ({"contractType": "LinearFutures", "deliveryTime": "soon"}, "bad_time"),
    ],
)
def test_a_contract_of_no_use_is_named_with_its_reason(changes: Any, reason: str) -> None:
    found = read_listing(page(contract(**changes)))
    assert found.instruments == []
    assert [text.split(": ")[:2] for text in found.refused] == [["BTCUSDT", reason]]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "not_json"),
        (page()[:-9], "not_json"),
        (b"{}", "missing_field"),
        (page(result={}), "missing_field"),
        (page(retCode=10006, retMsg="Too many visits!", result={}), "missing_field"),
        (page(result={"list": {}}), "wrong_type"),
    ],
)
def test_what_is_no_listing_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        instruments_of(body)
    assert refused.value.reason.value == reason


def test_an_empty_listing() -> None:
    assert instruments_of(page()) == []
    assert msgspec.structs.astuple(read_listing(page())) == ([], [], 0, "first%3DXUSDT")
