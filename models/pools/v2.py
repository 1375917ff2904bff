"""A Uniswap v2 pool: two reserves whose product never falls; exact swaps.

With fee f (γ = 1 − f): out = ⌊γ·in·R_out / (R_in + γ·in)⌋, and for a wanted amount
in = ⌊R_in·out / (γ·(R_out − out))⌋ + 1, as the contract and its router have it. The fee stays in
the reserves. Source: Uniswap v2 whitepaper 3.2.1; Angeris et al. 2019.
"""

from typing import Final

from msgspec import Struct

from models.pools.pool import FEE_UNIT, Pool, quote_per_asset
from models.pools.trade import Ended, Trade

MOST_RESERVE: Final = (1 << 112) - 1


class Reserves(Struct, frozen=True):
    """State of a v2 pool, in least units."""

    reserve0: int
    reserve1: int

    def price(self, pool: Pool) -> float | None:
        """Quote per asset, in whole tokens; None for an empty pool."""
        return quote_per_asset(pool, self.reserve1, self.reserve0)


def swap_in(pool: Pool, state: Reserves, zero_for_one: bool, amount: int) -> Trade[Reserves]:
    """Sell exactly `amount`, fee included.

    Ends `dry` with nothing traded where the contract would refuse: no reserves, nothing would come
    out, or a reserve would pass 112 bits. Raises ValueError unless amount > 0.
    """
    come, go = _sides(state, zero_for_one)
    usable = _positive(amount) * (FEE_UNIT - pool.fee_e6)
    out = usable * go // (come * FEE_UNIT + usable) if come and go else 0
    return _traded(pool, state, zero_for_one, amount, out)


def swap_out(pool: Pool, state: Reserves, zero_for_one: bool, amount: int) -> Trade[Reserves]:
    """Buy exactly `amount`; ends `dry` also when the pool does not hold more than that.

    The router's rounding: what is asked for is the least that is enough, or one unit more. Raises
    ValueError unless amount > 0.
    """
    come, go = _sides(state, zero_for_one)
    if _positive(amount) >= go:
        return Trade(0, 0, 0, state, Ended.dry)
    needed = come * amount * FEE_UNIT // ((go - amount) * (FEE_UNIT - pool.fee_e6)) + 1
    return _traded(pool, state, zero_for_one, needed, amount)


def _traded(
    pool: Pool, state: Reserves, zero_for_one: bool, amount_in: int, amount_out: int
) -> Trade[Reserves]:
    come, go = _sides(state, zero_for_one)
    if not come or not amount_out or come + amount_in > MOST_RESERVE:
        return Trade(0, 0, 0, state, Ended.dry)
    after = (come + amount_in, go - amount_out)
    fee = -(-amount_in * pool.fee_e6 // FEE_UNIT)
    reserves = Reserves(*after) if zero_for_one else Reserves(*reversed(after))
    return Trade(amount_in, amount_out, fee, reserves, Ended.filled)


def _sides(state: Reserves, zero_for_one: bool) -> tuple[int, int]:
    """(reserve of what comes in, reserve of what goes out)."""
    if zero_for_one:
        return state.reserve0, state.reserve1
    return state.reserve1, state.reserve0


def _positive(amount: int) -> int:
    if amount <= 0:
        message = f"an amount of {amount} cannot be swapped"
        raise ValueError(message)
    return amount
