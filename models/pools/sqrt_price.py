"""Amounts between two square root prices, and the price after an amount, rounded as v3 rounds.

With liquidity L and square root price √P (times 2^96): Δtoken1 = L · Δ√P, Δtoken0 = L · Δ(1/√P).
Whatever comes in is rounded up and whatever goes out down, so that rounding never costs the pool.
Source: Uniswap v3 whitepaper 6.2.3. Where 256 bits would not hold a product, the contract uses a
coarser formula; so does this.
"""

from models.pools.tick_math import Q96

_WORD = 1 << 256


def ratio_down(number: int, multiplier: int, divisor: int) -> int:
    """⌊number · multiplier / divisor⌋, the product in full."""
    return number * multiplier // divisor


def ratio_up(number: int, multiplier: int, divisor: int) -> int:
    """⌈number · multiplier / divisor⌉, the product in full."""
    return -(-number * multiplier // divisor)


def amount0_between(one_x96: int, other_x96: int, liquidity: int, up: bool) -> int:
    """Token0 between two prices: L · 2^96 · |√b − √a| / (√a · √b), rounded once.

    The contract divides twice; ⌈⌈x/a⌉/b⌉ = ⌈x/(ab)⌉ and the same for ⌊⌋. Prices are above 0.
    """
    ratio = ratio_up if up else ratio_down
    return ratio(liquidity << 96, abs(one_x96 - other_x96), one_x96 * other_x96)


def amount1_between(one_x96: int, other_x96: int, liquidity: int, up: bool) -> int:
    """Token1 between two prices: L · |√b − √a| / 2^96."""
    ratio = ratio_up if up else ratio_down
    return ratio(liquidity, abs(one_x96 - other_x96), Q96)


def price_after_in(sqrt_price_x96: int, liquidity: int, amount: int, zero_for_one: bool) -> int:
    """The square root price after `amount`, fee taken off, came in. Liquidity is above 0.

    Token0 in: L·√P / (L + amount·√P), rounded up; token1 in: √P + amount/L, rounded down.
    """
    if not zero_for_one:
        return sqrt_price_x96 + ratio_down(amount, Q96, liquidity)
    if amount == 0:
        return sqrt_price_x96
    scaled = liquidity << 96
    product = amount * sqrt_price_x96
    if product < _WORD and scaled + product < _WORD:
        return ratio_up(scaled, sqrt_price_x96, scaled + product)
    return ratio_up(scaled, 1, scaled // sqrt_price_x96 + amount)


def price_after_out(sqrt_price_x96: int, liquidity: int, amount: int, zero_for_one: bool) -> int:
    """The square root price after `amount` went out. Liquidity is above 0.

    Token1 out: √P − amount/L, rounded down; token0 out: L·√P / (L − amount·√P), rounded up.
    Raises ValueError when that much was never there.
    """
    if zero_for_one:
        after = sqrt_price_x96 - ratio_up(amount, Q96, liquidity)
        if after > 0:
            return after
    elif amount == 0:
        return sqrt_price_x96
    else:
        scaled = liquidity << 96
        rest = scaled - amount * sqrt_price_x96
        if rest > 0:
            return ratio_up(scaled, sqrt_price_x96, rest)
    message = f"{amount} is more than the liquidity {liquidity} holds at {sqrt_price_x96}"
    raise ValueError(message)
