"""One step of a v3 swap: from a price towards another one at constant liquidity.

In: the fee is taken from what comes in, fee_e6 · 1e-6 of it. A step that stops short of its target
keeps as fee whatever the curve did not need; one that gets there pays ⌈in · fee / (1 − fee)⌉.
Source: Uniswap v3 whitepaper 6.2.3; rounding as the contract's.
"""

from typing import NamedTuple

from models.pools.pool import FEE_UNIT
from models.pools.sqrt_price import (
    amount0_between,
    amount1_between,
    price_after_in,
    price_after_out,
    ratio_up,
)


class Step(NamedTuple):
    """What one step did: price after, what came in without the fee, what went out, the fee."""

    sqrt_price_x96: int
    amount_in: int
    amount_out: int
    fee: int


def swap_step(
    price_x96: int, target_x96: int, liquidity: int, remaining: int, exact_in: bool, fee_e6: int
) -> Step:
    """Trade up to `remaining` (of what comes in, fee included, or of what goes out).

    The direction is that of the target: at or below the price token0 comes in.
    """
    down = price_x96 >= target_x96
    comes_in = amount0_between if down else amount1_between
    goes_out = amount1_between if down else amount0_between
    if exact_in:
        usable = remaining * (FEE_UNIT - fee_e6) // FEE_UNIT
        needed = comes_in(price_x96, target_x96, liquidity, True)
        reached = usable >= needed
        after = target_x96 if reached else price_after_in(price_x96, liquidity, usable, down)
    else:
        there = goes_out(price_x96, target_x96, liquidity, False)
        reached = remaining >= there
        after = target_x96 if reached else price_after_out(price_x96, liquidity, remaining, down)
    amount_in = comes_in(price_x96, after, liquidity, True)
    amount_out = goes_out(price_x96, after, liquidity, False)
    if not exact_in:
        amount_out = min(amount_out, remaining)
    if exact_in and after != target_x96:
        return Step(after, amount_in, amount_out, remaining - amount_in)
    return Step(after, amount_in, amount_out, ratio_up(amount_in, fee_e6, FEE_UNIT - fee_e6))
