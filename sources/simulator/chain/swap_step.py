"""A swap within one range of liquidity of a v3 pool, in exact integers, rounded for the pool.

amount0 = L·2^96·(1/√Pa − 1/√Pb),   amount1 = L·(√Pb − √Pa)/2^96
"""

from dataclasses import dataclass
from typing import Final

from sources.simulator.chain.tick_math import Q96

MILLION: Final = 1_000_000


def up(numerator: int, denominator: int) -> int:
    """Division, rounded up."""
    return -(-numerator // denominator)


def amount0(sqrt_a: int, sqrt_b: int, liquidity: int, *, round_up: bool) -> int:
    """Token 0 between two prices, rounded in the contract's two divisions."""
    low, high = min(sqrt_a, sqrt_b), max(sqrt_a, sqrt_b)
    product = liquidity * Q96 * (high - low)
    return up(up(product, high), low) if round_up else product // high // low


def amount1(sqrt_a: int, sqrt_b: int, liquidity: int, *, round_up: bool) -> int:
    """Token 1 between two prices."""
    product = liquidity * abs(sqrt_b - sqrt_a)
    return up(product, Q96) if round_up else product // Q96


def after_input(sqrt_price: int, liquidity: int, amount: int, *, zero_for_one: bool) -> int:
    """The price after so much came in; never beyond the exact one."""
    if zero_for_one:
        scaled = liquidity * Q96
        return up(scaled * sqrt_price, scaled + amount * sqrt_price)
    return sqrt_price + amount * Q96 // liquidity


def after_output(sqrt_price: int, liquidity: int, amount: int, *, zero_for_one: bool) -> int:
    """The price after so much went out; at or beyond the exact one. None is left: 0."""
    if zero_for_one:
        return max(0, sqrt_price - up(amount * Q96, liquidity))
    scaled = liquidity * Q96
    left = scaled - amount * sqrt_price
    return up(scaled * sqrt_price, left) if left > 0 else 1 << 200


@dataclass(frozen=True, slots=True)
class Step:
    """What one range did."""

    sqrt_price: int
    amount_in: int
    amount_out: int
    fee: int


def swap_step(sqrt_price: int, target: int, liquidity: int, remaining: int, fee_e6: int) -> Step:
    """Swap towards a price until it is reached or the amount is used up.

    `remaining` > 0 is what may still come in, fee included; < 0 what shall still go out.
    """
    zero_for_one = sqrt_price >= target
    exact_in = remaining >= 0
    into, out_of = (amount0, amount1) if zero_for_one else (amount1, amount0)
    if exact_in:
        usable = remaining * (MILLION - fee_e6) // MILLION
        needed = into(target, sqrt_price, liquidity, round_up=True)
        end = target
        if usable < needed:
            end = after_input(sqrt_price, liquidity, usable, zero_for_one=zero_for_one)
    else:
        there = out_of(target, sqrt_price, liquidity, round_up=False)
        end = target
        if -remaining < there:
            end = after_output(sqrt_price, liquidity, -remaining, zero_for_one=zero_for_one)
    amount_in = into(end, sqrt_price, liquidity, round_up=True)
    amount_out = out_of(end, sqrt_price, liquidity, round_up=False)
    if not exact_in:
        amount_out = min(amount_out, -remaining)
    if exact_in and end != target:
        fee = remaining - amount_in
    else:
        fee = up(amount_in * fee_e6, MILLION - fee_e6)
    return Step(end, amount_in, amount_out, fee)
