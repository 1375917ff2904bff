"""One Bybit contract: depth 1 repeats, tickers tell what has changed, ids of fills."""

import json

from sources.bybit_rows import fill_id
from sources.simulator.venues.bybit import PATH, Bybit
from tests.sources.simulator.hearing import EPOCH_MS, Ear, small_world

NAME = "bybit-linear"


def ear_of(*topics: str) -> tuple[Bybit, Ear]:
    made = Bybit(small_world(NAME), EPOCH_MS)
    ear = Ear(made, PATH, NAME)
    ear.say(json.dumps({"op": "subscribe", "args": topics}).encode())
    return made, ear


def frames(ear: Ear) -> list[dict[str, dict[str, str]]]:
    return [json.loads(frame) for frame in ear.frames[1:]]


def test_a_top_without_change_is_told_again_after_three_seconds() -> None:
    made, ear = ear_of("orderbook.1.BTCUSDT")
    market = made.markets["BTCUSDT"]
    market.repeat_top(2_900.0)
    assert len(ear.frames) == 2
    market.repeat_top(3_000.0)
    first, again = frames(ear)
    assert first["data"]["u"] == again["data"]["u"]
    assert {first["type"], again["type"]} == {"snapshot"}


def test_a_ticker_tells_what_has_changed() -> None:
    made, ear = ear_of("tickers.BTCUSDT")
    state: dict[str, str] = {}
    made.world.run(3_000.0)
    told = frames(ear)
    assert (told[0]["type"], {f["type"] for f in told[1:]}) == ("snapshot", {"delta"})
    for frame in told:
        assert all(state.get(key) != text for key, text in frame["data"].items() if key != "symbol")
        state |= frame["data"]
    made.markets["BTCUSDT"].tell_ticker(3_000.0)
    for frame in frames(ear)[len(told) :]:
        state |= frame["data"]
    assert state == {"symbol": "BTCUSDT"} | made.markets["BTCUSDT"].ticker()
    assert 2 * float(state["singleOpenInterest"]) == float(state["openInterest"])


def test_ids_of_fills_are_distinct() -> None:
    made, ear = ear_of("publicTrade.BTCUSDT")
    made.world.run(20_000.0)
    ids = [fill_id(row["i"]) for frame in frames(ear) for row in frame["data"]]  # type: ignore[index]
    assert len(set(ids)) == len(ids) > 15
    assert ids == sorted(ids)
