"""Tickers, fills, marks and forced orders as chunks; fills are told once."""

from collections import Counter

import numpy as np
import pytest

from schemas.chunk import COLUMNS
from sources.binance_chunks import forced_chunks
from sources.binance_slow import Forced
from tests.sources.talk import (
    MS,
    START,
    chunks,
    depth,
    hear,
    parted,
    session,
    shown,
    text,
    ticker,
    trade,
    wire,
)
from tests.sources.talk import indexed as index

BTC = "binance-usdm:BTCUSDT"
MARK = {"e": "markPriceUpdate", "E": 5, "s": "BTCUSDT", "p": "1.5", "i": "2.5", "r": "-0.1", "T": 9}
OI = '@https://h/fapi/v1/openInterest?symbol=BTCUSDT {"openInterest":"7.5","symbol":"BTCUSDT",' \
     '"time":4}'  # fmt: skip


def test_tickers_of_two_symbols() -> None:
    made = session(BTCUSDT=1, ETHUSDT=1)
    items = hear(made, text(ticker(1), ticker(2, "9.5", "ETHUSDT"), ticker(3, "1e2")))
    columns = {"venue_ns": (0, 0), "id": (1, 3), "bid_px": (100.0, 100.0), "bid_sz": (1.0, 1.0),
               "ask_px": (200.0, 200.0), "ask_sz": (2.0, 2.0)}  # fmt: skip
    assert [shown(item) for item in items] == [
        (BTC, "top", "c", (START, START + 2 * MS), (1, 3), columns),
        ("binance-usdm:ETHUSDT", "top", "c", (START + MS,), (2,),
         {key: value[:1] for key, value in columns.items()} | {"id": (2,), "bid_px": (9.5,)}),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 9])
def test_from_the_first_trade_on_aggregates_are_not_flow(size: int) -> None:
    agg = "aggTrade"
    said = [trade(1, kind=agg), trade(2, kind=agg), trade(3), trade(4, kind=agg), trade(5),
            trade(6, kind=agg), trade(7, kind=agg, symbol="ETHUSDT")]  # fmt: skip
    made = session(BTCUSDT=1, ETHUSDT=1)
    items = []
    for part in parted(index(text(*said)), size):
        items += made.lines(part, part.received_ns, np.zeros(0, np.bool_))
    ids = [(i.instrument[-7:], n) for i in chunks(items, "trade") for n in i.columns["id"].tolist()]
    assert sorted(ids) == [("BTCUSDT", 1), ("BTCUSDT", 2), ("BTCUSDT", 3), ("BTCUSDT", 5),
                           ("ETHUSDT", 7)]  # fmt: skip
    assert made.counts["aggTrade_beside_trade"] == 2
    assert made.with_trades() == [BTC]
    again = session(BTCUSDT=1, ETHUSDT=1)
    again.restore(made.snapshot())
    assert hear(again, text(trade(8, kind=agg))) == []


def test_preferred_trades() -> None:
    made = session(BTCUSDT=1)
    made.prefer_trades([BTC, "binance-usdm:UNHEARD"])
    assert hear(made, text(trade(1, kind="aggTrade"))) == []
    assert made.counts == Counter(other_product=0, aggTrade_beside_trade=1)


def test_marks_and_open_interest() -> None:
    items = hear(session(BTCUSDT=1), text(wire(MARK), OI, wire(MARK | {"i": "", "r": "", "T": 0})))
    assert [shown(item) for item in items] == [
        (BTC, "mark", "c", (START, START + MS, START + 2 * MS), (1, 2, 3), {
            "venue_ns": (5 * MS, 4 * MS, 5 * MS), "mark": (1.5, "NaN", 1.5),
            "index": (2.5, "NaN", "NaN"), "funding_rate": (-0.1, "NaN", "NaN"),
            "interval_h": ("NaN",) * 3, "next_funding_ns": (9 * MS, 0, 0),
            "oi_base": ("NaN", 7.5, "NaN"),
        }),
    ]  # fmt: skip


def test_forced_orders() -> None:
    orders = [Forced(0, "A", 5, 1.5, 2.0, 1), Forced(2, "B", 6, 2.5, 3.0, -1),
              Forced(2, "A", 7, 3.5, 4.0, -1)]  # fmt: skip
    made = forced_chunks(orders, "v", "c", np.array([10, 11, 12]), 100)
    assert [shown(chunk) for chunk in made] == [
        ("v:A", "liquidation", "c", (10, 12), (100, 102), {
            "venue_ns": (5, 7), "px": (1.5, 3.5), "size_base": (2.0, 4.0),
            "position_side": (1, -1), "thinned": (1, 1)}),
        ("v:B", "liquidation", "c", (12,), (102,), {
            "venue_ns": (6,), "px": (2.5,), "size_base": (3.0,), "position_side": (-1,),
            "thinned": (1,)}),
    ]  # fmt: skip


def test_columns_have_the_types_of_the_contract() -> None:
    forced = {"e": "forceOrder", "E": 5, "o": {"s": "BTCUSDT", "S": "BUY", "z": "1", "ap": "2"}}
    said = [depth(1, 5, 0), ticker(1), trade(1), wire(MARK), OI, wire(forced),
            '@https://h/depth?symbol=BTCUSDT {"lastUpdateId":3,"bids":[],"asks":[]}']  # fmt: skip
    for form in (text(*said), text(*said, trade(1, "1e2"), ticker(1, "1e2"))):
        found = {}
        for chunk in hear(session(BTCUSDT=1), form):
            if hasattr(chunk, "kind"):
                found[chunk.kind] = {name: col.dtype for name, col in chunk.columns.items()}
                assert chunk.received_ns.dtype == chunk.line.dtype == np.int64
                arrays = (chunk.received_ns, chunk.line, *chunk.columns.values())
                assert not any(array.flags.writeable for array in arrays)
        kinds = ("book", "top", "trade", "mark", "liquidation")
        assert found == {kind: dict(COLUMNS[kind]) for kind in kinds}
