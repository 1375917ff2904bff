"""Pools: a Uniswap v2 pair, and a v3 pool with its initialised ticks.

A v3 pool keeps a bit for every tick it may use: tick/spacing = 256·word + bit. Words around the
present tick are read first, then the ticks whose bits are set. Where all words were read, the net
liquidity of all ticks must be 0 and of those up to the present one what the pool has in range;
a reading that breaks this is refused, for it was put together from several blocks.

Source: IUniswapV2Pair, IUniswapV3PoolState, TickBitmap. PancakeSwap v3 answers alike.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.chain_event import V2Sync, V3State
from sources.evm.abi import Malformed, decoded
from sources.evm.readings import Ask, ask, counted, value

MOST_TICK: Final = 887_272
_MOST_TICKS: Final = 20_000  # initialised ones of a pool: memory is bounded
_WORD_BITS: Final = 256


class PairReading(Struct, frozen=True, gc=False):
    """A v2 pair."""

    token0: str
    token1: str
    sync: V2Sync


class PairDiscovery(Struct, frozen=True):
    """Reads a v2 pair in one round."""

    pair: str

    def asks(self) -> tuple[Ask, ...]:
        """Tokens and reserves."""
        return tuple(ask(self.pair, each) for each in ("token0()", "token1()", "getReserves()"))

    def take(self, results: Sequence[bytes]) -> PairReading:
        """The reading. Raises Malformed."""
        token0, token1, reserves = counted(self.asks(), results)
        sync = V2Sync(*decoded(("uint112", "uint112"), reserves))
        return PairReading(value("address", token0), value("address", token1), sync)


class PoolReading(Struct, frozen=True, gc=False):
    """A v3 pool. Its initialised ticks are known in [known_from, known_to) and there alone."""

    token0: str
    token1: str
    fee_e6: int
    tick_spacing: int
    known_from: int
    known_to: int
    state: V3State


class PoolDiscovery(Struct, frozen=True):
    """Reads a v3 pool: this round, its words, its ticks.

    `words`: of the bitmap on either side of the present one, None for all: a pool with spacing s
    has about 6932/s of them.
    """

    pool: str
    words: int | None = None

    def asks(self) -> tuple[Ask, ...]:
        """Everything but the ticks."""
        return tuple(
            ask(self.pool, question)
            for question in (
                "token0()", "token1()", "fee()", "tickSpacing()", "slot0()", "liquidity()",
            )
        )  # fmt: skip

    def take(self, results: Sequence[bytes]) -> "_Words":
        """The round of words. Raises Malformed, also for a pool without a price yet."""
        token0, token1, fee, spacing, slot0, liquidity = counted(self.asks(), results)
        price, tick = decoded(("uint160", "int24"), slot0)
        step = value("int24", spacing)
        if price == 0 or not -MOST_TICK <= tick <= MOST_TICK or not 0 < step <= MOST_TICK:
            message = f"no pool has price {price}, tick {tick} and spacing {step}"
            raise Malformed(message)
        first, here, last = (
            at // step // _WORD_BITS for at in (-(MOST_TICK // step * step), tick, MOST_TICK)
        )
        low = first if self.words is None else max(first, here - self.words)
        high = last if self.words is None else min(last, here + self.words)
        reading = PoolReading(
            token0=value("address", token0),
            token1=value("address", token1),
            fee_e6=value("uint24", fee),
            tick_spacing=step,
            known_from=-MOST_TICK if low == first else low * _WORD_BITS * step,
            known_to=MOST_TICK + 1 if high == last else (high + 1) * _WORD_BITS * step,
            state=V3State(price, tick, value("uint128", liquidity), ()),
        )
        return _Words(self.pool, reading, tuple(range(low, high + 1)))


class _Words(Struct, frozen=True):
    pool: str
    reading: PoolReading  # without ticks
    words: tuple[int, ...]

    def asks(self) -> tuple[Ask, ...]:
        """Words of the bitmap."""
        return tuple(ask(self.pool, "tickBitmap(int16)", word) for word in self.words)

    def take(self, results: Sequence[bytes]) -> "_Ticks | PoolReading":
        """The round of ticks, or the reading of a pool without any. Raises Malformed."""
        masks = [value("uint256", data) for data in counted(self.asks(), results)]
        if sum(mask.bit_count() for mask in masks) > _MOST_TICKS:
            message = f"more than {_MOST_TICKS} ticks are initialised"
            raise Malformed(message)
        ticks = tuple(
            (word * _WORD_BITS + bit) * self.reading.tick_spacing
            for word, mask in zip(self.words, masks, strict=True)
            for bit in range(_WORD_BITS)
            if mask >> bit & 1
        )
        if any(abs(tick) > MOST_TICK for tick in ticks):
            message = f"a tick beyond {MOST_TICK} is initialised"
            raise Malformed(message)
        found = _Ticks(self.pool, self.reading, ticks)
        return found if ticks else found.take(())


class _Ticks(Struct, frozen=True):
    pool: str
    reading: PoolReading  # without ticks
    ticks: tuple[int, ...]  # initialised ones, rising

    def asks(self) -> tuple[Ask, ...]:
        """Their liquidity."""
        return tuple(ask(self.pool, "ticks(int24)", tick) for tick in self.ticks)

    def take(self, results: Sequence[bytes]) -> PoolReading:
        """The reading. Raises Malformed."""
        nets = []
        for tick, data in zip(self.ticks, counted(self.asks(), results), strict=True):
            gross, net = decoded(("uint128", "int128"), data)
            if abs(net) > gross or not gross:
                message = f"tick {tick}: net liquidity {net} of {gross}"
                raise Malformed(message)
            nets.append((tick, net))
        state = replace(self.reading.state, ticks=tuple(nets))
        _refuse_contradictions(self.reading, state)
        return replace(self.reading, state=state)


def _refuse_contradictions(reading: PoolReading, state: V3State) -> None:
    if (reading.known_from, reading.known_to) != (-MOST_TICK, MOST_TICK + 1):
        return
    total = sum(net for _, net in state.ticks)
    below = sum(net for tick, net in state.ticks if tick <= state.tick)
    if total or below != state.liquidity:
        message = f"ticks sum to {below} up to the present, {total} in all; {state.liquidity} is in"
        raise Malformed(message)
