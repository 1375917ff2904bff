"""Instruments and their names (C1): `<venue>:<venue symbol>`, asset, contract arithmetic."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

VENUES: Final = (
    "binance-usdm",
    "binance-coinm",
    "binance-spot",
    "bybit-linear",
    "okx",
    "deribit",
    "hyperliquid",
    "coinbase-advanced",
    "pyth",
    "chainlink",
)

Kind = Literal["spot", "perpetual", "future", "option", "index", "pool", "chain"]
Source = Literal["settings", "listing", "recording", "inferred"]

QUOTES: Final = ("FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD", "DAI", "EUR", "BTC", "ETH", "BNB")
DOLLARS: Final = frozenset({"USD", "USDT", "USDC", "FDUSD", "TUSD", "BUSD", "DAI", "USDE", "USDH",
                            "PYUSD", "RLUSD", "USD1"})  # fmt: skip
# Tokens that stand one for one for another: same asset. Those that gain by staking (wstETH, cbETH,
# …) are assets of their own until settings give them an asset and a ratio.
WRAPPERS: Final[Mapping[str, str]] = {
    "WBTC": "BTC", "CBBTC": "BTC", "TBTC": "BTC", "FBTC": "BTC", "KBTC": "BTC", "BTCB": "BTC",
    "WETH": "ETH", "STETH": "ETH", "WSOL": "SOL", "WBNB": "BNB", "WAVAX": "AVAX",
    "WPOL": "POL", "WMATIC": "POL",
}  # fmt: skip
_PREFIXES: Final = ("1000000", "100000", "10000", "1000")  # 1000PEPEUSDT is 1000 PEPE


def underlying(asset: str) -> str:
    """What a wrapper stands for; anything else is itself.

    >>> underlying("WBTC"), underlying("WSTETH")
    ('BTC', 'WSTETH')
    """
    return WRAPPERS.get(asset, asset)


class Instrument(Struct, frozen=True, kw_only=True):
    """What is traded, where. Sizes everywhere else are base coin already."""

    name: str  # <venue>:<venue symbol>
    asset: str  # BTC, ETH, …; wrappers keep the asset
    quote: str
    kind: Kind
    price_decimals: int | None  # px_ticks are units of 10^-price_decimals; None: no price yet
    ratio_factor: float = 1.0  # units of `asset` per unit of base coin (1000PEPE: 1000)
    inverse: bool = False  # settled in coin
    contract_size: float = 1.0  # base coin per contract (USD per contract when inverse)
    funding_interval_h: float | None = None
    expiry_ns: int | None = None  # futures and options
    strike: float | None = None  # options, in quote
    option: Literal["call", "put"] | None = None
    source: Source = "inferred"

    @property
    def venue(self) -> str:
        """The venue part of the name."""
        return self.name.partition(":")[0]

    @property
    def symbol(self) -> str:
        """The venue's own symbol."""
        return self.name.partition(":")[2]


def instrument_name(venue: str, symbol: str) -> str:
    """`<venue>:<symbol>`."""
    return f"{venue}:{symbol}"


def infer(venue: str, symbol: str, kind: Kind, price_decimals: int | None) -> Instrument:
    """Metadata guessed from a symbol when neither settings nor a listing have it.

    The asset is the symbol without its quote and without a thousands prefix.

    >>> infer("binance-usdm", "1000PEPEUSDT", "perpetual", 7).asset
    'PEPE'
    """
    upper = symbol.upper()
    base, _, suffix = upper.replace("-", "_").partition("_")
    quote = next((q for q in QUOTES if base.endswith(q) and len(base) > len(q)), "")
    asset = base.removesuffix(quote)
    factor = 1.0
    for prefix in _PREFIXES:
        if asset.startswith(prefix) and len(asset) > len(prefix):
            asset, factor = asset.removeprefix(prefix), float(prefix)
            break
    dated = kind == "perpetual" and suffix not in ("", "PERP", "SWAP")
    return Instrument(
        name=instrument_name(venue, symbol),
        asset=underlying(asset),
        quote=quote or "USD",
        kind="future" if dated else kind,
        price_decimals=price_decimals,
        ratio_factor=factor,
    )
