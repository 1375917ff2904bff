"""Paths over several pools: the same as one swap after the other, there and reversed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pools import v2, v3
from models.pools.path import Hop, PathTrade, hops_of, path_in, path_out, quote_in, quote_out
from models.pools.pool import Pool
from models.pools.trade import Ended
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated
from tests.models.pools.profiles import (
    E18,
    TOKEN0,
    TOKEN1,
    TOKEN2,
    full,
    root,
    state_of,
    v2_pool,
    v3_pool,
)

WIDE = ((-full(60), full(60), 5 * E18), (-1200, 600, 30 * E18))
A_V3 = (v3_pool(), state_of(WIDE, root(1, 1)))  # token0, token1
B_V2 = (v2_pool(token0=TOKEN1, token1=TOKEN2), Reserves(700 * E18, 900 * E18))
C_V3 = (v3_pool(address="0x44", token1=TOKEN2, fee_e6=500, tick_spacing=10),
        state_of(((-50_000, 50_000, 9 * E18),), root(9, 10)))  # fmt: skip
KNOWN = [A_V3, B_V2]

amounts = st.integers(1, 64).flatmap(lambda bits: st.integers(1, 1 << bits))


@settings(deadline=None)
@given(amounts)
def test_exact_in_along_a_path_is_one_swap_after_the_other(amount: int) -> None:
    first = v3.swap_in(*A_V3, True, amount)
    if not first.amount_out:
        return
    second = v2.swap_in(*B_V2, True, first.amount_out)
    trade = path_in(hops_of(KNOWN, TOKEN0), amount)
    if not second.amount_out:
        assert trade == PathTrade((), (), (), Ended.dry)
        return
    assert trade == PathTrade(
        (amount, first.amount_out, second.amount_out),
        (first.fee, second.fee),
        (first.after, second.after),
        Ended.filled,
    )


@settings(deadline=None)
@given(amounts)
def test_exact_out_along_a_path_goes_from_the_last_hop_back(amount: int) -> None:
    second = v2.swap_out(*B_V2, True, amount)
    first = v3.swap_out(*A_V3, True, second.amount_in)
    trade = path_out(hops_of(KNOWN, TOKEN0), amount)
    if first.ended is not Ended.filled:
        assert trade == PathTrade((), (), (), first.ended)
        return
    assert trade.amounts == (first.amount_in, second.amount_in, amount)
    assert trade.fees == (first.fee, second.fee)
    assert trade.after == (first.after, second.after)
    paid = path_in(hops_of(KNOWN, TOKEN0), trade.amounts[0])
    assert paid.amounts[-1] >= amount


@settings(deadline=None)
@given(amounts)
def test_a_path_and_its_reverse_gain_nothing(amount: int) -> None:
    there = path_in(hops_of([A_V3, B_V2, C_V3], TOKEN0), amount)
    if not there.amounts:
        return
    pools = [pool for pool, _ in (A_V3, B_V2, C_V3)]
    back = path_in(
        hops_of(list(zip(pools, there.after, strict=True))[::-1], TOKEN0), there.amounts[-1]
    )
    assert not back.amounts or back.amounts[-1] <= amount
    assert [hop.zero_for_one for hop in hops_of([A_V3, B_V2, C_V3], TOKEN0)] == [True, True, False]


def test_directions() -> None:
    reverse = hops_of(KNOWN[::-1], TOKEN2)
    assert [(hop.pool.address, hop.zero_for_one) for hop in reverse] == [
        (B_V2[0].address, False),
        (A_V3[0].address, False),
    ]


@pytest.mark.parametrize(
    ("pools", "token", "why"),
    [(KNOWN, TOKEN2, "does not hold"), (KNOWN[::-1], TOKEN0, "does not hold"),
     ([A_V3, A_V3], TOKEN0, "passed twice"), (KNOWN, "0xnothing", "does not hold")],
)  # fmt: skip
def test_paths_that_do_not_join(
    pools: list[tuple[Pool, Reserves | Concentrated]], token: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        hops_of(pools, token)


def test_what_is_unknown_on_the_way_leaves_nothing_known() -> None:
    part = state_of(WIDE, root(1, 1), known=(-60, 60))
    unread = [(A_V3[0], part), B_V2]
    assert path_in(hops_of(unread, TOKEN0), 10 * E18) == PathTrade((), (), (), Ended.unknown)
    assert path_out(hops_of(unread, TOKEN0), 10 * E18) == PathTrade((), (), (), Ended.unknown)
    assert path_in(hops_of(unread, TOKEN0), 1000).ended is Ended.filled


def test_a_dry_pool_passes_on_what_it_gave_or_nothing() -> None:
    thin = (A_V3[0], state_of(((-60, 60, E18),), root(1, 1)))
    first = v3.swap_in(*thin, True, E18)
    trade = path_in(hops_of([thin, B_V2], TOKEN0), E18)
    assert first.ended is trade.ended is Ended.dry
    assert trade.amounts[:2] == (first.amount_in, first.amount_out)
    assert first.amount_in < E18
    assert path_out(hops_of([thin, B_V2], TOKEN0), E18) == PathTrade((), (), (), Ended.dry)
    empty = (B_V2[0], Reserves(0, 0))
    assert path_in(hops_of([A_V3, empty], TOKEN0), E18) == PathTrade((), (), (), Ended.dry)


@pytest.mark.parametrize("known", [A_V3, B_V2])
@pytest.mark.parametrize("down", [True, False])
def test_a_quote_is_the_pools_own_swap(known, down: bool) -> None:
    own = v2 if isinstance(known[1], Reserves) else v3
    hop = Hop(*known, down)
    assert quote_in(hop, E18) == own.swap_in(*known, down, E18)
    assert quote_out(hop, E18) == own.swap_out(*known, down, E18)
