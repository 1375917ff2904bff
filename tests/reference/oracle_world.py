"""A price feed and the operators who keep it: deviation, heartbeat, and a delay before it lands.

Independent of `models`. A market moves with changing volatility. Some operators see it, each with
an error of its own, and look at their triggers once a block; when the median of what they see has
left the answer by the threshold, or the answer is too old, a report is begun, which lands after a
random number of blocks with what they saw when they began. We see the market with an error too.
"""

import math
import random
from statistics import median_low
from typing import NamedTuple


class World(NamedTuple):
    heartbeat_s: float
    deviation: float
    block_s: int


class Step(NamedTuple):
    """A block, after it: what we see of the market, and the feed's last round."""

    number: int
    timestamp_s: int
    market: float
    round_id: int
    answer: float
    updated_at_s: int


WORLDS = (
    World(3600.0, 0.005, 12),
    World(3600.0, 0.01, 12),
    World(86400.0, 0.02, 12),
    World(1200.0, 0.0025, 12),
    World(86400.0, 0.001, 2),
)


def steps(world: World, seed: int, blocks: int) -> list[Step]:
    """The feed block by block."""
    dice = random.Random(seed)
    per_year = dice.uniform(0.5, 1.2)
    error, own_error = world.deviation * dice.uniform(0.02, 0.1), world.deviation * 0.05
    landing = dice.uniform(0.3, 0.8)  # chance that a report under way lands in a block
    price = answer = 2000.0
    stormy, round_id, updated_at = 1.0, 1, 0
    under_way: float | None = None
    told = []
    for number in range(blocks):
        now = number * world.block_s
        stormy = math.exp(0.995 * math.log(stormy) + dice.gauss(0.0, 0.08))
        sigma = per_year * stormy * math.sqrt(world.block_s / 31_536_000)
        price *= math.exp(dice.gauss(0.0, sigma))
        if under_way is not None and dice.random() < landing:
            answer, updated_at, under_way = under_way, now, None
            round_id += 1
        if under_way is None:
            seen = median_low([price * (1 + dice.gauss(0.0, error)) for _ in range(7)])
            moved = abs(seen / answer - 1.0) >= world.deviation
            if moved or now - updated_at >= world.heartbeat_s:
                under_way = seen
        market = price * (1 + dice.gauss(0.0, own_error))
        told.append(Step(number, now, market, round_id, answer, updated_at))
    return told


def brier_of_rate(happened: list[bool]) -> float:
    """Brier score of always saying the rate that turned out."""
    rate = sum(happened) / len(happened)
    return rate * (1.0 - rate)
