"""Bybit's linear contracts: what a symbol says, and what the venue's REST listing says.

Symbol  BTCUSDT · BTCPERP (settled in USDC) · BTCUSDT-26DEC25 · BTC-26DEC25 (settled in USDC)
Numbers sizes are base coin, a contract is one of it; 1000PEPE and SHIB1000 are thousands of one
Not     inverse contracts (BTCUSD, BTCUSDZ25) and options (BTC-26DEC25-90000-C): other products
Seen    documentation of 2026-07; the hour of expiry in a symbol's name is 08:00 UTC
"""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from schemas.control import Reason
from schemas.instrument import Instrument, instrument_name, underlying
from schemas.units import NS_PER_S
from sources import wire_numbers as numbers
from sources.bybit_rows import milliseconds_ns
from sources.bybit_wire import Form
from sources.wire_numbers import Refused

VENUE: Final = "bybit-linear"
LISTING_URL: Final = "https://api.bybit.com/v5/market/instruments-info?category=linear&limit=1000"
EXPIRY_HOUR_UTC: Final = 8  # of a dated symbol; a listing has the time itself

_MINUTES_PER_H: Final = 60
_DATED: Final = "LinearFutures"
_KINDS: Final = ("LinearPerpetual", _DATED)
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                  "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")  # fmt: skip
_SYMBOL = re.compile(
    r"(?P<base>[^-]+?)(?P<quote>USDT|USDC|PERP|(?=-))"
    r"(-(?P<day>[0-9]{1,2})(?P<month>[A-Z]{3})(?P<year>[0-9]{2}))?"
)
_THOUSANDS = re.compile(r"(?P<before>10{3,6})?(?P<asset>[^0-9].*?)(?P<after>10{3,6})?")


class Listing(Struct, frozen=True):
    """One page of the listing."""

    instruments: list[Instrument]
    refused: list[str]  # contracts whose metadata cannot be used, with the reason
    other_products: int
    next_page: str  # cursor; empty on the last page


class _PriceFilter(Struct):
    tickSize: str


class _Contract(Struct):
    symbol: str
    baseCoin: str
    quoteCoin: str
    priceFilter: _PriceFilter
    deliveryTime: str = "0"  # ms; of a perpetual the end of its listing
    fundingInterval: int = 0  # minutes; 0: none


class _Kind(Struct):
    contractType: str = ""
    symbol: str = ""


class _Result(Struct):
    contracts: list[msgspec.Raw] | None = msgspec.field(name="list", default=None)
    nextPageCursor: str = ""


class _Answer(Struct):
    result: _Result
    retCode: int = 0
    retMsg: str = ""


_ANSWER: Final = Form(_Answer)
_KIND: Final = Form(_Kind)
_CONTRACT: Final = Form(_Contract)


def is_linear(symbol: str) -> bool:
    """Whether a symbol is one of a linear contract.

    >>> [is_linear(s) for s in ("BTCUSDT", "BTCPERP", "BTC-26DEC25", "BTCUSD", "BTC-1JAN26-9-C")]
    [True, True, True, False, False]
    """
    found = _SYMBOL.fullmatch(symbol)
    return found is not None and (found["day"] is None or _expiry_ns(found) is not None)


def infer(symbol: str) -> Instrument:
    """Metadata as far as the symbol tells.

    >>> infer("1000PEPEUSDT").asset, infer("BTC-26DEC25").quote
    ('PEPE', 'USDC')
    """
    found = _SYMBOL.fullmatch(symbol)
    base, quote, expiry_ns = symbol, "USDT", None
    if found is not None:
        base, expiry_ns = found["base"], _expiry_ns(found)
        quote = found["quote"] if found["quote"] in ("USDT", "USDC") else "USDC"
    asset, factor = _asset(base)
    return Instrument(
        name=instrument_name(VENUE, symbol),
        asset=asset,
        quote=quote,
        kind="perpetual" if expiry_ns is None else "future",
        price_decimals=None,
        ratio_factor=factor,
        expiry_ns=expiry_ns,
    )


def instruments_of(body: bytes) -> list[Instrument]:
    """The linear contracts of a REST listing. Raises Refused."""
    return read_listing(body).instruments


def read_listing(body: bytes) -> Listing:
    """One page of the REST listing. Raises Refused when it is none.

    A contract that cannot be used is named in `refused` and takes no other with it.
    """
    answer = _ANSWER.read(body)
    if answer.retCode:
        message = f"the venue refused the listing: {answer.retCode} {answer.retMsg}"
        raise Refused(Reason.missing_field, message)
    if answer.result.contracts is None:
        raise Refused(Reason.missing_field, "a listing needs its list")
    instruments, refused, other_products = [], [], 0
    for raw in answer.result.contracts:
        named = _Kind()
        try:
            named = _KIND.read(raw)
            if named.contractType in _KINDS:
                instruments.append(_instrument(_CONTRACT.read(raw), named.contractType))
            else:
                other_products += 1
        except Refused as reason:
            refused.append(f"{named.symbol}: {reason}")
    return Listing(instruments, refused, other_products, answer.result.nextPageCursor)


def _instrument(contract: _Contract, contract_type: str) -> Instrument:
    if not contract.symbol or not contract.baseCoin or not contract.quoteCoin:
        raise Refused(Reason.missing_field, "a contract needs its symbol, base and quote coin")
    if contract.fundingInterval < 0:
        message = f"funding interval {contract.fundingInterval} is negative"
        raise Refused(Reason.bad_number, message)
    numbers.price(contract.priceFilter.tickSize)
    dated = contract_type == _DATED
    expiry_ns = milliseconds_ns(contract.deliveryTime) if dated else None
    if expiry_ns == 0:
        raise Refused(Reason.bad_time, "a dated contract needs its delivery time")
    asset, factor = _asset(contract.baseCoin)
    return Instrument(
        name=instrument_name(VENUE, contract.symbol),
        asset=asset,
        quote=contract.quoteCoin,
        kind="future" if dated else "perpetual",
        price_decimals=numbers.scale_of(contract.priceFilter.tickSize),
        ratio_factor=factor,
        funding_interval_h=contract.fundingInterval / _MINUTES_PER_H or None,
        expiry_ns=expiry_ns,
        source="listing",
    )


def _asset(base: str) -> tuple[str, float]:
    """(asset, units of it per unit of base coin)."""
    found = _THOUSANDS.fullmatch(base)
    if found is None:
        return base, 1.0
    return underlying(found["asset"]), float(found["before"] or found["after"] or 1)


def _expiry_ns(found: re.Match[str]) -> int | None:
    if found["day"] is None or found["month"] not in _MONTHS:
        return None
    month = _MONTHS.index(found["month"]) + 1
    try:
        at = datetime(
            2000 + int(found["year"]), month, int(found["day"]), EXPIRY_HOUR_UTC, tzinfo=UTC
        )
    except ValueError:
        return None  # a day that the month does not have
    return int(at.timestamp()) * NS_PER_S
