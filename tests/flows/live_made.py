"""Live inputs of two small venues, made without asking anybody."""

from pathlib import Path
from typing import Any

from flows.live_inputs import LiveInput
from schemas.instrument import Instrument
from schemas.settings import LiveSettings, Settings, SourceSettings
from sources.registry import feed_for

USDM, OKX = "binance-usdm", "okx"
WS, REST = "ws://127.0.0.1:1", "http://127.0.0.1:1"  # nobody listens there


def perpetual(venue: str, symbol: str, asset: str, decimals: int = 1) -> Instrument:
    return Instrument(
        name=f"{venue}:{symbol}", asset=asset, quote="USDT", kind="perpetual",
        price_decimals=decimals, funding_interval_h=8.0, source="listing",
    )  # fmt: skip


def spot(venue: str, symbol: str, asset: str) -> Instrument:
    return Instrument(
        name=f"{venue}:{symbol}", asset=asset, quote="USDT", kind="spot", price_decimals=2,
        source="listing",
    )  # fmt: skip


BTC, ETH = perpetual(USDM, "BTCUSDT", "BTC"), perpetual(USDM, "ETHUSDT", "ETH", 2)
OKX_BTC, OKX_SPOT = perpetual(OKX, "BTC-USDT-SWAP", "BTC"), spot(OKX, "SOL-USDT", "SOL")


def live_input(*instruments: Instrument, **turnover_usd: float) -> LiveInput:
    """A source of these instruments; turnover by symbol, `_` for `-`."""
    venue = instruments[0].venue
    feed = feed_for(venue, [])
    source = SourceSettings(
        venue=venue, instruments=[i.symbol for i in instruments], ws_url=WS, rest_url=REST
    )
    plans = feed.plans([], [i.symbol for i in instruments], {"ws_url": WS})
    turnover = {f"{venue}:{name.replace('_', '-')}": usd for name, usd in turnover_usd.items()}
    return LiveInput(source, feed, instruments, tuple(plans), turnover)


def both(btc_usd: float = 5.0, okx_usd: float = 6.0) -> list[LiveInput]:
    """Two venues; which of them has more BTC is in the arguments."""
    return [
        live_input(BTC, ETH, BTCUSDT=btc_usd, ETHUSDT=1.0),
        live_input(OKX_BTC, OKX_SPOT, BTC_USDT_SWAP=okx_usd, SOL_USDT=99.0),
    ]


def live_settings(folder: Path, **sections: Any) -> Settings:
    """Settings whose spool is in a folder."""
    return Settings(live=LiveSettings(spool=str(folder), page=""), **sections)
