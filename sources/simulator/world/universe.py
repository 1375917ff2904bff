"""What is traded in the world: assets, and the markets of each venue with their ticks and lots.

A market's sizes are lots; what a lot is worth in coin depends on the contract: `contract` coins
per unit of size on the wire, or so many USD when it is inverse.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["perpetual", "spot"]


@dataclass(frozen=True, slots=True)
class Asset:
    """A coin: where it starts, how it follows the market, how much of it is traded when calm."""

    name: str
    start: float  # USD
    beta: float  # to what all assets share
    own_vol: float  # annual, of what it does alone
    depth_1pct: float  # coins within 1 % of the best price, each side, at a share of 1
    quote_size: float  # coins, median order at the best price, at a share of 1
    taker_size: float  # coins, median market order
    taker_rate: float  # market orders per second at a share of 1
    open_interest: float  # coins, each side, at a share of 1


BTC: Final = Asset("BTC", 92_000.0, 1.0, 0.08, 480.0, 1.6, 0.06, 2.4, 3200.0)
ETH: Final = Asset("ETH", 3_150.0, 1.2, 0.25, 9_000.0, 22.0, 1.2, 2.0, 36_000.0)
SOL: Final = Asset("SOL", 140.0, 1.4, 0.40, 90_000.0, 260.0, 14.0, 1.2, 320_000.0)
ASSETS: Final = (BTC, ETH, SOL)


@dataclass(frozen=True, slots=True)
class Market:
    """One market of one venue."""

    venue: str
    symbol: str
    asset: Asset
    kind: Kind
    price_decimals: int  # on the wire
    tick: int  # in units of 10^-price_decimals
    size_decimals: int  # on the wire
    lot: int  # in units of 10^-size_decimals
    share: float  # of the asset's liquidity
    inverse: bool = False
    contract: float = 1.0  # coins (USD when inverse) per unit of size on the wire
    funding_h: float = 8.0

    @property
    def per_unit(self) -> float:
        """Ticks per unit of quote."""
        return float(10**self.price_decimals) / self.tick

    @property
    def lots_per_unit(self) -> float:
        """Lots per unit of size on the wire."""
        return float(10**self.size_decimals) / self.lot

    @property
    def start_ticks(self) -> int:
        """The first price."""
        return round(self.asset.start * self.per_unit)

    def price(self, ticks: float) -> float:
        """A price in quote."""
        return ticks / self.per_unit

    def ticks(self, price: float) -> float:
        """A price in ticks, not rounded."""
        return price * self.per_unit

    def coins(self, lots: float, ticks: float) -> float:
        """A size in coin at a price."""
        units = lots / self.lots_per_unit * self.contract
        return units / self.price(ticks) if self.inverse else units

    def lots(self, coins: float, ticks: float) -> float:
        """Coins in lots at a price, not rounded."""
        units = coins * self.price(ticks) if self.inverse else coins
        return units / self.contract * self.lots_per_unit

    def price_text(self, ticks: int) -> str:
        """A price as it stands on the wire, with all decimals."""
        return fixed(ticks * self.tick, self.price_decimals)

    def size_text(self, lots: int) -> str:
        """A size as it stands on the wire, with all decimals."""
        return fixed(lots * self.lot, self.size_decimals)


def fixed(units: int, decimals: int) -> str:
    """Units of 10^-decimals as text.

    >>> fixed(9200010, 2), fixed(7, 0)
    ('92000.10', '7')
    """
    if not decimals:
        return str(units)
    whole, part = divmod(units, 10**decimals)
    return f"{whole}.{part:0{decimals}d}"


Form = tuple[int, int, int, int]  # price decimals, tick, size decimals, lot


def _linear(venue: str, names: tuple[str, ...], share: float, *forms: Form,
            contracts: tuple[float, ...] = (1.0, 1.0, 1.0), kind: Kind = "perpetual",
            funding_h: float = 8.0) -> list[Market]:  # fmt: skip
    return [
        Market(venue, name, asset, kind, decimals, tick, size_decimals, lot, share,
               contract=size, funding_h=funding_h)
        for name, asset, (decimals, tick, size_decimals, lot), size
        in zip(names, ASSETS, forms, contracts, strict=True)
    ]  # fmt: skip


_PAIRS: Final = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
_FINE: Final[Form] = (2, 1, 8, 100)  # 0.01 USD, 0.000001 coin
MARKETS: Final = (
    *_linear("binance-usdm", _PAIRS, 1.0, (2, 10, 3, 1), (2, 1, 3, 1), (4, 100, 2, 1)),
    Market("binance-coinm", "BTCUSD_PERP", BTC, "perpetual", 1, 1, 0, 1, 0.25, True, 100.0),
    Market("binance-coinm", "ETHUSD_PERP", ETH, "perpetual", 2, 1, 0, 1, 0.25, True, 10.0),
    *_linear("binance-spot", _PAIRS, 0.5, (8, 10**6, 8, 1000), (8, 10**6, 8, 10**4),
             (8, 10**6, 8, 10**5), kind="spot"),
    *_linear("bybit-linear", _PAIRS, 0.6, (2, 10, 3, 1), (2, 1, 2, 1), (3, 10, 1, 1)),
    *_linear("okx", ("BTC-USDT-SWAP", "ETH-USDT-SWAP", "SOL-USDT-SWAP"), 0.5, (1, 1, 2, 1),
             (2, 1, 2, 1), (2, 1, 2, 1), contracts=(0.01, 0.1, 1.0)),
    Market("deribit", "BTC-PERPETUAL", BTC, "perpetual", 1, 5, 0, 10, 0.3, True, 1.0),
    Market("deribit", "ETH-PERPETUAL", ETH, "perpetual", 2, 5, 0, 1, 0.3, True, 1.0),
    *_linear("hyperliquid", ("BTC", "ETH", "SOL"), 0.35, (1, 10, 5, 1), (1, 1, 4, 1),
             (2, 1, 2, 1), funding_h=1.0),
    *_linear("coinbase-advanced", ("BTC-USD", "ETH-USD", "SOL-USD"), 0.25, _FINE, _FINE, _FINE,
             kind="spot"),
)  # fmt: skip
VENUES: Final = tuple(dict.fromkeys(market.venue for market in MARKETS))
