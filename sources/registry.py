"""Venue → session. A venue's name appears here and in its own files, nowhere else."""

from collections.abc import Callable

from schemas.errors import UsageError, nearest
from schemas.instrument import Instrument
from sources.binance import Binance
from sources.binance_family import MARKETS
from sources.session import Session

Refine = Callable[[Instrument], Instrument]

VENUES = tuple(MARKETS)


def session_for(venue: str, connection: str, refine: Refine) -> Session:
    """A fresh session of a venue for one connection. Raises UsageError for an unknown venue."""
    market = MARKETS.get(venue)
    if market is None:
        message = f'unknown venue "{venue}": {nearest(venue, VENUES)}'
        raise UsageError(message)
    return Binance(market, connection, refine)
