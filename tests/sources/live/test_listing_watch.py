"""A later catalogue, and what becomes of connections: plans, lines, messages, what is told."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import time_ns
from typing import Any

import msgspec
from msgspec.structs import replace
from websockets.asyncio.server import ServerConnection

from schemas.instrument import Instrument
from sources.instrument_lines import entry_of
from sources.instruments import Catalogue
from sources.live.health import Counters
from sources.live.listing_watch import Change, ListingWatch
from sources.live.owner import SocketOwner
from sources.live.rest import Answer, RestFetcher
from sources.registry import feed_for
from tests.flows.live_made import OKX, USDM, perpetual
from tests.sources.live.faulty import QUICK, Watched, rest, until, venue

BTC, ETH, SOL = (perpetual(OKX, f"{coin}-USDT-SWAP", coin) for coin in ("BTC", "ETH", "SOL"))
AAVE = perpetual(OKX, "AAVE-USDT-SWAP", "AAVE")
BOOKS = ("book",)


def listed(*instruments: Instrument) -> Catalogue:
    found = tuple(sorted(instruments, key=lambda i: i.name))
    return Catalogue(instruments[0].venue if instruments else OKX, 1, found, {})


class Watching:
    """A watch over some instruments, and what it said."""

    def __init__(
        self, *instruments: Instrument, wanted: Sequence[str] = ("*-SWAP",), most: int = 100
    ) -> None:
        self.feed = feed_for(OKX)
        self.feed.topics_per_connection = most
        self.headers: list[tuple[str, list[Instrument]]] = []
        self.kept: list[Catalogue] = []
        self.said: list[str] = []
        self.counters = Counters()
        plans = self.feed.plans(BOOKS, [i.symbol for i in instruments], {})
        self.watch = ListingWatch(
            self.feed, every_s=0.05, wanted=wanted, streams=BOOKS, urls={}, plans=plans,
            instruments=instruments, told=lambda *told: self.headers.append(told),
            keep=self.kept.append, now_ns=lambda: 7, tell=self.said.append,
        )  # fmt: skip

    def changes(self, *instruments: Instrument, times: int = 1) -> list[Change]:
        """What the last of so many equal catalogues changes."""
        for _ in range(times - 1):
            assert self.watch.changes(listed(*instruments), self.counters) == []
        return self.watch.changes(listed(*instruments), self.counters)


def asks(symbol: str, op: str = "subscribe") -> bytes:
    return msgspec.json.encode({"op": op, "args": [{"channel": "books", "instId": symbol}]})


# -- catalogues --------------------------------------------------------------------------------


def test_the_same_catalogue_changes_nothing() -> None:
    one = Watching(BTC, ETH)
    assert one.changes(replace(BTC, source="inferred"), ETH) == []
    assert (one.said, one.headers) == ([], [])


def test_who_matches_joins_where_there_is_room_and_the_others_stay() -> None:
    one = Watching(BTC, ETH)
    spot = replace(AAVE, name="okx:AAVE-USDT", kind="spot")
    (change,) = one.changes(BTC, ETH, AAVE, spot)
    symbols = ("BTC-USDT-SWAP", "ETH-USDT-SWAP", "AAVE-USDT-SWAP")
    assert (change.plan.name, change.plan.symbols) == ("okx-1", symbols)
    assert change.listed == (entry_of(AAVE, ["okx-1"]),)
    assert change.delisted == ()
    assert change.join == (asks("AAVE-USDT-SWAP"),)
    assert change.leave == ()
    assert one.headers == [("okx-1", [BTC, ETH, AAVE])]
    assert one.said == ["okx: listed AAVE-USDT-SWAP"]
    assert one.changes(BTC, ETH, AAVE, spot) == []


def test_who_is_listed_no_more_leaves_also_one_that_no_name_chose() -> None:
    one = Watching(BTC, ETH, wanted=("BTC-USDT-SWAP",))
    (change,) = one.changes(BTC, SOL, times=2)
    assert change.plan.symbols == ("BTC-USDT-SWAP",)
    assert (change.listed, change.delisted) == ((), ("ETH-USDT-SWAP",))
    assert change.leave == (asks("ETH-USDT-SWAP", "unsubscribe"),)
    assert one.said == ["okx: delisted ETH-USDT-SWAP"]
    assert one.changes(BTC, ETH) == []  # a name chooses, and none is of this one


def test_other_metadata_are_told() -> None:
    one = Watching(BTC, ETH)
    finer = replace(ETH, price_decimals=4)
    (change,) = one.changes(BTC, finer)
    assert change.listed == (entry_of(finer, ["okx-1"]),)
    assert (change.join, change.leave, change.delisted) == ((), (), ())
    assert one.said == ["okx: listed with other metadata ETH-USDT-SWAP"]


def test_where_no_connection_has_room_it_is_told_once_and_counted() -> None:
    one = Watching(BTC, ETH, most=1)
    assert one.changes(BTC, ETH, AAVE, SOL) == []
    assert one.changes(BTC, ETH, AAVE, SOL) == []
    assert one.counters.no_room == 2
    names = "AAVE-USDT-SWAP, SOL-USDT-SWAP"
    assert one.said == [f"okx: no connection has room for these, a restart takes them in: {names}"]
    (left, came) = [one.changes(BTC, AAVE, SOL, times=2), one.changes(BTC, AAVE, SOL)]
    assert [(c.plan.name, c.plan.symbols, c.delisted) for c in left] == [
        ("okx-2", ("AAVE-USDT-SWAP",), ("ETH-USDT-SWAP",))
    ]
    assert came == []
    assert one.counters.no_room == 2


def test_when_nothing_is_left_connections_are_empty() -> None:
    one = Watching(BTC)
    (change,) = one.changes(perpetual(OKX, "X", "X"), times=2)
    assert (change.plan.messages, change.plan.expected, change.plan.symbols) == ((), (), ())
    assert change.delisted == ("BTC-USDT-SWAP",)
    assert change.leave == (asks("BTC-USDT-SWAP", "unsubscribe"),)


def test_a_symbol_is_on_one_connection_of_each_tier_and_its_line_names_them() -> None:
    feed = feed_for(USDM)
    btc, eth = perpetual(USDM, "BTCUSDT", "BTC"), perpetual(USDM, "ETHUSDT", "ETH")
    said: list[Any] = []
    watch = ListingWatch(
        feed, every_s=1.0, wanted=("*",), streams=("book", "mark"), urls={},
        plans=feed.plans(("book", "mark"), ["ETHUSDT"], {}), instruments=[eth],
        told=lambda *_: None, keep=said.append, now_ns=time_ns, tell=said.append,
    )  # fmt: skip
    public, market = watch.changes(listed(btc, eth), Counters())
    having = ["binance-usdm-market", "binance-usdm-public"]
    for change in (public, market):
        assert change.listed == (entry_of(btc, having),)
        assert change.plan.symbols == ("ETHUSDT", "BTCUSDT")
    polled = [poll.url.rpartition("?")[2] for poll in feed.polls(market.plan)]
    assert polled[:2] == ["symbol=ETHUSDT", "symbol=BTCUSDT"]


# -- asking ------------------------------------------------------------------------------------


class Pages(RestFetcher):
    """Answers by turns."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def fetch(self, url: str, counters: Counters) -> Answer:
        return self.answers.pop(0)


def test_a_listing_that_fails_is_told_once_and_changes_nothing() -> None:
    one = Watching(BTC)
    answers = [Answer(None, "HTTP 500"), Answer(b"{}"), Answer(b'{"code":"1","data":[]}')]
    for answer in answers:
        assert asyncio.run(one.watch.ask(Pages(answer), one.counters)) == []
    assert one.said == ["okx: no listing (HTTP 500); it is asked for again in a while"]
    assert one.counters.rest_failed == 1
    assert one.kept == []


# -- over sockets ------------------------------------------------------------------------------


SYMBOL = {"status": "TRADING", "quoteAsset": "USDT", "contractType": "PERPETUAL",
          "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.1"}]}  # fmt: skip


def exchange_info(*symbols: str) -> bytes:
    entries = [{"symbol": s, "baseAsset": s[:3], **SYMBOL} for s in symbols]
    return msgspec.json.encode({"symbols": entries})


async def through_a_change(tmp_path: Path) -> tuple[list[Any], Watched]:
    """BTC runs; ETH is listed, BTC delisted; then the connection is cut. All that was asked."""
    feed = feed_for(USDM)
    asked: list[Any] = []
    at: list[str] = ["BTCUSDT"]
    sockets: list[ServerConnection] = []

    async def talk(socket: ServerConnection) -> None:
        sockets.append(socket)
        async for said in socket:
            request = msgspec.json.decode(said)
            asked.append((request["method"], request.get("params")))
            await socket.send(msgspec.json.encode({"result": None, "id": request["id"]}).decode())
            for stream in request.get("params", ()) if request["method"] == "SUBSCRIBE" else ():
                frame = {"stream": stream, "data": {"s": stream.partition("@")[0].upper()}}
                await socket.send(msgspec.json.encode(frame).decode())

    requests: list[Any] = []
    watched = Watched("binance-usdm-public")

    def answer(_: int) -> tuple[int, dict[str, str], bytes]:
        path = requests[-1].path
        if "exchangeInfo" in path:
            return 200, {}, exchange_info(*at)
        return 200, {}, b"[]"

    async with venue(talk) as url, rest(answer, requests) as rest_url:
        base = {"ws_url": url.removesuffix("/stream")}
        btc = perpetual(USDM, "BTCUSDT", "BTC")
        plans = feed.plans(("book",), ["BTCUSDT"], base)
        watch = ListingWatch(
            feed, every_s=0.05, wanted=("*USDT",), streams=("book",), urls=base, plans=plans,
            instruments=[replace(btc, funding_interval_h=None)], told=lambda *_: None,
            keep=lambda _: None, now_ns=time_ns, tell=watched.tell,
        )  # fmt: skip
        owner = SocketOwner(
            feed, plans, {watched.lane.name: watched.lane}, now_ns=time_ns, timing=QUICK,
            tell=watched.tell, rest_url=rest_url, watch=watch,
        )  # fmt: skip
        owner.start()
        await until(lambda: ("SUBSCRIBE", ["btcusdt@depth@100ms"]) in asked)
        at[:] = ["ETHUSDT"]
        await until(lambda: any(method == "UNSUBSCRIBE" for method, _ in asked))
        await until(lambda: any(b'"s":"ETHUSDT"' in p for p in watched.payloads))
        asked.append("cut")
        sockets[0].transport.abort()
        await until(lambda: len(sockets) == 2 and asked[-1] != "cut")
        owner.stop()
        await asyncio.to_thread(owner.join)
    return asked, watched


def test_a_line_comes_before_every_frame_and_a_reconnect_knows(tmp_path: Path) -> None:
    asked, watched = asyncio.run(through_a_change(tmp_path))
    changes = [entry for entry in asked if entry[0] != "LIST_SUBSCRIPTIONS"]
    (book,) = changes[0][1]
    eth = book.replace("btc", "eth")
    assert changes[0] == ("SUBSCRIBE", ["btcusdt@depth@100ms"])
    assert sorted(changes[1:3]) == [("SUBSCRIBE", [eth]), ("UNSUBSCRIBE", [book])]
    assert changes[3:] == ["cut", ("SUBSCRIBE", [eth])]
    payloads = watched.payloads
    line, later = (p for p in payloads if p.startswith(b'!{"k":"instruments"'))
    said, gone = msgspec.json.decode(line[1:]), msgspec.json.decode(later[1:])
    assert [entry["symbol"] for entry in said["listed"]] == ["ETHUSDT"]
    assert said["delisted"] == gone["listed"] == []
    assert gone["delisted"] == ["BTCUSDT"]  # by the second catalogue that lacks it
    first = next(k for k, p in enumerate(payloads) if b'"s":"ETHUSDT"' in p)
    assert payloads.index(line) < first
    assert watched.told[:2] == ["binance-usdm: listed ETHUSDT", "binance-usdm: delisted BTCUSDT"]
    assert not [text for text in watched.told if "confirmed" in text or "refused" in text]
