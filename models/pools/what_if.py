"""A pool's price after swaps that still wait, in the order in which they are expected.

Each swap is quoted on what the ones before it left behind, in all pools they passed; one that the
contract would refuse, or whose outcome cannot be known, changes nothing and is told with a reason.
"""

from collections.abc import Sequence

from msgspec import Struct

from models.pools.fold import Pools
from models.pools.path import PathTrade, PoolState, hops_of, path_in, path_out
from models.pools.pool import Pool
from models.pools.trade import Ended
from models.pools.v3 import MOST_AMOUNT
from schemas.chain_call import Swap


class Skipped(Struct, frozen=True):
    """A swap that did not move the pool: its place in the order, and why."""

    place: int
    why: str


class PoolAfter(Struct, frozen=True):
    """A pool before and after. Prices are quote per asset, None while there is none."""

    before_px: float | None
    after_px: float | None
    state: PoolState | None
    applied: tuple[int, ...]  # places in the order
    skipped: tuple[Skipped, ...]
    unproved: tuple[str, ...]  # pools passed on the way whose state is in doubt


def after(
    pools: Pools, address: str, swaps: Sequence[Swap], now_s: int | None = None
) -> PoolAfter | None:
    """The pool after `swaps`; None for a pool that was never learnt.

    `now_s`: time of the block they would be in; swaps past their deadline are skipped. Swaps that
    only pass other pools are told as skipped, but those pools are as they leave them.
    """
    own = pools.pool(address)
    if own is None:
        return None
    moved: dict[str, PoolState] = {}
    doubted: set[str] = set()
    applied: list[int] = []
    skipped: list[Skipped] = []
    for place, swap in enumerate(swaps):
        done = _execute(pools, moved, swap, now_s)
        if isinstance(done, str):
            skipped.append(Skipped(place, done))
            continue
        passed, trade = done
        moved.update(zip(passed, trade.after, strict=True))
        doubted.update(each for each in passed if pools.held(each).unproved)
        if address in passed:
            applied.append(place)
        else:
            skipped.append(Skipped(place, "does not touch the pool"))
    before = pools.held(address).state
    state = moved.get(address, before)
    if pools.held(address).unproved:
        doubted.add(address)
    return PoolAfter(
        None if before is None else before.price(own),
        None if state is None else state.price(own),
        state,
        tuple(applied),
        tuple(skipped),
        tuple(sorted(doubted)),
    )


def _execute(
    pools: Pools, moved: dict[str, PoolState], swap: Swap, now_s: int | None
) -> tuple[tuple[str, ...], PathTrade] | str:
    """(pools passed, trade), or why the swap changes nothing."""
    if now_s is not None and swap.deadline_s is not None and swap.deadline_s < now_s:
        return "is past its deadline"
    amount = swap.amount_in if swap.amount_in is not None else swap.amount_out
    if amount is None:
        return "only execution decides its amount"
    if not 0 < amount <= MOST_AMOUNT:
        return "its amount cannot be swapped"
    way = _way(pools, swap)
    if isinstance(way, str):
        return way
    known: list[tuple[Pool, PoolState]] = []
    for pool in way:
        state = moved.get(pool.address, pools.held(pool.address).state)
        if state is None:
            return f"the state of {pool.address} is unknown"
        known.append((pool, state))
    try:
        hops = hops_of(known, swap.path[0])
    except ValueError as error:
        return str(error)
    exact_in = swap.amount_in is not None
    trade = path_in(hops, amount) if exact_in else path_out(hops, amount)
    if not trade.amounts:
        if trade.ended is Ended.unknown:
            return "it would leave what was read of a pool"
        return "a pool on its path cannot fill it"
    if swap.limit is not None:
        worse = trade.amounts[-1] < swap.limit if exact_in else trade.amounts[0] > swap.limit
        if worse:
            return "its limit fails"
    return tuple(pool.address for pool in way), trade


def _way(pools: Pools, swap: Swap) -> list[Pool] | str:
    """The pools that the swap passes, or why they cannot be told."""
    path, legs = swap.path, len(swap.path) - 1
    if legs < 1:
        return "the call does not say which tokens"
    if swap.pools:
        named = [pools.pool(each) for each in swap.pools]
        if None in named or len(named) != legs:
            return "it passes a pool that was never learnt"
        return [pool for pool in named if pool is not None]
    way = []
    for at in range(legs):
        fee = swap.fees_e6[at] if len(swap.fees_e6) == legs else None
        fitting = [
            pool
            for pool in pools.between(path[at], path[at + 1])
            if pool.protocol == swap.protocol and fee in (None, pool.fee_e6)
        ]
        if not fitting:
            return "it passes a pool that was never learnt"
        if len(fitting) > 1:
            return "several pools fit its path"
        way.append(fitting[0])
    return way
