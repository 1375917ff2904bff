"""Rows for tests of what is shown of chains: a moment of one in trouble, and one that began."""

from typing import Any

from schemas.chain_row import Gas, LendingAccount, Mempool, OracleRow, PoolRow
from schemas.column import Row
from schemas.quality import Quality
from tests.blank_row import blank_row
from tests.flows.page.rows import NOW, S

POOL = "evm-1:0x" + "9c" * 20
FEED = "0x" + "5f" * 20
ACCOUNTS = tuple(f"0x{k:040x}" for k in range(0x10, 0x18))


def gas(ts: int = NOW, chain: str = "ethereum", **given: Any) -> Gas:
    """Fees after a head."""
    return blank_row(Gas, ts=ts, chain=chain, **given)


def mempool(ts: int = NOW, asset: str = "ETH", **given: Any) -> Mempool:
    """What waits of an asset."""
    return blank_row(Mempool, ts=ts, chain="ethereum", asset=asset, **given)


def pool(ts: int = NOW, name: str = POOL, **given: Any) -> PoolRow:
    """A pool of ETH against USDC."""
    named = {"asset": "ETH", "quote": "USDC", "protocol": "uniswap-v3"} | given
    return blank_row(PoolRow, ts=ts, chain="ethereum", instrument=name, **named)


def oracle(ts: int = NOW, feed: str = FEED, **given: Any) -> OracleRow:
    """An oracle of ETH in USD."""
    named = {"provider": "chainlink", "chain": "ethereum", "asset": "ETH", "quote": "USD"} | given
    return blank_row(OracleRow, ts=ts, feed=feed, **named)


def account(ts: int = NOW, name: str = ACCOUNTS[0], **given: Any) -> LendingAccount:
    """An account near the edge."""
    named = {"market": "aave"} | given
    return blank_row(LendingAccount, ts=ts, chain="ethereum", account=name, **named)


def chain_moment() -> list[Row]:
    """Everything at once: a report that waits makes accounts unsafe; base has a head only."""
    healths = (0.9996, 1.002, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06)
    return [
        gas(
            block=24_000_005,
            block_age_s=8.5,
            base_fee_gwei=1.8642,
            next_base_fee_gwei=0.01,
            congestion=0.4567,
            waiting=1_234,
            quality=Quality.degraded,
            flags=("incomplete",),
        ),
        gas(NOW - S, "base", block=7, block_age_s=0.5),
        mempool(
            swaps=3, net_usd=-1_234_567.0, liquidations=2, liquidation_usd=50_000.0,
            unvalued=1, flags=("unvalued",),
        ),
        mempool(asset="BTC", swaps=1, net_usd=584.0),
        pool(fee_bp=5.0, px=3_153.72, pending_px=3_100.25, sell_cost_bp_100k=6.19),
        pool(name="evm-1:0x01", asset="BTC", flags=("unproved",), quality=Quality.degraded),
        oracle(
            px=3_150.0, pending_px=3_080.5, market_px=3_079.25, deviation_ratio=4.5,
            next_block_probability=0.93,
        ),
        oracle(feed="0x02", asset="BTC", quality=Quality.warming),
        *(
            account(
                name=name, health=health, health_pending=health - 0.015, collateral_usd=41_400.0,
                debt_usd=33_200.0,
            )
            for name, health in zip(ACCOUNTS, healths, strict=True)
        ),
    ]  # fmt: skip
