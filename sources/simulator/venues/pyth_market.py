"""One oracle feed of the simulated Hermes: a price per slot, how sure it is, when it was published.

    price  mean of the asset's spot prices (the world's index)
    conf   half the range of all its markets' middles, but at least 1e-4 of the price
    ema    ema + (price − ema) · 2 / (5921 + 1), once a slot: about an hour

A feed that is closed keeps its price and its publish time, and goes on being sent.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final

from sources.simulator.world.trading import Trading

SLOT_MS: Final = 400
FIRST_SLOT: Final = 300_000_000
EXPO: Final = -8
EMA_SLOTS: Final = 5921
LEAST_CONF: Final = 1e-4  # of the price
LATE_MS: Final = 300  # from the publishers' prices to the slot that has them
_UNIT: Final = 10**-EXPO
IDS: Final = {
    "Crypto.BTC/USD": "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43",
    "Crypto.ETH/USD": "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
}


class OracleFeed:
    """One feed. `index` gives its price now; `closed_ms`: Unix ms since when it stands still."""

    def __init__(
        self,
        symbol: str,
        index: Callable[[], float],
        markets: Sequence[Trading] = (),
        *,
        closed_ms: int | None = None,
    ) -> None:
        self.symbol = symbol
        self.id = IDS.get(symbol) or sha256(symbol.encode()).hexdigest()
        self._index = index
        self._markets = markets
        self._closed_ms = closed_ms
        self.price = self.ema = index()
        self.conf = self.price * LEAST_CONF
        self.slot = FIRST_SLOT
        self.publish_s = self.previous_s = 0

    def publish(self, slot: int, now_ms: int) -> None:
        """Take the prices of a slot. `now_ms` is Unix time."""
        self.slot = slot
        self.previous_s = self.publish_s or (self._closed_ms or now_ms - LATE_MS) // 1000
        if self._closed_ms is not None:
            self.publish_s = self.previous_s
            return
        self.publish_s = (now_ms - LATE_MS) // 1000
        self.price = self._index()
        middles = [one.market.price(one.engine.mid()) for one in self._markets]
        spread = max(middles) - min(middles) if middles else 0.0
        self.conf = max(0.5 * spread, self.price * LEAST_CONF)
        self.ema += (self.price - self.ema) * 2.0 / (EMA_SLOTS + 1)

    def told(self, about: dict[str, Any] | None) -> dict[str, Any]:
        """As it stands in a frame; `about`: with metadata, and these of them."""
        found = {
            "id": self.id,
            "price": self._quote(self.price),
            "ema_price": self._quote(self.ema),
        }
        if about is not None:
            own = {"slot": self.slot, "prev_publish_time": self.previous_s}
            found["metadata"] = own | about
        return found

    def listed(self) -> dict[str, Any]:
        """Its row in the listing."""
        kind, _, rest = self.symbol.partition(".")
        base, _, quote = rest.rpartition(".")[2].partition("/")
        return {
            "id": self.id,
            "attributes": {
                "asset_type": kind, "base": base, "description": f"{base} / {quote}",
                "display_symbol": f"{base}/{quote}", "quote_currency": quote,
                "symbol": self.symbol,
            },
        }  # fmt: skip

    def _quote(self, price: float) -> dict[str, Any]:
        return {
            "price": str(round(price * _UNIT)), "conf": str(round(self.conf * _UNIT)),
            "expo": EXPO, "publish_time": self.publish_s,
        }  # fmt: skip
