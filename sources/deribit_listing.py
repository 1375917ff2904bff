"""Deribit's REST listing: `public/get_instruments` and `public/get_instrument`.

Tick     the finest of `tick_size` and `tick_size_steps`: an option's depends on its price
Inverse  `instrument_type` is `reversed`; where an old listing has none, the name says it
Left out combos, and kinds or types that we do not know: nothing about them is guessed
Contract `contract_size` as listed: USD of an inverse future, coin of everything else
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from schemas.control import Reason
from schemas.instrument import Instrument, Kind, instrument_name, underlying
from sources import wire_numbers as numbers
from sources.deribit_instruments import FUNDING_H, VENUE
from sources.deribit_wire import decode, text
from sources.wire_numbers import Refused

_MOST_DECIMALS: Final = 15


class _Step(Struct):
    tick_size: Raw


class _Listed(Struct):
    instrument_name: str
    kind: str
    base_currency: str
    tick_size: Raw
    contract_size: Raw
    counter_currency: str | None = None
    instrument_type: str | None = None
    settlement_period: str | None = None
    expiration_timestamp: int | None = None
    strike: Raw = Raw()
    option_type: Literal["call", "put"] | None = None
    tick_size_steps: list[_Step] | None = None


class _Many(Struct):
    result: list[_Listed]


class _One(Struct):
    result: _Listed


_MANY: Final = msgspec.json.Decoder(_Many)
_ONE: Final = msgspec.json.Decoder(_One)
_KINDS: Final[dict[str, Kind]] = {"future": "future", "option": "option", "spot": "spot"}
_INVERSE: Final = {"reversed": True, "linear": False}


def instruments_of(body: bytes) -> list[Instrument]:
    """Instruments of a `get_instruments` answer. Raises Refused."""
    return [_listed(entry) for entry in decode(_MANY, body).result if _usable(entry)]


def instrument_of(body: bytes) -> list[Instrument]:
    """The instrument of a `get_instrument` answer, if it is one of ours. Raises Refused."""
    entry = decode(_ONE, body).result
    return [_listed(entry)] if _usable(entry) else []


def _usable(entry: _Listed) -> bool:
    return entry.kind in _KINDS and entry.instrument_type in (None, *_INVERSE)


def _listed(entry: _Listed) -> Instrument:
    kind = _KINDS[entry.kind]
    if kind == "future" and entry.settlement_period == "perpetual":
        kind = "perpetual"
    dated = kind in ("future", "option")
    if dated and entry.expiration_timestamp is None:
        raise Refused(Reason.missing_field, f"{entry.instrument_name} needs an expiry")
    if kind == "option" and entry.option_type is None:
        raise Refused(Reason.missing_field, f"{entry.instrument_name} needs an option_type")
    inverse = _INVERSE.get(entry.instrument_type or "", "_" not in entry.instrument_name)
    steps = [entry.tick_size, *(step.tick_size for step in entry.tick_size_steps or ())]
    return Instrument(
        name=instrument_name(VENUE, entry.instrument_name),
        asset=underlying(entry.base_currency),
        quote=entry.counter_currency or _quote_of(entry.instrument_name),
        kind=kind,
        price_decimals=max(_decimals(text(step)) for step in steps),
        inverse=inverse and kind != "spot",
        contract_size=numbers.price(text(entry.contract_size)),
        funding_interval_h=FUNDING_H if kind == "perpetual" else None,
        expiry_ns=numbers.stamp_ns(entry.expiration_timestamp or 0) if dated else None,
        strike=numbers.price(text(entry.strike)) if kind == "option" else None,
        option=entry.option_type if kind == "option" else None,
        source="listing",
    )


def _quote_of(symbol: str) -> str:
    return symbol.partition("-")[0].partition("_")[2] or "USD"


def _decimals(tick: str) -> int:
    numbers.price(tick)
    decimals = max(0, -int(Decimal(tick).normalize().as_tuple().exponent))
    if decimals > _MOST_DECIMALS:
        raise Refused(Reason.price_scale, f"a tick of {tick[:40]} has {decimals} decimals")
    return decimals
