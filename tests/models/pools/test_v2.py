"""Constant product pools: published values, the pair's own condition by search, no way to gain."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pools import v2
from models.pools.trade import Ended, Trade
from models.pools.v2 import MOST_RESERVE, Reserves
from tests.models.pools.profiles import E18, v2_pool
from tests.reference import pool_v2

FEE_30_BP = v2_pool()


def test_an_exam_sheets_purchase() -> None:
    """1,000,000 USD and 400 ETH; 50,000 in at 30 bp."""
    trade = v2.swap_in(FEE_30_BP, Reserves(1_000_000 * 10**6, 400 * E18), True, 50_000 * 10**6)
    assert trade.amount_out / 1e18 == pytest.approx(18.9932, abs=5e-5)
    assert (trade.amount_in, trade.fee, trade.ended) == (50_000 * 10**6, 150 * 10**6, Ended.filled)
    assert trade.after == Reserves(1_050_000 * 10**6, 400 * E18 - trade.amount_out)


@pytest.mark.parametrize(
    ("zero_for_one", "amount", "loss"), [(False, 200, -0.01639), (True, 250, -0.02439)]
)
def test_impermanent_loss(zero_for_one: bool, amount: int, loss: float) -> None:
    """Price times 1.44 and times 0.64 without fees, from 1,000 of each."""
    pool, start = v2_pool(0), Reserves(1000 * E18, 1000 * E18)
    after = v2.swap_in(pool, start, zero_for_one, amount * E18).after
    price = after.price(pool)
    assert price == pytest.approx(0.64 if zero_for_one else 1.44)
    held = 1000 * price + 1000
    assert (after.reserve0 * price + after.reserve1) / E18 / held - 1 == pytest.approx(
        loss, abs=5e-6
    )


@pytest.mark.parametrize(
    ("amount", "come", "go", "out"),
    [(1, 5, 10, 1662497915624478906), (1, 10, 5, 453305446940074565),
     (2, 5, 10, 2851015155847869602), (2, 10, 5, 831248957812239453),
     (1, 10, 10, 906610893880149131), (1, 100, 100, 987158034397061298),
     (1, 1000, 1000, 996006981039903216)],
)  # fmt: skip
def test_published_swaps(amount: int, come: int, go: int, out: int) -> None:
    trade = v2.swap_in(FEE_30_BP, Reserves(come * E18, go * E18), True, amount * E18)
    assert trade.amount_out == out


reserves = st.integers(1, 112).flatmap(lambda bits: st.integers(1, (1 << bits) - 1))
fees = st.sampled_from((0, 100, 2_500, 3_000, 10_000, 999_999))


@settings(deadline=None)
@given(reserves, reserves, reserves, fees, st.booleans())
def test_the_most_that_the_pair_gives(
    come: int, go: int, amount: int, fee: int, down: bool
) -> None:
    state = Reserves(come, go) if down else Reserves(go, come)
    trade = v2.swap_in(v2_pool(fee), state, down, amount)
    most = pool_v2.most_out(come, go, amount, fee)
    if trade.ended is Ended.dry:
        assert most == 0 or come + amount > MOST_RESERVE
        assert trade == Trade(0, 0, 0, state, Ended.dry)
        return
    assert trade.amount_out == most
    k = trade.after.reserve0 * trade.after.reserve1
    assert k >= come * go
    assert trade.fee == -(-amount * fee // 10**6)


@settings(deadline=None)
@given(reserves, reserves, reserves, fees, st.booleans())
def test_the_least_that_the_pair_takes_or_one_more(
    come: int, go: int, amount: int, fee: int, down: bool
) -> None:
    state = Reserves(come, go) if down else Reserves(go, come)
    trade = v2.swap_out(v2_pool(fee), state, down, amount)
    if amount >= go:
        assert trade == Trade(0, 0, 0, state, Ended.dry)
        return
    least = pool_v2.least_in(come, go, amount, fee)
    if trade.ended is Ended.dry:
        assert come + least + 1 > MOST_RESERVE
        return
    assert trade.amount_in in (least, least + 1)
    assert trade.amount_out == amount
    assert trade.after.reserve0 * trade.after.reserve1 >= come * go
    enough = v2.swap_in(v2_pool(fee), state, down, trade.amount_in)
    assert enough.amount_out >= amount


@settings(deadline=None)
@given(reserves, reserves, reserves, fees)
def test_there_and_back_gains_nothing(come: int, go: int, amount: int, fee: int) -> None:
    pool = v2_pool(fee)
    there = v2.swap_in(pool, Reserves(come, go), True, amount)
    if there.ended is Ended.filled:
        back = v2.swap_in(pool, there.after, False, there.amount_out)
        assert back.amount_out <= amount


def test_prices_in_both_orders_of_decimals() -> None:
    state = Reserves(2_000_000 * 10**6, 1_000 * E18)  # USDC and WETH
    usdc_first = v2_pool(decimals0=6, decimals1=18, asset_is_token0=False)
    assert state.price(usdc_first) == 2000.0
    other = v2_pool(decimals0=18, decimals1=6, asset_is_token0=True)
    assert Reserves(state.reserve1, state.reserve0).price(other) == 2000.0
    assert Reserves(0, 5).price(other) is None


@pytest.mark.parametrize("amount", [0, -1])
@pytest.mark.parametrize("swap", [v2.swap_in, v2.swap_out])
def test_no_amount(swap, amount: int) -> None:
    with pytest.raises(ValueError, match="cannot be swapped"):
        swap(FEE_30_BP, Reserves(1, 1), True, amount)


@pytest.mark.parametrize("state", [Reserves(0, 0), Reserves(0, 5), Reserves(5, 0)])
def test_empty_pools_trade_nothing(state: Reserves) -> None:
    for swap in (v2.swap_in, v2.swap_out):
        assert swap(FEE_30_BP, state, True, 1) == Trade(0, 0, 0, state, Ended.dry)
