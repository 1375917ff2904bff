"""Quotes of either kind of pool, and of a path of several pools, without changing any state."""

from collections.abc import Sequence

from msgspec import Struct

from models.pools import v2, v3
from models.pools.pool import Pool
from models.pools.trade import Ended, Trade
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated

PoolState = Reserves | Concentrated


class Hop(Struct, frozen=True):
    """A pool on a path, its state, and which way through it."""

    pool: Pool
    state: PoolState
    zero_for_one: bool


class PathTrade(Struct, frozen=True):
    """A swap along a path.

    `amounts`: of each token, first in to last out; `fees`: of each hop, in its token in; `after`:
    each pool's state. All three are empty unless every hop traded: `ended` of the one that did not.
    An exact-in hop that ran `dry` passes on what it gave, as the contract does.
    """

    amounts: tuple[int, ...]
    fees: tuple[int, ...]
    after: tuple[PoolState, ...]
    ended: Ended


def hops_of(pools: Sequence[tuple[Pool, PoolState]], token_in: str) -> tuple[Hop, ...]:
    """The hops when `token_in` goes into the first pool and each passes on what comes out.

    Raises ValueError when a pool does not hold the token that reaches it, or stands there twice:
    its state after the first hop would be the second one's before.
    """
    hops: list[Hop] = []
    for pool, state in pools:
        token_out = pool.other(token_in)
        if token_out is None or any(hop.pool.address == pool.address for hop in hops):
            why = "does not hold" if token_out is None else "is passed twice, with"
            message = f"pool {pool.address} {why} {token_in}"
            raise ValueError(message)
        hops.append(Hop(pool, state, token_in == pool.token0))
        token_in = token_out
    return tuple(hops)


def quote_in(hop: Hop, amount: int) -> Trade[Reserves] | Trade[Concentrated]:
    """Sell exactly `amount`. Raises ValueError as the pool's own `swap_in`."""
    if isinstance(hop.state, Reserves):
        return v2.swap_in(hop.pool, hop.state, hop.zero_for_one, amount)
    return v3.swap_in(hop.pool, hop.state, hop.zero_for_one, amount)


def quote_out(hop: Hop, amount: int) -> Trade[Reserves] | Trade[Concentrated]:
    """Buy exactly `amount`. Raises ValueError as the pool's own `swap_out`."""
    if isinstance(hop.state, Reserves):
        return v2.swap_out(hop.pool, hop.state, hop.zero_for_one, amount)
    return v3.swap_out(hop.pool, hop.state, hop.zero_for_one, amount)


def path_in(hops: Sequence[Hop], amount: int) -> PathTrade:
    """Sell exactly `amount` of the first token. Raises ValueError as `quote_in` of the first."""
    amounts, ended = [amount], Ended.filled
    trades: list[Trade[Reserves] | Trade[Concentrated]] = []
    for hop in hops:
        trade = quote_in(hop, amounts[-1])
        if trade.ended is Ended.unknown or trade.amount_out == 0:
            return PathTrade((), (), (), trade.ended if trade.ended != "filled" else Ended.dry)
        if trade.ended is not Ended.filled:
            ended = trade.ended
        if not trades:
            amounts[0] = trade.amount_in
        trades.append(trade)
        amounts.append(trade.amount_out)
    return _along(amounts, trades, ended)


def path_out(hops: Sequence[Hop], amount: int) -> PathTrade:
    """Buy exactly `amount` of the last token, from the last hop back. Raises as `quote_out`."""
    amounts = [amount]
    trades: list[Trade[Reserves] | Trade[Concentrated]] = []
    for hop in reversed(hops):
        trade = quote_out(hop, amounts[0])
        if trade.ended is not Ended.filled:
            return PathTrade((), (), (), trade.ended)
        trades.insert(0, trade)
        amounts.insert(0, trade.amount_in)
    return _along(amounts, trades, Ended.filled)


def _along(
    amounts: Sequence[int],
    trades: Sequence[Trade[Reserves] | Trade[Concentrated]],
    ended: Ended,
) -> PathTrade:
    return PathTrade(
        tuple(amounts), tuple(t.fee for t in trades), tuple(t.after for t in trades), ended
    )
