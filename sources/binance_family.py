"""What differs between Binance's markets, as a frozen table: a market is a row, not a copy."""

from typing import Final

from msgspec import Struct

from schemas.instrument import Kind
from sources.book_sync import Continuity


class Market(Struct, frozen=True):
    """One Binance market as far as its public frames go."""

    venue: str
    kind: Kind
    product: int  # `st` of its frames in the merged universe; 0: frames carry none
    continuity: Continuity
    depth_url: str  # REST snapshot; {symbol} is filled in


_BY_PREVIOUS = Continuity(by_previous=True)
_DENSE = Continuity(by_previous=False)

MARKETS: Final = {
    market.venue: market
    for market in (
        Market(
            "binance-usdm",
            "perpetual",
            1,
            _BY_PREVIOUS,
            "https://fapi.binance.com/fapi/v1/depth?symbol={symbol}&limit=1000",
        ),
        Market(
            "binance-spot",
            "spot",
            0,
            _DENSE,
            "https://api.binance.com/api/v3/depth?symbol={symbol}&limit=5000",
        ),
    )
}
