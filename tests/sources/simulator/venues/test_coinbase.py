"""Coinbase Advanced as simulated, heard by our session: one number for all frames."""

import json

import pytest

from sources.coinbase_listing import URL, instruments_of
from sources.simulator.venues.coinbase import Coinbase
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

NAME, BTC = "coinbase-advanced", "BTC-USD"


def ear_of() -> tuple[Coinbase, Ear]:
    made = Coinbase(small_world(NAME), EPOCH_MS)
    return made, Ear(made, "/", NAME)


def ask(channel: str, *products: str, what: str = "subscribe") -> bytes:
    message = {"type": what, "channel": channel, "product_ids": products}
    return json.dumps(message).encode()


def test_our_session_hears_the_engine() -> None:
    made, ear = ear_of()
    matches = Matches(made.trading[BTC])
    ear.say(ask("heartbeats"), *(ask(c, BTC) for c in ("level2", "market_trades", "ticker")))
    ear.run(20_000.0)
    product = made.products[BTC]
    product.push(made.world.now_ms)
    product.push_trades(made.world.now_ms)
    ear.hear()
    assert ear.bad() == []
    assert ear.book(BTC) == engine_book(made.trading[BTC])
    assert len(matches.fills) > 5
    assert rounded(ear.fills(BTC)) == rounded(matches.fills)
    numbers = [json.loads(frame)["sequence_num"] for frame in ear.frames]
    assert numbers == list(range(len(numbers)))
    assert sum(b'"heartbeats","client_id"' in frame for frame in ear.frames) == 19
    top, market = made.trading[BTC].engine.book.top(), made.trading[BTC].market
    assert ear.rows("top", BTC)[-1]["ask_px"] == market.price(top.ask)


def test_a_later_listener_first_gets_past_trades() -> None:
    made, first = ear_of()
    first.say(ask("market_trades", BTC))
    first.run(20_000.0)
    second = Ear(made, "/", NAME)
    second.say(ask("market_trades", BTC))
    second.run(40_000.0)
    past = json.loads(second.frames[1])["events"][0]
    assert past["type"] == "snapshot"
    ids = [int(row["trade_id"]) for row in past["trades"]]
    assert ids == sorted(ids, reverse=True)
    assert second.session.counts["missed_trades"] == 0
    assert min(row["id"] for row in second.rows("trade", BTC)) == max(ids) + 1


def test_confirmations_errors_and_cuts() -> None:
    made, ear = ear_of()
    ear.say(ask("level2", "NONE-USD"), b"{", ask("what"), ask("ticker", BTC))
    ear.say(ask("heartbeats"), ask("ticker", BTC, what="unsubscribe"), wall_s=2.0)
    heard = [json.loads(frame) for frame in ear.frames]
    assert [frame.get("type") for frame in heard[:3]] == ["error"] * 3
    confirmed = [
        f["events"][0]["subscriptions"] for f in heard if f.get("channel") == "subscriptions"
    ]
    assert confirmed == [
        {"ticker": [BTC]}, {"ticker": [BTC], "heartbeats": ["heartbeats"]},
        {"heartbeats": ["heartbeats"]},
    ]  # fmt: skip
    ear.client.tick(60.0)
    with pytest.raises(Leave):
        ear.client.tick(140.0)
    other = Ear(made, "", NAME)
    other.client.tick(4.0)
    with pytest.raises(Leave):
        other.client.tick(6.0)


def test_the_listing_is_what_our_session_reads() -> None:
    made, _ = ear_of()
    listed = instruments_of(made.http(to_request(URL), 0.0).body)
    assert [(i.symbol, i.kind, i.price_decimals) for i in listed] == [(BTC, "spot", 2)]
