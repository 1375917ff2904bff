"""A Uniswap v3 pool: price, liquidity in range, net liquidity by tick; exact swaps across ticks.

Liquidity is constant between ticks; rising through tick i adds its net liquidity, falling takes
it away. A swap stops at every initialised tick and at every 256th multiple of the tick spacing
(the contract looks no further at once), and each stop rounds once: leaving one out would be off
by a unit. What lies outside [known_low, known_high] was never read: a swap ends there as
`Ended.unknown`. Source: Uniswap v3 whitepaper 6.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from msgspec import Struct

from models.pools.pool import Pool, quote_per_asset
from models.pools.swap_step import swap_step
from models.pools.tick_math import (
    MAX_SQRT_PRICE,
    MAX_TICK,
    MIN_SQRT_PRICE,
    MIN_TICK,
    sqrt_price_at,
    tick_at,
)
from models.pools.trade import Ended, Trade

MOST_LIQUIDITY: Final = (1 << 128) - 1
MOST_AMOUNT: Final = (1 << 255) - 1
_WORD_BITS: Final = 8


class Concentrated(Struct, frozen=True):
    """State of a v3 pool.

    `tick` is the contract's: one below the price's own when a falling swap ended exactly on an
    initialised tick. Both bounds are ticks; everything between their prices is known.
    """

    sqrt_price_x96: int
    tick: int
    liquidity: int  # in range
    ticks: tuple[int, ...]  # initialised, rising
    nets: tuple[int, ...]  # net liquidity of each
    known_low: int = MIN_TICK
    known_high: int = MAX_TICK

    @property
    def inside(self) -> bool:
        """Whether the price lies within what is known."""
        low, high = sqrt_price_at(self.known_low), sqrt_price_at(self.known_high)
        return low <= self.sqrt_price_x96 <= high

    def price(self, pool: Pool) -> float | None:
        """Quote per asset, in whole tokens: (√P / 2^96)² or its inverse."""
        return quote_per_asset(pool, self.sqrt_price_x96**2, 1 << 192)

    def net_between(self, low: int, high: int) -> int:
        """Σ net liquidity over ticks in (low, high]."""
        return sum(self.nets[bisect_right(self.ticks, low) : bisect_right(self.ticks, high)])

    def is_sound(self) -> bool:
        """Whether ticks and liquidity can both be true.

        No range may hold less than nothing or more than 128 bits, and outside all ticks of a pool
        known to its ends there is no liquidity.
        """
        below = self.liquidity - self.net_between(MIN_TICK - 1, self.tick)
        ranges = list(accumulate(self.nets, initial=below))
        if self.known_low == MIN_TICK and ranges[0] != 0:
            return False
        if self.known_high == MAX_TICK and ranges[-1] != 0:
            return False
        return min(ranges) >= 0 and max(ranges) <= MOST_LIQUIDITY


def with_net(state: Concentrated, tick: int, net: int | None) -> Concentrated:
    """The state with another net liquidity at a tick; None: the tick is not initialised."""
    at = bisect_left(state.ticks, tick)
    past = at + (at < len(state.ticks) and state.ticks[at] == tick)
    own, value = ((), ()) if net is None else ((tick,), (net,))
    return Concentrated(
        state.sqrt_price_x96,
        state.tick,
        state.liquidity,
        state.ticks[:at] + own + state.ticks[past:],
        state.nets[:at] + value + state.nets[past:],
        state.known_low,
        state.known_high,
    )


def net_at(state: Concentrated, tick: int) -> int | None:
    """Net liquidity of a tick, None when it is not initialised."""
    at = bisect_left(state.ticks, tick)
    return state.nets[at] if at < len(state.ticks) and state.ticks[at] == tick else None


def swap_in(
    pool: Pool, state: Concentrated, zero_for_one: bool, amount: int, limit_x96: int | None = None
) -> Trade[Concentrated]:
    """Sell exactly `amount`, fee included. Raises ValueError unless 0 < amount < 2^255.

    `limit_x96`: the square root price not to go past; None: the contract's own ends.
    """
    return _swap(pool, state, zero_for_one, amount, True, limit_x96)


def swap_out(
    pool: Pool, state: Concentrated, zero_for_one: bool, amount: int, limit_x96: int | None = None
) -> Trade[Concentrated]:
    """Buy exactly `amount`. As `swap_in` otherwise."""
    return _swap(pool, state, zero_for_one, amount, False, limit_x96)


def _swap(
    pool: Pool, state: Concentrated, down: bool, amount: int, exact_in: bool, limit: int | None
) -> Trade[Concentrated]:
    if not 0 < amount <= MOST_AMOUNT:
        message = f"an amount of {amount} cannot be swapped"
        raise ValueError(message)
    price, tick, liquidity = state.sqrt_price_x96, state.tick, state.liquidity
    sign = -1 if down else 1
    most = MIN_SQRT_PRICE + 1 if down else MAX_SQRT_PRICE - 1
    end = most if limit is None else limit
    ended = Ended.dry if limit is None else Ended.limit
    if sign * (end - price) <= 0 or sign * (most - end) < 0:
        return Trade(0, 0, 0, state, ended)
    edge = sqrt_price_at(state.known_low if down else state.known_high)
    if not state.inside or price == edge:
        return Trade(0, 0, 0, state, Ended.unknown)
    if sign * (end - edge) > 0:
        end, ended = edge, Ended.unknown
    remaining, came_in, went_out, fee = amount, 0, 0, 0
    while remaining and price != end:
        stop, net = _next_stop(state, tick, liquidity, pool.tick_spacing, down)
        stop_price = sqrt_price_at(stop)
        target = end if sign * (stop_price - end) > 0 else stop_price
        step = swap_step(price, target, liquidity, remaining, exact_in, pool.fee_e6)
        came_in += step.amount_in + step.fee
        went_out += step.amount_out
        fee += step.fee
        remaining -= step.amount_in + step.fee if exact_in else step.amount_out
        if step.sqrt_price_x96 == stop_price:
            after = liquidity + sign * net
            if not 0 <= after <= MOST_LIQUIDITY:  # what was read cannot be true
                price, end, ended = stop_price, stop_price, Ended.unknown
                tick = tick_at(price)
                break
            liquidity, tick = after, stop - 1 if down else stop
        elif step.sqrt_price_x96 != price:
            tick = tick_at(step.sqrt_price_x96)
        price = step.sqrt_price_x96
    after_all = Concentrated(
        price, tick, liquidity, state.ticks, state.nets, state.known_low, state.known_high
    )
    # At the edge even a swap that used all of its amount ends as unknown: the contract would have
    # aimed past it, which rounds otherwise, and may have crossed a tick there.
    filled = not remaining and (ended is not Ended.unknown or price != end)
    return Trade(came_in, went_out, fee, after_all, Ended.filled if filled else ended)


def _next_stop(
    state: Concentrated, tick: int, liquidity: int, spacing: int, down: bool
) -> tuple[int, int]:
    """(tick to stop at, its net liquidity): an initialised one, or the end of the word of 256.

    Without liquidity nothing is traded and no word's end can round anything: they are passed.
    """
    ticks: Sequence[int] = state.ticks
    at = bisect_right(ticks, tick)
    if down:
        word = MIN_TICK if not liquidity else _word(tick // spacing) * spacing
        if at and ticks[at - 1] >= word:
            return ticks[at - 1], state.nets[at - 1]
        return max(word, MIN_TICK), 0
    word = MAX_TICK if not liquidity else (_word(tick // spacing + 1) + 255) * spacing
    if at < len(ticks) and ticks[at] <= word:
        return ticks[at], state.nets[at]
    return min(word, MAX_TICK), 0


def _word(compressed: int) -> int:
    return compressed >> _WORD_BITS << _WORD_BITS
