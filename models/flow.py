"""Sums and last values of fills and marks, folded in order."""

from typing import Final

import numpy as np

from schemas.kernel import compiled

# Slots of the fill sums.
BUY_USD: Final = 0
SELL_USD: Final = 1
BUY_COUNT: Final = 2
SELL_COUNT: Final = 3
LAST_PX: Final = 4
FILL_SLOTS: Final = 5

# Slots of the marks; NaN until told.
MARK: Final = 0
INDEX: Final = 1
FUNDING: Final = 2
INTERVAL_H: Final = 3
OPEN_INTEREST: Final = 4
MARK_SLOTS: Final = 5


def fills_plain(sums, begin, end, px, size_base, taker):  # type: ignore[no-untyped-def]
    """Add fills [begin, end) to the sums; those of taker 0 are no ordinary orders and no flow."""
    for i in range(begin, end):
        if taker[i] > 0:
            sums[BUY_USD] += px[i] * size_base[i]
            sums[BUY_COUNT] += 1.0
        elif taker[i] < 0:
            sums[SELL_USD] += px[i] * size_base[i]
            sums[SELL_COUNT] += 1.0
        else:
            continue
        sums[LAST_PX] = px[i]


fold_fills = compiled(fills_plain)


def marks_plain(  # type: ignore[no-untyped-def]
    marks, begin, end, mark, index, funding_rate, interval_h, oi_base
):
    """Keep the last present value of each in [begin, end); NaN leaves it unchanged."""
    for i in range(begin, end):
        if not np.isnan(mark[i]):
            marks[MARK] = mark[i]
        if not np.isnan(index[i]):
            marks[INDEX] = index[i]
        if not np.isnan(funding_rate[i]):
            marks[FUNDING] = funding_rate[i]
        if not np.isnan(interval_h[i]):
            marks[INTERVAL_H] = interval_h[i]
        if not np.isnan(oi_base[i]):
            marks[OPEN_INTEREST] = oi_base[i]


fold_marks = compiled(marks_plain)
