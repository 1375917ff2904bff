"""Sizes that are contracts → base coin: contracts · USD of one / price, whole columns at a time.

Only COIN-M has such sizes, so only its sessions have a `Contracts`. A level's size in coin
depends on its own price, so it is computed here, before books see it, from the very price that a
ticker shows: the same contracts at the same price are the same number of coins, bit for bit.

What a contract is worth only a listing, a recording's first line or the settings tell. Until one
of them has, the symbol has no price scale, so that the scanner hands its frames back and the slow
decoder refuses them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from schemas.chunk import Array
from schemas.errors import BrokenInvariant
from sources.binance_columns import OPEN_INTEREST, Columns
from sources.binance_slow import Forced
from sources.book_sync import Held
from sources.digits import POWERS

UNKNOWN_SIZE: Final = 0.0  # `contract_size` of an instrument whose contract is not known
WITHOUT_MARK: Final = "open interest before a mark"


class Contracts:
    """What one contract is worth and the last mark price, by index of the symbol."""

    def __init__(self) -> None:
        self.usd = np.zeros(0)  # of one contract; 0: not known
        self.marks = np.zeros(0)  # 0: none yet

    def know(self, symbol: int, usd: float) -> None:
        """Take note of what a contract is worth."""
        short = symbol + 1 - len(self.usd)
        if short > 0:
            self.usd = np.append(self.usd, np.zeros(short))
            self.marks = np.append(self.marks, np.zeros(short))
        self.usd[symbol] = usd

    def forget_marks(self) -> None:
        """Forget the mark prices: the stream has been interrupted."""
        self.marks[:] = 0.0

    def convert(self, c: Columns, decimals: Array, counts: Counter[str]) -> None:
        """Sizes of levels, tickers, fills and open interest in `c` become base coin.

        decimals: price decimals by symbol. An open interest without a mark price to value it at
        is left out and counted.
        """
        if c.frames.shape[1]:
            first, past = c.frames[5], c.frames[6]
            order = np.argsort(first, kind="stable")  # rows of the slow decoder stand last
            symbol = np.repeat(c.frames[1][order], (past - first)[order])
            px = c.rows[5] / POWERS[decimals[symbol]]
            c.size = coins(c.size, self._usd(symbol), px)
        if c.top.shape[1]:
            usd = self._usd(c.top[0])
            for side in (0, 2):
                c.top_px[side + 1] = coins(c.top_px[side + 1], usd, c.top_px[side])
        if c.fill.shape[1]:
            c.fill_px[1] = coins(c.fill_px[1], self._usd(c.fill[0]), c.fill_px[0])
        if c.mark.shape[1]:
            self._marks(c, counts)

    def _marks(self, c: Columns, counts: Counter[str]) -> None:
        """Value each open interest at the last mark price before it."""
        keep = np.ones(c.mark.shape[1], np.bool_)
        done = 0
        for at in np.flatnonzero(c.mark[4] == OPEN_INTEREST).tolist():
            self._remember(c, done, at)
            done = at + 1
            symbol = int(c.mark[0, at])
            if self.marks[symbol] > 0.0:
                usd, px = self._usd(c.mark[0, at:done]), self.marks[[symbol]]
                c.mark_px[0, at:done] = coins(c.mark_px[0, at:done], usd, px)
            else:
                keep[at] = False
                counts[WITHOUT_MARK] += 1
        self._remember(c, done, len(keep))
        if not keep.all():
            c.mark, c.mark_px = c.mark[:, keep], c.mark_px[:, keep]

    def _remember(self, c: Columns, begin: int, end: int) -> None:
        marks = c.mark[4, begin:end] >= 0
        self.marks[c.mark[0, begin:end][marks]] = c.mark_px[0, begin:end][marks]  # the last stays

    def held(self, snapshot: Held, symbol: int, decimals: int) -> Held:
        """A REST snapshot with sizes in base coin."""
        px = np.frombuffer(snapshot.px_ticks, np.int64) / POWERS[decimals]
        size = np.frombuffer(snapshot.size)
        usd = self._usd(np.full(len(size), symbol))
        return replace(snapshot, size=coins(size, usd, px).tobytes())

    def forced(self, orders: Sequence[Forced], index: Mapping[str, int]) -> list[Forced]:
        """Forced orders with sizes in base coin."""
        symbols = np.array([index[order.symbol] for order in orders], np.int64)
        px = np.array([order.px for order in orders])
        size = coins(np.array([order.size_base for order in orders]), self._usd(symbols), px)
        return [
            replace(order, size_base=base)
            for order, base in zip(orders, size.tolist(), strict=True)
        ]

    def _usd(self, symbol: Array) -> Array:
        usd = self.usd[symbol]
        if not usd.all():
            message = "a size in contracts got past the check that its contract is known"
            raise BrokenInvariant(message)
        return usd


def coins(contracts: Array, usd: Array, px: Array) -> Array:
    """Contracts at a price in base coin. A row without a price carries ids only: it has no size.

    >>> coins(np.array([5.0, 0.0]), np.array([100.0, 100.0]), np.array([50_000.0, 0.0])).tolist()
    [0.01, 0.0]
    """
    value = contracts * usd
    found: Array = np.zeros(len(value))
    np.divide(value, px, out=found, where=px > 0.0)
    return found
