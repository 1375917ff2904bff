"""What things are worth outside the chain, now: the simulated exchanges say it."""

from typing import Final, Protocol

from sources.simulator.world.world import World

E8: Final = 10**8


class Outside(Protocol):
    """Prices and mood of the market that the chain does not make."""

    def usd(self, asset: str) -> float:
        """The price of ETH, BTC, USDC or USDX."""

    def stress(self) -> float:
        """How far the market is from calm: 0 … 1."""

    def vol(self) -> float:
        """Annual volatility."""


class OfWorld:
    """The simulated world's prices; the peg of USDX is the scenario's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._places = {asset.name: place for place, asset in enumerate(world.assets)}

    def usd(self, asset: str) -> float:
        """The index price of a coin; of a dollar coin what its peg says."""
        place = self._places.get(asset)
        if place is not None:
            return self._world.index[place]
        return self._world.script.peg(self._world.now_ms / 1000.0) if asset == "USDX" else 1.0

    def stress(self) -> float:
        """Of the script now; a lost peg is stress too."""
        at_s = self._world.now_ms / 1000.0
        return max(self._world.script.stress(at_s), min(1.0, 8.0 * (1.0 - self.usd("USDX"))))

    def vol(self) -> float:
        """Of the latent price."""
        return self._world.latent.vol


def e8(price: float) -> int:
    """USD with 8 decimals."""
    return round(price * E8)
