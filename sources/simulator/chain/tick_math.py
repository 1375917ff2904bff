"""Ticks and square-root prices of a v3 pool: √(1.0001^tick)·2^96, to the last bit as on chain.

The contract multiplies 128-bit factors √1.0001^−2^k, each rounded down after every product, and
rounds the result up; so do we, with factors worked out here instead of copied.
"""

from decimal import Decimal, getcontext, localcontext
from functools import lru_cache
from math import log
from typing import Final

Q96: Final = 1 << 96
LEAST_TICK: Final = -887_272
MOST_TICK: Final = 887_272


def _factors() -> tuple[int, ...]:
    """2^128·1.0001^(−2^k/2), to the nearest."""
    with localcontext() as context:
        context.prec = 120
        root = Decimal("1.0001").sqrt()
        found = []
        for _ in range(20):
            found.append(int((Decimal(1 << 128) / root).to_integral_value()))
            root *= root
    assert getcontext().prec == 28
    return tuple(found)


FACTORS: Final = _factors()


@lru_cache(65_536)
def sqrt_price_at(tick: int) -> int:
    """√(1.0001^tick)·2^96. Raises ValueError beyond ±887272.

    >>> sqrt_price_at(0) == 2**96, sqrt_price_at(-887272)
    (True, 4295128739)
    """
    if not LEAST_TICK <= tick <= MOST_TICK:
        message = f"no tick {tick}"
        raise ValueError(message)
    ratio = 1 << 128
    for place, factor in enumerate(FACTORS):
        if abs(tick) >> place & 1:
            ratio = ratio * factor >> 128
    if tick > 0:
        ratio = ((1 << 256) - 1) // ratio
    return -(-ratio >> 32)


LEAST_SQRT: Final = sqrt_price_at(LEAST_TICK)
MOST_SQRT: Final = sqrt_price_at(MOST_TICK)


def tick_at(sqrt_price: int) -> int:
    """The greatest tick whose price is not above.

    >>> tick_at(2**96), tick_at(2**96 - 1)
    (0, -1)
    """
    tick = int(2.0 * (log(sqrt_price) - 96.0 * log(2.0)) / log(1.0001))
    tick = min(MOST_TICK, max(LEAST_TICK, tick))
    while tick > LEAST_TICK and sqrt_price_at(tick) > sqrt_price:
        tick -= 1
    while tick < MOST_TICK and sqrt_price_at(tick + 1) <= sqrt_price:
        tick += 1
    return tick
