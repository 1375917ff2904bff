"""How a pool's state follows from one log or reading, and when what we hold is doubted.

A swap's log tells the liquidity in range after it. If crossing our ticks from the old price to the
new one gives another, a Mint or Burn is missing: the state takes the log's numbers, is marked
`unproved` with a reason, and stays so until a whole reading.

A `V3State` lists what was read, contiguous around the price: its first and last tick are the
bounds of what is known. A reader that read on without finding a tick ends its list with that bound
and a net of 0; (MIN_TICK, 0) and (MAX_TICK, 0) say that all was read.
"""

from itertools import pairwise
from typing import Final

from msgspec import Struct

from models.pools.path import PoolState
from models.pools.pool import Pool
from models.pools.tick_math import (
    MAX_SQRT_PRICE,
    MAX_TICK,
    MIN_SQRT_PRICE,
    MIN_TICK,
    sqrt_price_at,
    tick_at,
)
from models.pools.v2 import MOST_RESERVE, Reserves
from models.pools.v3 import MOST_LIQUIDITY, Concentrated, net_at, with_net
from schemas.chain_event import Event, V2Sync, V3Burn, V3Initialize, V3Mint, V3State, V3Swap

# Why a state is unproved.
UNREAD: Final = "its ticks were never read"
DISAGREES: Final = "a swap's liquidity is not what our ticks give"
LEFT: Final = "the price left what was read"
BAD: Final = "a log or reading says what no pool can be"


class Held(Struct, frozen=True):
    """What is held of a pool. `missed`: logs that could not be taken, for want of a state."""

    state: PoolState | None = None
    block: int | None = None  # of the last change
    unproved: str = ""
    missed: int = 0


NOTHING: Final = Held()


def held_after(pool: Pool, held: Held, block: int, event: Event) -> Held | None:
    """What is held after a log; None when it changes nothing of this kind of pool."""
    if pool.protocol == "uniswap-v2":
        return _synced(held, block, event) if isinstance(event, V2Sync) else None
    if isinstance(event, V3State):
        return _read(pool, held, block, event)
    if isinstance(event, V3Initialize):
        if not _is_price(event.sqrt_price_x96, event.tick):
            return _doubt(held, BAD)
        state = Concentrated(event.sqrt_price_x96, event.tick, 0, (), ())
        return Held(state, block, "", held.missed)
    if isinstance(event, V3Swap):
        return _swapped(pool, held, block, event)
    if isinstance(event, V3Mint | V3Burn) and event.liquidity != 0:
        return _moved(pool, held, block, event)
    return None


def _synced(held: Held, block: int, event: V2Sync) -> Held:
    if (
        not 0
        <= min(event.reserve0, event.reserve1)
        <= MOST_RESERVE
        >= max(event.reserve0, event.reserve1)
    ):
        return _doubt(held, BAD)
    return Held(Reserves(event.reserve0, event.reserve1), block, "", held.missed)


def _read(pool: Pool, held: Held, block: int, event: V3State) -> Held:
    ticks = event.ticks
    inside = all(MIN_TICK <= tick <= MAX_TICK for tick, _ in ticks)
    rising = all(a[0] < b[0] for a, b in pairwise(ticks))
    spaced = all(tick % pool.tick_spacing == 0 or net == 0 for tick, net in ticks)
    priced = _is_price(event.sqrt_price_x96, event.tick)
    if not (inside and rising and spaced and priced and 0 <= event.liquidity <= MOST_LIQUIDITY):
        return _doubt(held, BAD)
    low, high = _around(pool, event.tick)
    if ticks:
        low, high = min(low, ticks[0][0]), max(high, ticks[-1][0])
    last = len(ticks) - 1
    kept = [row for at, row in enumerate(ticks) if row[1] or 0 < at < last]
    state = Concentrated(
        event.sqrt_price_x96,
        event.tick,
        event.liquidity,
        tuple(tick for tick, _ in kept),
        tuple(net for _, net in kept),
        low,
        high,
    )
    return Held(state, block, "" if state.is_sound() else BAD, held.missed)


def _swapped(pool: Pool, held: Held, block: int, event: V3Swap) -> Held:
    price, tick, liquidity = event.sqrt_price_x96, event.tick, event.liquidity
    if not _is_price(price, tick) or not 0 <= liquidity <= MOST_LIQUIDITY:
        return _doubt(held, BAD)
    before = held.state
    if not isinstance(before, Concentrated) or held.unproved == UNREAD:
        low, high = _around(pool, tick)
        state = Concentrated(price, tick, liquidity, (), (), low, high)
        return Held(state, block, UNREAD, held.missed)
    state = Concentrated(
        price, tick, liquidity, before.ticks, before.nets, before.known_low, before.known_high
    )
    crossed = before.net_between(before.tick, tick) - before.net_between(tick, before.tick)
    why = held.unproved
    if not why and not state.inside:
        why = LEFT
    elif not why and before.liquidity + crossed != liquidity:
        why = DISAGREES
    return Held(state, block, why, held.missed)


def _moved(pool: Pool, held: Held, block: int, event: V3Mint | V3Burn) -> Held:
    """Mint or Burn: liquidity on a range of ticks, of which only the known part is kept.

    Net liquidity 0 leaves open whether positions still end on the tick: a Mint's do; after a Burn
    they hardly ever do. A wrong guess moves one rounding of a swap.
    """
    before = held.state
    if not isinstance(before, Concentrated):
        return Held(before, held.block, held.unproved, held.missed + 1)
    low, high, minted = event.tick_lower, event.tick_upper, isinstance(event, V3Mint)
    spaced = low % pool.tick_spacing == 0 == high % pool.tick_spacing
    delta = event.liquidity if minted else -event.liquidity
    change = delta if low <= before.tick < high else 0
    possible = 0 < event.liquidity <= MOST_LIQUIDITY >= before.liquidity + change >= 0
    if not MIN_TICK <= low < high <= MAX_TICK or not spaced or not possible:
        return _doubt(held, BAD)
    state = before
    for tick, added in ((low, delta), (high, -delta)):
        if before.known_low <= tick <= before.known_high and held.unproved != UNREAD:
            net = (net_at(state, tick) or 0) + added
            state = with_net(state, tick, net if net or minted else None)
    state = Concentrated(
        state.sqrt_price_x96,
        state.tick,
        state.liquidity + change,
        state.ticks,
        state.nets,
        state.known_low,
        state.known_high,
    )
    return Held(state, block, held.unproved, held.missed)


def _doubt(held: Held, why: str) -> Held:
    return Held(held.state, held.block, held.unproved or why, held.missed + 1)


def _is_price(sqrt_price_x96: int, tick: int) -> bool:
    """Whether the contract can hold both: the price's own tick, or one less exactly on a tick."""
    if not MIN_SQRT_PRICE <= sqrt_price_x96 < MAX_SQRT_PRICE:
        return False
    own = tick_at(sqrt_price_x96)
    return tick == own or (tick == own - 1 and sqrt_price_at(own) == sqrt_price_x96)


def _around(pool: Pool, tick: int) -> tuple[int, int]:
    """Liquidity is constant between two multiples of the spacing, whatever else is unknown."""
    low = tick // pool.tick_spacing * pool.tick_spacing
    return max(low, MIN_TICK), min(low + pool.tick_spacing, MAX_TICK)
