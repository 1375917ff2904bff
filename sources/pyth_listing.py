"""Pyth's feeds → instruments, and which id is whose.

A feed is called by its symbol (`Crypto.BTC/USD`); on the wire stands its id. Only the listing
says which belongs to which, but for two that are kept here. The symbol gives the metadata:
`<class>.<base>/<quote>`. A base names a coin in the class `Crypto` alone: the share `BTC` of
`Equity.US.BTC/USD` is a fund, so all other classes stay in the asset's name.
"""

import re
from typing import Final
from urllib.parse import quote as quoted

import msgspec
from msgspec import Struct

from schemas.control import Reason
from schemas.instrument import Instrument, Source, instrument_name, underlying
from sources.pyth_price import feed_id
from sources.pyth_wire import decoded
from sources.wire_numbers import Refused

VENUE: Final = "pyth"
URL: Final = "https://hermes.pyth.network/v2/price_feeds"
PATH: Final = "/v2/price_feeds"  # how the path of a listing's URL ends
KEPT: Final = {
    "Crypto.BTC/USD": "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43",
    "Crypto.ETH/USD": "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
}
_COIN = re.compile(r"Crypto\.([^./]+)/([^./]+)")
_SHOWN: Final = 80


class Attributes(Struct):
    """Of a feed, as far as they are used."""

    symbol: str
    quote_currency: str | None = None


class Row(Struct):
    """One feed of the listing."""

    id: str
    attributes: Attributes


class Listed(Struct, frozen=True):
    """A feed that can be used."""

    id: str  # 64 hexadecimal digits
    symbol: str
    quote: str  # "": not told

    @property
    def instrument(self) -> Instrument:
        """What is called by this symbol; its price scale comes with its first price."""
        return instrument(self.symbol, self.quote, "listing")


_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_ROW = msgspec.json.Decoder(Row)


def read_listing(body: bytes) -> tuple[list[Listed], list[str]]:
    """Feeds of a listing, and what of it cannot be used, with the reason. Raises Refused.

    A symbol that stands there with two ids is nobody's: either price might be the wrong one.
    """
    found: dict[str, Listed] = {}
    refused: list[str] = []
    doubtful: set[str] = set()
    for raw in decoded(_ROWS, body):
        try:
            row = decoded(_ROW, raw)
            listed = _listed(row)
        except Refused as error:
            refused.append(error.detail)
            continue
        before = found.setdefault(listed.symbol, listed)
        if before.id != listed.id:
            doubtful.add(listed.symbol)
    refused += [f"{symbol[:_SHOWN]} has more than one id" for symbol in sorted(doubtful)]
    return [one for symbol, one in found.items() if symbol not in doubtful], refused


def instrument(symbol: str, quote: str = "", source: Source = "inferred") -> Instrument:
    """Metadata as the symbol tells it; `quote` where the symbol has none.

    >>> [instrument(s).asset for s in ("Crypto.WBTC/USD", "Equity.US.BTC/USD")]
    ['BTC', 'Equity.US.BTC']
    """
    coin = _COIN.fullmatch(symbol)
    before, _, after = symbol.partition("/")
    return Instrument(
        name=instrument_name(VENUE, symbol),
        asset=underlying(coin[1].upper()) if coin else before,
        quote=coin[2].upper() if coin else (quote or after).upper(),
        kind="index",
        price_decimals=None,
        source=source,
    )


def url_of(symbol: str) -> str:
    """What to ask for to learn the id of one symbol: `query` is looked for in all symbols."""
    return f"{URL}?query={quoted(symbol, safe='/')}"


def _listed(row: Row) -> Listed:
    symbol = row.attributes.symbol
    if not symbol or not symbol.isprintable() or " " in symbol:
        raise Refused(Reason.missing_field, f"feed {row.id[:_SHOWN]!r} has no usable symbol")
    return Listed(feed_id(row.id), symbol, (row.attributes.quote_currency or "").upper())
