"""The world as a whole: the same from the same seed, conserved, never crossed, clustered."""

from collections import Counter
from itertools import pairwise
from statistics import fmean, pvariance
from typing import Any

import pytest

from sources.simulator.venues.registry import NAMES, venues_of
from sources.simulator.world.engine import FLOW
from sources.simulator.world.flow import Order
from sources.simulator.world.trading import Trading
from sources.simulator.world.world import World
from tests.sources.simulator.hearing import EPOCH_MS, small_world

BTC = ("binance-usdm", "BTCUSDT")


class Log:
    """Everything a world tells, in order; `orders` is the flow that was planned."""

    def __init__(self, world: World) -> None:
        self.events: list[Any] = []
        self.crossed = 0
        self.forced: list[Any] = []
        for key, trading in world.trading.items():
            one = _One(self, key, trading)
            trading.engine.listeners.append(one)
            trading.watchers.append(one)


class _One:
    def __init__(self, log: Log, key: tuple[str, str], trading: Trading) -> None:
        self.log, self.key, self.trading = log, key, trading

    def matched(self, match: Any) -> None:
        self.log.events.append((self.key, match))

    def changed(self, update: int) -> None:
        top = self.trading.engine.book.top()
        self.log.crossed += top.bid >= top.ask

    def topped(self, at_ms: float, update: int, top: Any) -> None:
        self.log.events.append((self.key, at_ms, update, top))

    def liquidated(self, done: Any) -> None:
        self.log.forced.append((self.key, done))
        self.log.events.append((self.key, "forced", done.match.at_ms, done.account.address))


def run(world: World, seconds: float, step_ms: float = 1000.0) -> Log:
    log = Log(world)
    while world.now_ms < seconds * 1000.0:
        world.run(min(seconds * 1000.0, world.now_ms + step_ms))
    return log


@pytest.mark.parametrize("name", ["calm", "crash"])
def test_the_same_seed_is_the_same_market_however_it_is_run(name: str) -> None:
    first = run(small_world("binance-usdm", "okx", name=name), 40.0)
    second = run(small_world("binance-usdm", "okx", name=name), 40.0, step_ms=37.0)
    assert len(first.events) > 300
    assert first.events == second.events


def test_another_seed_is_another_market() -> None:
    markets = small_world("binance-usdm").trading
    worlds = [World(seed, markets=[t.market for t in markets.values()]) for seed in (1, 2)]
    assert run(worlds[0], 5.0).events != run(worlds[1], 5.0).events


def test_whoever_listens_changes_nothing() -> None:
    alone = run(small_world("binance-usdm", "deribit"), 20.0)
    world = small_world("binance-usdm", "deribit")
    venues = venues_of(world, EPOCH_MS, NAMES)
    usdm = next(one for one in venues if one.name == "binance-usdm")
    deribit = next(one for one in venues if one.name == "deribit")
    frames: list[bytes] = []
    client = usdm.open("/public/ws/btcusdt@depth@100ms", {}, frames.append, 0.0)
    other = deribit.open("/ws/api/v2", {}, frames.append, 0.0)
    assert client is not None
    assert other is not None
    other.receive(b'{"id":1,"method":"public/subscribe","params":{"channels":['
                  b'"book.BTC-PERPETUAL.100ms","markprice.options.btc_usd"]}}', 0.0)  # fmt: skip
    heard = run(world, 20.0)
    assert len(frames) > 100
    assert heard.events == alone.events


@pytest.mark.parametrize("name", ["calm", "crash"])
def test_nothing_is_made_or_lost_and_no_book_is_crossed(name: str) -> None:
    world = small_world("binance-usdm", "deribit", name=name)
    opened = {key: dict(t.engine.ledger.lots) for key, t in world.trading.items()}
    log = run(world, 60.0)
    assert log.crossed == 0
    matches = [(event[0], event[1]) for event in log.events if len(event) == 2]
    for key, trading in world.trading.items():
        ledger = trading.engine.ledger
        assert sum(ledger.lots.values()) == 0
        assert sum(ledger.cash.values()) == 0
        mine = [match for where, match in matches if where == key]
        assert len(mine) > 5
        taken = sum(match.side * match.lots for match in mine)
        before = opened[key].get("makers", 0)
        assert ledger.lots["makers"] == before - taken
        for match, after in pairwise(mine):
            assert after.first_trade == match.first_trade + len(match.fills)
        if trading.accounts is not None:
            held = {a.party: a.side * a.lots for a in trading.accounts.alive()}
            for party, lots in ledger.lots.items():
                if party.startswith("account "):
                    assert lots == held.get(party, 0)


def test_all_venues_show_one_market() -> None:
    world = World(3, "crash", 1.0)
    low = world.trading[BTC].fair
    for second in range(32):
        world.run(1000.0 * (second + 1))
        low = min(low, world.trading[BTC].market.price(world.trading[BTC].engine.mid()))
    for place, asset in enumerate(world.assets):
        mids = [
            t.market.price(t.engine.mid())
            for t in world.trading.values()
            if t.market.asset is asset
        ]
        assert len(mids) in (6, 7, 8)
        assert max(mids) / min(mids) < 1.01
        assert world.index[place] == pytest.approx(fmean(mids), rel=0.01)
    assert low < 0.965 * 92_000.0


def flow_of(name: str, key: tuple[str, str], seconds: float) -> list[Order]:
    """The orders that were planned for one market."""
    world = small_world("binance-usdm", name=name)
    found: list[Order] = []
    until = world.trading[key].flow.until

    def noted(*arguments: float) -> Any:
        for order in until(*arguments):
            found.append(order)
            yield order

    world.trading[key].flow.until = noted  # type: ignore[method-assign]
    world.run(seconds * 1000.0)
    return found


def test_crowded_has_the_arrivals_and_the_path_of_calm() -> None:
    calm, crowded = (flow_of(name, BTC, 60.0) for name in ("calm", "crowded"))
    assert len(calm) > 80
    assert calm == crowded
    venues = ("binance-usdm", "bybit-linear", "okx", "deribit", "hyperliquid")
    worlds = [small_world(*venues, name=name, seed=1) for name in ("calm", "crowded")]
    logs = [run(world, 60.0) for world in worlds]
    assert worlds[0].latent.news == worlds[1].latent.news
    assert [p.begun for p in worlds[0].parents] == [p.begun for p in worlds[1].parents]
    assert len(logs[0].forced) == 0
    assert len(logs[1].forced) > 3


def test_in_a_trend_funding_follows_the_premium() -> None:
    rates = {}
    for name in ("calm", "trend"):
        world = small_world("binance-usdm", "hyperliquid", name=name)
        world.run(600_000.0)
        prices = [t.prices for t in world.trading.values() if t.prices is not None]
        rates[name] = [one.rate_8h for one in prices]
        assert prices[1].rate == pytest.approx(prices[1].rate_8h / 8.0)  # hourly
    assert rates["calm"] == pytest.approx([1e-4, 1e-4], abs=1e-5)
    assert min(rates["trend"]) > 1.5e-4


def test_arrivals_cluster() -> None:
    orders = flow_of("calm", BTC, 200.0)
    counts = Counter(int(order.at_s / 2.0) for order in orders)
    binned = [counts[k] for k in range(100)]
    assert pvariance(binned) > 2.0 * fmean(binned)  # 1 would be Poisson


def test_liquidations_hit_the_book() -> None:
    world = small_world("binance-usdm", name="crash")
    log = run(world, 60.0)
    forced = [done for key, done in log.forced if key == BTC]
    assert len(forced) > 20
    matches = {id(event[1]) for event in log.events if len(event) == 2}
    for done in forced:
        assert id(done.match) in matches
        assert done.match.side == -done.account.side
        assert done.match.party == done.account.party != FLOW
        # The mark had reached the account's limit; its fills moved through real resting orders.
        assert all(fill.lots > 0 and fill.maker > 0 for fill in done.match.fills)
        assert (done.bankrupt_at - done.account.entry) * done.account.side < 0.0
    longs = [done for done in forced if done.account.side > 0]
    assert len(longs) > len(forced) / 2
