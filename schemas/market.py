"""Published rows of the market flow: ticks, depth curves, liquidations."""

from enum import IntEnum
from typing import Annotated

from msgspec import Struct

from schemas.column import (
    BasisPoints,
    Col,
    Flags,
    Millis,
    Name,
    Price,
    Row,
    Size,
    Time,
    Usd,
)
from schemas.quality import Quality


class Tick(Row, frozen=True, gc=False):
    """The state of one instrument at a grid time: what lines with received_ns < ts have said.

    Best prices and `book_seq` come from the depth book alone, `top_*` from the venue's ticker.
    """

    ts: Time
    venue: Name
    instrument: Name
    asset: Name
    bid_px: Price
    bid_sz: Size
    ask_px: Price
    ask_sz: Size
    book_seq: Annotated[int | None, Col("", "last applied update id")]
    top_bid_px: Price
    top_bid_sz: Size
    top_ask_px: Price
    top_ask_sz: Size
    mid_px: Price
    microprice: Annotated[float | None, Col("quote per base", "I·ask + (1−I)·bid")]
    spread_bp: BasisPoints
    imbalance: Annotated[float | None, Col("fraction", "I = bid_sz / (bid_sz + ask_sz)")]
    bid_depth_usd_5bp: Usd  # sum of px·size at most 5 bp below mid
    bid_depth_usd_10bp: Usd
    bid_depth_usd_25bp: Usd
    bid_depth_usd_50bp: Usd
    bid_depth_usd_100bp: Usd
    bid_depth_usd_200bp: Usd
    ask_depth_usd_5bp: Usd
    ask_depth_usd_10bp: Usd
    ask_depth_usd_25bp: Usd
    ask_depth_usd_50bp: Usd
    ask_depth_usd_100bp: Usd
    ask_depth_usd_200bp: Usd
    buy_cost_bp_10k: BasisPoints  # VWAP of buying 10,000 USD over mid − 1
    buy_cost_bp_100k: BasisPoints
    buy_cost_bp_1m: BasisPoints
    sell_cost_bp_10k: BasisPoints
    sell_cost_bp_100k: BasisPoints
    sell_cost_bp_1m: BasisPoints
    ofi_usd: Annotated[float | None, Col("USD", "order-flow imbalance at the best, last interval")]
    ofi_levels_usd: Annotated[
        tuple[float, ...], Col("USD", "order-flow imbalance by level 1 … 10, last interval")
    ]
    buy_usd: Annotated[float, Col("USD", "bought by takers in the last interval")]
    sell_usd: Annotated[float, Col("USD", "sold by takers in the last interval")]
    buy_count: Annotated[int, Col("fills", "taker buys in the last interval")]
    sell_count: Annotated[int, Col("fills", "taker sells in the last interval")]
    last_trade_px: Price
    mark_px: Price
    index_px: Price
    funding_rate: Annotated[float | None, Col("fraction per interval", "as the venue states it")]
    funding_interval_h: Annotated[float | None, Col("h", "funding interval")]
    funding_rate_1h: Annotated[float | None, Col("fraction per hour", "funding_rate / interval")]
    basis: Annotated[float | None, Col("fraction", "mark / index − 1")]
    oi_base: Annotated[float | None, Col("base coin", "open interest, one-sided")]
    oi_usd: Annotated[float | None, Col("USD", "oi_base · mark")]
    book_age_ms: Millis
    top_age_ms: Millis
    trade_age_ms: Millis
    mark_age_ms: Millis
    latency_ms: Annotated[
        float | None, Col("ms", "received − venue time of the last frame; signed")
    ]
    quality: Quality
    flags: Flags


class DepthCurve(Row, frozen=True, gc=False):
    """Cumulative USD per side at 48 distances from mid (C5); stored on whole seconds.

    Distance k is 1e-4 · 2000^(k/47) of mid. Null past `visible_bp` of that side's furthest known
    level; past `complete_bp` (the venue's snapshot ended there) the numbers are lower bounds.
    """

    ts: Time
    venue: Name
    instrument: Name
    asset: Name
    mid_px: Annotated[float, Col("quote per base", "price")]
    bid_usd: Annotated[tuple[float | None, ...], Col("USD", "cumulative bids by distance")]
    ask_usd: Annotated[tuple[float | None, ...], Col("USD", "cumulative asks by distance")]
    visible_bp: Annotated[float, Col("bp", "furthest known level, the nearer of both sides")]
    complete_bp: Annotated[float, Col("bp", "edge of the last snapshot, the nearer of both sides")]
    quality: Quality
    flags: Flags


class PositionSide(IntEnum):
    """Whose position was closed by force."""

    long = 1
    short = 2


class Liquidation(Row, frozen=True, gc=False):
    """A forced order as it was received."""

    ts: Time
    source: Name
    line: int
    venue: Name
    instrument: Name
    asset: Name
    venue_ts: Annotated[int | None, Col("ns UTC", "venue's stamp", "DateTime64(6, 'UTC')")]
    position_side: PositionSide
    px: Annotated[float, Col("quote per base", "average fill price")]
    size_base: Annotated[float, Col("base coin", "executed size")]
    size_usd: Annotated[float, Col("USD", "px · size_base")]
    flags: Flags


class GridItem(Struct, frozen=True, gc=False):
    """The clock of one instrument: one per grid time; `tick` None while nothing is known."""

    instrument: str
    ts: int
    tick: Tick | None
    curve: DepthCurve | None
