"""The option quotes that all venues share: one surface an asset, every option anew each second."""

from collections.abc import Callable
from random import Random
from typing import Final

from sources.simulator.world.surface import STEPS, Option, Quoted, Surface, tick
from sources.simulator.world.world import World

TURN_MS: Final = 100.0
TURNS: Final = 10  # in which every option is quoted once
LEVELS: Final = 5

Tell = Callable[[float, Quoted], None]


class Options:
    """Quotes by option. `listeners` are told of every new one."""

    def __init__(self, seed: int, world: World, epoch_ms: int) -> None:
        self._world = world
        self.surfaces = {
            asset.name: Surface(Random(f"{seed}/surface/{asset.name}"), asset, epoch_ms)
            for asset in world.assets
            if asset.name in STEPS
        }
        self._places = {asset.name: place for place, asset in enumerate(world.assets)}
        self.quotes: dict[Option, Quoted] = {}
        self.listeners: list[Tell] = []
        self._turn = 0
        for _ in range(TURNS):
            self._quote(0.0)
        world.every(50.0, TURN_MS, self._quote)

    def of(self, asset: str) -> list[Quoted]:
        """The present quotes of an asset, in the order of the listing."""
        return [self.quotes[option] for option in self.surfaces[asset].options]

    def named(self, name_of: Callable[[Option], str]) -> dict[str, Option]:
        """Every option by the name that a venue gives it, in the order of the listing."""
        return {name_of(o): o for surface in self.surfaces.values() for o in surface.options}

    def at_the_money(self, asset: str, at_ms: float) -> float:
        """Volatility at the forward, of about thirty days."""
        surface = self.surfaces[asset]
        expiry_ms = surface.options[-1].expiry_ms
        index = self._world.index[self._places[asset]]
        forward = surface.forward(expiry_ms, at_ms, index)
        return surface.vol(forward, forward, surface.years(expiry_ms, at_ms))

    def _quote(self, at_ms: float) -> None:
        turn, self._turn = self._turn % TURNS, self._turn + 1
        for name, surface in self.surfaces.items():
            if turn == 0:
                surface.step(self._world.latent.vol)
            index = self._world.index[self._places[name]]
            for option in surface.options[turn::TURNS]:
                quoted = surface.quote(option, at_ms, index)
                self.quotes[option] = quoted
                for tell in self.listeners:
                    tell(at_ms, quoted)


def levels(quoted: Quoted, *, bids: bool) -> list[tuple[float, float]]:
    """A short book around a quote: price in coin, size in coin; best first."""
    price, size = (quoted.bid, quoted.bid_size) if bids else (quoted.ask, quoted.ask_size)
    found: list[tuple[float, float]] = []
    while price > 0.0 and len(found) < LEVELS:
        found.append((price, round(size * (1.0 + len(found)), 1)))
        below = tick(price - 0.00005) if bids else tick(price)
        price = round(price - below if bids else price + below, 4)
    return found
