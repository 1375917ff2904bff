"""Published rows of chains: fees, what waits, pools, oracles, lending accounts, code risk."""

from typing import Annotated

from schemas.column import BasisPoints, Col, Flags, Name, Price, Probability, Row, Time, Usd
from schemas.quality import Quality

Gwei = Annotated[float | None, Col("gwei", "1e-9 of the chain's coin, per gas")]
Age = Annotated[float | None, Col("s", "since it was said")]
Count = Annotated[int, Col("transactions", "since the row before")]


class Gas(Row, frozen=True, gc=False):
    """A chain's fees after a new head: at the first grid time that knows of it."""

    ts: Time
    chain: Name
    block: Annotated[int, Col("", "number of the head")]
    block_age_s: Annotated[float, Col("s", "grid time − the block's own time")]
    reorg_depth: Annotated[int, Col("blocks", "undone at once since the row before, the most")]
    fullness: Annotated[float | None, Col("fraction", "gas used / gas target")]
    base_fee_gwei: Gwei
    next_base_fee_gwei: Gwei  # of the next block: exact, by the chain's rule
    base_fee_5_gwei: Gwei  # forecast of the fifth block after the head …
    base_fee_20_gwei: Gwei
    priority_fee_10_gwei: Gwei  # percentiles of what was paid in the last blocks
    priority_fee_50_gwei: Gwei
    priority_fee_90_gwei: Gwei
    entry_fee_gwei: Gwei  # the least priority fee that enters the next block, as it waits now
    backlog: Annotated[float | None, Col("fraction", "waiting gas that would pay / gas target")]
    congestion: Annotated[float | None, Col("0 … 1", "base fee's rank, backlog, delay")]
    inclusion_delay_s: Annotated[float | None, Col("s", "EWMA from first seen to mined")]
    waiting: Annotated[int, Col("transactions", "that wait, as far as the node shows")]
    parameter_changes: Annotated[int, Col("transactions", "of these, that change parameters")]
    seen: Count
    replaced: Count
    dropped: Count
    mined: Count
    quality: Quality
    flags: Flags


class Mempool(Row, frozen=True, gc=False):
    """What waits on a chain, by asset, until nothing does.

    At whole seconds, and at the first grid time that knows of a liquidation or an oracle's report.
    """

    ts: Time
    chain: Name
    asset: Name
    swaps: Annotated[int, Col("transactions", "pending swaps that move the asset")]
    buy_usd: Annotated[float, Col("USD", "of the asset that pending swaps buy")]
    sell_usd: Annotated[float, Col("USD", "… and sell")]
    net_usd: Annotated[float, Col("USD", "bought − sold")]
    liquidations: Annotated[int, Col("calls", "pending ones that seize the asset")]
    liquidation_usd: Annotated[float, Col("USD", "debt that they offer to repay")]
    unvalued: Annotated[int, Col("calls", "of unknown size: the sums lack them")]
    oracle_updates: Annotated[int, Col("calls", "pending reports of the asset's price")]
    quality: Quality
    flags: Flags


class PoolRow(Row, frozen=True, gc=False):
    """A pool: at the first grid time after something happened in it, and every ten seconds."""

    ts: Time
    chain: Name
    instrument: Name  # evm-<chain id>:<address>
    asset: Name
    quote: Name
    protocol: Name
    block: Annotated[int, Col("", "last block that changed it")]
    px: Price
    fee_bp: BasisPoints
    liquidity: Annotated[float | None, Col("", "in range (v3), √(reserve product) (v2)")]
    tick: Annotated[int | None, Col("", "of v3 pools")]
    sell_cost_bp_100k: BasisPoints  # average price of 100,000 USD against px, fee included
    buy_cost_bp_100k: BasisPoints
    pending_px: Price  # after the swaps that wait, in order of their tips
    quality: Quality
    flags: Flags


class OracleRow(Row, frozen=True, gc=False):
    """What an oracle says of an asset: after news of it, and every ten seconds."""

    ts: Time
    provider: Name  # chainlink, pyth
    chain: Name  # "" off chains
    feed: Name
    asset: Name
    quote: Name
    px: Price  # what consumers of the feed read
    primary_px: Price  # … of the public proxy, which may be ahead of a private auction's
    pending_px: Price  # of a report in the mempool that is good
    market_px: Price
    confidence: Annotated[float | None, Col("quote per base", "half width, as it states it")]
    age_s: Age
    staleness: Annotated[float | None, Col("fraction", "age / heartbeat")]
    round_id: Annotated[int | None, Col("", "the aggregator's own")]
    deviation_ratio: Annotated[
        float | None, Col("", "|market / primary − 1| / threshold; 1: it is due")
    ]
    due_blocks: Annotated[int | None, Col("blocks", "since when it is due; 0: it is not")]
    next_block_probability: Probability
    marks_accounts: Annotated[
        bool | None, Col("", "whether the pending report moves what lending markets read")
    ]
    quality: Quality
    flags: Flags


class LendingAccount(Row, frozen=True, gc=False):
    """An account near the edge of a lending market, every ten seconds and when it moves."""

    ts: Time
    chain: Name
    market: Name
    account: str
    health: Annotated[float | None, Col("", "< 1: may be liquidated; null without debt")]
    health_pending: Annotated[float | None, Col("", "at the pending oracle value")]
    health_market: Annotated[float | None, Col("", "at market prices")]
    collateral_usd: Usd
    debt_usd: Usd
    distance: Annotated[
        float | None, Col("fraction", "fall of its collateral's factor at which health is 1")
    ]
    quality: Quality
    flags: Flags


class ProtocolEvent(Row, frozen=True, gc=False):
    """A parameter, an implementation or an authority changed; a liquidation left a deficit."""

    ts: Time
    source: Name
    line: int
    chain: Name
    contract: Name
    block: int
    transaction: str
    kind: Name  # parameter, authority, deficit
    name: Name
    about: str
    old: str | None
    new: str
    unit: Name
    removed: Annotated[bool, Col("", "its block is no longer canonical")]
    flags: Flags
