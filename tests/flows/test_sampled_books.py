"""A recording whose books come only whole: no order flow, in any row; takers' flow as ever."""

import gzip
import json
from collections import defaultdict

import pytest

from schemas.units import NS_PER_S
from tests.flows.collected import collected
from tests.shared import shared_file

CAPTURE = "data/captures/hyperliquid__btc-2025-01-26.gz"
GRID_NS = NS_PER_S // 4


def test_no_tick_of_whole_books_says_an_order_flow() -> None:
    path = shared_file(CAPTURE)
    ticks = collected([path]).of("ticks")
    first_book, repeated, taken = 0, True, defaultdict[tuple[int, str], float](float)
    for line in gzip.decompress(path.read_bytes()).splitlines():
        stamp, _, payload = line.partition(b" ")
        frame = json.loads(payload)
        if frame["channel"] == "l2Book":
            first_book = first_book or int(stamp)
        elif frame["channel"] == "trades":
            for fill in frame["data"]:
                grid = int(stamp) // GRID_NS * GRID_NS + GRID_NS
                if not repeated and int(fill["hash"], 16):  # without hash: no market order
                    taken[grid, fill["side"]] += float(fill["px"]) * float(fill["sz"])
            repeated = False  # the first frame is of what was traded before
    with_book = [tick for tick in ticks if tick.ts > first_book]
    assert len(with_book) > 100
    assert {(tick.ofi_usd, tick.ofi_levels_usd) for tick in ticks} == {(None, ())}
    assert [tick.ts for tick in ticks if "sampled" in tick.flags] == [t.ts for t in with_book]
    for tick in ticks:
        assert tick.buy_usd == pytest.approx(taken[tick.ts, "B"], rel=1e-12)
        assert tick.sell_usd == pytest.approx(taken[tick.ts, "A"], rel=1e-12)
    assert sum(taken.values()) > 0
