"""Instruments from symbols and from the venue's listing."""

from typing import Any

import pytest

from schemas.control import Reason
from schemas.instrument import Instrument
from sources.coinbase_listing import infer, instruments_of, meet
from sources.wire_numbers import Refused
from tests.sources.coinbase_frames import made
from tests.sources.talk import wire

HOUR_NS = 3_600_000_000_000


def instrument(symbol: str, asset: str, quote: str, kind: Any, **more: Any) -> Instrument:
    name = f"coinbase-advanced:{symbol}"
    usual = {"price_decimals": None}
    return Instrument(name=name, asset=asset, quote=quote, kind=kind, **usual | more)


@pytest.mark.parametrize(
    "expected",
    [
        instrument("BTC-USD", "BTC", "USD", "spot"),
        instrument("ETH-BTC", "ETH", "BTC", "spot"),
        instrument("DOT-USD", "DOT", "USD", "spot"),  # not DO in TUSD
        instrument("WBTC-USDC", "BTC", "USDC", "spot"),
        instrument("1INCH-EUR", "1INCH", "EUR", "spot"),
        instrument("BTC-PERP-INTX", "BTC", "USDC", "perpetual"),
        instrument("1000PEPE-PERP-INTX", "PEPE", "USDC", "perpetual", ratio_factor=1000.0),
        instrument("BIT-28AUG26-CDE", "BIT", "USD", "future"),
        instrument("odd", "ODD", "USD", "spot"),
    ],
    ids=lambda i: i.symbol,
)
def test_a_symbol(expected: Instrument) -> None:
    assert infer(expected.symbol) == expected


def product(**changes: Any) -> Any:
    usual = {
        "product_id": "LINK-GBP", "product_type": "SPOT", "base_currency_id": "LINK",
        "quote_currency_id": "GBP", "quote_increment": "0.0001", "price_increment": "0.001",
        "status": "online", "future_product_details": None,
    }  # fmt: skip
    return usual | changes


def future(**changes: Any) -> Any:
    details = {
        "contract_size": "0.5", "contract_root_unit": "SOL", "contract_expiry_type": "EXPIRING",
        "contract_expiry": "1970-01-01T05:00:00Z", "funding_interval": None,
    }  # fmt: skip
    return product(
        product_id="SLX-01JAN70-CDE", product_type="FUTURE", base_currency_id="",
        quote_currency_id="USD", quote_increment="0.01", price_increment="5",
        future_product_details=details | changes,
    )  # fmt: skip


def listed(*products: Any) -> list[Instrument]:
    return instruments_of(wire({"products": products, "num_products": 1}).encode())


def test_spot() -> None:
    assert listed(product()) == [
        instrument("LINK-GBP", "LINK", "GBP", "spot", price_decimals=4, source="listing")
    ]


def test_a_dated_future() -> None:
    expected = instrument("SLX-01JAN70-CDE", "SOL", "USD", "future", price_decimals=2,
                          contract_size=0.5, expiry_ns=5 * HOUR_NS, source="listing")  # fmt: skip
    assert listed(future()) == [expected]


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({"contract_expiry_type": "PERPETUAL", "contract_expiry": None}, None),
        ({"contract_expiry_type": "PERPETUAL", "funding_interval": "3600s"}, 1.0),
        ({"funding_interval": "28800s"}, 8.0),  # dated on paper, funded: a perpetual
        ({"contract_expiry_type": "PERPETUAL", "funding_interval": "36000000000"}, None),
    ],
)
def test_a_perpetual(changes: Any, hours: float | None) -> None:
    expected = instrument(
        "SLX-01JAN70-CDE",
        "SOL",
        "USD",
        "perpetual",
        price_decimals=2,
        contract_size=0.5,
        funding_interval_h=hours,
        source="listing",
    )
    assert listed(future(**changes)) == [expected]


def test_thousands_keep_their_asset() -> None:
    (found,) = listed(future(contract_root_unit="1000BONK", contract_expiry_type="PERPETUAL"))
    assert (found.asset, found.ratio_factor, found.contract_size) == ("BONK", 1000.0, 0.5)


@pytest.mark.parametrize(
    "unusable",
    [
        product(product_id=""),
        product(quote_increment="", price_increment=None),
        product(quote_increment="x"),
        product(quote_increment="0"),
        product(base_currency_id=None),
        product(quote_currency_id=""),
        product(product_type="UNKNOWN_PRODUCT_TYPE"),
        product(product_type="FUTURE"),
        future(contract_root_unit=""),
        future(contract_size=None),
        future(contract_size="0"),
        future(contract_size="-1"),
        future(contract_expiry=None),
        future(contract_expiry="soon"),
    ],
)
def test_what_cannot_be_used_is_left_out_alone(unusable: Any) -> None:
    assert [i.symbol for i in listed(unusable, product())] == ["LINK-GBP"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.missing_field),
        (b"{", Reason.not_json),
        (b'{"error":"no"}', Reason.missing_field),
        (b'{"products":[{}]}', Reason.missing_field),
        (b'{"products":[{"product_id":"A-B","quote_increment":0.1}]}', Reason.wrong_type),
    ],
)
def test_what_is_no_listing(body: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        instruments_of(body)
    assert refused.value.reason is reason


def test_what_is_met() -> None:
    session = made()
    assert meet("BTC-USD", session, ["1.25"]).price_decimals == 2
    for symbol, reason in (("", Reason.missing_field), ("BTC-PERP-INTX", Reason.no_metadata),
                           ("BIT-28AUG26-CDE", Reason.no_metadata)):  # fmt: skip
        with pytest.raises(Refused) as refused:
            meet(symbol, session)
        assert refused.value.reason is reason
    session.learn(listed(future())[0])
    assert meet("SLX-01JAN70-CDE", session).contract_size == 0.5
