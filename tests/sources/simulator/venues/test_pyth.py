"""Hermes as simulated, heard by our session and asked by our feed."""

import json
from typing import Any

import pytest

from sources.instruments import Gathering
from sources.live.feed import Acknowledged
from sources.pyth_feed import PythFeed
from sources.pyth_listing import URL
from sources.pyth_subscribe import subscription
from sources.simulator.venues.pyth import CLOSED, LATEST, PATH, Pyth
from sources.simulator.venues.pyth_market import FIRST_SLOT, SLOT_MS
from tests.sources.simulator.hearing import EPOCH_MS, Ear, small_world, to_request

BTC, SOL = "Crypto.BTC/USD", "Crypto.SOL/USD"
EPOCH_NS = EPOCH_MS * 1_000_000


def venue() -> Pyth:
    return Pyth(small_world("binance-usdm", assets=("BTC", "SOL")), EPOCH_MS)


def feed_of(made: Pyth) -> PythFeed:
    """Our feed, once it has read the listing."""
    feed = PythFeed()
    gathering = Gathering(feed)
    while (url := gathering.next()) is not None:
        gathering.take(made.http(to_request(url), 0.0).body)
    names = [instrument.symbol for instrument in gathering.catalogue(0).instruments]
    assert names == [BTC, SOL, CLOSED]
    return feed


def ear_of(made: Pyth, *symbols: str) -> Ear:
    (plan,) = feed_of(made).plans((), symbols, {})
    ear = Ear(made, PATH, "pyth")
    ear.say(*plan.messages)
    return ear


def id_of(made: Pyth, symbol: str) -> str:
    return next(feed.id for feed in made.feeds.values() if feed.symbol == symbol)


def test_our_session_hears_the_worlds_prices() -> None:
    made = venue()
    ear = ear_of(made, BTC)
    index = []
    for slot in range(1, 26):
        ear.run(SLOT_MS * slot + 1.0)
        index.append(made.world.index[0])
    rows = ear.rows("oracle", BTC)
    assert ear.bad() == []
    assert [row["px"] for row in rows] == [round(px * 1e8) / 1e8 for px in index]
    assert len(set(index)) > 5
    assert [row["id"] for row in rows] == [FIRST_SLOT + slot for slot in range(1, 26)]
    assert [row["venue_ns"] for row in rows] == [
        (EPOCH_MS + SLOT_MS * slot - 300) // 1000 * 10**9 for slot in range(1, 26)
    ]
    assert all(row["conf"] >= 0.99e-4 * row["px"] for row in rows)
    assert ear.session.counts["missed"] == 0


def test_our_session_finds_names_by_itself() -> None:
    made = venue()
    ear = ear_of(made, SOL)
    ear.session.list_instruments([*PythFeed().page(URL, listing(made)).instruments])
    ear.run(SLOT_MS * 3.0 + 1.0)
    assert [type(item).__name__ for item in ear.bad()] == ["Rejected"]  # until the answer came
    assert ear.rows("oracle", SOL)[-1]["id"] == FIRST_SLOT + 3


def test_a_closed_share_is_seen_to_be_old() -> None:
    made = venue()
    ear = ear_of(made, CLOSED)
    ear.fetch(URL)
    ear.run(SLOT_MS * 10.0 + 1.0)
    chunks = [item for item in ear.items if getattr(item, "kind", "") == "oracle"]
    ages_h = [
        (received - published) / 3.6e12
        for chunk in chunks
        for received, published in zip(
            chunk.received_ns.tolist(), chunk.columns["venue_ns"].tolist(), strict=True
        )
    ]
    assert len(ages_h) == 10
    assert all(9.0 <= age_h < 9.01 for age_h in ages_h)
    assert {row["px"] for row in ear.rows("oracle", CLOSED)} == {250.0}


def test_a_feed_is_confirmed_by_its_first_price() -> None:
    made = venue()
    feed = feed_of(made)
    (plan,) = feed.plans((), [BTC, CLOSED], {})
    ear = Ear(made, PATH, "pyth")
    ear.say(*plan.messages)
    said = [feed.acknowledged(frame) for frame in ear.frames]
    assert said == [Acknowledged()] * 2
    ear.run(SLOT_MS + 1.0)
    confirmed = [feed.acknowledged(frame) for frame in ear.frames[2:]]
    assert confirmed == [Acknowledged((symbol,)) for symbol in plan.expected]


def answers(*messages: Any) -> list[Any]:
    made = venue()
    ear = Ear(made, PATH, "pyth")
    ear.say(*(m if isinstance(m, bytes) else json.dumps(m).encode() for m in messages))
    return [json.loads(frame) for frame in ear.frames]


def test_one_unknown_id_refuses_its_message() -> None:
    good, bad = id_of(venue(), BTC), "12" * 32
    message = {"type": "subscribe", "ids": [good, f"0x{bad}"]}
    assert answers(message, message | {"ignore_invalid_price_ids": True}) == [
        {"type": "response", "status": "error",
         "error": f"Price feed(s) with id(s) [0x{bad}] not found"},
        {"type": "response", "status": "success"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "message", [b"{", b"5", {"type": "subscribe"}, {"type": "subscribe", "ids": ["zz"]},
                {"type": "subscribe", "ids": ["12"]}, {"type": "news", "ids": []},
                {"type": "subscribe", "ids": [5]}],
)  # fmt: skip
def test_what_is_no_message(message: Any) -> None:
    (said,) = answers(message)
    assert (said["type"], said["status"]) == ("response", "error")


def test_leaving_and_without_metadata() -> None:
    made = venue()
    ear = Ear(made, PATH, "pyth")
    ear.say(json.dumps({"type": "subscribe", "ids": [id_of(made, BTC)]}).encode())
    ear.run(SLOT_MS + 1.0)
    (update,) = [f for f in map(json.loads, ear.frames) if f["type"] == "price_update"]
    assert set(update["price_feed"]) == {"id", "price", "ema_price"}
    left = json.loads(subscription(id_of(made, BTC))) | {"type": "unsubscribe"}
    ear.say(json.dumps(left).encode())
    ear.run(SLOT_MS * 4.0)
    assert len(ear.frames) == 3
    assert made.open("/", {}, ear.frames.append, 0.0) is None


def listing(made: Pyth, query: str = "") -> bytes:
    return made.http(to_request(URL + query), 0.0).body


def test_rest() -> None:
    made = venue()
    found = [row["attributes"]["symbol"] for row in json.loads(listing(made, "?query=sol"))]
    assert found == [SOL]
    shares = json.loads(listing(made, "?asset_type=equity"))
    assert [row["attributes"]["symbol"] for row in shares] == [CLOSED]
    ear = Ear(made, PATH, "pyth")
    ear.fetch(f"https://h{LATEST}?ids[]=0x{id_of(made, BTC)}")
    ear.hear()
    (row,) = ear.rows("oracle", BTC)
    assert (row["px"], row["id"]) == (made.feeds[id_of(made, BTC)].price, FIRST_SLOT)
    assert made.http(to_request(f"https://h{LATEST}?ids[]=12"), 0.0).status == 404
    assert made.http(to_request("https://h/other"), 0.0).status == 404


def test_what_it_prices_is_what_a_user_can_ask_for() -> None:
    made = venue()
    assert list(made.trading) == [BTC, SOL]
    assert [one.market.symbol for one in made.trading.values()] == ["BTCUSDT", "SOLUSDT"]
