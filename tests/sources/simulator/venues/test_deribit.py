"""Deribit as simulated, heard by our session: perpetuals in USD, options in coin, heartbeats."""

import json

import pytest

from sources.deribit_listing import instruments_of
from sources.simulator.venues.deribit import PATH, Deribit
from sources.simulator.venues.hub import Leave
from sources.simulator.venues.options import Options
from tests.sources.simulator.hearing import (
    EPOCH_MS,
    SEED,
    Ear,
    Matches,
    engine_book,
    rounded,
    small_world,
    stated,
    to_request,
)

PERP = "BTC-PERPETUAL"
LISTING = "https://www.deribit.com/api/v2/public/get_instruments?currency=BTC&expired=false"


def ear_of(scenario: str = "calm") -> tuple[Deribit, Ear]:
    world = small_world("deribit", name=scenario)
    made = Deribit(world, EPOCH_MS, Options(SEED, world, EPOCH_MS))
    return made, Ear(made, PATH, "deribit")


def ask(method: str, number: int = 1, **params: object) -> bytes:
    request = {"jsonrpc": "2.0", "id": number, "method": f"public/{method}", "params": params}
    return json.dumps(request).encode()


def test_our_session_hears_the_engine() -> None:
    made, ear = ear_of()
    ear.fetch(LISTING)
    matches = Matches(made.trading[PERP])
    channels = [f"book.{PERP}.100ms", f"ticker.{PERP}.100ms", f"trades.{PERP}.100ms"]
    ear.say(ask("subscribe", channels=[*channels, "deribit_price_index.btc_usd"]))
    ear.run(20_000.0)
    made.perpetuals[PERP].push(made.world.now_ms)
    ear.hear()
    assert ear.bad() == []
    heard = ear.book(PERP)
    market = made.trading[PERP].market
    told = [
        [(px, round(lots * 10.0, 8)) for px, lots in
         ((market.price(px), lots) for px, lots in made.trading[PERP].engine.book.levels(side))]
        for side in (1, -1)
    ]  # fmt: skip
    assert [[(px, round(size * px, 3)) for px, size in side] for side in heard] == told
    assert len(matches.fills) > 10
    assert rounded(ear.fills(PERP)) == rounded(matches.fills)
    mark = ear.rows("mark", PERP)[-1]
    assert 950.0 < mark["oi_base"] < 970.0
    assert mark["interval_h"] == 8.0
    top = made.trading[PERP].engine.book.top()
    assert ear.rows("top", PERP)[-1]["ask_px"] == market.price(top.ask)
    assert len(engine_book(made.trading[PERP])[0]) > 100


def test_options_books_and_tickers() -> None:
    made, ear = ear_of()
    ear.fetch(LISTING)
    name = next(n for n in made.options.names if n.startswith("BTC-") and n.endswith("-P"))
    channels = [f"book.{name}.none.20.100ms", f"ticker.{name}.100ms", "markprice.options.btc_usd"]
    ear.say(ask("subscribe", channels=[*channels, "deribit_volatility_index.btc_usd"]))
    ear.run(4_000.0)
    assert ear.bad() == []
    quoted = made.options.options.quotes[made.options.names[name]]
    bids, asks = ear.book(name)
    assert (bids[0][0], asks[0][0]) == (quoted.bid, quoted.ask)
    assert len(asks) == 5
    last = stated(ear.rows("quote", name))
    assert (last["bid_px"], last["ask_px"]) == (quoted.bid, quoted.ask)
    assert last["bid_iv"] < last["mark_iv"] < last["ask_iv"]
    assert last["underlying_px"] == pytest.approx(quoted.forward, abs=1e-4)
    assert -1.0 < last["delta"] < 0.0


def test_liquidations_are_flagged_trades() -> None:
    made, ear = ear_of("crash")
    ear.fetch(LISTING)
    matches = Matches(made.trading[PERP])
    ear.say(ask("subscribe", channels=[f"trades.{PERP}.100ms"]))
    ear.run(60_000.0)
    made.perpetuals[PERP].push(made.world.now_ms)
    ear.hear()
    assert ear.bad() == []
    forced = [(round(made.trading[PERP].market.price(fill.price), 4), done.account.side)
              for done in matches.forced for fill in done.match.fills]  # fmt: skip
    assert len(forced) > 20
    told = ear.rows("liquidation", PERP)
    assert [(row["px"], row["position_side"]) for row in told] == forced


def test_refusals() -> None:
    _, ear = ear_of()
    ear.say(
        ask("subscribe", 5, channels=["book.NONE.100ms", f"book.{PERP}.100ms"]),
        ask("subscribe", 6, channels=[f"book.{PERP}.raw"]),
        ask("set_heartbeat", 7, interval=5),
        ask("what", 8),
        b"{",
        ask("unsubscribe", 9, channels=[f"book.{PERP}.100ms", "none"]),
    )
    answers = [json.loads(frame) for frame in ear.frames if b'"method"' not in frame]
    results = [(a["id"], a.get("result"), a.get("error", {}).get("code")) for a in answers]
    assert results == [
        (5, [f"book.{PERP}.100ms"], None), (6, None, 13778), (7, None, -32602),
        (8, None, -32601), (None, None, -32700), (9, [f"book.{PERP}.100ms"], None),
    ]  # fmt: skip


def test_credits_run_out_and_come_back() -> None:
    _, ear = ear_of()
    for _ in range(11):
        ear.client.receive(ask("subscribe", channels=[]), 0.0)
    assert [b"too_many_requests" in frame for frame in ear.frames] == [False] * 10 + [True]
    ear.client.receive(ask("subscribe", channels=[]), 1.0)
    assert b'"result":[]' in ear.frames[-1]


def test_a_test_request_must_be_answered() -> None:
    _, ear = ear_of()
    ear.client.receive(ask("set_heartbeat", interval=10), 0.0)
    ear.client.tick(9.0)
    ear.client.tick(10.0)
    assert b"test_request" in ear.frames[-1]
    ear.client.receive(ask("test"), 11.0)
    ear.client.tick(20.0)
    assert b'"type":"heartbeat"' in ear.frames[-1]
    ear.client.tick(30.0)
    assert b"test_request" in ear.frames[-1]
    with pytest.raises(Leave):
        ear.client.tick(40.0)


def test_the_listing_is_what_our_session_reads() -> None:
    made, _ = ear_of()
    listed = instruments_of(made.http(to_request(LISTING), 0.0).body)
    by_kind = {i.kind: i for i in listed}
    assert len(listed) == 1 + 4 * 9 * 2
    perpetual, option = by_kind["perpetual"], by_kind["option"]
    assert (perpetual.price_decimals, perpetual.contract_size, perpetual.inverse) == (1, 10.0, True)
    assert (option.price_decimals, option.contract_size, option.inverse) == (4, 1.0, True)
