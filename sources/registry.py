"""Venue → session. A venue's name appears here and in its own files, nowhere else."""

from collections.abc import Callable, Mapping
from typing import Final

from schemas.errors import UsageError, nearest
from schemas.instrument import Instrument
from sources.binance import Binance
from sources.binance_family import MARKETS
from sources.bybit import Bybit
from sources.coinbase import CoinbaseAdvanced
from sources.deribit import Deribit
from sources.hyperliquid import Hyperliquid
from sources.in_band import InBand, Reader
from sources.okx import Okx
from sources.session import Session

Refine = Callable[[Instrument], Instrument]

_READERS: Final[Mapping[str, Callable[[], Reader]]] = {
    "bybit-linear": Bybit,
    "okx": Okx,
    "deribit": Deribit,
    "hyperliquid": Hyperliquid,
    "coinbase-advanced": CoinbaseAdvanced,
}
VENUES: Final = (*MARKETS, *_READERS)


def session_for(venue: str, connection: str, refine: Refine) -> Session:
    """A fresh session of a venue for one connection. Raises UsageError for an unknown venue."""
    if venue in MARKETS:
        return Binance(MARKETS[venue], connection, refine)
    if venue in _READERS:
        return InBand(_READERS[venue](), connection, refine)
    message = f'unknown venue "{venue}": {nearest(venue, VENUES)}'
    raise UsageError(message)
