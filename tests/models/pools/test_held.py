"""One log on one state: what it changes, and what makes a state doubtful."""

import pytest

from models.pools.held import BAD, DISAGREES, LEFT, NOTHING, UNREAD, Held, held_after
from models.pools.tick_math import MAX_TICK, MIN_TICK, Q96, sqrt_price_at
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated
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
from tests.models.pools.profiles import root, v2_pool, v3_pool

V2, V3 = v2_pool(), v3_pool()
ENDS = (MIN_TICK, 0), (MAX_TICK, 0)
READ = Concentrated(Q96, 0, 7, (-60, 0, 120), (5, 2, -7), -60, 120)


def swap(tick: int, liquidity: int) -> V3Swap:
    return V3Swap(1, -1, sqrt_price_at(tick), liquidity, tick)


def test_v2_takes_reserves_as_they_are_told() -> None:
    held = held_after(V2, NOTHING, 5, V2Sync(3, 4))
    assert held == Held(Reserves(3, 4), 5)
    assert held_after(V2, held, 6, V2Sync(0, 0)) == Held(Reserves(0, 0), 6)
    assert held_after(V2, held, 6, swap(0, 1)) is None
    assert held_after(V3, NOTHING, 6, V2Sync(3, 4)) is None
    assert held_after(V2, held, 6, V2Sync(1 << 112, 4)) == Held(Reserves(3, 4), 5, BAD, 1)


def test_a_new_pool_is_wholly_known() -> None:
    held = held_after(V3, NOTHING, 5, V3Initialize(root(2, 1), 6931))
    assert held == Held(Concentrated(root(2, 1), 6931, 0, (), ()), 5)
    assert held_after(V3, NOTHING, 5, V3Initialize(root(2, 1), 6932)) == Held(None, None, BAD, 1)


def test_a_reading_bounds_what_is_known() -> None:
    event = V3State(Q96, 0, 7, ((-60, 5), (0, 2), (120, -7)))
    assert held_after(V3, NOTHING, 9, event) == Held(READ, 9)
    doubted = Held(None, None, DISAGREES, 2)
    assert held_after(V3, doubted, 9, event) == Held(READ, 9, "", 2)


@pytest.mark.parametrize(
    ("ticks", "kept", "known"),
    [((), (), (0, 60)),
     (((60, -7),), (60,), (0, 60)),
     (((-180, 7),), (-180,), (-180, 60)),
     (((-15360, 0), (-60, 3), (600, 0)), (-60,), (-15360, 600)),
     (((-120, 4), (-60, 0), (60, -7)), (-120, -60, 60), (-120, 60)),
     ((ENDS[0], (-60, 7), (60, -7), ENDS[1]), (-60, 60), (MIN_TICK, MAX_TICK))],
)  # fmt: skip
def test_bounds_of_a_reading(ticks, kept: tuple[int, ...], known: tuple[int, int]) -> None:
    held = held_after(V3, NOTHING, 9, V3State(Q96, 0, 7, ticks))
    assert held.unproved == ""
    assert (held.state.ticks, (held.state.known_low, held.state.known_high)) == (kept, known)


@pytest.mark.parametrize(
    ("ticks", "why"),
    [((ENDS[0], (-60, 5), (60, -5), ENDS[1]), BAD), (((60, -9), (120, 2)), BAD),
     (((-60, 7), (60, -6), ENDS[1]), BAD), ((ENDS[0], (-60, 7)), ""), (((60, -6),), "")],
)  # fmt: skip
def test_a_reading_that_contradicts_itself_is_unproved(ticks, why: str) -> None:
    """Seven in range: nothing may be left outside all ticks, nor less than nothing anywhere."""
    held = held_after(V3, NOTHING, 9, V3State(Q96, 0, 7, ticks))
    assert (held.unproved, held.state.liquidity) == (why, 7)


BAD_EVENTS: list[Event] = [
    V3State(Q96, 0, 7, ((60, 1), (0, 2))), V3State(Q96, 0, 7, ((0, 1), (0, 2))),
    V3State(Q96, 0, 7, ((1, 7),)), V3State(Q96, 0, -1, ()), V3State(Q96, 1, 7, ()),
    V3State(0, 0, 7, ()), V3State(Q96, 0, 1 << 128, ()), V3State(Q96, 0, 7, ((MAX_TICK + 8, 0),)),
    V3State(1 << 200, 0, 7, ()), V3Swap(1, 1, Q96, 7, -2), V3Swap(1, 1, Q96, -1, 0),
    V3Swap(1, 1, -5, 7, 0), V3Swap(1, 1, Q96, 1 << 128, 0), V3Initialize(1, 0),
    V3Mint(60, 60, 1, 0, 0), V3Mint(60, 0, 1, 0, 0), V3Mint(-1, 60, 1, 0, 0),
    V3Mint(0, 61, 1, 0, 0), V3Mint(0, 60, -1, 0, 0), V3Mint(0, 60, 1 << 128, 0, 0),
    V3Mint(-60, 887_280, 1, 0, 0), V3Burn(0, 60, 8, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize("event", BAD_EVENTS, ids=repr)
def test_what_no_pool_can_say_changes_no_number_and_raises_doubt(event: Event) -> None:
    assert held_after(V3, Held(READ, 3), 9, event) == Held(READ, 3, BAD, 1)


def test_swaps_that_agree() -> None:
    for tick, liquidity in ((1, 7), (-1, 5), (-60, 5), (119, 7), (120, 0)):
        held = held_after(V3, Held(READ, 3), 9, swap(tick, liquidity))
        assert held.unproved == ""
        assert (held.state.tick, held.state.liquidity) == (tick, liquidity)
        assert (held.state.ticks, held.block) == (READ.ticks, 9)


def test_a_falling_swap_that_ends_on_a_tick_has_crossed_it() -> None:
    on_tick = V3Swap(1, -1, Q96, 5, -1)
    held = held_after(V3, Held(READ, 3), 9, on_tick)
    assert (held.unproved, held.state.tick, held.state.liquidity) == ("", -1, 5)
    back = held_after(V3, held, 10, swap(0, 7))
    assert (back.unproved, back.state.liquidity) == ("", 7)


def test_a_swap_that_disagrees_is_taken_and_told_until_a_reading() -> None:
    held = held_after(V3, Held(READ, 3), 9, swap(1, 8))
    assert (held.unproved, held.state.liquidity, held.state.tick) == (DISAGREES, 8, 1)
    later = held_after(V3, held, 10, swap(-1, 6))
    assert (later.unproved, later.state.liquidity) == (DISAGREES, 6)
    read = held_after(V3, later, 11, V3State(Q96, 0, 7, ()))
    assert read.unproved == ""


@pytest.mark.parametrize("tick", [-61, 121, 887_271])
def test_a_swap_beyond_what_was_read(tick: int) -> None:
    held = held_after(V3, Held(READ, 3), 9, swap(tick, 3))
    assert (held.unproved, held.state.liquidity, held.state.inside) == (LEFT, 3, False)
    back = held_after(V3, held, 10, swap(0, 7))
    assert (back.unproved, back.state.inside) == (LEFT, True)


def test_a_swap_before_any_reading_tells_its_own_interval() -> None:
    held = held_after(V3, NOTHING, 9, swap(-7, 3))
    assert held == Held(Concentrated(sqrt_price_at(-7), -7, 3, (), (), -60, 0), 9, UNREAD)
    held = held_after(V3, held, 10, V3Mint(-120, 60, 5, 0, 0))
    assert (held.state.liquidity, held.state.ticks) == (8, ())
    held = held_after(V3, held, 11, swap(100, 4))
    assert held == Held(Concentrated(sqrt_price_at(100), 100, 4, (), (), 60, 120), 11, UNREAD)
    end = held_after(V3, held, 11, swap(887_271, 4))
    assert (end.state.known_low, end.state.known_high) == (887_220, 887_272)


def test_liquidity_before_any_state_is_counted_and_not_taken() -> None:
    held = held_after(V3, NOTHING, 9, V3Mint(-60, 60, 5, 0, 0))
    assert held == Held(None, None, "", 1)
    assert held_after(V3, held, 9, V3Burn(-60, 60, 5, 0, 0)) == Held(None, None, "", 2)


def test_mints_and_burns_change_ticks_and_what_is_in_range() -> None:
    mint = held_after(V3, Held(READ, 3), 9, V3Mint(-60, 60, 4, 1, 1))
    assert mint.state == Concentrated(Q96, 0, 11, (-60, 0, 60, 120), (9, 2, -4, -7), -60, 120)
    burn = held_after(V3, mint, 10, V3Burn(-60, 60, 4, 1, 1))
    assert burn == Held(READ, 10)
    above = held_after(V3, Held(READ, 3), 9, V3Mint(60, 120, 4, 1, 1))
    assert (above.state.liquidity, above.state.nets) == (7, (5, 2, 4, -11))
    below = held_after(V3, Held(READ, 3), 9, V3Burn(-60, 0, 1, 1, 1))
    assert (below.state.liquidity, below.state.nets) == (7, (4, 3, -7))


def test_a_minted_tick_stays_though_its_net_is_nothing() -> None:
    mint = held_after(V3, Held(READ, 3), 9, V3Mint(-120, 0, 2, 1, 1))
    assert (mint.state.ticks, mint.state.nets) == ((-60, 0, 120), (5, 0, -7))


def test_only_the_known_part_of_a_position_is_kept() -> None:
    wide = held_after(V3, Held(READ, 3), 9, V3Mint(-600, 600, 4, 1, 1))
    assert (wide.state.ticks, wide.state.liquidity) == (READ.ticks, 11)
    far = held_after(V3, Held(READ, 3), 9, V3Mint(600, 660, 4, 1, 1))
    assert far == Held(READ, 9)


@pytest.mark.parametrize(
    "event", [V3Burn(-60, 60, 0, 0, 0), V3Mint(-60, 60, 0, 0, 0), Transfer("0xa", "0xb", 3)]
)
def test_what_changes_nothing(event: Event) -> None:
    assert held_after(V3, Held(READ, 3), 9, event) is None
    assert held_after(V3, NOTHING, 9, event) is None
