"""Binance's REST listings: what is traded, how often it is funded, how much of it is traded.

Sizes    base coin; on COIN-M contracts, of `contractSize` USD each
Tick     text; prices on the wire have as many decimals as it is written with, or `pricePrecision`
Coins    1000PEPE is 1000 PEPE, 1MBABYDOGE a million BABYDOGE, for every market
Left out what is not trading now: announced, in settlement, delivered, closed, halted
Funding  every 8 h, but for the symbols that `fundingInfo` names
"""

import re
from typing import Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from schemas.control import Reason
from schemas.instrument import Instrument, Kind, infer, instrument_name, underlying
from sources import wire_numbers as numbers
from sources.binance_contracts import UNKNOWN_SIZE
from sources.binance_family import Market
from sources.binance_wire import answered
from sources.instruments import Traded
from sources.wire_numbers import Refused

USUAL_FUNDING_H: Final = 8.0
_TRADING: Final = "TRADING"
_DATED: Final = ("MONTH", "QUARTER")
_THOUSANDS = re.compile(r"(?P<factor>10{3,6}|1M)(?P<asset>[^0-9].*)")
_MILLION: Final = 1e6


class Listing(Struct, frozen=True):
    """The listing of one market."""

    instruments: tuple[Instrument, ...]
    refused: tuple[str, ...]  # symbols that trade but cannot be understood, with the reason


class _Filter(Struct):
    filterType: str = ""
    tickSize: str = ""


class _Symbol(Struct):
    symbol: str = ""
    baseAsset: str = ""
    quoteAsset: str = ""
    status: str = ""
    contractStatus: str = ""  # COIN-M's word for it
    contractType: str = ""
    contractSize: Raw = Raw()
    pricePrecision: int = 0
    deliveryDate: int = 0  # ms; of a perpetual the year 2100
    filters: list[_Filter] = []


class _ExchangeInfo(Struct):
    symbols: list[Raw]


class _Interval(Struct):
    symbol: str
    fundingIntervalHours: float | None = None


class _Ticker(Struct):
    symbol: str
    lastPrice: str = ""
    volume: str = ""
    quoteVolume: str = ""


_EXCHANGE_INFO: Final = msgspec.json.Decoder(_ExchangeInfo)
_SYMBOL: Final = msgspec.json.Decoder(_Symbol)
_INTERVALS: Final = msgspec.json.Decoder(list[_Interval])
_TICKERS: Final = msgspec.json.Decoder(list[_Ticker])


def inferred(market: Market, symbol: str, price_decimals: int | None) -> Instrument:
    """Metadata guessed from a symbol. What a contract of COIN-M is worth is never guessed."""
    found = infer(market.venue, symbol, market.kind, price_decimals)
    if not market.in_contracts:
        return found
    return replace(found, inverse=True, contract_size=UNKNOWN_SIZE)


def read_listing(market: Market, body: bytes) -> Listing:
    """What trades now, from an `exchangeInfo` answer. Raises Refused when it is none.

    A symbol that cannot be used is named in `refused` and takes no other with it.
    """
    instruments, refused = [], []
    for raw in answered(_EXCHANGE_INFO, body).symbols:
        name = ""
        try:
            found = answered(_SYMBOL, raw)
            name = found.symbol
            if _TRADING in (found.status, found.contractStatus):
                instruments.append(_instrument(market, found))
        except Refused as reason:
            refused.append(f"{name}: {reason}")
    return Listing(tuple(instruments), tuple(refused))


def read_intervals(body: bytes) -> dict[str, float]:
    """Hours between fundings of the symbols where they are not the usual. Raises Refused."""
    intervals = {}
    for entry in answered(_INTERVALS, body):
        if entry.fundingIntervalHours is not None:
            if not 0 < entry.fundingIntervalHours <= 24 * 7:
                message = f"{entry.symbol[:40]} funded every {entry.fundingIntervalHours} h"
                raise Refused(Reason.bad_number, message)
            intervals[entry.symbol] = entry.fundingIntervalHours
    return intervals


def read_volumes(market: Market, body: bytes) -> tuple[Traded, ...]:
    """What was traded of each symbol within 24 h. Raises Refused."""
    found = []
    for ticker in answered(_TICKERS, body):
        last_px = numbers.size(ticker.lastPrice or "0")
        if market.in_contracts:
            volume = numbers.size(ticker.volume or "0")
            found.append(Traded(ticker.symbol, volume, "contracts", last_px))
        else:
            volume = numbers.size(ticker.quoteVolume or "0")
            found.append(Traded(ticker.symbol, volume, "quote", last_px))
    return tuple(found)


def _instrument(market: Market, found: _Symbol) -> Instrument:
    if not found.symbol or not found.baseAsset or not found.quoteAsset:
        raise Refused(Reason.missing_field, "a symbol needs its base and quote asset")
    ticks = [f.tickSize for f in found.filters if f.filterType == "PRICE_FILTER"]
    if not ticks:
        raise Refused(Reason.missing_field, "a symbol needs its tick")
    numbers.price(ticks[0])
    kind = _kind(market, found.contractType)
    asset, factor = _asset(found.baseAsset)
    expiry_ns = None
    if kind == "future":
        expiry_ns = numbers.stamp_ns(found.deliveryDate)
        if not expiry_ns:
            raise Refused(Reason.bad_time, "a dated contract needs its delivery date")
    size = 1.0
    if market.in_contracts:
        size = numbers.price(bytes(found.contractSize).decode().strip('"') or None)
    return Instrument(
        name=instrument_name(market.venue, found.symbol),
        asset=asset,
        quote=found.quoteAsset,
        kind=kind,
        price_decimals=max(numbers.scale_of(ticks[0]), found.pricePrecision),
        ratio_factor=factor,
        inverse=market.in_contracts,
        contract_size=size,
        funding_interval_h=USUAL_FUNDING_H if kind == "perpetual" else None,
        expiry_ns=expiry_ns,
        source="listing",
    )


def _kind(market: Market, contract_type: str) -> Kind:
    if market.kind == "spot":
        return "spot"
    if "PERPETUAL" in contract_type:  # TRADIFI_PERPETUAL is on a share
        return "perpetual"
    if any(word in contract_type for word in _DATED):
        return "future"
    raise Refused(Reason.no_metadata, f"{contract_type[:40]!r} is no contract that we know")


def _asset(base: str) -> tuple[str, float]:
    """(asset, units of it per unit of base coin)."""
    found = _THOUSANDS.fullmatch(base)
    if found is None:
        return underlying(base), 1.0
    return found["asset"], _MILLION if found["factor"] == "1M" else float(found["factor"])
