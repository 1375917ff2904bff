"""Quote amounts that move a pool's price by each distance of the curve (C5).

With `taker` the distance is that of the price a taker gets at the margin: p · (1 − f) for a sale
and p / (1 − f) for a purchase, where p is the pool's price. Amounts meet the curve: fees paid in
quote are not in them.
"""

from bisect import bisect_right
from collections.abc import Iterator
from math import sqrt
from typing import Final

from models.pools.path import PoolState
from models.pools.pool import FEE_UNIT, Pool
from models.pools.sqrt_price import amount0_between, amount1_between
from models.pools.tick_math import MAX_SQRT_PRICE, sqrt_price_at
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated
from schemas.units import CURVE_BP

BP: Final = 1e-4
_WHOLE_BP: Final = 1e4  # a price cannot fall further


def quote_amounts(
    pool: Pool, state: PoolState, selling: bool, taker: bool
) -> tuple[float | None, ...]:
    """Least units of quote by CURVE_BP; None past what was read of the pool.

    v3: Σ L · Δ√P over the ranges on the way (token0 as quote: Σ L · Δ(1/√P)). v2, whose price
    moves by the fee too: with u = in / R_in and γ = 1 − f, (1 + u)(1 + γu) = m; for a taker's
    price (1 + γu)² = γm; m = 1/(1 − d) for a sale, 1 + d for a purchase.
    """
    if isinstance(state, Reserves):
        return tuple(_v2_amounts(pool, state, selling, taker))
    return tuple(_v3_amounts(pool, state, selling, kept(pool, taker)))


def kept(pool: Pool, taker: bool) -> float:
    """What of a price a taker keeps: 1 − f, or 1 when prices are the pool's own."""
    return 1.0 - pool.fee_e6 / FEE_UNIT if taker else 1.0


def visible_bp(pool: Pool, state: PoolState, taker: bool) -> float:
    """Distance of the nearer end of what was read; 10^4 where the asset's price may go to 0."""
    if isinstance(state, Reserves):
        return _WHOLE_BP
    if not state.inside:
        return 0.0
    keep = kept(pool, taker)
    low, high = sqrt_price_at(state.known_low), sqrt_price_at(state.known_high)
    price = state.sqrt_price_x96
    if pool.asset_is_token0:
        fall, rise = (low / price) ** 2, (high / price) ** 2
    else:
        fall, rise = (price / high) ** 2, (price / low) ** 2
    return min(1.0 - fall * keep, rise / keep - 1.0) / BP


def _v2_amounts(pool: Pool, state: Reserves, selling: bool, taker: bool) -> Iterator[float]:
    gamma = kept(pool, True)
    quote = float(state.reserve1 if pool.asset_is_token0 else state.reserve0)
    for bp in CURVE_BP:
        moved = 1.0 / (1.0 - bp * BP) if selling else 1.0 + bp * BP
        if taker:
            usable = max(0.0, sqrt(gamma * moved) - 1.0)
        else:
            far = 4.0 * gamma * (moved - 1.0) / (1.0 + gamma)
            usable = 0.5 * far / (1.0 + sqrt(1.0 + far / (1.0 + gamma)))
        yield quote * (usable / (1.0 + usable) if selling else usable)


def _v3_amounts(
    pool: Pool, state: Concentrated, selling: bool, keep: float
) -> Iterator[float | None]:
    down = selling == pool.asset_is_token0
    between = amount1_between if pool.asset_is_token0 else amount0_between
    edge = sqrt_price_at(state.known_low if down else state.known_high)
    price, liquidity, done = state.sqrt_price_x96, state.liquidity, 0
    ahead = _crossings(state, down)
    stop, net = next(ahead)
    for bp in CURVE_BP:
        sale, purchase = (1.0 - bp * BP) / keep, (1.0 + bp * BP) * keep
        multiple = min(1.0, sale) if selling else max(1.0, purchase)
        factor = sqrt(multiple if pool.asset_is_token0 else 1.0 / multiple)
        target = int(state.sqrt_price_x96 * factor) if factor != 1.0 else state.sqrt_price_x96
        if not state.inside or (target < edge if down else target > edge):
            yield None
            continue
        while liquidity >= 0 and (stop > target if down else stop < target):
            done += between(price, stop, liquidity, not selling)
            price, liquidity = stop, liquidity + net
            stop, net = next(ahead)
        yield done + between(price, target, liquidity, not selling) if liquidity >= 0 else None


def _crossings(state: Concentrated, down: bool) -> Iterator[tuple[int, int]]:
    """(square root price, change of liquidity) of the ticks ahead, nearest first; then an end."""
    here = bisect_right(state.ticks, state.tick)
    for at in range(here - 1, -1, -1) if down else range(here, len(state.ticks)):
        yield sqrt_price_at(state.ticks[at]), -state.nets[at] if down else state.nets[at]
    yield (0 if down else MAX_SQRT_PRICE), 0
