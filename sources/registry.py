"""Venue → session, venue → feed. A venue's name stands here and in its own files, nowhere else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from schemas.errors import UsageError, nearest
from schemas.instrument import Instrument
from sources.assumed import Assumed, overlaid
from sources.binance import Binance
from sources.binance_assumed import BinanceAssumed, CoinmAssumed, UsdmAssumed
from sources.binance_family import MARKETS
from sources.binance_feed import BinanceFeed
from sources.bybit import Bybit
from sources.bybit_assumed import BybitAssumed
from sources.bybit_feed import BybitFeed
from sources.coinbase import CoinbaseAdvanced
from sources.coinbase_assumed import CoinbaseAssumed
from sources.coinbase_feed import CoinbaseFeed
from sources.deribit import Deribit
from sources.deribit_assumed import DeribitAssumed
from sources.deribit_feed import DeribitFeed
from sources.evm.assumed import VENUE as EVM
from sources.evm.assumed import EvmAssumed
from sources.evm.feed import EvmFeed
from sources.evm.node import EvmNode
from sources.hyperliquid import Hyperliquid
from sources.hyperliquid_assumed import HyperliquidAssumed
from sources.hyperliquid_feed import HyperliquidFeed
from sources.in_band import InBand, Reader
from sources.okx import Okx
from sources.okx_assumed import OkxAssumed
from sources.okx_feed import OkxFeed
from sources.pyth import Pyth
from sources.pyth_feed import PythFeed
from sources.session import Session
from sources.venue_feed import VenueFeed

Refine = Callable[[Instrument], Instrument]

_READERS: Final[Mapping[str, Callable[..., Reader]]] = {
    "bybit-linear": Bybit,
    "okx": Okx,
    "deribit": Deribit,
    "hyperliquid": Hyperliquid,
    "coinbase-advanced": CoinbaseAdvanced,
    "pyth": Pyth,
}
_FEEDS: Final[Mapping[str, Callable[..., VenueFeed]]] = {
    "bybit-linear": BybitFeed,
    "okx": OkxFeed,
    "deribit": DeribitFeed,
    "hyperliquid": HyperliquidFeed,
    "coinbase-advanced": CoinbaseFeed,
    "pyth": PythFeed,
}
VENUES: Final = (*MARKETS, *_READERS)
ORACLES: Final = ("pyth",)  # of these: they say prices and trade nothing

ASSUMED: Final[Mapping[str, type[Assumed]]] = {  # of the venues of which something is assumed
    "binance-usdm": UsdmAssumed,
    "binance-coinm": CoinmAssumed,
    "binance-spot": BinanceAssumed,
    "bybit-linear": BybitAssumed,
    "okx": OkxAssumed,
    "deribit": DeribitAssumed,
    "hyperliquid": HyperliquidAssumed,
    "coinbase-advanced": CoinbaseAssumed,
}
_ASKING: Final = ("deribit", "hyperliquid")  # what is assumed also says what their feeds ask for


def is_venue(venue: str) -> bool:
    """Whether it is one of ours: a name of the list, or a chain, `evm-<id>`.

    >>> is_venue("okx"), is_venue("evm-8453"), is_venue("evm-0")
    (True, True, False)
    """
    return venue in VENUES or EVM.fullmatch(venue) is not None


def assumed_for(venue: str, *tables: Mapping[str, object]) -> Assumed:
    """What is assumed of a venue: its defaults, under tables, a later one over an earlier one.

    Raises UsageError for a value of another type, and for an unknown venue.
    """
    if not is_venue(venue):
        raise _unknown(venue)
    kind = EvmAssumed if EVM.fullmatch(venue) else ASSUMED.get(venue, Assumed)
    return overlaid(kind, *tables)


def session_for(
    venue: str, connection: str, refine: Refine, assumed: Assumed | None = None
) -> Session:
    """A fresh session of a venue for one connection. Raises UsageError for an unknown venue.

    assumed: as `assumed_for` gives it; None: the defaults.
    """
    assumed = assumed_for(venue) if assumed is None else assumed
    if isinstance(assumed, BinanceAssumed):
        return Binance(MARKETS[venue], connection, refine, assumed)
    if isinstance(assumed, EvmAssumed):
        return InBand(EvmNode(assumed.of(venue)), connection, refine)
    made = _READERS[venue]
    return InBand(made(assumed) if venue in ASSUMED else made(), connection, refine)


def feed_for(venue: str, accounts: Sequence[str] = (), assumed: Assumed | None = None) -> VenueFeed:
    """A fresh feed of a venue. Raises UsageError for an unknown venue.

    accounts: addresses to watch, where the venue shows accounts to everybody.
    assumed: as `assumed_for` gives it; None: the defaults.
    """
    assumed = assumed_for(venue) if assumed is None else assumed
    if isinstance(assumed, BinanceAssumed):
        return BinanceFeed(MARKETS[venue].assuming(assumed), accounts)
    if isinstance(assumed, EvmAssumed):
        return EvmFeed(assumed.of(venue))
    made = _FEEDS[venue]
    return made(accounts, assumed) if venue in _ASKING else made(accounts)


def _unknown(venue: str) -> UsageError:
    return UsageError(f'unknown venue "{venue}": {nearest(venue, VENUES)}')
