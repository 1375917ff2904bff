"""Hyperliquid as simulated, heard by our session: whole books, trades, accounts, forced fills."""

import json

import pytest

from schemas.account import AccountState
from sources.hyperliquid_listing import instruments_of
from sources.simulator.venues.hub import Leave
from sources.simulator.venues.hyperliquid import PATH, Hyperliquid
from tests.sources.simulator.hearing import (
    EPOCH_MS,
    Ear,
    Matches,
    engine_book,
    rounded,
    small_world,
    to_request,
)

NAME = "hyperliquid"
INFO = "https://api.hyperliquid.xyz/info"


def ear_of(scenario: str = "calm") -> tuple[Hyperliquid, Ear]:
    made = Hyperliquid(small_world(NAME, name=scenario), EPOCH_MS)
    return made, Ear(made, PATH, NAME)


def ask(kind: str, method: str = "subscribe", **more: object) -> bytes:
    return json.dumps({"method": method, "subscription": {"type": kind, **more}}).encode()


@pytest.mark.parametrize(("fast", "levels"), [(True, 5), (False, 20)])
def test_our_session_hears_the_engine(fast: bool, levels: int) -> None:
    made, ear = ear_of()
    ear.fetch(f"{INFO}#meta", "POST", b'{"type":"meta"}')
    matches = Matches(made.trading["BTC"])
    extra = {"fast": True} if fast else {}
    ear.say(ask("l2Book", coin="BTC", **extra), ask("bbo", coin="BTC"))
    ear.say(ask("trades", coin="BTC"), ask("activeAssetCtx", coin="BTC"))
    ear.run(30_000.0)
    coin = made.coins["BTC"]
    (coin.push_fast if fast else coin.push)(made.world.now_ms)
    coin.block(made.world.now_ms)
    ear.hear()
    assert ear.bad() == []
    assert ear.book("BTC") == engine_book(made.trading["BTC"], levels)
    assert len(matches.fills) > 10
    assert rounded(ear.fills("BTC")) == rounded(matches.fills)
    top, market = made.trading["BTC"].engine.book.top(), made.trading["BTC"].market
    assert ear.rows("top", "BTC")[-1]["bid_px"] == market.price(top.bid)
    mark = ear.rows("mark", "BTC")[-1]
    assert mark["interval_h"] == 1.0
    assert mark["oi_base"] == pytest.approx(1120.0, rel=0.02)


def test_the_first_trades_of_a_stream_repeat_the_last_ones() -> None:
    made, first = ear_of()
    first.say(ask("trades", coin="BTC"))
    first.run(20_000.0)
    second = Ear(made, PATH, NAME)
    second.say(ask("trades", coin="BTC"))
    repeated = json.loads(second.frames[1])
    assert repeated["channel"] == "trades"
    assert [row["tid"] for row in repeated["data"]] == [
        int(row["id"]) for row in first.rows("trade", "BTC")[-10:]
    ]


def test_forced_fills_and_states_of_a_watched_account() -> None:
    made, ear = ear_of("crash")
    accounts = made.coins["BTC"].trading.accounts
    assert accounts is not None
    first = max((a for a in accounts.opened if a.side > 0), key=lambda a: a.closed_at)
    ear.say(
        ask("userFills", user=first.address), ask("allDexsClearinghouseState", user=first.address)
    )
    matches = Matches(made.trading["BTC"])
    ear.run(6_000.0)
    held = first.lots
    ear.run(60_000.0)
    assert ear.bad() == []
    states = [item for item in ear.items if isinstance(item, AccountState)]
    market = made.trading["BTC"].market
    assert states[0].account == first.address
    assert states[0].positions[0].size_base == pytest.approx(market.coins(held, 1))
    assert states[0].positions[0].liquidation_px == pytest.approx(market.price(first.closed_at))
    mine = [done for done in matches.forced if done.account is first]
    assert mine
    told = ear.rows("liquidation", "BTC")
    assert {row["position_side"] for row in told} == {1}
    closed = sum(done.match.lots for done in mine)
    assert sum(row["size_base"] for row in told) == pytest.approx(market.coins(closed, 1))
    assert first.lots == held - closed
    assert states[-1].positions[0].size_base < states[0].positions[0].size_base


def test_errors_pings_posts_and_silence() -> None:
    _, ear = ear_of()
    ear.say(b'{"method":"ping"}', b"{", ask("l2Book", coin="NONE"), ask("bbo", coin="BTC"))
    ear.say(ask("bbo", coin="BTC"), ask("bbo", "unsubscribe", coin="BTC"))
    ear.say(b'{"method":"post","id":4,"request":{"type":"info","payload":{"type":"allMids"}}}')
    heard = [json.loads(frame) for frame in ear.frames]
    assert heard[0] == {"channel": "pong"}
    errors = [frame["data"] for frame in heard if frame["channel"] == "error"]
    assert [text.split("{")[0] for text in errors] == [
        "Error parsing JSON into valid websocket request: ",
        "Invalid subscription ",
        "Already subscribed: ",
    ]
    assert heard[-1]["data"]["id"] == 4
    assert set(heard[-1]["data"]["response"]["payload"]["data"]) == {"BTC"}
    with pytest.raises(Leave):
        ear.client.tick(61.0)


def test_only_so_many_users_may_be_watched() -> None:
    _, ear = ear_of()
    for number in range(11):
        ear.say(ask("userFills", user=f"0x{number:040x}"))
    assert "Cannot track more" in json.loads(ear.frames[-1])["data"]


def test_the_listing_is_what_our_session_reads() -> None:
    made, _ = ear_of()
    answer = made.http(to_request(INFO, "POST", b'{"type":"meta"}'), 0.0)
    assert [(i.symbol, i.price_decimals) for i in instruments_of(answer.body)] == [("BTC", 1)]
    assert made.http(to_request(INFO, "POST", b"[]"), 0.0).status == 400
    assert len(made.accounts(3)) == 3
