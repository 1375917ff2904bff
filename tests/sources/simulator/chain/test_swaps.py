"""Ticks, swap steps and both kinds of pools: published figures, and what must always hold."""

from fractions import Fraction
from math import isqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.simulator.chain.concentrated import ConcentratedPool
from sources.simulator.chain.constant_product import ConstantProductPool, amount_in, amount_out
from sources.simulator.chain.contract import Frame, Revert
from sources.simulator.chain.store import Store
from sources.simulator.chain.swap_step import Step, swap_step
from sources.simulator.chain.tick_math import LEAST_SQRT, MOST_SQRT, Q96, sqrt_price_at, tick_at
from sources.simulator.chain.token import Token

E18 = 10**18
A, B = (f"0x{k:040x}" for k in (10, 11))
WHO, LP, POOL = (f"0x{k:040x}" for k in (1, 2, 3))


def sqrt_of(one: int, zero: int) -> int:
    return isqrt((one << 192) // zero)


def test_ticks_as_the_contract_has_them() -> None:
    known = {
        50: 79426470787362580746886972461, 100: 79625275426524748796330556128,
        250: 80224679980005306637834519095, 500: 81233731461783161732293370115,
        1000: 83290069058676223003182343270,
        887272: 1461446703485210103287273052203988822378723970342,
        -887272: 4295128739,
    }  # fmt: skip
    assert {tick: sqrt_price_at(tick) for tick in known} == known
    with pytest.raises(ValueError, match="no tick 887273"):
        sqrt_price_at(887_273)


@given(st.integers(LEAST_SQRT, MOST_SQRT - 1))
def test_a_tick_is_the_greatest_below(sqrt_price: int) -> None:
    tick = tick_at(sqrt_price)
    assert sqrt_price_at(tick) <= sqrt_price < sqrt_price_at(tick + 1)


@pytest.mark.parametrize(
    ("target", "amount", "came", "went", "fee"),
    [  # Uniswap's own cases: liquidity 2e18, fee 0.06 %, price 1
        ((101, 100), E18, 9975124224178055, 9925619580021728, 5988667735148),
        ((101, 100), -E18, 9975124224178055, 9925619580021728, 5988667735148),
        ((1000, 100), E18, 999400000000000000, 666399946655997866, 600000000000000),
        ((10000, 100), -E18, 2 * E18, E18, 1200720432259356),
    ],
)
def test_steps_as_the_contract_has_them(
    target: tuple[int, int], amount: int, came: int, went: int, fee: int
) -> None:
    step = swap_step(Q96, sqrt_of(*target), 2 * E18, amount, 600)
    assert (step.amount_in, step.amount_out, step.fee) == (came, went, fee)
    assert step.sqrt_price <= sqrt_of(*target)


@given(
    st.integers(1 << 70, 1 << 120), st.integers(1 << 70, 1 << 120), st.integers(1, 1 << 90),
    st.integers(-(1 << 90), 1 << 90).filter(bool), st.sampled_from((100, 500, 3000)),
)  # fmt: skip
def test_a_step_never_gives_more_than_the_curve(
    price: int, target: int, liquidity: int, amount: int, fee_e6: int
) -> None:
    step: Step = swap_step(price, target, liquidity, amount, fee_e6)
    low, high = min(price, step.sqrt_price), max(price, step.sqrt_price)
    exact1 = Fraction(liquidity * (high - low), Q96)
    exact0 = Fraction(liquidity * Q96 * (high - low), high * low)
    exact_in, exact_out = (exact0, exact1) if price >= target else (exact1, exact0)
    assert exact_in <= step.amount_in < exact_in + 2
    assert step.amount_out <= exact_out
    if amount > 0:
        assert step.amount_in + step.fee <= amount
    else:
        assert step.amount_out <= -amount


def pool_of(spacing: int = 10, fee: int = 500) -> tuple[Frame, ConcentratedPool]:
    tokens = Token(A, "A", 18), Token(B, "B", 18)
    pool = ConcentratedPool(POOL, *tokens, fee, spacing)
    frame = Frame(Store(), 1, 1, {})
    for who in (WHO, LP):
        for token in tokens:
            token.mint(frame, who, 10**30)
    pool.initialize(frame, 1, 1)
    return frame, pool


def total(frame: Frame, pool: ConcentratedPool) -> list[int]:
    return [
        sum(token.balance(frame, who) for who in (WHO, LP, pool.address))
        for token in (pool.token0, pool.token1)
    ]


def test_a_swap_across_ranges_by_hand() -> None:
    frame, pool = pool_of()
    pool.mint(frame, LP, LP, -100, 100, 10**21)
    pool.mint(frame, LP, LP, 100, 300, 3 * 10**21)
    paid, got, price = 0, 0, Q96
    for tick, liquidity in ((100, 10**21), (300, 3 * 10**21)):  # no end of a word in between
        step = swap_step(price, sqrt_price_at(tick), liquidity, 20 * E18 - paid, 500)
        paid, got, price = paid + step.amount_in + step.fee, got + step.amount_out, step.sqrt_price
    moved = pool.swap(frame, WHO, WHO, WHO, 20 * E18, 0, zero_for_one=False)
    assert moved == (-got, 20 * E18)
    assert paid == 20 * E18
    slot = pool.slot(frame)
    assert (slot.sqrt_price, slot.tick, slot.liquidity) == (price, tick_at(price), 3 * 10**21)
    assert pool.ticks(frame) == (
        (-100, 10**21, 10**21), (100, 2 * 10**21, 4 * 10**21), (300, -3 * 10**21, 3 * 10**21),
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**22), st.booleans()), max_size=12))
def test_nothing_is_made_and_no_round_trip_pays(swaps: list[tuple[bool, int, bool]]) -> None:
    frame, pool = pool_of()
    for low, high, liquidity in ((-100, 100, 10**21), (-50_000, 50_000, 10**20), (50, 2000, 7**25)):
        pool.mint(frame, LP, LP, low, high, liquidity)
    before = total(frame, pool)
    for forward, amount, exact_in in swaps:
        limit = sqrt_price_at(-40_000 if forward else 40_000)
        try:
            pool.swap(frame, WHO, WHO, WHO, amount if exact_in else -amount, limit,
                      zero_for_one=forward)  # fmt: skip
        except Revert:
            continue
        slot = pool.slot(frame)
        inside = sum(net for tick, net, _ in pool.ticks(frame) if tick <= slot.tick)
        assert slot.liquidity == inside
        edge = slot.sqrt_price == sqrt_price_at(slot.tick + 1)
        assert slot.tick == tick_at(slot.sqrt_price) or edge
    assert total(frame, pool) == before
    if pool.slot(frame).sqrt_price != Q96:
        forward = pool.slot(frame).sqrt_price > Q96
        pool.swap(frame, WHO, WHO, WHO, 10**29, Q96, zero_for_one=forward)
    for token in (pool.token0, pool.token1):
        assert token.balance(frame, WHO) <= 10**30
    for low, high, liquidity in ((-100, 100, 10**21), (-50_000, 50_000, 10**20), (50, 2000, 7**25)):
        pool.burn(frame, LP, LP, low, high, liquidity)
    assert pool.ticks(frame) == ()
    assert pool.slot(frame).liquidity == 0
    assert total(frame, pool) == before


@given(st.integers(1, 10**30), st.integers(10**6, 10**30), st.integers(10**6, 10**30))
def test_a_product_does_not_fall(amount: int, x: int, y: int) -> None:
    out = amount_out(amount, x, y)
    assert 0 <= out < y
    assert (x + amount) * (y - out) >= x * y
    assert 1000 * (x * 1000 + amount * 997) * (y - out) >= 1000 * x * y * 1000
    if out:
        assert amount_in(out, x, y) <= amount + 1


def test_a_pool_of_constant_product_by_hand() -> None:
    tokens = Token(A, "A", 6), Token(B, "B", 18)
    pool = ConstantProductPool(POOL, *tokens)
    frame = Frame(Store(), 1, 77, {})
    for token, amount in zip(tokens, (1_100_000 * 10**6, 400 * E18), strict=True):
        token.mint(frame, WHO, amount)
    pool.mint(frame, WHO, 1_000_000 * 10**6, 400 * E18)
    out = pool.swap_in(frame, WHO, WHO, WHO, A, 50_000 * 10**6)
    assert out / E18 == pytest.approx(18.9932, abs=5e-5)  # an examination sheet's figure
    assert pool.reserves(frame) == (1_050_000 * 10**6, 400 * E18 - out)
    assert [t.balance(frame, pool.address) for t in tokens] == list(pool.reserves(frame))
    with pytest.raises(Revert, match="exceeds balance"):
        pool.swap_in(frame, WHO, WHO, WHO, A, 50_001 * 10**6)
