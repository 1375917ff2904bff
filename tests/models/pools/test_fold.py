"""The fold over pools: a ledger of positions, undo to the byte, snapshots, wishes."""

import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chain.fold import Fold
from models.pools import v3
from models.pools.fold import Pools
from models.pools.held import DISAGREES, NOTHING, UNREAD, Held
from models.pools.tick_math import Q96, sqrt_price_at
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated
from schemas.chain import BlockAt
from schemas.chain_event import (
    Event,
    Transfer,
    V2Sync,
    V3Burn,
    V3Initialize,
    V3Mint,
    V3State,
    V3Swap,
)
from schemas.errors import BrokenInvariant
from tests.models.pools.profiles import TOKEN0, TOKEN1, TOKEN2, state_of, v2_pool, v3_pool

V2 = v2_pool()
V3 = v3_pool()
OTHER = v3_pool(address="0x44", token1=TOKEN2, tick_spacing=10, fee_e6=500)


def block(number: int) -> BlockAt:
    return BlockAt(number, f"0x{number:064x}", 1_700_000_000 + 12 * number)


def swap_event(state: Concentrated, down: bool, amount: int) -> V3Swap:
    after = v3.swap_in(V3, state, down, amount).after
    return V3Swap(0, 0, after.sqrt_price_x96, after.liquidity, after.tick)


def life(seed: int, events: int) -> tuple[list[Event], list[tuple[int, int, int]], Concentrated]:
    """Logs of a pool from its birth on, the positions it ends with, and its state."""
    chance = random.Random(seed)
    start = chance.randint(-5000, 5000)
    state = Concentrated(sqrt_price_at(start), start, 0, (), ())
    logs: list[Event] = [V3Initialize(state.sqrt_price_x96, start)]
    positions: list[tuple[int, int, int]] = []
    for _ in range(events):
        what = chance.random()
        if what < 0.4 or not positions:
            low = (state.tick // 60 + chance.randint(-8, 4)) * 60
            own = (low, low + 60 * chance.randint(1, 8), chance.randint(1, 10**20))
            positions.append(own)
            logs.append(V3Mint(*own, 0, 0))
        elif what < 0.6:
            low, high, liquidity = positions.pop(chance.randrange(len(positions)))
            part = chance.choice((liquidity, chance.randint(1, liquidity)))
            if part < liquidity:
                positions.append((low, high, liquidity - part))
            logs.append(V3Burn(low, high, part, 0, 0))
        else:
            swapped = swap_event(state, chance.random() < 0.5, 10 ** chance.randint(1, 19))
            if not -100_000 < swapped.tick < 100_000:  # the pool was emptied
                continue
            logs.append(swapped)
            state = state_of(tuple(positions), swapped.sqrt_price_x96, swapped.tick)
        state = state_of(tuple(positions), state.sqrt_price_x96, state.tick)
    return logs, positions, state


def without_zeros(state: Concentrated) -> tuple[object, ...]:
    rows = [row for row in zip(state.ticks, state.nets, strict=True) if row[1]]
    return state.sqrt_price_x96, state.tick, state.liquidity, rows


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1 << 32))
def test_a_pools_life_adds_up_to_its_positions(seed: int) -> None:
    logs, _, state = life(seed, 40)
    pools = Pools([V3])
    for number, event in enumerate(logs):
        pools.apply(block(number), V3.address, event)
        assert pools.held(V3.address).unproved == ""
    held = pools.held(V3.address)
    assert without_zeros(held.state) == without_zeros(state)
    assert held.state.is_sound()
    assert held.missed == 0


READING = V3State(Q96, 0, 7, ((-60, 5), (0, 2), (120, -7)))
odd_events = st.one_of(
    st.builds(V2Sync, st.integers(-1, 1 << 113), st.integers(0, 1 << 112)),
    st.builds(V3Initialize, st.just(Q96), st.integers(-1, 0)),
    st.builds(
        lambda tick, liquidity: V3Swap(0, 0, sqrt_price_at(tick), liquidity, tick),
        st.integers(-200, 200),
        st.integers(-1, 9),
    ),
    st.builds(
        lambda kind, low, width, liquidity: kind(60 * low, 60 * (low + width), liquidity, 0, 0),
        st.sampled_from((V3Mint, V3Burn)),
        st.integers(-4, 4),
        st.integers(-1, 4),
        st.integers(0, 5),
    ),
    st.sampled_from((READING, V3State(Q96, 0, 7, ()), Transfer("0xa", "0xb", 1))),
)
addresses = st.sampled_from((V2.address, V3.address, OTHER.address, "0xunknown"))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(addresses, odd_events), max_size=25), st.data())
def test_undo_takes_everything_back(logs: list[tuple[str, Event]], data: st.DataObject) -> None:
    pools = Pools([V2, V3, OTHER])
    trail = []
    for number, (address, event) in enumerate(logs):
        before = pools.snapshot()
        done = pools.apply(block(number), address, event)
        if done is None:
            assert pools.snapshot() == before
        else:
            trail.append((before, pickle.loads(pickle.dumps(done)), number))
    end = pools.snapshot()
    back = data.draw(st.integers(0, len(trail)))
    for before, done, _ in reversed(trail[back:]):
        pools.undo(done)
        assert pools.snapshot() == before
    for _, _, number in trail[back:]:
        pools.apply(block(number), *logs[number])
    assert pools.snapshot() == end
    copy = Pools()
    copy.restore(end)
    assert copy.snapshot() == end
    assert copy.addresses() == pools.addresses()
    assert [copy.held(a) for a in pools.addresses()] == [pools.held(a) for a in pools.addresses()]
    assert copy.between(TOKEN0, TOKEN1) == pools.between(TOKEN0, TOKEN1)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1 << 32), st.data())
def test_a_restored_fold_goes_on_as_if_never_stopped(seed: int, data: st.DataObject) -> None:
    logs, _, _ = life(seed, 20)
    at = data.draw(st.integers(0, len(logs)))
    one, two = Pools([V3]), Pools()
    for number, event in enumerate(logs[:at]):
        one.apply(block(number), V3.address, event)
    two.restore(one.snapshot())
    for number, event in enumerate(logs[at:], at):
        assert one.apply(block(number), V3.address, event) == two.apply(
            block(number), V3.address, event
        )
    assert one.snapshot() == two.snapshot()


def test_what_undo_needs_of_a_swap_is_small() -> None:
    ticks = tuple((60 * n, 1 if n < 0 else -1) for n in range(-2000, 2000))
    pools = Pools([V3])
    pools.apply(block(1), V3.address, V3State(Q96, 0, 1999, ticks))
    done = pools.apply(block(2), V3.address, V3Mint(-60, 60, 5, 0, 0))
    assert done.nets == ((-60, 1), (60, -1))
    done = pools.apply(block(2), V3.address, swap_event(pools.held(V3.address).state, True, 10**6))
    assert done.nets == ()
    assert len(pickle.dumps(done)) < 1000


def test_pools_and_pairs() -> None:
    pools: Fold = Pools([V3, V2, OTHER])
    assert isinstance(pools, Pools)
    assert pools.between(TOKEN1, TOKEN0) == (V2, V3)
    assert pools.between(TOKEN0, TOKEN2) == (OTHER,)
    assert pools.between(TOKEN1, TOKEN2) == ()
    assert pools.pool("0x44") == OTHER
    assert pools.pool("0x45") is None
    moved = v3_pool(token1=TOKEN2)
    pools.learn(moved)
    assert pools.between(TOKEN0, TOKEN1) == (V2,)
    assert pools.between(TOKEN0, TOKEN2) == (moved, OTHER)
    assert pools.addresses() == (V2.address, V3.address, OTHER.address)


def test_wishes() -> None:
    pools = Pools([V2, V3, OTHER])
    assert pools.wishes() == (V2.address, V3.address, OTHER.address)
    pools.apply(block(1), V2.address, V2Sync(5, 6))
    pools.apply(block(1), V3.address, READING)
    done = pools.apply(block(1), OTHER.address, V3Swap(0, 0, Q96, 5, 0))
    assert pools.held(OTHER.address).unproved == UNREAD
    assert pools.wishes() == (OTHER.address,)
    pools.undo(done)
    assert pools.held(OTHER.address) == NOTHING
    pools.apply(block(1), OTHER.address, V3State(Q96, 0, 5, ()))
    assert pools.wishes() == ()
    done = pools.apply(block(2), V3.address, V3Swap(0, 0, sqrt_price_at(1), 6, 1))
    assert pools.held(V3.address).unproved == DISAGREES
    assert pools.wishes() == (V3.address,)
    pools.undo(done)
    assert pools.wishes() == ()


def test_pools_that_were_never_learnt_are_no_concern() -> None:
    pools = Pools([V2])
    assert pools.apply(block(1), V3.address, READING) is None
    assert pools.held(V3.address) == Held()
    pools.apply(block(1), V2.address, V2Sync(5, 6))
    assert pools.held(V2.address) == Held(Reserves(5, 6), 1)


def test_beginning_anew_keeps_what_was_learnt() -> None:
    pools = Pools()
    empty = pools.snapshot()
    pools.learn(V2)
    pools.apply(block(1), V2.address, V2Sync(5, 6))
    pools.restore(empty)
    assert (pools.addresses(), pools.held(V2.address)) == ((V2.address,), NOTHING)
    assert pools.between(TOKEN0, TOKEN1) == (V2,)


def test_a_state_of_another_version() -> None:
    with pytest.raises(BrokenInvariant, match="version 7"):
        Pools().restore(b"[7,[],[]]")
