"""What is assumed of Binance's markets."""

from typing import Literal

from msgspec import field

from sources.assumed import Assumed

Fills = Literal["trade", "aggTrade"]


class BinanceAssumed(Assumed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which fills are flow."""

    other_flow_kinds: list[str] = field(default_factory=list)
    """Values of a fill's `X`, beside MARKET and none, that are flow: INSURANCE_FUND, NA, …"""


class UsdmAssumed(BinanceAssumed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """And where fills are asked for: `trade` is in no official list, but it comes."""

    trade_stream: Fills = "trade"
    """The stream of fills. Asked for, not counted."""


class CoinmAssumed(BinanceAssumed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """And where fills are asked for: whether `trade` comes here too is not known."""

    trade_stream: Fills = "aggTrade"
    """The stream of fills. Asked for, not counted."""
