"""Venue → session, venue → feed. A venue's name stands here and in its own files, nowhere else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from schemas.errors import UsageError, nearest
from schemas.instrument import Instrument
from sources.binance import Binance
from sources.binance_family import MARKETS
from sources.binance_feed import BinanceFeed
from sources.bybit import Bybit
from sources.bybit_feed import BybitFeed
from sources.coinbase import CoinbaseAdvanced
from sources.coinbase_feed import CoinbaseFeed
from sources.deribit import Deribit
from sources.deribit_feed import DeribitFeed
from sources.hyperliquid import Hyperliquid
from sources.hyperliquid_feed import HyperliquidFeed
from sources.in_band import InBand, Reader
from sources.okx import Okx
from sources.okx_feed import OkxFeed
from sources.session import Session
from sources.venue_feed import VenueFeed

Refine = Callable[[Instrument], Instrument]

_READERS: Final[Mapping[str, Callable[[], Reader]]] = {
    "bybit-linear": Bybit,
    "okx": Okx,
    "deribit": Deribit,
    "hyperliquid": Hyperliquid,
    "coinbase-advanced": CoinbaseAdvanced,
}
_FEEDS: Final[Mapping[str, Callable[[Sequence[str]], VenueFeed]]] = {
    "bybit-linear": BybitFeed,
    "okx": OkxFeed,
    "deribit": DeribitFeed,
    "hyperliquid": HyperliquidFeed,
    "coinbase-advanced": CoinbaseFeed,
}
VENUES: Final = (*MARKETS, *_READERS)


def session_for(venue: str, connection: str, refine: Refine) -> Session:
    """A fresh session of a venue for one connection. Raises UsageError for an unknown venue."""
    if venue in MARKETS:
        return Binance(MARKETS[venue], connection, refine)
    if venue in _READERS:
        return InBand(_READERS[venue](), connection, refine)
    raise _unknown(venue)


def feed_for(venue: str, accounts: Sequence[str] = ()) -> VenueFeed:
    """A fresh feed of a venue. Raises UsageError for an unknown venue.

    accounts: addresses to watch, where the venue shows accounts to everybody.
    """
    if venue in MARKETS:
        return BinanceFeed(MARKETS[venue], accounts)
    if venue in _FEEDS:
        return _FEEDS[venue](accounts)
    raise _unknown(venue)


def _unknown(venue: str) -> UsageError:
    return UsageError(f'unknown venue "{venue}": {nearest(venue, VENUES)}')
