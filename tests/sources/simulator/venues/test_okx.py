"""OKX as simulated, heard by our session: swaps, options, listings, errors."""

import json

import pytest

from sources.okx_contracts import instruments_of
from sources.simulator.venues.hub import Leave
from sources.simulator.venues.okx import PATH, Okx
from sources.simulator.venues.options import Options, levels
from tests.sources.simulator.hearing import (
    EPOCH_MS,
    SEED,
    Ear,
    Matches,
    engine_book,
    merged,
    small_world,
    stated,
    to_request,
)

SWAP = "BTC-USDT-SWAP"
INSTRUMENTS = "https://www.okx.com/api/v5/public/instruments?instType="


def ear_of(scenario: str = "calm") -> tuple[Okx, Ear]:
    world = small_world("okx", name=scenario)
    made = Okx(world, EPOCH_MS, Options(SEED, world, EPOCH_MS))
    return made, Ear(made, PATH, "okx")


def ask(*args: tuple[str, str], op: str = "subscribe", key: str = "instId") -> bytes:
    wanted = [{"channel": channel, key: name} for channel, name in args]
    return json.dumps({"op": op, "args": wanted}).encode()


def test_our_session_hears_the_engine() -> None:
    made, ear = ear_of()
    ear.fetch(f"{INSTRUMENTS}SWAP")
    ear.hear()
    matches = Matches(made.trading[SWAP])
    channels = ("books", "bbo-tbt", "trades", "mark-price", "funding-rate", "open-interest")
    ear.say(ask(*((channel, SWAP) for channel in channels), ("index-tickers", "BTC-USDT")))
    ear.run(15_000.0)
    made.markets[SWAP].push(made.world.now_ms)
    ear.hear()
    assert ear.bad() == []
    assert ear.book(SWAP) == engine_book(made.trading[SWAP], 400)
    assert len(matches.fills) > 10
    assert merged(ear.fills(SWAP)) == merged(matches.fills)
    marks = ear.rows("mark", SWAP)
    known = {"mark", "index", "funding_rate", "interval_h", "oi_base"}
    assert {name for name, value in stated(marks).items() if value} >= known
    assert max(row["next_funding_ns"] for row in marks) == (EPOCH_MS + 4 * 3_600_000) * 1_000_000


def test_options_are_quoted() -> None:
    made, ear = ear_of()
    ear.fetch(f"{INSTRUMENTS}OPTION&instFamily=BTC-USD")
    ear.hear()
    name = next(n for n in made.options.names if n.startswith("BTC-USD-") and n.endswith("-C"))
    ear.say(ask(("opt-summary", "BTC-USD"), key="instFamily"))
    channels = ("bbo-tbt", "mark-price", "open-interest", "books", "trades")
    ear.say(ask(*((channel, name) for channel in channels)))
    ear.run(4_000.0)
    assert ear.bad() == []
    quoted = made.options.options.quotes[made.options.names[name]]
    rows = ear.rows("quote", name)
    last = stated(rows)
    assert (last["bid_px"], last["ask_px"]) == (quoted.bid, quoted.ask)
    assert ear.book(name) == [
        [(px, pytest.approx(size)) for px, size in levels(quoted, bids=bids)]
        for bids in (True, False)
    ]
    assert last["bid_sz"] == pytest.approx(quoted.bid_size)
    assert last["mark_px"] == pytest.approx(quoted.mark, abs=1e-8)
    assert 0.1 < last["bid_iv"] < last["mark_iv"] < last["ask_iv"] < 3.0
    assert last["oi_base"] == quoted.open_interest
    assert len(made.options.names) == 4 * 9 * 2 * 2


def test_forced_orders_are_thinned_to_one_a_second() -> None:
    made, ear = ear_of("crash")
    ear.fetch(f"{INSTRUMENTS}SWAP")
    matches = Matches(made.trading[SWAP])
    ear.say(ask(("liquidation-orders", "SWAP"), key="instType"))
    ear.run(60_000.0)
    assert ear.bad() == []
    told = ear.rows("liquidation", SWAP)
    assert 5 < len(told) < len(matches.forced)
    done = {EPOCH_MS + int(one.match.at_ms): one for one in matches.forced}
    for row in told:
        one = done[int(row["venue_ns"]) // 1_000_000]
        assert row["position_side"] == one.account.side
        assert row["size_base"] == pytest.approx(one.match.lots * 0.0001)
    assert ear.session.counts["liquidations_of_one_second"] == 0


def test_errors_pings_and_silence() -> None:
    _, ear = ear_of()
    ear.say(b"ping", b"{", ask(("books", "FOO")), ask(("books", SWAP)))
    ear.say(ask(("books", SWAP), op="unsubscribe"))
    assert ear.frames[0] == b"pong"
    events = [json.loads(frame) for frame in ear.frames[1:]]
    assert [(e.get("event"), e.get("code")) for e in events] == [
        ("error", "60012"), ("error", "60018"), ("subscribe", None), (None, None),
        ("unsubscribe", None),
    ]  # fmt: skip
    assert "channel:books,instId:FOO doesn't exist" in events[1]["msg"]
    ear.client.tick(20.0)
    ear.client.tick(49.0)
    with pytest.raises(Leave):
        ear.client.tick(51.0)


def test_the_listing_is_what_our_session_reads() -> None:
    made, _ = ear_of()
    swaps, options = (
        instruments_of(made.http(to_request(f"{INSTRUMENTS}{kind}"), 0.0).body)
        for kind in ("SWAP", "OPTION")
    )
    assert [(i.symbol, i.contract_size, i.price_decimals) for i in swaps] == [(SWAP, 0.01, 1)]
    assert len(options) == len(made.options.names)
    assert {(i.inverse, i.contract_size, i.price_decimals) for i in options} == {(True, 0.01, 4)}
    refused = made.http(to_request(f"{INSTRUMENTS}SWAP&instId=FOO"), 0.0)
    assert json.loads(refused.body)["code"] == "51001"
