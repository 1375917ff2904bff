"""Tens of thousands of prices and sizes in text → numbers, a column at a time, exactly.

A snapshot has some 46,000 rows. One pattern says whether all texts of a column are plain decimals
short enough for the quick way; if any is not, every one goes through `wire_numbers`, which says
what is wrong. Both ways give the same numbers.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from sources import wire_numbers as numbers

_DIGITS: Final = 15  # of a price: its ticks then stay below 2^50 (see `ticks`)
_SIZE = re.compile(r"(?:[0-9]{1,15}(?:\.[0-9]{1,30})?\n)*+")


@cache
def _price(decimals: int) -> re.Pattern[str]:
    """Plain decimals of at most `decimals` places and _DIGITS digits, one per line."""
    places = rf"(?:\.[0-9]{{1,{decimals}}})?" if decimals else ""
    return re.compile(rf"(?:[0-9]{{1,{_DIGITS - decimals}}}{places}\n)*+")


def finest(prices: Sequence[str]) -> str:
    """The price with most decimals. Raises Refused when any of them is none."""
    for decimals in range(_DIGITS):
        if _plain(_price(decimals), prices):  # most do not match at their very first price
            return next(text for text in prices if len(text.partition(".")[2]) == decimals)
    return max(prices, key=numbers.scale_of)


def ticks(prices: Sequence[str], decimals: int) -> list[int]:
    """Prices in units of 10^-decimals. Raises Refused.

    The quick way is exact: a price of k < 2^50 ticks is read with an error of at most k·2^-53 and
    multiplied by an exact power of ten with another, together under 1/4: `rint` gives k.
    """
    if decimals < _DIGITS and _plain(_price(decimals), prices):
        scaled = np.rint(np.array(list(map(float, prices))) * 10.0**decimals).astype(np.int64)
        if not len(scaled) or scaled.min() > 0:
            found: list[int] = scaled.tolist()
            return found
    return [numbers.ticks(text, decimals) for text in prices]


def sizes(texts: Sequence[str]) -> list[float]:
    """Sizes, none negative. Raises Refused."""
    if _plain(_SIZE, texts):
        return list(map(float, texts))
    return [numbers.size(text) for text in texts]


def _plain(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    lines = "\n".join(texts) + "\n" if texts else ""
    return lines.count("\n") == len(texts) and pattern.fullmatch(lines) is not None
