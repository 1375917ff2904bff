"""Ticks of Uniswap v3 and their square root prices: tick i is the price 1.0001^i.

A square root price is √(token1/token0) · 2^96, an integer of at most 160 bits. The contract takes
2^128 · 1.0001^(−|i|/2) as a product of twenty rounded factors, one per bit of |i|, each product
cut to 128 bits; the factors follow from their definition, and with them every digit of it.
Source: Uniswap v3 whitepaper 6.1 and the contract's published bounds.
"""

from collections.abc import Iterator
from functools import lru_cache
from math import floor, isqrt, log
from typing import Final

MIN_TICK: Final = -887_272
MAX_TICK: Final = 887_272
MIN_SQRT_PRICE: Final = 4_295_128_739  # at MIN_TICK
MAX_SQRT_PRICE: Final = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342
Q96: Final = 1 << 96

_BITS: Final = 20
_GUARD: Final = 512  # working precision in bits; twenty squarings lose about 20 of them
_LN_STEP: Final = 0.5 * log(1.0001)


def _factors() -> Iterator[int]:
    """2^128 · 1.0001^(−2^k/2) for k = 0 … 19, rounded to the nearest integer."""
    drop = _GUARD - 128
    power = isqrt((10_000 << 2 * _GUARD) // 10_001)
    for _ in range(_BITS):
        yield (power + (1 << (drop - 1))) >> drop
        power = power * power >> _GUARD


_FACTORS: Final = tuple(_factors())


@lru_cache(maxsize=1 << 14)  # of some pools' initialised ticks
def sqrt_price_at(tick: int) -> int:
    """The square root price of a tick, as the contract has it.

    Raises ValueError outside [MIN_TICK, MAX_TICK].

    >>> sqrt_price_at(0) == Q96, sqrt_price_at(MIN_TICK), sqrt_price_at(MAX_TICK) == MAX_SQRT_PRICE
    (True, 4295128739, True)
    """
    distance = abs(tick)
    if distance > MAX_TICK:
        message = f"tick {tick} is outside [{MIN_TICK}, {MAX_TICK}]"
        raise ValueError(message)
    ratio = 1 << 128
    for bit in range(_BITS):
        if distance >> bit & 1:
            ratio = ratio * _FACTORS[bit] >> 128
    if tick > 0:
        ratio = ((1 << 256) - 1) // ratio
    return -(-ratio >> 32)


def tick_at(sqrt_price_x96: int) -> int:
    """The greatest tick whose square root price is at most this one.

    The logarithm in floats is a guess that exact comparisons put right, so the answer depends on
    no rounding. Raises ValueError outside [MIN_SQRT_PRICE, MAX_SQRT_PRICE).

    >>> tick_at(Q96), tick_at(Q96 - 1)
    (0, -1)
    """
    if not MIN_SQRT_PRICE <= sqrt_price_x96 < MAX_SQRT_PRICE:
        message = f"square root price {sqrt_price_x96} is outside the contract's range"
        raise ValueError(message)
    guess = floor(log(sqrt_price_x96 / Q96) / _LN_STEP)
    tick = min(max(guess, MIN_TICK), MAX_TICK - 1)
    while sqrt_price_at(tick) > sqrt_price_x96:
        tick -= 1
    while sqrt_price_at(tick + 1) <= sqrt_price_x96:
        tick += 1
    return tick
