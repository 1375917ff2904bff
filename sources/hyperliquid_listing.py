"""Hyperliquid's coin names and its listings: `meta` of a dex, `spotMeta`.

Names   `BTC`; `dex:COIN` on a builder's dex; `PURR/USDC` and `@<index>` are spot; `kPEPE` is 1000
Prices  at most 6 − szDecimals decimals (spot 8 −) and five significant figures
Numbers sizes are coins, so a contract is one coin (of a k coin: 1000 of its asset)
"""

import re
from typing import Final

from msgspec import Struct

from schemas.instrument import Instrument, instrument_name, underlying
from sources import hyperliquid_wire as wire
from sources.hyperliquid_assumed import HyperliquidAssumed
from sources.in_band import InBand

VENUE: Final = "hyperliquid"
FUNDING_H: Final = 1.0  # `funding` is the rate for one hour
PERPETUAL_DECIMALS: Final = 6
SPOT_DECIMALS: Final = 8

USUAL: Final = HyperliquidAssumed()
USDC: Final = "USDC"  # the spot token of index 0
UNKNOWN_QUOTE: Final = "USD"  # some dollar token: the name does not say which
# Spot tokens that stand for a coin of another chain, one for one.
WRAPPED: Final = {"UBTC": "BTC", "UETH": "ETH", "USOL": "SOL", "UPUMP": "PUMP", "UBONK": "BONK",
                  "UFART": "FARTCOIN"}  # fmt: skip
_THOUSAND = re.compile("k[A-Z]")


class Universe(Struct, frozen=True):
    """The perpetuals of one dex: coins by position ("" for a delisted one), instruments."""

    coins: tuple[str, ...]
    instruments: tuple[Instrument, ...]


def is_spot(coin: str) -> bool:
    """Whether a coin name is a spot pair's.

    >>> is_spot("@107"), is_spot("PURR/USDC"), is_spot("xyz:NVDA")
    (True, True, False)
    """
    return coin.startswith("@") or "/" in coin


def finest_price(coin: str) -> str:
    """The smallest price the venue may quote: every later price fits its decimals.

    First prices tell too little: `10.001` is followed by `9.9995`.
    """
    return "0.00000001" if is_spot(coin) else "0.000001"


def qualified(dex: str, name: str) -> str:
    """The coin name that streams use: a builder's dex stands before it, once.

    >>> qualified("", "BTC"), qualified("xyz", "NVDA"), qualified("xyz", "xyz:NVDA")
    ('BTC', 'xyz:NVDA', 'xyz:NVDA')
    """
    return name if not dex or name.startswith(f"{dex}:") else f"{dex}:{name}"


def infer(coin: str) -> Instrument:
    """What a coin name alone tells."""
    if is_spot(coin):
        base, _, quote = coin.partition("/")
        return _spot(coin, base, quote or UNKNOWN_QUOTE)
    return _perpetual(coin, UNKNOWN_QUOTE if ":" in coin else USDC)


def quote_of(meta: wire.Meta, assumed: HyperliquidAssumed = USUAL) -> tuple[str, str]:
    """The quote of a dex, and the assumption that it rests on ("" none)."""
    token = meta.collateralToken or 0
    if token == 0:
        return USDC, ""
    if token == assumed.usde_token:
        return "USDE", "usde_token"
    if token == assumed.usdh_token:
        return "USDH", "usdh_token"
    return UNKNOWN_QUOTE, ""


def universe_of(meta: wire.Meta, dex: str = "", assumed: HyperliquidAssumed = USUAL) -> Universe:
    """A `meta` answer. A delisted coin keeps its place and is no instrument."""
    quote, _ = quote_of(meta, assumed)
    coins = []
    instruments = []
    for asset in meta.universe:
        coin = "" if asset.isDelisted else qualified(dex, asset.name)
        coins.append(coin)
        if coin:
            decimals = _decimals(PERPETUAL_DECIMALS, asset.szDecimals)
            instruments.append(_perpetual(coin, quote, decimals, listed=True))
    return Universe(tuple(coins), tuple(instruments))


def instruments_of(body: bytes, dex: str = "") -> list[Instrument]:
    """Instruments of a `meta` answer. Raises Refused."""
    return list(universe_of(wire.decode(wire.META, body), dex).instruments)


def spot_instruments(meta: wire.SpotMeta) -> list[Instrument]:
    """Instruments of a `spotMeta` answer; a pair of tokens that are not listed is left out."""
    tokens = {token.index: token for token in meta.tokens}
    instruments = []
    for pair in meta.universe:
        base, quote = (tokens.get(index) for index in pair.tokens)
        if base is not None and quote is not None:
            decimals = _decimals(SPOT_DECIMALS, base.szDecimals)
            instruments.append(_spot(pair.name, base.name, quote.name, decimals, listed=True))
    return instruments


def meet(coin: str, session: InBand) -> Instrument:
    """The instrument of a frame, with price decimals always."""
    return session.meet(coin, (finest_price(coin),))


def _decimals(most: int, size_decimals: int | None) -> int | None:
    if size_decimals is None or not 0 <= size_decimals <= most:
        return None
    return most - size_decimals


def _perpetual(
    coin: str, quote: str, decimals: int | None = None, *, listed: bool = False
) -> Instrument:
    asset = coin.rpartition(":")[2]
    thousand = _THOUSAND.match(asset) is not None
    return Instrument(
        name=instrument_name(VENUE, coin),
        asset=asset[1:] if thousand else asset,
        quote=quote,
        kind="perpetual",
        price_decimals=decimals,
        ratio_factor=1000.0 if thousand else 1.0,
        funding_interval_h=FUNDING_H,
        source="listing" if listed else "inferred",
    )


def _spot(
    coin: str, base: str, quote: str, decimals: int | None = None, *, listed: bool = False
) -> Instrument:
    return Instrument(
        name=instrument_name(VENUE, coin),
        asset=WRAPPED.get(base) or underlying(base),
        quote=quote,
        kind="spot",
        price_decimals=decimals,
        source="listing" if listed else "inferred",
    )
