"""Coinbase products → instruments: from the symbol alone, or from the venue's own listing.

Spot is quoted in base coin. Futures are quoted in contracts whose size only the listing knows, so
an inferred future has none. Prices are written without trailing zeros: an inferred instrument
gets its scale from its first book snapshot, a listed one from the finer of its two increments.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from schemas.control import Reason
from schemas.instrument import Instrument, Kind, instrument_name, underlying
from sources import wire_numbers as numbers
from sources.coinbase_wire import decoded, time_ns
from sources.in_band import InBand
from sources.wire_numbers import Refused

VENUE: Final = "coinbase-advanced"
URL: Final = "https://api.coinbase.com/api/v3/brokerage/market/products"
PATH: Final = "/products"  # how the path of a listing's URL ends

_S_PER_HOUR = 3600.0
_THOUSANDS = re.compile(r"(10{3,6})([A-Z].*)", re.ASCII)  # 1000PEPE is 1000 PEPE
_INTERVAL = re.compile(r"([0-9]{1,9})s", re.ASCII)


class Details(Struct):
    """What only a future has; the venue writes "" or null for none."""

    contract_size: str | None = None
    contract_root_unit: str | None = None
    contract_expiry: str | None = None
    contract_expiry_type: str | None = None
    funding_interval: str | None = None


class Product(Struct):
    """One product of the listing."""

    product_id: str
    product_type: str = ""
    base_currency_id: str | None = None
    quote_currency_id: str | None = None
    quote_increment: str | None = None
    price_increment: str | None = None
    future_product_details: Details | None = None


class Products(Struct):
    """The listing."""

    products: list[Product]


_PRODUCTS = msgspec.json.Decoder(Products)


def infer(symbol: str) -> Instrument:
    """Metadata as far as the symbol tells: BTC-USD, BTC-PERP-INTX, BIT-28AUG26-CDE.

    The name of a dated future has its day but not its hour, so its expiry is left to the listing.
    """
    base, *rest = symbol.upper().split("-")
    kind: Kind = "spot" if len(rest) < 2 else "perpetual" if rest[0] == "PERP" else "future"
    quote = rest[0] if len(rest) == 1 else "USDC" if rest[1:] == ["INTX"] else "USD"
    asset, factor = _asset(base)
    return Instrument(
        name=instrument_name(VENUE, symbol),
        asset=asset,
        quote=quote,
        kind=kind,
        price_decimals=None,
        ratio_factor=factor,
    )


def meet(symbol: str, session: InBand, prices: Sequence[str] = ()) -> Instrument:
    """The instrument of a frame. Raises Refused for contracts of unknown size."""
    if not symbol:
        raise Refused(Reason.missing_field, "a product_id is empty")
    instrument = session.meet(symbol, prices)
    if instrument.kind != "spot" and instrument.source == "inferred":
        raise Refused(Reason.no_metadata, f"the contract of {symbol[:40]} is not known")
    return instrument


def instruments_of(body: bytes) -> list[Instrument]:
    """Instruments of the venue's listing of products. Raises Refused for what is none.

    A product that cannot be read, or a future without its contract, is left out: it stays
    inferred, which refuses its frames where the contract would be needed.
    """
    found = []
    for product in decoded(_PRODUCTS, body).products:
        try:
            instrument = _instrument(product)
        except Refused:
            continue
        if instrument is not None:
            found.append(instrument)
    return found


def _instrument(product: Product) -> Instrument | None:
    increments = [i for i in (product.quote_increment, product.price_increment) if i]
    if not product.product_id or not increments:
        return None
    decimals = max(map(numbers.scale_of, increments))
    if product.product_type == "SPOT":
        if not product.base_currency_id or not product.quote_currency_id:
            return None
        return _made(product, product.base_currency_id, "spot", decimals)
    details = product.future_product_details
    if product.product_type != "FUTURE" or details is None or not details.contract_root_unit:
        return None
    size = numbers.price(details.contract_size)  # positive, as a price is
    interval = _INTERVAL.fullmatch(details.funding_interval or "")
    hours = int(interval[1]) / _S_PER_HOUR if interval else 0.0
    # A contract that is funded is a perpetual, even where its paper says the year 2030.
    perpetual = details.contract_expiry_type == "PERPETUAL" or hours > 0.0
    expiry_ns = 0 if perpetual else time_ns(details.contract_expiry or "")
    if not perpetual and not expiry_ns:
        return None
    return msgspec.structs.replace(
        _made(
            product, details.contract_root_unit, "perpetual" if perpetual else "future", decimals
        ),
        contract_size=size,
        funding_interval_h=hours or None,
        expiry_ns=expiry_ns or None,
    )


def _made(product: Product, base: str, kind: Kind, decimals: int) -> Instrument:
    asset, factor = _asset(base.upper())
    return Instrument(
        name=instrument_name(VENUE, product.product_id),
        asset=asset,
        quote=(product.quote_currency_id or "USD").upper(),
        kind=kind,
        price_decimals=decimals,
        ratio_factor=factor,
        source="listing",
    )


def _asset(base: str) -> tuple[str, float]:
    """The asset and how many units of it one unit of `base` is."""
    thousands = _THOUSANDS.fullmatch(base)
    return (thousands[2], float(thousands[1])) if thousands else (underlying(base), 1.0)
