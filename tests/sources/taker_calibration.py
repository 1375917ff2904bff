"""How to measure whose side `side` is in Coinbase Advanced's market_trades: the book decides.

A trade at the ask is a bought one.
"""

from typing import Final

import numpy as np
from msgspec import Struct

from schemas.chunk import Array

LEAST_DECIDED: Final = 30  # trades that a verdict needs
LEAST_SHARE: Final = 0.9  # of them on one side


class Calibration(Struct, frozen=True):
    """Trades by what the best prices just before them say of their `side`."""

    maker: int  # BUY at the bid or SELL at the ask
    taker: int  # BUY at the ask or SELL at the bid
    between: int  # inside the spread, or no spread: undecided
    unquoted: int  # no best prices before

    @property
    def side_is_maker(self) -> bool | None:
        """The verdict; None when there are too few decided trades, or they disagree."""
        decided = self.maker + self.taker
        if decided < LEAST_DECIDED or max(self.maker, self.taker) < LEAST_SHARE * decided:
            return None
        return self.maker > self.taker


def calibrate(
    best_ns: Array, bid: Array, ask: Array, trade_ns: Array, px: Array, side: Array
) -> Calibration:
    """Compare trades with the best prices last seen strictly before each.

    Times are the venue's, `best_ns` not falling; side is +1 for the word BUY, −1 for SELL.
    """
    at = np.searchsorted(best_ns, trade_ns, side="left") - 1
    quoted = at >= 0
    if not quoted.any():
        return Calibration(0, 0, 0, len(trade_ns))
    was_bid, was_ask = bid[at[quoted]], ask[at[quoted]]
    bought = (px[quoted] >= was_ask).astype(np.int8)
    sold = (px[quoted] <= was_bid).astype(np.int8)
    said = (bought - sold) * side[quoted]
    maker, taker = int(np.count_nonzero(said < 0)), int(np.count_nonzero(said > 0))
    between = int(np.count_nonzero(said == 0))
    return Calibration(maker, taker, between, int(np.count_nonzero(~quoted)))
