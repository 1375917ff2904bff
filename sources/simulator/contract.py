"""What is traded in the simulated market: two perpetuals with the venue's own ticks and lots."""

from dataclasses import dataclass
from typing import Final

LOTS_PER_COIN: Final = 1000  # sizes have three decimals at every contract here


@dataclass(frozen=True, slots=True)
class Contract:
    """A perpetual, and how liquid and how crowded its market is when calm."""

    symbol: str
    asset: str
    quote: str
    ticks_per_quote: int  # 10: the tick is 0.10
    price_decimals: int  # on the wire
    start: int  # ticks
    funding_interval_h: int
    depth_1pct: float  # coins within 1 % of the best price, each side
    quote_size: float  # coins, median order at the best price
    taker_size: float  # coins, median market order
    taker_rate: float  # market orders per second
    open_interest: float  # coins, each side
    accounts: int  # each side
    clip: float  # coins, largest forced order


BTC: Final = Contract(
    symbol="BTCUSDT",
    asset="BTC",
    quote="USDT",
    ticks_per_quote=10,
    price_decimals=2,
    start=920_000,
    funding_interval_h=8,
    depth_1pct=480.0,
    quote_size=1.6,
    taker_size=0.06,
    taker_rate=2.4,
    open_interest=3200.0,
    accounts=600,
    clip=6.0,
)
ETH: Final = Contract(
    symbol="ETHUSDT",
    asset="ETH",
    quote="USDT",
    ticks_per_quote=100,
    price_decimals=2,
    start=315_000,
    funding_interval_h=8,
    depth_1pct=9_000.0,
    quote_size=22.0,
    taker_size=1.2,
    taker_rate=2.0,
    open_interest=36_000.0,
    accounts=600,
    clip=90.0,
)
CONTRACTS: Final = (BTC, ETH)
