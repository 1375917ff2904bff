"""Random tick streams with every hardship: stale prices, gaps, jumps of the grid, still markets."""

import random

from tests.reference.volatility_batch import Tick

S = 1_000_000_000
START_S = 1_652_140_800 - 130  # a little before a midnight, so that days and minutes turn


def walk(
    seed: int,
    ticks: int,
    grid_ns: int,
    *,
    level: float = 30_000.0,
    vol: float = 2e-5,
    missing: float = 0.02,
    gaps: float = 0.002,
    skips: float = 0.002,
    longest_skip: int = 400,
    still: float = 0.3,
) -> list[Tick]:
    """`ticks` ticks of a walk with rare jumps; shares are per tick, `vol` per tick."""
    dice = random.Random(seed)
    price, at = level, START_S * S // grid_ns * grid_ns
    away = 0
    feed: list[Tick] = []
    for _ in range(ticks):
        at += grid_ns
        if dice.random() < skips:
            at += grid_ns * dice.randrange(1, longest_skip)
        if dice.random() > still:
            price *= 1.0 + dice.gauss(0.0, vol) * (300.0 if dice.random() < 0.0005 else 1.0)
        if away == 0 and dice.random() < missing / 5:
            away = dice.randrange(1, 10)
        broken = dice.random() < gaps
        feed.append((at, None if away or broken else price, broken))
        away = max(0, away - 1)
    return feed
