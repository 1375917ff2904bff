"""Waiting swaps as a what-if: order, limits, paths over shared pools, reasons of those skipped."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from models.pools import v2, v3
from models.pools.fold import Pools
from models.pools.what_if import PoolAfter, Skipped, after
from schemas.chain import BlockAt
from schemas.chain_call import Swap
from schemas.chain_event import V2Sync, V3State, V3Swap
from tests.models.pools.profiles import (
    E18,
    TOKEN0,
    TOKEN1,
    TOKEN2,
    state_of,
    v2_pool,
    v3_pool,
)
from tests.models.pools.profiles import root as root_of

V2 = v2_pool(token0=TOKEN1, token1=TOKEN2)
V3 = v3_pool()
BLOCK = BlockAt(1, "0x1", 1_700_000_000)
RANGES = ((-6000, 6000, 500 * E18), (-600, 300, 900 * E18))
START = state_of(RANGES, root_of(1, 1))


@pytest.fixture
def pools() -> Pools:
    made = Pools([V2, V3])
    made.apply(BLOCK, V2.address, V2Sync(700 * E18, 900 * E18))
    rows = tuple(zip(START.ticks, START.nets, strict=True))
    ends = ((-887_272, 0), *rows, (887_272, 0))
    made.apply(BLOCK, V3.address, V3State(START.sqrt_price_x96, 0, START.liquidity, ends))
    assert made.held(V3.address).state == START
    return made


def swap(
    path: tuple[str, ...] = (TOKEN0, TOKEN1), amount_in: int | None = E18, **more: object
) -> Swap:
    made = {
        "to": "0xrouter", "protocol": "uniswap-v3", "path": path,
        "fees_e6": (3_000,) * (len(path) - 1),
        "pools": (), "amount_in": amount_in, "amount_out": None, "limit": None,
        "recipient": "0xme", "deadline_s": None,
    }  # fmt: skip
    return Swap(**(made | more))


SECOND = {"path": (TOKEN1, TOKEN2), "protocol": "uniswap-v2", "fees_e6": ()}


def test_swaps_one_after_the_other(pools: Pools) -> None:
    one, two = swap(), swap((TOKEN1, TOKEN0), None, amount_out=5 * E18)
    first = v3.swap_in(V3, START, True, E18)
    second = v3.swap_out(V3, first.after, False, 5 * E18)
    assert after(pools, V3.address, [one, two]) == PoolAfter(
        1.0, second.after.price(V3), second.after, (0, 1), (), ()
    )
    assert pools.held(V3.address).state == START
    assert after(pools, V3.address, []) == PoolAfter(1.0, 1.0, START, (), (), ())


def test_limits(pools: Pools) -> None:
    out = v3.swap_in(V3, START, True, E18).amount_out
    needed = v3.swap_out(V3, START, True, E18).amount_in
    good = [swap(limit=out), swap(amount_in=None, amount_out=E18, limit=needed)]
    bad = [swap(limit=out + 1), swap(amount_in=None, amount_out=E18, limit=needed - 1)]
    for one in good:
        assert after(pools, V3.address, [one]).applied == (0,)
    for one in bad:
        assert after(pools, V3.address, [one]) == PoolAfter(
            1.0, 1.0, START, (), (Skipped(0, "its limit fails"),), ()
        )
    # The second of two equal ones finds a worse price.
    assert after(pools, V3.address, [good[0], good[0]]).skipped == (Skipped(1, "its limit fails"),)


def test_paths_over_shared_pools(pools: Pools) -> None:
    """A swap in another pool counts when a later path passes both."""
    elsewhere = swap(amount_in=300 * E18, **SECOND)
    both = swap(
        (TOKEN0, TOKEN1, TOKEN2), 3 * E18, protocol="1inch-v6", pools=(V3.address, V2.address)
    )
    one = v2.swap_in(V2, pools.held(V2.address).state, True, 300 * E18)
    hop = v3.swap_in(V3, START, True, 3 * E18)
    end = v2.swap_in(V2, one.after, True, hop.amount_out)
    exact = replace(both, limit=end.amount_out)
    result = after(pools, V3.address, [elsewhere, exact])
    assert (result.state, result.applied) == (hop.after, (1,))
    assert result.skipped == (Skipped(0, "does not touch the pool"),)
    other = after(pools, V2.address, [elsewhere, exact])
    assert (other.state, other.applied, other.skipped) == (end.after, (0, 1), ())
    too_much = replace(both, limit=end.amount_out + 1)
    assert after(pools, V3.address, [elsewhere, too_much]).skipped[1].why == "its limit fails"
    assert after(pools, V3.address, [too_much]).applied == (0,)


@pytest.mark.parametrize(
    ("change", "why"),
    [({"amount_in": None}, "only execution decides its amount"),
     ({"amount_in": 0}, "its amount cannot be swapped"),
     ({"amount_in": 1 << 255}, "its amount cannot be swapped"),
     ({"amount_in": None, "amount_out": -5}, "its amount cannot be swapped"),
     ({"path": ()}, "the call does not say which tokens"),
     ({"path": (TOKEN0,)}, "the call does not say which tokens"),
     ({"path": (), "pools": (V3.address,)}, "the call does not say which tokens"),
     ({"fees_e6": (500,)}, "it passes a pool that was never learnt"),
     ({"protocol": "uniswap-v2"}, "it passes a pool that was never learnt"),
     ({"path": (TOKEN0, TOKEN2)}, "it passes a pool that was never learnt"),
     ({"pools": ("0xnone",)}, "it passes a pool that was never learnt"),
     ({"pools": (V3.address, V3.address)}, "it passes a pool that was never learnt"),
     ({"pools": (V2.address,)}, f"pool {V2.address} does not hold {TOKEN0}"),
     ({"path": (TOKEN0, TOKEN1, TOKEN0), "fees_e6": (3_000, 3_000)},
      f"pool {V3.address} is passed twice, with {TOKEN1}"),
     ({"deadline_s": 99}, "is past its deadline"),
     ({"amount_in": None, "amount_out": 10**30}, "a pool on its path cannot fill it")],
)  # fmt: skip
def test_reasons(pools: Pools, change: dict[str, object], why: str) -> None:
    result = after(pools, V3.address, [replace(swap(), **change)], now_s=100)
    assert result == PoolAfter(1.0, 1.0, START, (), (Skipped(0, why),), ())


def test_deadlines_matter_only_with_a_time(pools: Pools) -> None:
    late = swap(deadline_s=99)
    assert after(pools, V3.address, [late]).applied == (0,)
    assert after(pools, V3.address, [late], now_s=99).applied == (0,)


def test_pools_that_are_not_known(pools: Pools) -> None:
    assert after(pools, "0xnone", [swap()]) is None
    new = v3_pool(address="0x55", fee_e6=500)
    pools.learn(new)
    result = after(pools, "0x55", [swap(fees_e6=(500,))])
    assert result == PoolAfter(
        None, None, None, (), (Skipped(0, "the state of 0x55 is unknown"),), ()
    )
    assert (
        after(pools, V3.address, [swap(fees_e6=())]).skipped[0].why == "several pools fit its path"
    )


def test_what_was_not_read_and_what_is_in_doubt(pools: Pools) -> None:
    pools.apply(BLOCK, V3.address, V3State(START.sqrt_price_x96, 0, START.liquidity, ()))
    result = after(pools, V3.address, [swap(amount_in=50 * E18), swap((TOKEN1, TOKEN0), E18 // 9)])
    assert result.skipped == (Skipped(0, "it would leave what was read of a pool"),)
    assert (result.applied, result.unproved) == ((1,), ())
    pools.apply(BLOCK, V3.address, V3Swap(0, 0, START.sqrt_price_x96, START.liquidity + 1, 0))
    assert after(pools, V3.address, []).unproved == (V3.address,)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 10**21)), max_size=8))
def test_any_swaps_are_the_sequence_of_them(rows: list[tuple[bool, bool, int]]) -> None:
    made = Pools([V3])
    ends = ((-887_272, 0), *zip(START.ticks, START.nets, strict=True), (887_272, 0))
    made.apply(BLOCK, V3.address, V3State(START.sqrt_price_x96, 0, START.liquidity, ends))
    swaps, state, applied = [], START, []
    for place, (down, exact_in, amount) in enumerate(rows):
        path = (TOKEN0, TOKEN1) if down else (TOKEN1, TOKEN0)
        swaps.append(swap(path, amount) if exact_in else swap(path, None, amount_out=amount))
        trade = (v3.swap_in if exact_in else v3.swap_out)(V3, state, down, amount)
        if trade.amount_out if exact_in else trade.ended == "filled":
            state = trade.after
            applied.append(place)
    result = after(made, V3.address, swaps)
    assert (result.state, result.applied) == (state, tuple(applied))
