"""Fees, what waits, pools: a row is as the state is, unknown where it is."""

from typing import Any

from flows.chain_rows import changed_with, gas_row, mempool_rows, pool_rows, usd_of, waiting_swaps
from models.chain.state import ChainState
from models.pools.held import Held
from schemas.chain import BlockAt, ChainItem, Head, Log, Pending, PoolMeta, Reading, TokenMeta
from schemas.chain_call import ParameterCall, Swap
from schemas.chain_contract import ChainSettings, PoolContract
from schemas.chain_event import V2Sync
from schemas.quality import Quality
from schemas.units import NS_PER_S

POOL, USDC, WETH = "0x" + "cc" * 20, "0x" + "a1" * 20, "0x" + "b2" * 20
T = 1_700_000_000
CHAIN = ChainSettings(id=1, name="ethereum",
                      pool=[PoolContract(address=POOL, protocol="uniswap-v2")])  # fmt: skip
NOW = (T + 2) * NS_PER_S


def sale(name: str, amount: int, tip: int, path: tuple[str, ...] = (WETH, USDC)) -> Pending:
    swap = Swap("0xr", "uniswap-v2", path, (), (), amount, None, 0, "0x1", None)
    return Pending(name, "0x" + name, "0xr", 1, 2, 0, 100_000, None, 10**11, tip, "0x", (swap,))


def state(*more: Any) -> ChainState:
    made = ChainState(CHAIN)
    at = BlockAt(100, "0xb", T)
    for said in (
        Head(at, "0xa", 10**9, 15_000_000, 30_000_000),
        PoolMeta(POOL, "uniswap-v2", USDC, WETH, 3000, 1),
        Reading(100, "0xb", POOL, V2Sync(2_000_000 * 10**6, 1000 * 10**18)),
        TokenMeta(USDC, "USDC", 6),
        TokenMeta(WETH, "WETH", 18),
        *more,
    ):
        made.take(ChainItem("evm-1:chain", "evm-1-1", (T + 1) * NS_PER_S, 1, said))
    return made


def test_a_pool_whose_tokens_became_known_after_its_state() -> None:
    made = state(sale("big", 10 * 10**18, 5), sale("first", 10**18, 9))
    pool = made.pools.pool(POOL)
    assert pool is not None
    assert (pool.asset, pool.asset_is_token0) == ("ETH", False)
    found = pool_rows(made, pool, NOW, {}, waiting_swaps(made))
    assert found is not None
    row, curve = found
    assert (row.px, row.quote, row.block, row.quality) == (2000.0, "USDC", 100, Quality.ok)
    both = 1000 + 0.997 * 11  # fees stay in the pool; two sales one after the other
    assert row.pending_px is not None
    assert abs(row.pending_px - 2_000_000 * 1000 / both / (1000 + 11)) / row.pending_px < 1e-3
    assert curve is not None
    assert curve.instrument == f"evm-1:{POOL}"
    assert curve.bid_usd[0] == 0.0  # within the fee there is nothing
    assert curve.mid_px == 2000.0


def test_a_swap_that_a_log_shows_as_mined_does_not_move_the_pool_again() -> None:
    sold = V2Sync(1_998_000 * 10**6, 1001 * 10**18)
    made = state(sale("a", 10**18, 5), Log(100, "0xb", "a", 3, POOL, sold))
    pool = made.pools.pool(POOL)
    assert pool is not None
    found = pool_rows(made, pool, NOW, {}, waiting_swaps(made))
    assert found is not None
    assert found[0].pending_px == found[0].px
    assert mempool_rows(made, NOW, {}, frozenset()) == []


def test_swaps_wait_in_the_order_of_their_tips() -> None:
    made = state(sale("slow", 1, 1), sale("fast", 2, 7), sale("cheap", 3, 3))
    assert [swap.amount_in for swap in waiting_swaps(made)] == [2, 3, 1]


def test_what_waits_by_asset_until_nothing_does() -> None:
    made = state(sale("a", 10**18, 5))
    (row,) = mempool_rows(made, NOW, {"ETH": 2000.0}, frozenset())
    assert (row.asset, row.swaps, row.sell_usd, row.net_usd) == ("ETH", 1, 2000.0, -2000.0)
    (row,) = mempool_rows(made, NOW, {}, frozenset())
    assert (row.unvalued, row.flags, row.net_usd) == (1, ("unvalued",), 0.0)
    (row,) = mempool_rows(state(), NOW, {}, frozenset({"ETH"}))
    assert (row.swaps, row.net_usd) == (0, 0.0)
    assert mempool_rows(state(), NOW, {}, frozenset()) == []


def test_fees_of_a_head() -> None:
    change = Pending("0xc", "0xs", "0xr", 2, 2, 0, 1, None, 10**11, 1, "0x",
                     (ParameterCall("0xr", "setReserveFreeze(address,bool)"),))  # fmt: skip
    made = state(change)
    assert made.gas.value is not None
    row = gas_row(made, made.gas.value, NOW, {"seen": 1})
    assert (row.block, row.block_age_s, row.base_fee_gwei) == (100, 2.0, 1.0)
    assert (row.next_base_fee_gwei, row.fullness) == (1.0, 1.0)
    assert (row.waiting, row.parameter_changes, row.seen, row.mined) == (1, 1, 1, 0)
    assert row.priority_fee_50_gwei is row.congestion is row.base_fee_20_gwei is None


def test_dollars_of_a_token() -> None:
    made = state()
    assert usd_of(made, WETH, {"ETH": 2000.0}) == 2000.0
    assert usd_of(made, USDC, {}) == 1.0
    assert usd_of(made, WETH, {}) is usd_of(made, "0xstrange", {"ETH": 1.0}) is None


def test_nothing_is_said_of_a_pool_without_a_state() -> None:
    made = ChainState(CHAIN)
    made.take(ChainItem("k", "c", 1, 1, PoolMeta(POOL, "uniswap-v2", USDC, WETH, 3000, 1)))
    assert made.pools.addresses() == ()
    assert changed_with(Held()) == ()
