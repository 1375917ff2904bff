"""Bybit as simulated, heard by our session; its answers and cuts."""

import json

import pytest

from sources.simulator.venues.bybit import PATH, Bybit
from sources.simulator.venues.hub import Leave
from tests.sources.simulator.hearing import (
    EPOCH_MS,
    Ear,
    Matches,
    engine_book,
    rounded,
    small_world,
    to_request,
)

NAME = "bybit-linear"


def ear_of(scenario: str = "calm") -> tuple[Bybit, Ear]:
    made = Bybit(small_world(NAME, name=scenario), EPOCH_MS)
    return made, Ear(made, PATH, NAME)


def ask(*topics: str) -> bytes:
    return json.dumps({"req_id": "r", "op": "subscribe", "args": topics}).encode()


@pytest.mark.parametrize("levels", [50, 200, 1000])
def test_our_session_hears_the_engine(levels: int) -> None:
    made, ear = ear_of()
    matches = Matches(made.trading["BTCUSDT"])
    topics = [f"orderbook.{levels}.BTCUSDT", "orderbook.1.BTCUSDT", "publicTrade.BTCUSDT"]
    ear.say(ask(*topics, "tickers.BTCUSDT"))
    ear.run(15_000.0)
    made.markets["BTCUSDT"].books[topics[0]].push(made.world.now_ms)
    ear.hear()
    assert ear.bad() == []
    assert ear.book("BTCUSDT") == engine_book(made.trading["BTCUSDT"], levels)
    assert len(matches.fills) > 10
    assert rounded(ear.fills("BTCUSDT")) == rounded(matches.fills)
    top, market = made.trading["BTCUSDT"].engine.book.top(), made.trading["BTCUSDT"].market
    assert ear.rows("top", "BTCUSDT")[-1]["bid_px"] == market.price(top.bid)
    interest = ear.rows("mark", "BTCUSDT")[0]["oi_base"]
    assert 1900.0 < interest < 1950.0  # one-sided


def test_a_second_listener_gets_the_same_book() -> None:
    made, first = ear_of()
    first.say(ask("orderbook.200.BTCUSDT"))
    first.run(2_000.0)
    second = Ear(made, PATH, NAME)
    second.say(ask("orderbook.200.BTCUSDT"))
    second.run(5_000.0)
    first.hear()
    assert first.book("BTCUSDT") == second.book("BTCUSDT")
    assert second.bad() == first.bad() == []


def test_all_liquidations_are_told() -> None:
    made, ear = ear_of("crash")
    matches = Matches(made.trading["BTCUSDT"])
    ear.say(ask("allLiquidation.BTCUSDT"))
    ear.run(60_000.0)
    market = made.trading["BTCUSDT"].market
    forced = [done for done in matches.forced if done.match.at_ms < 59_000.0]
    told = ear.rows("liquidation", "BTCUSDT")[: len(forced)]
    assert len(forced) > 20
    assert [(r["px"], round(r["size_base"], 9), int(r["position_side"])) for r in told] == [
        (float(market.price_text(round(done.bankrupt_at))),
         round(market.coins(done.match.lots, 1), 9), done.account.side)
        for done in forced
    ]  # fmt: skip


def test_one_bad_topic_rejects_the_request() -> None:
    made, ear = ear_of()
    ear.say(ask("publicTrade.BTCUSDT", "publicTrade.NONE"), b'{"op":"ping","req_id":"p"}', b"[]")
    answers = [json.loads(frame) for frame in ear.frames]
    assert [(a["success"], a["op"], a["ret_msg"]) for a in answers] == [
        (False, "subscribe", "error:handler not found,topic:publicTrade.NONE"),
        (True, "ping", "pong"),
        (False, "", "Invalid message"),
    ]
    assert ear.client.topics == {}
    assert made.open("/v5/public/option", {}, ear._send, 0.0) is None
    with pytest.raises(Leave):
        ear.client.tick(700.0)


def test_the_listing_is_what_our_session_reads() -> None:
    made, _ = ear_of()
    from sources.bybit_listing import LISTING_URL, instruments_of

    listed = instruments_of(made.http(to_request(LISTING_URL), 0.0).body)
    assert [(i.symbol, i.price_decimals, i.funding_interval_h) for i in listed] == [
        ("BTCUSDT", 2, 8.0)
    ]
