"""A market for block space: transactions with limits arrive, the cheapest to refuse wait.

Independent of `models`, written from EIP-1559. Demand per block is log-normal around a level that
follows an AR(1), with bursts (a mint, a crash) that come at random and fade; a calm world only
flickers. Each transaction has the most it will pay, spread around what people hold normal; those
above the base fee enter by tip until the block is full, the rest wait and leave after a while. A
share of what will come in the next block is seen already when the head arrives.
"""

import random
from typing import Any, NamedTuple

import numpy as np

LIMIT = 30_000_000
HORIZONS = (1, 5, 20)


class Block(NamedTuple):
    base_fee_wei: int
    gas_used: int
    waiting: tuple[tuple[int, int, int], ...]  # (fee cap, tip cap, gas) seen after this block


def fee_after(base: int, used: int, limit: int, elasticity: int = 2, denominator: int = 8) -> int:
    """The next base fee by the words of the EIP, as a fraction of the parent's."""
    target = limit // elasticity
    if used == target:
        return base
    change = abs(used - target) * base // target // denominator
    return base + max(1, change) if used > target else base - change


def market(seed: int, blocks: int, calm: bool = False) -> list[Block]:
    """Blocks of one chain; every figure of the world is drawn from the seed."""
    dice = random.Random(seed)
    rng = np.random.default_rng(seed)
    persistence, wobble = dice.uniform(0.9, 0.995), dice.uniform(0.03, 0.1)
    noise, spread = dice.uniform(0.1, 0.35), dice.uniform(0.4, 0.9)
    burst_rate, seen_share = dice.uniform(0.002, 0.02), dice.uniform(0.4, 0.8)
    if calm:
        wobble, burst_rate = 0.0, 0.0
    normal_fee, base = 20e9, 20 * 10**9
    level = burst = 0.0
    none: Any = np.empty((0, 4))
    pool, told = none, []
    coming = none
    for n in range(blocks):
        arriving = coming if n else none
        pool = np.concatenate((pool, arriving))
        fits = pool[pool[:, 0] >= base]
        order = np.argsort(-np.minimum(fits[:, 1], fits[:, 0] - base), kind="stable")
        fits = fits[order]
        room = np.cumsum(fits[:, 2]) <= LIMIT
        used = int(fits[room, 2].sum())
        waiting = np.concatenate((pool[pool[:, 0] < base], fits[~room]))
        pool = waiting[waiting[:, 3] > n]
        level = persistence * level + rng.normal(0.0, wobble)
        burst *= 0.85
        if rng.random() < burst_rate:
            burst += rng.uniform(0.3, 1.5)
        count = rng.poisson(240 * np.exp(level + burst + rng.normal(0.0, noise)))
        coming = np.column_stack((
            normal_fee * np.exp(rng.normal(0.0, spread, count)),
            rng.exponential(1e9, count),
            np.round(np.exp(rng.normal(11.5, 0.7, count))),
            n + 1 + rng.geometric(0.2, count),
        ))  # fmt: skip
        seen = np.concatenate((pool, coming[rng.random(count) < seen_share]))
        told.append(Block(base, used, tuple((int(c), int(t), int(g)) for c, t, g, _ in seen)))
        base = fee_after(base, used, LIMIT)
    return told
