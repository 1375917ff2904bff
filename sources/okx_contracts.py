"""OKX instruments: what a symbol says, what the REST listing says, and contracts → base coin.

BTC-USDT          spot, sizes in base coin
BTC-USDT-SWAP     linear: a contract is ctVal × ctMult coins
BTC-USD-SWAP      inverse: a contract is ctVal × ctMult USD
BTC-USD-250328    future, settled at 08:00 UTC
BTC-USD-250328-92000-C  option: a contract is ctVal × ctMult coins, settled in coin

OKX has no thousand-contracts: cheap coins have a large ctVal, so that `ratio_factor` is 1.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from schemas.control import Reason
from schemas.instrument import Instrument, Kind, instrument_name, underlying
from schemas.units import NS_PER_S
from sources import okx_wire as wire
from sources import wire_numbers as numbers
from sources.wire_numbers import Refused

VENUE: Final = "okx"
REST: Final = "https://www.okx.com"
UNKNOWN_SIZE: Final = 0.0  # a contract whose size only the listing tells
EXPIRY_HOUR_UTC: Final = 8  # of a name's date; the listing says the time itself

_MOST_COINS: Final = 1e18
_DAY = re.compile(r"[0-9]{6}")
_KINDS: Final[dict[str, Kind]] = {
    "SPOT": "spot", "SWAP": "perpetual", "FUTURES": "future", "OPTION": "option",
}  # fmt: skip
_TYPES: Final = {kind: name for name, kind in _KINDS.items()}
_OPTIONS: Final[dict[str, Literal["call", "put"]]] = {"C": "call", "P": "put"}


class Listed(Struct):
    """A row of `/api/v5/public/instruments`; "" where a field does not apply."""

    instId: str
    instType: str
    tickSz: str = ""
    baseCcy: str = ""  # spot
    quoteCcy: str = ""  # spot
    uly: str = ""  # index, like BTC-USD
    ctVal: str = ""
    ctMult: str = ""
    ctValCcy: str = ""
    ctType: str = ""  # linear or inverse; "" for options
    settleCcy: str = ""
    expTime: str = ""
    stk: str = ""
    optType: str = ""


_ROWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_LISTED: Final = msgspec.json.Decoder(Listed)


def infer(symbol: str) -> Instrument:
    """What the symbol says. Raises Refused for a name of another form.

    The size of a contract is not in the name: `UNKNOWN_SIZE`.

    >>> infer("BTC-USD-SWAP").inverse
    True
    """
    base, _, rest = symbol.partition("-")
    family, *form = rest.split("-")
    quote = family.partition("_")[0]
    coin = family == "USD"  # settled in coin
    match form:
        case []:
            return _made(symbol, "spot", base, quote, contract_size=1.0)
        case ["SWAP"]:
            return _made(symbol, "perpetual", base, quote, inverse=coin)
        case [day]:
            return _made(symbol, "future", base, quote, inverse=coin, expiry_ns=_expiry(day))
        case [day, strike, ("C" | "P") as option]:
            return _made(
                symbol, "option", base, quote, inverse=coin, expiry_ns=_expiry(day),
                strike=numbers.price(strike), option=_OPTIONS[option],
            )  # fmt: skip
    raise Refused(Reason.no_metadata, f"{symbol[:40]!r} is no name of a market")


def index_of(symbol: str) -> str:
    """The index behind a market.

    >>> index_of("BTC-USD_UM-250328")
    'BTC-USD'
    """
    base, _, rest = symbol.partition("-")
    return f"{base}-{rest.partition('-')[0].partition('_')[0]}"


def type_of(symbol: str) -> str:
    """The venue's word for the kind of a market. Raises Refused."""
    return _TYPES[infer(symbol).kind]


def family_of(symbol: str) -> str:
    """The family of an option or future: its first two words."""
    return "-".join(symbol.split("-")[:2])


def listing_url(symbol: str) -> str:
    """Where the size of the contract stands. Raises Refused."""
    kind = type_of(symbol)
    option = kind == "OPTION"  # these are listed by family
    which = ("instFamily", family_of(symbol)) if option else ("instId", symbol)
    return f"{REST}/api/v5/public/instruments?{urlencode([('instType', kind), which])}"


def base_size(instrument: Instrument, size: float, px: float) -> float:
    """Contracts at a price in base coin; spot sizes are that already. Raises Refused."""
    if instrument.kind == "spot":
        return size
    coins = size * instrument.contract_size
    if instrument.inverse and instrument.kind != "option":
        coins /= px
    if not coins < _MOST_COINS:
        raise Refused(Reason.bad_size, f"{size} contracts at {px} are out of range")
    return coins


def instruments_of(body: bytes) -> list[Instrument]:
    """The listing in a REST answer. Raises Refused when there is none."""
    return listed(wire.decode_answer(body).data)


def listed(data: msgspec.Raw) -> list[Instrument]:
    """The rows of a listing; one that cannot be used is left out. Raises Refused."""
    found = []
    for raw in wire.rows(_ROWS, data):
        try:
            found.append(_listed(wire.rows(_LISTED, raw)))
        except Refused:
            continue  # its frames are refused for what needs the size
    return found


def _listed(row: Listed) -> Instrument:
    """Raises Refused for a row that is not understood whole."""
    kind = _KINDS.get(row.instType)
    if kind is None or not row.instId:
        raise Refused(Reason.no_metadata, f"{row.instId[:40]} is a {row.instType[:20]}")
    decimals = numbers.scale_of(row.tickSz) if row.tickSz else None
    if kind == "spot":
        return _made(
            row.instId, kind, row.baseCcy, row.quoteCcy, contract_size=1.0,
            price_decimals=decimals, source="listing",
        )  # fmt: skip
    base, _, quote = row.uly.partition("-")
    coin = row.settleCcy == base if kind == "option" else row.ctType == "inverse"
    valued_in = quote if coin and kind != "option" else base
    if not base or row.ctValCcy != valued_in:
        raise Refused(Reason.no_metadata, f"a contract of {row.instId} is {row.ctValCcy}")
    option = _OPTIONS.get(row.optType) if kind == "option" else None
    if kind == "option" and option is None:
        raise Refused(Reason.no_metadata, f"{row.instId} is neither call nor put")
    return _made(
        row.instId, kind, base, quote, inverse=coin, price_decimals=decimals, source="listing",
        contract_size=_product(row.ctVal, row.ctMult or "1"),
        expiry_ns=wire.stamp_ns(row.expTime) or None,
        strike=numbers.price(row.stk) if kind == "option" else None,
        option=option,
    )  # fmt: skip


def _made(
    symbol: str,
    kind: Kind,
    base: str,
    quote: str,
    *,
    inverse: bool = False,
    contract_size: float = UNKNOWN_SIZE,
    price_decimals: int | None = None,
    expiry_ns: int | None = None,
    strike: float | None = None,
    option: Literal["call", "put"] | None = None,
    source: Literal["listing", "inferred"] = "inferred",
) -> Instrument:
    if not base or not quote:
        raise Refused(Reason.no_metadata, f"{symbol[:40]} has no base or quote")
    return Instrument(
        name=instrument_name(VENUE, symbol), asset=underlying(base), quote=quote, kind=kind,
        inverse=inverse, contract_size=contract_size, price_decimals=price_decimals,
        expiry_ns=expiry_ns, strike=strike, option=option, source=source,
    )  # fmt: skip


def _product(value: str, multiplier: str) -> float:
    """Exact as decimals: 0.1 × 0.1 is 0.01."""
    for text in (value, multiplier):
        numbers.price(text)
    return float(Decimal(value) * Decimal(multiplier))


def _expiry(day: str) -> int:
    try:
        if _DAY.fullmatch(day):
            date = datetime.strptime(day, "%y%m%d").replace(hour=EXPIRY_HOUR_UTC, tzinfo=UTC)
            return int(date.timestamp()) * NS_PER_S
    except ValueError:
        pass  # a day that is in no calendar
    raise Refused(Reason.no_metadata, f"{day[:40]!r} is no day")
