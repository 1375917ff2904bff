"""A pool seen as a book: mid price, cumulative USD per side by distance, cost of trading (C5).

Mid is the pool's price, quote per asset. Depth at distance d is the quote amount, in USD, that
meets the pool's curve in one trade which moves its price from mid to mid · (1 ∓ d): what selling
the asset pays out, or what buying it pays in less the fee.

With `taker` the distance is that of the price a taker gets at the margin, the fee included: within
the fee of mid there is nothing, and purchases count all they pay. So it can be added to books,
whose levels stand at prices that are paid. Distances past what was read are None.
"""

from math import isfinite

from msgspec import Struct

from models.pools.depth import BP, kept, quote_amounts, visible_bp
from models.pools.path import Hop, PoolState, quote_in, quote_out
from models.pools.pool import Pool
from models.pools.trade import Ended
from models.pools.v3 import MOST_AMOUNT
from schemas.units import COST_USD


class PoolCurve(Struct, frozen=True, gc=False):
    """Depth of a pool around its price; bids: the asset is sold to it."""

    mid_px: float  # quote per asset
    bid_usd: tuple[float | None, ...]  # by CURVE_BP
    ask_usd: tuple[float | None, ...]
    visible_bp: float  # the nearer of both ends of what was read
    sell_cost_bp: tuple[float | None, ...]  # by COST_USD, fee included
    buy_cost_bp: tuple[float | None, ...]


def curve_of(
    pool: Pool, state: PoolState, usd_per_quote: float, *, taker: bool = False
) -> PoolCurve | None:
    """The curve of a pool; None without a price (an empty pool).

    Raises ValueError unless `usd_per_quote`, USD per whole quote token, is positive and finite.
    """
    usd = usd_per_quote * 10.0**-pool.quote_decimals
    if not (isfinite(usd) and usd > 0.0):
        message = f"{usd_per_quote} USD per quote token is no price"
        raise ValueError(message)
    mid = state.price(pool)
    if mid is None:
        return None
    bids = quote_amounts(pool, state, True, taker)
    asks = quote_amounts(pool, state, False, taker)
    paid = usd / kept(pool, taker)
    return PoolCurve(
        mid,
        tuple(None if amount is None else amount * usd for amount in bids),
        tuple(None if amount is None else amount * paid for amount in asks),
        visible_bp(pool, state, taker),
        tuple(cost_bp(pool, state, mid, True, amount, usd_per_quote) for amount in COST_USD),
        tuple(cost_bp(pool, state, mid, False, amount, usd_per_quote) for amount in COST_USD),
    )


def cost_bp(
    pool: Pool, state: PoolState, mid: float, selling: bool, amount_usd: float, usd_per_quote: float
) -> float | None:
    """Cost of selling or buying the asset for `amount_usd` of quote, in bp of mid, fee included.

    |average price / mid − 1| · 10^4 from an exact quote; None where the pool, or what is known of
    it, does not hold that much.
    """
    wanted = amount_usd / usd_per_quote * 10.0**pool.quote_decimals
    if not 1.0 <= wanted < MOST_AMOUNT:
        return None
    quote = round(wanted)
    hop = Hop(pool, state, selling == pool.asset_is_token0)
    trade = quote_out(hop, quote) if selling else quote_in(hop, quote)
    asset = trade.amount_in if selling else trade.amount_out
    if trade.ended is not Ended.filled or asset == 0:
        return None
    decimals = pool.decimals0 if pool.asset_is_token0 else pool.decimals1
    whole: int = quote * 10**decimals
    average: float = whole / (asset * 10**pool.quote_decimals)
    return (1.0 - average / mid if selling else average / mid - 1.0) / BP
