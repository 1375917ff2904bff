"""One OKX swap: keep-alives, marks on change only, merged fills, topics."""

import json

from sources.simulator.venues.okx import PATH, Okx
from sources.simulator.venues.okx_market import ALIVE_MS, topic_of
from sources.simulator.venues.options import Options
from tests.sources.simulator.hearing import EPOCH_MS, SEED, Ear, small_world

SWAP = "BTC-USDT-SWAP"


def ear_of(channel: str) -> tuple[Okx, Ear]:
    world = small_world("okx")
    made = Okx(world, EPOCH_MS, Options(SEED, world, EPOCH_MS))
    ear = Ear(made, PATH, "okx")
    ear.say(
        json.dumps({"op": "subscribe", "args": [{"channel": channel, "instId": SWAP}]}).encode()
    )
    return made, ear


def test_a_quiet_book_says_that_it_is_alive() -> None:
    made, ear = ear_of("books")
    market = made.markets[SWAP]
    market.push(ALIVE_MS - 1.0)
    assert len(ear.frames) == 2
    market.push(ALIVE_MS)
    row = json.loads(ear.frames[-1])["data"][0]
    assert (row["asks"], row["bids"], row["checksum"]) == ([], [], 0)
    assert row["seqId"] == row["prevSeqId"] == json.loads(ear.frames[1])["data"][0]["seqId"]


def test_a_mark_is_told_when_it_changes() -> None:
    made, ear = ear_of("mark-price")
    market = made.markets[SWAP]
    market.tell_changed(f"mark-price:{SWAP}")
    market.tell_changed(f"mark-price:{SWAP}")
    assert len(ear.frames) == 3  # acknowledged, greeted, told once
    market.told_at(f"mark-price:{SWAP}", 0.0)
    assert len(ear.frames) == 4


def test_levels_have_their_orders() -> None:
    made, ear = ear_of("books")
    row = json.loads(ear.frames[1])["data"][0]
    assert row["prevSeqId"] == -1
    assert all(len(level) == 4 and int(level[3]) >= 1 for level in (*row["asks"], *row["bids"]))
    assert len(row["bids"]) == min(400, made.trading[SWAP].engine.book.depth(1))


def test_topics() -> None:
    assert topic_of({"channel": "books", "instId": SWAP}) == f"books:{SWAP}"
    assert topic_of({"channel": "opt-summary", "instFamily": "BTC-USD"}) == "opt-summary:BTC-USD"
    assert topic_of({"channel": "liquidation-orders", "instType": "SWAP"}).endswith(":SWAP")
