"""One Binance market: what joins into an aggTrade, who gets depth when, funding times."""

import json

from sources.simulator.book import BID
from sources.simulator.venues.binance import FORMS, Binance
from sources.simulator.world.engine import FLOW
from tests.sources.simulator.hearing import EPOCH_MS, small_world


def test_fills_at_one_price_are_one_aggregate() -> None:
    made = Binance(FORMS["binance-usdm"], small_world("binance-usdm"), EPOCH_MS)
    frames: list[bytes] = []
    client = made.open("/market/ws/btcusdt@aggTrade", {}, frames.append, 0.0)
    other = made.open("/public/ws/btcusdt@trade", {}, frames.append, 0.0)
    assert client is not None
    assert other is not None
    engine = made.trading["BTCUSDT"].engine
    best = engine.book.best(-1)
    engine.book.limit(-1, best, 7)
    match = engine.take(250.0, BID, engine.book.size(-1, best) + 1, FLOW)
    assert match is not None
    told = [json.loads(frame) for frame in frames]
    trades = [frame for frame in told if frame["e"] == "trade"]
    sums = [frame for frame in told if frame["e"] == "aggTrade"]
    assert [frame["t"] for frame in trades] == [match.first_trade + k for k in range(3)]
    assert [(f["f"], f["l"], f["q"]) for f in sums] == [
        (match.first_trade, match.first_trade + 1, engine.market.size_text(match.lots - 1)),
        (match.first_trade + 2, match.first_trade + 2, "0.001"),
    ]
    assert sums[1]["a"] == sums[0]["a"] + 1
    assert {(frame["m"], frame["T"], frame["st"]) for frame in told} == {(False, EPOCH_MS + 250, 1)}


def test_depth_streams_go_at_their_own_pace_with_their_own_chain() -> None:
    made = Binance(FORMS["binance-usdm"], small_world("binance-usdm"), EPOCH_MS)
    heard: dict[str, list[bytes]] = {"depth@100ms": [], "depth@500ms": []}
    for name, frames in heard.items():
        assert made.open(f"/public/ws/btcusdt@{name}", {}, frames.append, 0.0) is not None
    made.world.run(5_000.0)
    fast, slow = (
        [json.loads(frame) for frame in heard[name]] for name in ("depth@100ms", "depth@500ms")
    )
    assert len(slow) in (8, 9, 10)
    assert len(fast) > 30
    assert all(f["E"] - f["T"] == 2 for f in fast)
    assert {(f["T"] - EPOCH_MS) % 500 for f in slow} == {3}
    for frames in (fast, slow):
        assert [f["pu"] for f in frames[1:]] == [f["u"] for f in frames[:-1]]
    assert {f["u"] for f in slow} <= {f["u"] for f in fast}
