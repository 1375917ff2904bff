"""A chain's state → rows of fees, of what waits, of pools and their depth."""

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Any

from models.chain.gas import GasState
from models.chain.intent import Intent, intents
from models.chain.mempool import tip_wei
from models.chain.state import ChainState
from models.pools.curve import curve_of
from models.pools.held import Held
from models.pools.pool import Pool
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated
from models.pools.what_if import after
from schemas.chain_call import ParameterCall, Swap
from schemas.chain_row import Gas, Mempool, PoolRow
from schemas.market import DepthCurve
from schemas.quality import Quality
from schemas.units import COST_USD, NS_PER_S

Prices = Mapping[str, float]  # USD by asset
_GWEI = 1e9
_COST_AT = COST_USD.index(100_000.0)


def gas_row(state: ChainState, gas: GasState, at_ns: int, counts: Mapping[str, int]) -> Gas:
    """Fees after a head. counts: of the mempool since the row before."""
    paid = dict(gas.paid_tips_wei)
    changes = sum(
        any(isinstance(call, ParameterCall) for call in waiting.transaction.calls)
        for waiting in state.mempool
    )
    _, later, latest = (None if f is None else f.base_fee_wei for f in gas.forecasts)
    flags = ("incomplete",) if state.canon.incomplete else ()
    return Gas(
        ts=at_ns,
        chain=state.chain.name,
        block=gas.at.number,
        block_age_s=at_ns / NS_PER_S - gas.at.timestamp_s,
        reorg_depth=state.reorg_depth,
        fullness=gas.used_of_target,
        base_fee_gwei=_gwei(gas.base_fee_wei),
        next_base_fee_gwei=_gwei(gas.next_base_fee_wei),
        base_fee_5_gwei=_gwei(later),
        base_fee_20_gwei=_gwei(latest),
        priority_fee_10_gwei=_gwei(paid.get(10.0)),
        priority_fee_50_gwei=_gwei(paid.get(50.0)),
        priority_fee_90_gwei=_gwei(paid.get(90.0)),
        entry_fee_gwei=_gwei(gas.entry_tip_wei),
        backlog=gas.waiting_of_target,
        congestion=gas.crowd.score,
        inclusion_delay_s=state.mempool.delay_s,
        waiting=len(state.mempool),
        parameter_changes=changes,
        seen=counts.get("seen", 0),
        replaced=counts.get("replaced", 0),
        dropped=counts.get("dropped", 0),
        mined=counts.get("mined", 0),
        quality=Quality.degraded if flags else Quality.ok,
        flags=flags,
    )


def mempool_rows(
    state: ChainState, at_ns: int, prices: Prices, before: frozenset[str]
) -> list[Mempool]:
    """What waits, by asset; also for those of `before`, of which nothing may wait any more."""
    feeds = {
        aggregator: oracle.asset
        for oracle in state.chain.oracle
        if (aggregator := state.feeds.aggregator(oracle.proxy.lower())) is not None
    }
    waiting = (waiting.transaction for waiting in state.waiting())
    found, _ = intents(waiting, state.tokens, prices, feeds)
    rows = []
    for asset in sorted(found.keys() | before):
        one = found.get(asset, Intent())
        flags = ("unvalued",) if one.unvalued else ()
        row = Mempool(
            ts=at_ns,
            chain=state.chain.name,
            asset=asset,
            swaps=one.swaps,
            buy_usd=one.buy_usd,
            sell_usd=one.sell_usd,
            net_usd=one.buy_usd - one.sell_usd,
            liquidations=one.liquidations,
            liquidation_usd=one.liquidation_usd,
            unvalued=one.unvalued,
            oracle_updates=one.oracle_updates,
            quality=Quality.ok,
            flags=flags,
        )
        rows.append(row)
    return rows


def pool_rows(
    state: ChainState, pool: Pool, at_ns: int, prices: Prices, swaps: Sequence[Swap]
) -> tuple[PoolRow, DepthCurve | None] | None:
    """A pool and its depth; None while nothing is known of it. swaps: see `waiting_swaps`."""
    held = state.pools.held(pool.address)
    if held.state is None or held.block is None:
        return None
    quote = pool.symbol1 if pool.asset_is_token0 else pool.symbol0
    usd = usd_of(state, pool.token1 if pool.asset_is_token0 else pool.token0, prices)
    px = held.state.price(pool)
    quality, flags = _quality(held)
    name = f"evm-{state.chain.id}:{pool.address}"
    venue = f"evm-{state.chain.id}"
    curve = None if usd is None else curve_of(pool, held.state, usd, taker=True)
    then = after(state.pools, pool.address, swaps, at_ns // NS_PER_S)
    row = PoolRow(
        ts=at_ns,
        chain=state.chain.name,
        instrument=name,
        asset=pool.asset,
        quote=quote,
        protocol=pool.protocol,
        block=held.block,
        px=px,
        fee_bp=pool.fee_e6 / 100.0,
        liquidity=_liquidity(held.state),
        tick=held.state.tick if isinstance(held.state, Concentrated) else None,
        sell_cost_bp_100k=None if curve is None else curve.sell_cost_bp[_COST_AT],
        buy_cost_bp_100k=None if curve is None else curve.buy_cost_bp[_COST_AT],
        pending_px=None if then is None else then.after_px,
        quality=quality,
        flags=flags,
    )
    if curve is None:
        return row, None
    depth = DepthCurve(
        at_ns, venue, name, pool.asset, curve.mid_px, curve.bid_usd, curve.ask_usd,
        curve.visible_bp, curve.visible_bp, quality, flags,
    )  # fmt: skip
    return row, depth


def changed_with(held: Held) -> tuple[Any, ...]:
    """What a pool's row is about: while this is the same, so is the row but for what waits."""
    state = held.state
    if isinstance(state, Concentrated):
        return held.block, held.unproved, state.sqrt_price_x96, state.liquidity
    if isinstance(state, Reserves):
        return held.block, held.unproved, state.reserve0, state.reserve1
    return ()


def waiting_swaps(state: ChainState) -> list[Swap]:
    """The swaps that wait and can be included, in the order of what they offer."""
    head = state.canon.head
    fee = 0 if head is None or head.base_fee_wei is None else head.base_fee_wei
    offers = [(tip_wei(w.transaction, fee), w) for w in state.waiting()]
    included = sorted(
        ((tip, w) for tip, w in offers if tip >= 0),
        key=lambda offer: (-offer[0], offer[1].seen_ns, offer[1].transaction.hash),
    )
    return [c for _, w in included for c in w.transaction.calls if isinstance(c, Swap)]


def usd_of(state: ChainState, token: str, prices: Prices) -> float | None:
    """USD of one whole token."""
    known = state.tokens.known.get(token)
    return None if known is None else state.tokens.usd(token, 10**known.decimals, prices)


def _quality(held: Held) -> tuple[Quality, tuple[str, ...]]:
    return (Quality.degraded, ("unproved",)) if held.unproved else (Quality.ok, ())


def _liquidity(state: Reserves | Concentrated) -> float:
    if isinstance(state, Reserves):
        return float(isqrt(state.reserve0 * state.reserve1))
    return float(state.liquidity)


def _gwei(wei: float | None) -> float | None:
    return None if wei is None else wei / _GWEI
