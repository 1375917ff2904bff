"""Later catalogues: topics that move, halts, venues that are full, connections that are emptied."""

import asyncio
from typing import Any

import msgspec
from msgspec.structs import replace
from websockets.asyncio.server import ServerConnection

from schemas.instrument import Instrument
from sources.hyperliquid_feed import HyperliquidFeed
from sources.live import feeder as feeder_module
from sources.live.feed import Plan
from sources.live.feeder import Feeder
from sources.live.health import Counters, State
from sources.live.listing_watch import Change, ListingWatch
from sources.registry import feed_for
from sources.venue_feed import VenueFeed
from tests.flows.live_made import OKX, perpetual
from tests.sources.live.faulty import QUICK, ToyFeed, Watched, link, message, running, until, venue
from tests.sources.live.faulty import plan as toy_plan
from tests.sources.live.test_listing_watch import AAVE, BTC, ETH, SOL, Watching, listed

FORCED = b'{"channel":"liquidation-orders","instType":"SWAP"}'
OPTION = replace(
    BTC, name="okx:BTC-USD-270101-100000-C", kind="option", quote="USD", funding_interval_h=None
)


def forced(op: str) -> tuple[bytes, ...]:
    return (b'{"op":"%s","args":[%s]}' % (op.encode(), FORCED),)


class Two:
    """A watch over two connections of OKX, of two topics each: trades and forced orders."""

    def __init__(self, *instruments: Instrument) -> None:
        self.feed = feed_for(OKX)
        self.feed.topics_per_connection = 2
        self.said: list[str] = []
        self.plans = self.feed.plans(("liquidation", "book"), [i.symbol for i in instruments], {})
        self.watch = ListingWatch(
            self.feed, every_s=0.05, wanted=("*",), streams=("liquidation", "book"), urls={},
            plans=self.plans, instruments=instruments, told=lambda *_: None,
            keep=lambda _: None, now_ns=lambda: 7, tell=self.said.append,
        )  # fmt: skip

    def changes(self, *instruments: Instrument) -> list[Change]:
        for _ in range(2):
            found = self.watch.changes(listed(*instruments), Counters())
        return found


def test_a_topic_of_all_moves_with_who_has_it_delisted_and_is_joined_later() -> None:
    one = Two(BTC, ETH)
    assert [plan.expected for plan in one.plans] == [
        ("liquidation-orders:SWAP", "books:BTC-USDT-SWAP"), ("books:ETH-USDT-SWAP",),
    ]  # fmt: skip
    first, second = one.changes(ETH)
    assert (first.plan.name, first.delisted) == ("okx-1", ("BTC-USDT-SWAP",))
    assert forced("unsubscribe")[0] in first.leave
    assert (first.join, first.later) == ((), ())
    assert (second.plan.name, second.listed, second.delisted) == ("okx-2", (), ())
    assert second.plan.expected == ("liquidation-orders:SWAP", "books:ETH-USDT-SWAP")
    assert (second.join, second.leave, second.later) == ((), (), forced("subscribe"))
    assert one.changes(ETH) == []


def test_a_topic_of_all_moves_to_who_is_earlier_and_the_other_leaves_it() -> None:
    one = Two(OPTION, ETH)
    assert one.plans[1].expected == ("liquidation-orders:SWAP", "books:ETH-USDT-SWAP")
    one.watch.changes(listed(ETH), Counters())
    first, second = one.watch.changes(listed(ETH, SOL), Counters())
    assert first.plan.expected == ("liquidation-orders:SWAP", "books:SOL-USDT-SWAP")
    assert first.later == forced("subscribe")
    assert len(first.join) == 1  # the book, at once
    assert (second.plan.expected, second.leave) == (
        ("books:ETH-USDT-SWAP",), forced("unsubscribe"),
    )  # fmt: skip


def test_who_is_absent_once_has_not_left() -> None:
    one = Watching(BTC, ETH)
    for _ in range(3):
        assert one.changes(BTC) == []
        assert one.changes(BTC, ETH) == []
    assert one.said == []
    (change,) = one.changes(BTC, SOL)  # what comes does not wait
    assert (change.delisted, change.plan.symbols[2:]) == ((), ("SOL-USDT-SWAP",))
    assert one.headers == [("okx-1", [BTC, ETH, SOL])]


def test_a_catalogue_of_less_than_half_says_nothing_of_who_is_gone() -> None:
    one = Watching(BTC, ETH, SOL, AAVE)
    assert one.changes(BTC, ETH, SOL, AAVE) == []
    assert one.changes(BTC) == []
    assert one.said == [
        "okx: lists 1 instruments, 4 the time before: what is missing is not taken for delisted"
    ]
    assert one.changes(BTC) == []  # the first that counts
    (change,) = one.changes(BTC)
    assert len(change.delisted) == 3


# -- a venue that is full ----------------------------------------------------------------------


def test_one_too_many_keeps_out_only_itself() -> None:
    coins = [perpetual("hyperliquid", f"C{k:03}", f"C{k:03}") for k in range(249)]
    new = [perpetual("hyperliquid", name, name) for name in ("AAA", "BBB")]
    feed = HyperliquidFeed()
    streams = ("book", "top", "trade", "mark")
    plans = feed.plans(streams, [i.symbol for i in coins], {})
    said: list[str] = []
    counters = Counters()
    watch = ListingWatch(
        feed, every_s=1.0, wanted=("*",), streams=streams, urls={}, plans=plans,
        instruments=coins, told=lambda *_: None, keep=lambda _: None, now_ns=lambda: 7,
        tell=said.append,
    )  # fmt: skip
    (change,) = watch.changes(listed(*coins, *new), counters)
    assert [entry["symbol"] for entry in change.listed] == ["AAA"]
    assert watch.changes(listed(*coins, *new), counters) == []
    assert said == [
        "hyperliquid: the venue takes no more, left out: BBB",
        "hyperliquid: listed AAA",
    ]
    assert counters.no_room == 1


# -- an emptied connection ---------------------------------------------------------------------


async def emptied_and_filled() -> tuple[Watched, list[Any], list[State]]:
    asked: list[Any] = []
    states = []

    async def talk(socket: ServerConnection) -> None:
        asked.append("open")
        async for said in socket:
            asked.append(msgspec.json.decode(said))

    watched = Watched()
    async with venue(talk) as url:
        one = link(watched, toy_plan(url, "A"), ToyFeed(stale_s=0.1))
        async with running(one):
            await until(lambda: {"join": "A"} in asked)
            one.change(Plan("toy-1", url, (), ()), (), (message("leave", "A"),))
            await until(lambda: watched.closes)
            opened = watched.opens
            await asyncio.sleep(0.4)
            assert watched.opens == opened
            states.append(watched.lane.counters.state)
            one.change(toy_plan(url, "B"), (message("join", "B"),), ())
            await until(lambda: {"join": "B"} in asked)
            states.append(watched.lane.counters.state)
    return watched, asked, states


def test_a_connection_that_has_lost_everything_waits_until_it_gets_something() -> None:
    watched, asked, states = asyncio.run(emptied_and_filled())
    assert watched.closes[0] == ("empty", "")
    assert states == [State.waiting, State.open]
    assert asked[-2:] == ["open", {"join": "B"}]
    assert watched.told == []


def test_it_stops_though_it_never_had_anything_to_say() -> None:
    async def scenario() -> Watched:
        watched = Watched()
        async with running(link(watched, Plan("toy-1", "", (), ()), ToyFeed())):
            await asyncio.sleep(0.05)
        return watched

    watched = asyncio.run(scenario())
    assert (watched.payloads, watched.lane.counters.state) == ([], State.stopped)


# -- carried out -------------------------------------------------------------------------------


class Once(ListingWatch):
    """A watch that has some changes, once."""

    def __init__(self, feed: VenueFeed, changes: list[Change]) -> None:
        self.every_s = 0.05
        self.feed = feed
        self._changes = [changes]

    async def ask(self, *_: Any) -> list[Change]:
        return self._changes.pop() if self._changes else []


async def moved() -> tuple[list[tuple[str, Any]], dict[str, Watched]]:
    """X moves from one connection to the other, which is told of it in no line."""
    heard: list[tuple[str, Any]] = []

    async def talk(socket: ServerConnection) -> None:
        assert socket.request is not None
        async for said in socket:
            heard.append((socket.request.path, msgspec.json.decode(said)))

    names = ("toy-1", "toy-2")
    lanes = {name: Watched(name) for name in names}
    async with venue(talk) as url:
        before = [toy_plan(f"{url}/{name}", name, name=name) for name in names]
        plan = toy_plan(f"{url}/toy-1", "A", name="toy-1")
        first = Change(plan, (), ("toy-1",), (), (message("leave", "X"),))
        plan = toy_plan(f"{url}/toy-2", "toy-2", "X", name="toy-2")
        second = Change(plan, (), (), (), (), (message("join", "X"),))
        made = Feeder(
            ToyFeed(), before, {name: one.lane for name, one in lanes.items()},
            now_ns=lambda: 1, timing=QUICK, tell=lambda _: None, rest_url=None,
            random=lambda: 0.5, polls={}, watch=Once(feed_for(OKX), [second, first]),
        )  # fmt: skip
        task = asyncio.create_task(made.run())
        await until(lambda: any(said == {"join": "X"} for _, said in heard))
        made.stopping = True
        made.wake.set()
        await asyncio.wait_for(task, 2.0)
    return heard, lanes


def test_what_moves_is_left_before_it_is_joined(monkeypatch: Any) -> None:
    monkeypatch.setattr(feeder_module, "HANDOVER_S", 0.1)
    heard, lanes = asyncio.run(moved())
    assert heard[-2:] == [("/stream/toy-1", {"leave": "X"}), ("/stream/toy-2", {"join": "X"})]
    lines = {
        name: [p for p in one.payloads if b'"instruments"' in p] for name, one in lanes.items()
    }
    assert [len(found) for found in lines.values()] == [1, 0]
