"""Venue → its simulation, in the order of their ports."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from schemas.errors import UsageError, nearest
from sources.simulator.chain.venue import Evm
from sources.simulator.venues.binance import FORMS, Binance
from sources.simulator.venues.bybit import Bybit
from sources.simulator.venues.coinbase import Coinbase
from sources.simulator.venues.deribit import Deribit
from sources.simulator.venues.hub import Venue
from sources.simulator.venues.hyperliquid import Hyperliquid
from sources.simulator.venues.okx import Okx
from sources.simulator.venues.options import Options
from sources.simulator.venues.pyth import Pyth
from sources.simulator.world.world import World

Maker = Callable[[World, int, Options], Venue]
CHAINS: Final = "evm"


def _without(made: Callable[[World, int], Venue]) -> Maker:
    """A venue that has no options."""
    return lambda world, epoch_ms, _: made(world, epoch_ms)


MAKERS: Final[dict[str, Maker]] = {
    **{name: _without(partial(Binance, form)) for name, form in FORMS.items()},
    "bybit-linear": _without(Bybit),
    "okx": Okx,
    "deribit": Deribit,
    "hyperliquid": _without(Hyperliquid),
    "coinbase-advanced": _without(Coinbase),
    "pyth": _without(Pyth),
}
NAMES: Final = (*MAKERS, CHAINS)


def venues_of(
    world: World, epoch_ms: int, names: Sequence[str] = NAMES, *, seed: int = 7
) -> list[Venue]:
    """The simulated venues of a world. Raises UsageError for a name that is none.

    `epoch_ms` is the Unix time of the world's start: a whole second.
    """
    for name in names:
        if name not in NAMES:
            message = f'no simulated venue "{name}": {nearest(name, NAMES)}'
            raise UsageError(message)
    options = Options(seed, world, epoch_ms)
    made = [
        Evm(world, epoch_ms, seed) if name == CHAINS else MAKERS[name](world, epoch_ms, options)
        for name in dict.fromkeys(names)
    ]
    futures = [one for one in made if isinstance(one, Binance) and one.form.product]
    for one in futures:
        one.family = futures
    return made
