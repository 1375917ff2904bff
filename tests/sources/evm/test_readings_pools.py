"""Pools: a v2 pair, and v3 pools that are built here out of positions, tick by tick."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_event import V2Sync, V3State
from sources.evm.abi import Malformed
from sources.evm.readings import Ask, Discovery
from sources.evm.readings_pools import (
    MOST_TICK,
    PairDiscovery,
    PairReading,
    PoolDiscovery,
    PoolReading,
)
from tests.reference.evm_logs import answer

POOL, TOKEN0, TOKEN1 = ("0x" + digits * 20 for digits in ("90", "a0", "b1"))
PRICE = 79228162514264337593543950336
Position = tuple[int, int, int]  # lower, upper, liquidity


class Pool:
    """A v3 pool that answers calls; by the protocol's paper, from its positions."""

    def __init__(self, positions: Sequence[Position], tick: int, spacing: int) -> None:
        self.tick, self.spacing = tick, spacing
        self.net: Counter[int] = Counter()
        self.gross: Counter[int] = Counter()
        self.liquidity = 0
        for lower, upper, liquidity in positions:
            self.net[lower] += liquidity
            self.net[upper] -= liquidity
            self.gross[lower] += liquidity
            self.gross[upper] += liquidity
            self.liquidity += liquidity if lower <= tick < upper else 0
        self.asked: list[Ask] = []

    def ticks(self) -> tuple[tuple[int, int], ...]:
        return tuple((tick, self.net[tick]) for tick in sorted(self.gross))

    def call(self, ask: Ask) -> bytes:
        self.asked.append(ask)
        assert ask.to == POOL
        name, argument = ask.data[:4].hex(), ask.data[4:]
        number = int.from_bytes(argument, "big", signed=True)
        if name == "5339c296":
            return sum(
                1 << tick // self.spacing % 256
                for tick in self.gross
                if tick // self.spacing // 256 == number
            ).to_bytes(32, "big")
        if name == "f30dba93":
            more = [0, 0, 0, 0, 0, True]
            kinds = ["uint128", "int128", "uint256", "uint256", "int56", "uint160", "uint32"]
            return answer([*kinds, "bool"], [self.gross[number], self.net[number], *more])
        return {
            "0dfe1681": answer(["address"], [TOKEN0]),
            "d21220a7": answer(["address"], [TOKEN1]),
            "ddca3f43": answer(["uint24"], [500]),
            "d0c93a7c": answer(["int24"], [self.spacing]),
            "3850c7bd": answer(
                ["uint160", "int24", "uint16", "uint16", "uint16", "uint8", "bool"],
                [PRICE, self.tick, 1, 2, 3, 4, True],
            ),
            "1a686502": answer(["uint128"], [self.liquidity]),
        }[name]


def reading_of(pool: Pool, words: int | None = None) -> PoolReading:
    step: Discovery[PoolReading] | PoolReading = PoolDiscovery(POOL, words)
    for _ in range(3):
        if not isinstance(step, Discovery):
            break
        step = step.take([pool.call(each) for each in step.asks()])
    assert isinstance(step, PoolReading)
    return step


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    spacing = draw(st.sampled_from([10, 60, 200, 887272]))
    most = MOST_TICK // spacing
    bounds = st.integers(-most, most) | st.integers(-3, 3).map(lambda n: max(-most, min(most, n)))
    ends = st.tuples(bounds, bounds).filter(lambda pair: pair[0] < pair[1])
    positions = draw(st.lists(st.tuples(ends, st.integers(1, 1 << 90)), max_size=8))
    return Pool(
        [(lower * spacing, upper * spacing, size) for (lower, upper), size in positions],
        draw(st.integers(-MOST_TICK, MOST_TICK - 1) | st.integers(-700, 700)),
        spacing,
    )


@settings(deadline=None, max_examples=40)
@given(pools())
def test_a_whole_pool(pool: Pool) -> None:
    assert reading_of(pool) == PoolReading(
        token0=TOKEN0,
        token1=TOKEN1,
        fee_e6=500,
        tick_spacing=pool.spacing,
        known_from=-MOST_TICK,
        known_to=MOST_TICK + 1,
        state=V3State(PRICE, pool.tick, pool.liquidity, pool.ticks()),
    )


@settings(deadline=None, max_examples=40)
@given(pools(), st.integers(0, 3))
def test_words_around_the_present_tick(pool: Pool, words: int) -> None:
    """What is known is all of it, and reaches at least so many words to either side."""
    found = reading_of(pool, words)
    assert found.state.ticks == tuple(
        each for each in pool.ticks() if found.known_from <= each[0] < found.known_to
    )
    width = 256 * pool.spacing
    begin = pool.tick // width * width
    assert found.known_from == max(-MOST_TICK, begin - words * width)
    assert found.known_to == min(MOST_TICK + 1, begin + (words + 1) * width)


def test_what_is_asked() -> None:
    """Ticks −20, 0 and 2570 with spacing 10: bit 254 of word −1, bit 0 of 0, bit 1 of 1."""
    pool = Pool([(-20, 0, 5), (0, 2570, 7)], 3, 10)
    assert reading_of(pool, 1).state == V3State(PRICE, 3, 7, ((-20, 5), (0, 2), (2570, -7)))
    six = ("0dfe1681", "d21220a7", "ddca3f43", "d0c93a7c", "3850c7bd", "1a686502")
    calls = [
        *six,
        "5339c296" + "ff" * 32, "5339c296" + "00" * 32, "5339c296" + "00" * 31 + "01",
        "f30dba93" + "ff" * 31 + "ec", "f30dba93" + "00" * 32, "f30dba93" + f"{2570:064x}",
    ]  # fmt: skip
    assert pool.asked == [Ask(POOL, bytes.fromhex(each)) for each in calls]


def test_the_greatest_ticks_of_the_narrowest_pool() -> None:
    pool = Pool([(-MOST_TICK, MOST_TICK, 9)], 0, 1)
    assert reading_of(pool).state.ticks == ((-MOST_TICK, 9), (MOST_TICK, -9))
    assert len(pool.asked) == 6 + 6932 + 2


def test_a_pool_read_at_two_blocks_is_refused() -> None:
    pool = Pool([(-60, 60, 5)], 0, 60)
    pool.liquidity = 6
    with pytest.raises(Malformed, match="sum to 5 up to the present, 0 in all; 6 is in"):
        reading_of(pool)
    assert reading_of(pool, 0).known_from == 0  # a part proves nothing
    pool.liquidity, pool.net[60] = 5, -4
    with pytest.raises(Malformed, match="1 in all"):
        reading_of(pool)
    pool.net[60], pool.gross[60] = -5, 4
    with pytest.raises(Malformed, match="tick 60: net liquidity -5 of 4"):
        reading_of(pool)
    pool.net[60] = pool.gross[60] = 0
    with pytest.raises(Malformed, match="tick 60: net liquidity 0 of 0"):
        reading_of(pool)


def first_round(price: int = PRICE, tick: int = 0, spacing: int = 60) -> list[bytes]:
    pool = Pool([], 0, spacing)
    results = [pool.call(each) for each in PoolDiscovery(POOL).asks()]
    results[4] = answer(["uint160", "int256"], [price, tick])
    return results


@pytest.mark.parametrize(
    "results",
    [first_round(price=0), first_round(tick=MOST_TICK + 1), first_round(tick=-MOST_TICK - 1),
     first_round(tick=1 << 23), first_round(spacing=0), first_round(spacing=-60),
     first_round(spacing=MOST_TICK + 1), first_round()[:5], [b""] * 6,
     [*first_round()[:5], b""]],
)  # fmt: skip
def test_what_is_no_pool(results: list[bytes]) -> None:
    with pytest.raises(Malformed):
        PoolDiscovery(POOL).take(results)


def test_bits_of_ticks_that_cannot_be() -> None:
    words = PoolDiscovery(POOL).take(first_round())
    empty = [bytes(32)] * len(words.asks())
    nothing = PoolReading(
        TOKEN0, TOKEN1, 500, 60, -MOST_TICK, MOST_TICK + 1, V3State(PRICE, 0, 0, ())
    )
    assert words.take(empty) == nothing
    for results in ([b"\xff" * 32, *empty[1:]], [*empty[1:], b"\xff" * 32], empty[1:]):
        with pytest.raises(Malformed):
            words.take(results)
    with pytest.raises(Malformed, match="more than 20000 ticks"):
        words.take([b"\xff" * 32] * len(empty))


def test_a_pair() -> None:
    discovery = PairDiscovery(POOL)
    asks = tuple(Ask(POOL, bytes.fromhex(each)) for each in ("0dfe1681", "d21220a7", "0902f1ac"))
    assert discovery.asks() == asks
    results = [answer(["address"], [TOKEN0]), answer(["address"], [TOKEN1])]
    reserves = answer(["uint112", "uint112", "uint32"], [5, (1 << 112) - 1, 1785143380])
    expected = PairReading(TOKEN0, TOKEN1, V2Sync(5, (1 << 112) - 1))
    assert discovery.take([*results, reserves]) == expected
    for wrong in (b"", reserves[:63], b"\xff" * 96):
        with pytest.raises(Malformed):
            discovery.take([*results, wrong])
