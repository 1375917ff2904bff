"""What differs between Binance's markets, as a frozen table: a market is a row, not a copy."""

from functools import partial
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.instrument import Kind
from sources.binance_assumed import BinanceAssumed, CoinmAssumed, UsdmAssumed
from sources.book_sync import Continuity


class Stream(Struct, frozen=True):
    """Where a stream of ours is: `<symbol>@<name>` on a tier of the host ("" where it has none)."""

    name: str
    tier: str = ""


class Market(Struct, frozen=True):
    """One Binance market as far as its public frames go."""

    venue: str
    kind: Kind
    product: int  # `st` of its frames in the merged universe; 0: frames carry none
    continuity: Continuity
    rest: str  # host, and below which path its REST methods are
    depth_limit: int  # levels of a REST snapshot
    depth_weight: int
    listing_weight: int
    tickers_weight: int  # of the 24 h tickers of all symbols
    weight_per_minute: int  # of one address
    ws: str
    messages_per_s: float  # that a client may send, its pongs included
    streams: dict[str, Stream]
    fill_tiers: dict[str, str] = {}  # of both streams that fills may come by
    in_contracts: bool = False  # sizes are contracts of so many units of quote: inverse

    @property
    def depth_url(self) -> str:
        """REST snapshot of a book; {symbol} is filled in."""
        return f"{self.rest}/depth?symbol={{symbol}}&limit={self.depth_limit}"

    @property
    def listing_url(self) -> str:
        """Everything that is listed."""
        return f"{self.rest}/exchangeInfo"

    @property
    def funding_url(self) -> str:
        """Funding intervals that differ from the usual one."""
        return f"{self.rest}/fundingInfo"

    @property
    def tickers_url(self) -> str:
        """24 h volumes of all symbols."""
        return f"{self.rest}/ticker/24hr"

    @property
    def open_interest_url(self) -> str:
        """Open interest, which no stream has; {symbol} is filled in."""
        return f"{self.rest}/openInterest?symbol={{symbol}}"

    def assuming(self, assumed: BinanceAssumed) -> "Market":
        """The market with fills where they are assumed to be."""
        if not isinstance(assumed, UsdmAssumed | CoinmAssumed):
            return self
        name = assumed.trade_stream
        trade = Stream(name, self.fill_tiers.get(name, ""))
        return replace(self, streams=self.streams | {"trade": trade})


_BY_PREVIOUS = Continuity(by_previous=True)
_DENSE = Continuity(by_previous=False)

_contracts = partial(  # what linear and inverse contracts have in common
    Market,
    kind="perpetual",
    continuity=_BY_PREVIOUS,
    depth_limit=1000,
    depth_weight=20,
    listing_weight=1,
    tickers_weight=40,
    weight_per_minute=2400,
    messages_per_s=10.0,
)

MARKETS: Final = {
    market.venue: market
    for market in (
        _contracts(
            venue="binance-usdm",
            product=1,
            rest="https://fapi.binance.com/fapi/v1",
            ws="wss://fstream.binance.com",
            streams={
                "book": Stream("depth@100ms", "public"),
                "top": Stream("bookTicker", "public"),
                "trade": Stream(UsdmAssumed().trade_stream, "public"),
                "mark": Stream("markPrice@1s", "market"),
                "liquidation": Stream("forceOrder", "market"),
            },
            fill_tiers={"trade": "public", "aggTrade": "market"},
        ),
        _contracts(
            venue="binance-coinm",
            product=2,
            rest="https://dapi.binance.com/dapi/v1",
            ws="wss://dstream.binance.com",
            streams={
                "book": Stream("depth@100ms"),
                "top": Stream("bookTicker"),
                "trade": Stream(CoinmAssumed().trade_stream),
                "mark": Stream("markPrice@1s"),
                "liquidation": Stream("forceOrder"),
            },
            in_contracts=True,
        ),
        Market(
            venue="binance-spot",
            kind="spot",
            product=0,
            continuity=_DENSE,
            rest="https://api.binance.com/api/v3",
            depth_limit=5000,
            depth_weight=250,
            listing_weight=20,
            tickers_weight=80,
            weight_per_minute=6000,
            ws="wss://stream.binance.com:9443",
            messages_per_s=5.0,
            streams={
                "book": Stream("depth@100ms"),
                "top": Stream("bookTicker"),
                "trade": Stream("trade"),
            },
        ),
    )
}
