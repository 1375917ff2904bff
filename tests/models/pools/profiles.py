"""Pools and liquidity profiles for tests: positions by tick, and the state they add up to."""

from fractions import Fraction
from math import isqrt

from hypothesis import strategies as st

from models.pools.pool import Pool
from models.pools.tick_math import MAX_TICK, MIN_TICK, Q96, sqrt_price_at, tick_at
from models.pools.v3 import Concentrated
from tests.reference.pool_v3 import Position

E18 = 10**18
TOKEN0, TOKEN1, TOKEN2 = "0x" + "0a" * 20, "0x" + "0b" * 20, "0x" + "0c" * 20

Ranges = tuple[tuple[int, int, int], ...]  # (lower tick, upper tick, liquidity)


def v3_pool(fee_e6: int = 3_000, tick_spacing: int = 60, **constants: object) -> Pool:
    made = {
        "address": "0x" + "33" * 20, "protocol": "uniswap-v3", "token0": TOKEN0, "token1": TOKEN1,
        "decimals0": 18, "decimals1": 18, "fee_e6": fee_e6, "tick_spacing": tick_spacing,
    }  # fmt: skip
    return Pool(**(made | constants))


def v2_pool(fee_e6: int = 3_000, **constants: object) -> Pool:
    made = {
        "address": "0x" + "22" * 20, "protocol": "uniswap-v2", "token0": TOKEN0, "token1": TOKEN1,
        "decimals0": 18, "decimals1": 18, "fee_e6": fee_e6,
    }  # fmt: skip
    return Pool(**(made | constants))


def root(above: int, below: int) -> int:
    """√(above/below) · 2^96, rounded down."""
    return isqrt((above << 192) // below)


def full(spacing: int) -> int:
    """The last usable tick."""
    return MAX_TICK // spacing * spacing


def state_of(
    ranges: Ranges,
    sqrt_price_x96: int,
    tick: int | None = None,
    known: tuple[int, int] = (MIN_TICK, MAX_TICK),
) -> Concentrated:
    """The state of a pool whose positions these are."""
    tick = tick_at(sqrt_price_x96) if tick is None else tick
    nets: dict[int, int] = {}
    for low, high, liquidity in ranges:
        nets[low] = nets.get(low, 0) + liquidity
        nets[high] = nets.get(high, 0) - liquidity
    ticks = tuple(sorted(each for each in nets if known[0] <= each <= known[1]))
    inside = sum(liquidity for low, high, liquidity in ranges if low <= tick < high)
    return Concentrated(
        sqrt_price_x96, tick, inside, ticks, tuple(nets[each] for each in ticks), *known
    )


def positions_of(ranges: Ranges) -> list[Position]:
    """The same for the reference: prices instead of ticks."""
    return [
        (Fraction(sqrt_price_at(low), Q96), Fraction(sqrt_price_at(high), Q96), liquidity)
        for low, high, liquidity in ranges
    ]


@st.composite
def profiles(draw: st.DrawFn, reach: int = 40) -> tuple[Pool, Ranges, Concentrated]:
    """A pool with some positions, perhaps none at its price, perhaps exactly on a tick."""
    spacing = draw(st.sampled_from((1, 10, 60, 200)))
    pool = v3_pool(draw(st.sampled_from((0, 100, 500, 3_000, 10_000))), spacing)
    centre = draw(st.integers(-150_000 // spacing, 150_000 // spacing))
    ranges = []
    for _ in range(draw(st.integers(1, 6))):
        low = centre + draw(st.integers(-reach, reach))
        width = draw(st.integers(1, reach))
        liquidity = draw(st.integers(1, 1 << draw(st.sampled_from((10, 60, 80, 100)))))
        ranges.append((low * spacing, (low + width) * spacing, liquidity))
    tick = (centre + draw(st.integers(-reach, reach))) * spacing
    offset = draw(st.sampled_from((0, 0, 1, spacing // 2)))
    price = sqrt_price_at(tick + offset)
    if draw(st.booleans()):
        price += draw(st.integers(0, price // 20_100))  # at most about one tick
    own = tick_at(price)
    at_tick = price == sqrt_price_at(own) and own % spacing == 0 and draw(st.booleans())
    return pool, tuple(ranges), state_of(tuple(ranges), price, own - 1 if at_tick else own)


amounts = st.integers(0, 110).flatmap(lambda bits: st.integers(1, 1 << bits))
