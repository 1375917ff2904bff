"""Binance as simulated, heard by our session; and its answers to what it does not like."""

import json
from itertools import pairwise

import pytest

from sources.simulator.venues.binance import FORMS, Binance
from sources.simulator.venues.hub import Leave
from tests.sources.simulator.hearing import (
    EPOCH_MS,
    Ear,
    Matches,
    engine_book,
    merged,
    rounded,
    small_world,
)

SUBSCRIBE = b'{"method":"SUBSCRIBE","params":[%s],"id":7}'
BOTH = b'"btcusdt@depth@100ms","btcusdt@bookTicker","btcusdt@trade"'


def venue(name: str, scenario: str = "calm") -> Binance:
    return Binance(FORMS[name], small_world(name, name=scenario), EPOCH_MS)


@pytest.mark.parametrize(
    ("name", "path"), [("binance-usdm", "/public/stream"), ("binance-spot", "/ws")]
)
def test_our_session_hears_the_engine(name: str, path: str) -> None:
    made = venue(name)
    ear = Ear(made, path, name)
    matches = Matches(made.trading["BTCUSDT"])
    ear.say(SUBSCRIBE % BOTH)
    ear.run(20_000.0)
    for depth in made.markets["BTCUSDT"].depths:
        depth.push(made.world.now_ms)
    ear.hear()
    assert ear.bad() == []
    assert ear.book("BTCUSDT") == engine_book(made.trading["BTCUSDT"], 5000)
    assert len(matches.fills) > 20
    assert rounded(ear.fills("BTCUSDT")) == rounded(matches.fills)
    top = made.trading["BTCUSDT"].engine.book.top()
    last = ear.rows("top", "BTCUSDT")[-1]
    market = made.trading["BTCUSDT"].market
    assert (last["bid_px"], last["ask_px"]) == (market.price(top.bid), market.price(top.ask))
    assert ear.frames[0] == b'{"result":null,"id":7}'


def test_a_book_that_is_asked_for_again_is_the_same() -> None:
    made = venue("binance-usdm")
    ear = Ear(made, "/public/ws/btcusdt@depth@100ms", "binance-usdm")
    ear.run(3_000.0)
    ear.items += ear.session.wished("BTCUSDT", 1, 1)
    ear.fetch("https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000")
    ear.run(6_000.0)
    made.markets["BTCUSDT"].depths[0].push(made.world.now_ms)
    ear.hear()
    assert [type(item).__name__ for item in ear.bad()] == ["Gap"]  # the one that we asked for
    assert ear.book("BTCUSDT") == engine_book(made.trading["BTCUSDT"], 1000)


def test_marks_and_thinned_liquidations() -> None:
    made = venue("binance-usdm", "crash")
    ear = Ear(made, "/market/stream", "binance-usdm", {"streams": "btcusdt@markPrice@1s"})
    ear.say(SUBSCRIBE % b'"!forceOrder@arr","btcusdt@aggTrade"')
    matches = Matches(made.trading["BTCUSDT"])
    ear.run(60_000.0)
    assert ear.bad() == []
    marks = ear.rows("mark", "BTCUSDT")
    assert len(marks) == 59
    told = ear.rows("liquidation", "BTCUSDT")
    by_second = {int(done.match.at_ms - 55) // 1000: done for done in matches.forced}
    ended = [done for second, done in by_second.items() if second < 58]
    assert len(ended) > 5
    assert len(matches.forced) > len(told)
    assert [row["venue_ns"] // 1_000_000 for row in told][: len(ended)] == [
        EPOCH_MS + int(done.match.at_ms) for done in ended
    ]
    assert {row["thinned"] for row in told} == {1}
    sides = {(row["position_side"]) for row in told}
    assert sides == {float(done.account.side) for done in ended}


def test_a_stream_of_the_other_tier_is_acknowledged_and_silent() -> None:
    made = venue("binance-usdm")
    for path, params in (
        ("/market/ws", BOTH),
        ("/public/ws", b'"btcusdt@markPrice@1s"'),
        ("/ws", BOTH),
    ):
        ear = Ear(made, path, "binance-usdm")
        ear.say(SUBSCRIBE % params)
        ear.run(made.world.now_ms + 3_000.0)
        assert ear.frames == [b'{"result":null,"id":7}']
    assert made.open("/v5/public", {}, ear._send, 0.0) is None


def test_errors_lists_and_limits() -> None:
    ear = Ear(venue("binance-spot"), "/ws", "binance-spot")
    ear.say(b"{", b'{"method":"ASK","id":1}', SUBSCRIBE % b'"a@trade"')
    ear.say(b'{"method":"LIST_SUBSCRIPTIONS","id":2}', wall_s=5.0)
    ear.say(b'{"method":"UNSUBSCRIBE","params":["a@trade"],"id":3}', wall_s=6.0)
    answers = [json.loads(frame) for frame in ear.frames]
    assert answers[0]["code"] == 3
    assert answers[1] == {"code": 2, "msg": "Invalid request: unknown variant `ASK`", "id": 1}
    assert answers[3:] == [{"result": ["a@trade"], "id": 2}, {"result": None, "id": 3}]
    with pytest.raises(Leave):
        for _ in range(6):
            ear.client.receive(b"{}", 20.0)
    with pytest.raises(Leave):
        ear.client.tick(90_000.0)


def test_the_products_share_their_all_market_streams() -> None:
    world = small_world("binance-usdm", "binance-coinm")
    usdm, coinm = (
        Binance(FORMS[name], world, EPOCH_MS) for name in ("binance-usdm", "binance-coinm")
    )
    usdm.family = coinm.family = [usdm, coinm]
    ear = Ear(usdm, "/public/ws/!bookTicker", "binance-usdm")
    ear.run(5_000.0)
    heard = {(frame["s"], frame["st"]) for frame in map(json.loads, ear.frames)}
    assert heard == {("BTCUSDT", 1), ("BTCUSD_PERP", 2)}
    assert set(ear.session.instruments()) == {"binance-usdm:BTCUSDT"}
    assert ear.bad() == []


def test_coinm_is_heard_in_coin() -> None:
    made = venue("binance-coinm")
    ear = Ear(made, "/ws", "binance-coinm")
    ear.fetch("https://dapi.binance.com/dapi/v1/exchangeInfo")
    ear.hear()
    matches = Matches(made.trading["BTCUSD_PERP"])
    streams = ("depth@100ms", "bookTicker", "aggTrade", "markPrice@1s")
    ear.say(SUBSCRIBE % b",".join(b'"btcusd_perp@%s"' % stream.encode() for stream in streams))
    ear.run(20_000.0)
    made.markets["BTCUSD_PERP"].depths[0].push(made.world.now_ms)
    ear.hear()
    assert ear.bad() == []
    assert ear.book("BTCUSD_PERP") == engine_book(made.trading["BTCUSD_PERP"], 1000)
    assert len(matches.fills) > 10
    assert merged(ear.fills("BTCUSD_PERP")) == merged(matches.fills)
    assert len(ear.rows("mark", "BTCUSD_PERP")) == 19
    frames = [json.loads(frame) for frame in ear.frames if b"depthUpdate" in frame]
    for before, after in pairwise(frames):
        assert after["pu"] == before["u"] < after["U"] <= after["u"]
    assert {(f["s"], f["ps"], f["st"]) for f in frames} == {("BTCUSD_PERP", "BTCUSD", 2)}
