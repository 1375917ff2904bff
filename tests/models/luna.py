"""Minute bars of BTC and ETH through the LUNA collapse, 7 to 14 May 2022 UTC, and episodes.

A bar is stamped with the time at which it opens, so its close is known one minute later: that is
the time of the sample.
"""

import gzip
from typing import NamedTuple

from schemas.units import NS_PER_MS, NS_PER_S
from tests.shared import shared_file

MINUTE_NS = 60 * NS_PER_S


class Bar(NamedTuple):
    ts: int  # when the close is known, ns
    open: float
    high: float
    low: float
    close: float


def bars(asset: str) -> list[Bar]:
    path = shared_file(f"data/prices/binance_usdm_{asset}USDT_1m_2022-05-07_14.csv.gz")
    rows = []
    with gzip.open(path, "rt", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("open_time"):  # the BTC file has a header, the ETH file has none
                continue
            opened, *prices = line.split(",")[:5]
            rows.append(Bar(int(opened) * NS_PER_MS + MINUTE_NS, *map(float, prices)))
    assert [row.ts - rows[0].ts for row in rows] == [k * MINUTE_NS for k in range(11_520)]
    return rows


def episodes(flags: list[tuple[int, bool]]) -> list[tuple[int, int]]:
    """(start, end) of each run of true flags, end exclusive; an open one ends after the last."""
    found = []
    start = None
    for ts, flag in flags:
        if flag and start is None:
            start = ts
        if not flag and start is not None:
            found.append((start, ts))
            start = None
    if start is not None:
        found.append((start, flags[-1][0] + MINUTE_NS))
    return found
