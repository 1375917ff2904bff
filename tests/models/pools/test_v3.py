"""Swaps across ticks: rational arithmetic, what must hold of any swap, awkward profiles."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pools import v3
from models.pools.pool import Pool
from models.pools.tick_math import MAX_SQRT_PRICE, MIN_SQRT_PRICE, MIN_TICK, Q96, sqrt_price_at
from models.pools.trade import Ended, Trade
from models.pools.v3 import Concentrated, net_at, with_net
from tests.models.pools.profiles import (
    E18,
    Ranges,
    amounts,
    full,
    positions_of,
    profiles,
    root,
    state_of,
    v3_pool,
)
from tests.reference import pool_v3

MEDIUM = (-full(60), full(60), 2 * E18)


def swapped(
    pool: Pool,
    state: Concentrated,
    down: bool,
    exact_in: bool,
    amount: int,
    limit: int | None = None,
) -> Trade[Concentrated]:
    return (v3.swap_in if exact_in else v3.swap_out)(pool, state, down, amount, limit)


def stops(pool: Pool, before: Concentrated, after: Concentrated) -> int:
    """At most how many steps a swap took."""
    low, high = sorted((before.tick, after.tick))
    crossed = sum(low - 1 <= tick <= high + 1 for tick in before.ticks)
    return crossed + (high - low) // (256 * pool.tick_spacing) + 3


@settings(deadline=None, max_examples=150)
@given(profiles(), amounts, st.booleans(), st.booleans())
def test_a_swap_is_the_rational_one_rounded_for_the_pool(
    profile: tuple[Pool, Ranges, Concentrated], amount: int, down: bool, exact_in: bool
) -> None:
    pool, ranges, state = profile
    trade = swapped(pool, state, down, exact_in, amount)
    end = Fraction(MIN_SQRT_PRICE + 1 if down else MAX_SQRT_PRICE - 1, Q96)
    start = Fraction(state.sqrt_price_x96, Q96)
    fee = Fraction(pool.fee_e6, 10**6)
    exact = pool_v3.swap(positions_of(ranges), start, Fraction(amount), fee, down, exact_in, end)
    # Each step rounds three amounts by a unit and the price by one of 2^-96.
    most = max(liquidity for _, _, liquidity in ranges) * len(ranges)
    low = min(start, *(Fraction(sqrt_price_at(a), Q96) for a, _, _ in ranges))
    high = max(start, *(Fraction(sqrt_price_at(b), Q96) for _, b, _ in ranges))
    unit0, unit1 = 1 + most / (low * low * Q96), 1 + Fraction(most, Q96)
    worth = max(high * high, 1 / (low * low), 1)
    count = stops(pool, state, trade.after)
    slack = 4 * count * (unit0 + unit1) * worth * Fraction(10**6, 10**6 - pool.fee_e6)
    if exact_in:
        assert 0 <= exact.amount_out - trade.amount_out <= slack
        assert trade.amount_in <= amount
    elif exact.filled and trade.ended is Ended.filled:
        assert 0 <= trade.amount_in - exact.amount_in <= slack
        assert trade.amount_out == amount
    assert min(trade.amount_in, trade.amount_out) >= 0
    assert trade.fee >= trade.amount_in * fee - 1
    if exact.filled and trade.ended is Ended.filled:
        assert trade.fee - exact.fee <= slack + 1


@settings(deadline=None, max_examples=100)
@given(profiles(), amounts, amounts, st.booleans(), st.booleans())
def test_more_moves_the_price_further_and_gets_no_less(
    profile: tuple[Pool, Ranges, Concentrated], one: int, other: int, down: bool, exact_in: bool
) -> None:
    pool, _, state = profile
    less, more = sorted((one, other))
    a, b = (swapped(pool, state, down, exact_in, amount) for amount in (less, more))
    assert a.amount_in <= b.amount_in
    assert a.amount_out <= b.amount_out
    prices = (state.sqrt_price_x96, a.after.sqrt_price_x96, b.after.sqrt_price_x96)
    assert prices == tuple(sorted(prices, reverse=down))


@settings(deadline=None, max_examples=100)
@given(profiles(), amounts, st.booleans())
def test_exact_out_undoes_exact_in(
    profile: tuple[Pool, Ranges, Concentrated], amount: int, down: bool
) -> None:
    """What came out for an amount costs no more than it; paying that gets it, to the rounding."""
    pool, _, state = profile
    sold = v3.swap_in(pool, state, down, amount)
    if not sold.amount_out:
        return
    bought = v3.swap_out(pool, state, down, sold.amount_out)
    assert bought.ended is Ended.filled
    count = stops(pool, state, sold.after)
    assert bought.amount_in <= sold.amount_in + 2 * count
    again = v3.swap_in(pool, state, down, bought.amount_in)
    lost = sold.amount_out - again.amount_out
    price = max(1.0, (state.sqrt_price_x96 / Q96) ** (2 if down else -2))
    assert lost <= 2 * count * (2 + price * 1.1)


@settings(deadline=None, max_examples=100)
@given(profiles(), amounts, st.booleans())
def test_there_and_back_to_the_same_price_loses_exactly_the_fees(
    profile: tuple[Pool, Ranges, Concentrated], amount: int, down: bool
) -> None:
    pool, ranges, state = profile
    there = v3.swap_in(pool, state, down, amount)
    if there.after.sqrt_price_x96 == state.sqrt_price_x96:
        return
    back = v3.swap_in(pool, there.after, not down, v3.MOST_AMOUNT, state.sqrt_price_x96)
    assert back.after.sqrt_price_x96 == state.sqrt_price_x96
    inside = [each for low, high, each in ranges if low <= back.after.tick < high]
    assert back.after.liquidity == sum(inside)
    rounding = 3 * stops(pool, state, there.after)
    assert 0 <= there.amount_in - back.amount_out - there.fee <= rounding
    assert 0 <= back.amount_in - there.amount_out - back.fee <= rounding


@settings(deadline=None, max_examples=100)
@given(profiles(), amounts, amounts, st.booleans())
def test_two_swaps_are_one_but_for_rounding(
    profile: tuple[Pool, Ranges, Concentrated], one: int, other: int, down: bool
) -> None:
    pool, _, state = profile
    first = v3.swap_in(pool, state, down, one)
    second = v3.swap_in(pool, first.after, down, other)
    both = v3.swap_in(pool, state, down, one + other)
    assert first.amount_out + second.amount_out <= both.amount_out + 1
    if both.ended is Ended.filled:
        assert second.after.is_sound()


@settings(deadline=None, max_examples=100)
@given(profiles(), amounts, st.booleans(), st.booleans(), st.data())
def test_what_was_not_read_is_unknown_and_what_was_read_is_exact(
    profile: tuple[Pool, Ranges, Concentrated],
    amount: int,
    down: bool,
    exact_in: bool,
    data: st.DataObject,
) -> None:
    pool, ranges, state = profile
    spacing = pool.tick_spacing
    low = state.tick // spacing * spacing - spacing * data.draw(st.integers(0, 30))
    high = (state.tick // spacing + 1) * spacing + spacing * data.draw(st.integers(0, 30))
    part = state_of(ranges, state.sqrt_price_x96, state.tick, (low, high))
    known, all_ = (swapped(pool, each, down, exact_in, amount) for each in (part, state))
    edge = sqrt_price_at(low if down else high)
    if known.ended is Ended.filled:
        assert known.amount_in == all_.amount_in
        assert known.amount_out == all_.amount_out
        assert known.after.sqrt_price_x96 == all_.after.sqrt_price_x96
        assert known.after.liquidity == all_.after.liquidity
    else:
        assert known.ended is Ended.unknown
        assert known.after.sqrt_price_x96 == edge
        upto = swapped(pool, state, down, exact_in, amount, edge)
        assert (known.amount_in, known.amount_out) == (upto.amount_in, upto.amount_out)


def test_a_swap_that_ends_on_the_edge_itself_is_unknown() -> None:
    """The contract aims past the edge and, for so little liquidity, jumps on to the next tick."""
    ranges, price = ((0, 120, 185),), sqrt_price_at(1)
    pool = v3_pool(0, 10)
    part = state_of(ranges, price, known=(0, 110))
    assert v3.swap_out(pool, part, False, 1).ended is Ended.unknown
    whole = v3.swap_out(pool, state_of(ranges, price), False, 1)
    assert (whole.ended, whole.after.tick) == (Ended.filled, 120)


def test_a_price_outside_what_was_read() -> None:
    state = Concentrated(root(4, 1), 13_863, 5, (0, 60), (7, -7), 0, 60)
    for down in (True, False):
        assert v3.swap_in(v3_pool(), state, down, 9) == Trade(0, 0, 0, state, Ended.unknown)


@pytest.mark.parametrize("down", [True, False])
def test_ticks_that_cannot_be_true_end_the_swap(down: bool) -> None:
    state = Concentrated(root(1, 1), 0, 5, (-60, 60), (9, -9))  # 5 in range, 9 on the ticks
    trade = v3.swap_in(v3_pool(), state, down, E18)
    assert trade.ended is Ended.unknown
    assert trade.after.sqrt_price_x96 == sqrt_price_at(-60 if down else 60)
    assert not state.is_sound()


@pytest.mark.parametrize(
    ("price", "down"),
    [(MIN_SQRT_PRICE, True), (MIN_SQRT_PRICE + 1, True), (MAX_SQRT_PRICE - 1, False)],
)
def test_at_the_ends_of_all_prices(price: int, down: bool) -> None:
    state = state_of((MEDIUM,), price)
    for swap in (v3.swap_in, v3.swap_out):
        assert swap(v3_pool(), state, down, E18) == Trade(0, 0, 0, state, Ended.dry)
    back = v3.swap_in(v3_pool(), state, not down, v3.MOST_AMOUNT)
    assert back.ended is Ended.dry
    assert back.after.sqrt_price_x96 == (MAX_SQRT_PRICE - 1 if down else MIN_SQRT_PRICE + 1)


def test_an_empty_pool_gives_nothing_however_much_is_offered() -> None:
    state = Concentrated(root(1, 1), 0, 0, (), ())
    trade = v3.swap_in(v3_pool(tick_spacing=1), state, True, v3.MOST_AMOUNT)
    assert (trade.amount_in, trade.amount_out, trade.ended) == (0, 0, Ended.dry)
    assert (trade.after.sqrt_price_x96, trade.after.tick) == (MIN_SQRT_PRICE + 1, MIN_TICK)


@pytest.mark.parametrize("amount", [0, -1, 1 << 255])
def test_no_amount(amount: int) -> None:
    state = state_of((MEDIUM,), root(1, 1))
    for swap in (v3.swap_in, v3.swap_out):
        with pytest.raises(ValueError, match="cannot be swapped"):
            swap(v3_pool(), state, True, amount)


@settings(deadline=None)
@given(profiles())
def test_states_of_positions_are_sound(profile: tuple[Pool, Ranges, Concentrated]) -> None:
    _, _, state = profile
    assert state.is_sound()
    off = Concentrated(
        state.sqrt_price_x96, state.tick, state.liquidity + 1, state.ticks, state.nets
    )
    assert not off.is_sound()


def test_net_liquidity_by_tick() -> None:
    state = state_of(((-60, 60, 5), (0, 60, 2)), root(1, 1))
    assert (state.ticks, state.nets, state.liquidity) == ((-60, 0, 60), (5, 2, -7), 7)
    assert [net_at(state, tick) for tick in (-60, -1, 60, 61)] == [5, None, -7, None]
    assert [state.net_between(*ends) for ends in ((-60, 60), (-61, 0), (5, 1))] == [-5, 7, 0]
    more = with_net(with_net(state, 30, 4), 60, -11)
    assert (more.ticks, more.nets) == ((-60, 0, 30, 60), (5, 2, 4, -11))
    assert with_net(with_net(more, 30, None), 60, -7) == state


@pytest.mark.parametrize(
    ("decimals0", "decimals1", "asset_is_token0", "above", "below"),
    [(18, 6, True, 2000 * 10**6, E18), (6, 18, False, E18, 2000 * 10**6)],
)
def test_prices_in_both_orders_of_decimals(
    decimals0: int, decimals1: int, asset_is_token0: bool, above: int, below: int
) -> None:
    pool = v3_pool(decimals0=decimals0, decimals1=decimals1, asset_is_token0=asset_is_token0)
    state = Concentrated(root(above, below), 0, 0, (), ())
    assert state.price(pool) == pytest.approx(2000.0, rel=1e-15 if decimals0 == 6 else 1e-12)
