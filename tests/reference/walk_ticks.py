"""Made-up ticks of a random walk, with losses, stale and skipped grid times."""

import math
import random

from schemas.market import Tick
from schemas.quality import Quality

S = 1_000_000_000
T = 1_700_000_000 // 86_400 * 86_400 * S  # a midnight


def made_tick(at: int, price: float | None, quality: Quality, flags: tuple[str, ...]) -> Tick:
    """A tick of which only time, microprice, quality and flags matter."""
    values = dict.fromkeys(Tick.__struct_fields__)
    named = {"venue": "binance-usdm", "instrument": "binance-usdm:BTCUSDT", "asset": "BTC"}
    known = {"ts": at, "microprice": price, "quality": quality, "flags": flags}
    return Tick(**{**values, **named, **known})


def walk_ticks(count: int, grid_ns: int, seed: int, *, burst: float = 1.0) -> list[Tick]:
    """`count` ticks; the middle fifth moves `burst` times as much."""
    random.seed(seed)
    price, ticks, at = 100.0, [], T - 90 * S
    for k in range(count):
        at += grid_ns
        wild = burst if 0.4 < k / count < 0.6 else 1.0
        price *= math.exp(random.gauss(0, 1e-4 * wild * math.sqrt(grid_ns / S)))
        quality, flags, seen = Quality.ok, (), price
        luck = random.random()
        if luck < 0.01:
            at += random.choice((1, 7, 300)) * grid_ns
        elif luck < 0.02:
            quality, flags = Quality.ok, ("gap",)
        elif luck < 0.03:
            quality = Quality.gap
        elif luck < 0.04:
            quality = Quality.stale
        elif luck < 0.05:
            quality, seen = Quality.degraded, None
        ticks.append(made_tick(at, seen, quality, flags))
    return ticks
