"""Bybit's linear endpoint: topics by name, all or nothing per request, pings by the client."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sources.simulator.venues.bybit_market import DEPTHS, BybitMarket
from sources.simulator.venues.hub import (
    NOT_FOUND,
    Answer,
    Client,
    Request,
    Send,
    Venue,
    cut,
    packed,
)
from sources.simulator.world.world import World

PATH: Final = "/v5/public/linear"
MOST_CHARS: Final = 21_000  # of the topics of one connection
IDLE_S: Final = 600.0
TICKER_MS: Final = 100.0
BATCH_MS: Final = 500.0
_DAY_COINS: Final = 400.0


class Bybit(Venue):
    """The venue."""

    name = "bybit-linear"

    def __init__(self, world: World, epoch_ms: int) -> None:
        super().__init__(world, epoch_ms)
        self.markets = {symbol: BybitMarket(self, own) for symbol, own in self.trading.items()}
        self.by_topic = {topic: one for one in self.markets.values() for topic in one.topics}
        self.opened = 0
        for place, one in enumerate(self.markets.values()):
            phase = 3.0 + 7.0 * place
            for book, period_ms in zip(one.books.values(), DEPTHS.values(), strict=True):
                world.every(phase, period_ms, book.push)
            world.every(phase + 1.0, TICKER_MS, one.tell_ticker)
            world.every(phase + 2.0, BATCH_MS, one.tell_forced)
            world.every(phase + 2.0, BATCH_MS, one.repeat_top)

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """Only the linear path."""
        del query
        if path != PATH:
            return None
        self.opened += 1
        return BybitClient(self, send, wall_s, f"sim-{self.opened:08d}")

    def http(self, request: Request, wall_s: float) -> Answer:
        """The envelope around a result."""
        del wall_s
        found = self._result(request)
        if found is None:
            return Answer(b"", NOT_FOUND)
        code, text, result = found
        return Answer(packed({"retCode": code, "retMsg": text, "result": result, "time": self.now}))

    def _result(self, request: Request) -> tuple[int, str, Any] | None:
        query = request.query
        symbol = query.get("symbol", "")
        wanted = [self.markets[symbol]] if symbol in self.markets else []
        match request.path:
            case "/v5/market/time":
                return 0, "OK", {"timeSecond": str(self.now // 1000)}
            case "/v5/market/instruments-info" | "/v5/market/tickers":
                listing = request.path.endswith("info")
                rows = wanted if symbol else list(self.markets.values())
                listed = [_listed(one) if listing else _day(one) for one in rows]
                more = {"nextPageCursor": ""} if listing else {}
                return 0, "OK", {"category": "linear", "list": listed} | more
            case "/v5/market/orderbook" if wanted:
                return 0, "OK", self._book(wanted[0], int(query.get("limit", "25")))
            case "/v5/market/open-interest" if wanted:
                row = {"openInterest": wanted[0].ticker()["openInterest"],
                       "timestamp": str(self.now)}  # fmt: skip
                return 0, "OK", {"symbol": symbol, "category": "linear", "list": [row]}
            case "/v5/market/orderbook" | "/v5/market/open-interest":
                return 10001, "params error: symbol invalid", {}
        return None

    def _book(self, one: BybitMarket, limit: int) -> dict[str, Any]:
        market, engine = one.trading.market, one.trading.engine
        sides = {
            name: [(market.price_text(px), market.size_text(lots))
                   for px, lots in engine.book.levels(side, min(limit, 1000))]
            for name, side in (("b", 1), ("a", -1))
        }  # fmt: skip
        stamps = {"ts": self.now, "cts": self.now, "u": engine.update, "seq": engine.update}
        return {"s": one.symbol} | sides | stamps


class BybitClient(Client):
    """A connection."""

    venue: Bybit

    def __init__(self, venue: Bybit, send: Send, wall_s: float, conn_id: str) -> None:
        super().__init__(venue, send, wall_s)
        self._conn_id = conn_id

    def receive(self, text: bytes, wall_s: float) -> None:
        """Subscribe, unsubscribe, ping."""
        self.heard_s = wall_s
        try:
            message: Any = orjson.loads(text)
            op, number = message.get("op"), message.get("req_id", "")
        except (orjson.JSONDecodeError, AttributeError):
            self._answer("", "", "Invalid message", success=False)
            return
        topics = message.get("args", [])
        if op == "ping":
            self._answer("ping", number, "pong", success=True)
        elif op not in ("subscribe", "unsubscribe") or not isinstance(topics, list):
            self._answer(str(op), number, f"Invalid op: {op}", success=False)
        elif op == "unsubscribe":
            for topic in topics:
                self.unsubscribe(str(topic))
            self._answer(op, number, "", success=True)
        else:
            self._subscribe([str(topic) for topic in topics], number)

    def tick(self, wall_s: float) -> None:
        """Cut who has said nothing for ten minutes."""
        if wall_s - self.heard_s > IDLE_S:
            cut("idle")

    def _subscribe(self, topics: list[str], number: str) -> None:
        unknown = [topic for topic in topics if topic not in self.venue.by_topic]
        chars = sum(len(topic) + 3 for topic in {*self.topics, *topics})
        if unknown:
            text = f"error:handler not found,topic:{unknown[0]}"  # the others are not named
            self._answer("subscribe", number, text, success=False)
            return
        if chars > MOST_CHARS:
            self._answer("subscribe", number, f"args size >{MOST_CHARS}", success=False)
            return
        self._answer("subscribe", number, "", success=True)
        for topic in topics:
            if topic not in self.topics:
                self.venue.by_topic[topic].greet(topic, self)
                self.subscribe(topic)

    def _answer(self, op: str, number: str, text: str, *, success: bool) -> None:
        told = {"success": success, "ret_msg": text, "conn_id": self._conn_id}
        self.send(packed(told | {"req_id": number, "op": op}))


def _listed(one: BybitMarket) -> dict[str, Any]:
    market = one.trading.market
    base = market.asset.name
    return {
        "symbol": one.symbol,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": base,
        "quoteCoin": one.symbol.removeprefix(base),
        "settleCoin": one.symbol.removeprefix(base),
        "deliveryTime": "0",
        "fundingInterval": int(market.funding_h * 60),
        "priceFilter": {"tickSize": market.price_text(1)},
        "lotSizeFilter": {"qtyStep": market.size_text(1), "minOrderQty": market.size_text(1)},
    }


def _day(one: BybitMarket) -> dict[str, str]:
    market, row = one.trading.market, one.ticker()
    coins = market.share * market.asset.depth_1pct * _DAY_COINS + one.volume
    turnover = coins * float(row["lastPrice"])
    return (
        {"symbol": one.symbol}
        | row
        | {"volume24h": f"{coins:.3f}", "turnover24h": f"{turnover:.2f}"}
    )
