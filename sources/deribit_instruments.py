"""Deribit's instruments: what a name says, and amounts in base coin.

Names    BTC-PERPETUAL, BTC-27DEC24, BTC-27DEC24-100000-C; linear ones begin ETH_USDC-…; a strike
         writes its point as `d` (0d55); ETH_USDC alone is spot; combos are BTC-CS-…, BTC-FS-…
Indices  btc_usd is the price index, btc_usd.dvol (our name) its volatility index
Amounts  inverse futures and perpetuals: USD; everything else: base coin; never contracts
Expiry   08:00 UTC
"""

import re
from calendar import timegm
from collections.abc import Sequence
from datetime import date
from typing import Final, Literal

from schemas.control import Reason
from schemas.instrument import Instrument, Kind, instrument_name, underlying
from schemas.units import NS_PER_S
from sources.in_band import InBand
from sources.wire_numbers import Refused

VENUE: Final = "deribit"
FUNDING_H: Final = 8.0  # accrues continuously, quoted for 8 h
DVOL: Final = ".dvol"

_EXPIRY_S: Final = 8 * 3600
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                  "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")  # fmt: skip
_CENTURY: Final = 2000
_NAME: Final = re.compile(
    r"(?P<asset>[A-Z0-9]+)(_(?P<quote>[A-Z0-9]+))?"
    r"(-((?P<perpetual>PERPETUAL)|(?P<day>[0-9]{1,2})(?P<month>[A-Z]{3})(?P<year>[0-9]{2})"
    r"(-(?P<strike>[0-9]+(d[0-9]+)?)-(?P<side>[CP]))?))?"
)
_OPTIONS: Final[dict[str, Literal["call", "put"]]] = {"C": "call", "P": "put"}
_INDEX: Final = re.compile(r"(?P<asset>[a-z0-9-]+)_(?P<quote>[a-z0-9]+)(\.dvol)?")
_COMBO: Final = re.compile(r"[A-Z0-9_]+-[A-Z][A-Z0-9]*-.+")

# The finest tick that an unlisted instrument is taken to have: JSON numbers drop trailing zeros,
# so a first frame need not show it. Not in the sheet; a finer price refuses its frame.
INFERRED_TICK_OPTION: Final = "0.0001"  # inverse: 0.0001 and 0.0005 coin
INFERRED_TICK_INVERSE: Final = "0.01"  # ETH 0.05 USD, BTC 0.5 USD
INFERRED_TICK_LINEAR: Final = "0.000001"  # linear contracts and spot


def is_combo(symbol: str) -> bool:
    """Whether a name is that of a combo, whose legs print on their own instruments too.

    >>> is_combo("BTC-FS-27DEC24_PERP"), is_combo("BTC-27DEC24-100000-C")
    (True, False)
    """
    return _COMBO.fullmatch(symbol) is not None


def infer(symbol: str) -> Instrument:
    """Metadata from the name alone. Raises Refused for a name that does not tell the contract.

    >>> infer("XRP_USDC-28NOV25-0d55-P").strike
    0.55
    """
    if found := _INDEX.fullmatch(symbol):
        asset, quote = found["asset"].upper(), found["quote"].upper()
        return _instrument(symbol, asset, quote, "index")
    found = _NAME.fullmatch(symbol)
    if found is None or (symbol == found["asset"]):
        raise Refused(Reason.no_metadata, f"{symbol[:80]!r} is no name that tells its contract")
    asset, quote = found["asset"], found["quote"] or "USD"
    if found["perpetual"]:
        return _instrument(symbol, asset, quote, "perpetual", inverse=found["quote"] is None)
    if found["day"] is None:
        return _instrument(symbol, asset, quote, "spot")
    return _instrument(
        symbol,
        asset,
        quote,
        "option" if found["side"] else "future",
        inverse=found["quote"] is None,
        expiry_ns=_expiry_ns(found["year"], found["month"], found["day"]),
        strike=float(found["strike"].replace("d", ".")) if found["side"] else None,
        option=_OPTIONS.get(found["side"] or ""),
    )


def _instrument(
    symbol: str,
    asset: str,
    quote: str,
    kind: Kind,
    *,
    inverse: bool = False,
    expiry_ns: int | None = None,
    strike: float | None = None,
    option: Literal["call", "put"] | None = None,
) -> Instrument:
    return Instrument(
        name=instrument_name(VENUE, symbol),
        asset=underlying(asset),
        quote=quote,
        kind=kind,
        price_decimals=None,
        inverse=inverse,
        funding_interval_h=FUNDING_H if kind == "perpetual" else None,
        expiry_ns=expiry_ns,
        strike=strike,
        option=option,
    )


def _expiry_ns(year: str, month: str, day: str) -> int:
    try:
        at = date(_CENTURY + int(year), _MONTHS.index(month) + 1, int(day))
    except ValueError as error:
        raise Refused(Reason.no_metadata, f"{day}{month}{year} is no date") from error
    return (timegm(at.timetuple()) + _EXPIRY_S) * NS_PER_S


def finest_tick(instrument: Instrument) -> str:
    """The finest tick that an unlisted instrument may have."""
    if not instrument.inverse:
        return INFERRED_TICK_LINEAR
    return INFERRED_TICK_OPTION if instrument.kind == "option" else INFERRED_TICK_INVERSE


def meet(session: InBand, symbol: str, prices: Sequence[str] = ()) -> Instrument:
    """The instrument of a frame; unlisted, it has the decimals of the finest tick at least."""
    known = session.known.get(symbol)
    if known is not None and known.price_decimals is not None:
        return session.meet(symbol)
    return session.meet(symbol, [finest_tick(known or infer(symbol)), *prices])


def base_size(instrument: Instrument, amount: float, px: float) -> float:
    """An amount in base coin: those of inverse futures and perpetuals are in USD."""
    in_usd = instrument.inverse and instrument.kind != "option"
    return amount / px if in_usd else amount
