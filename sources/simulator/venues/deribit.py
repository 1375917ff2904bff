"""Deribit: JSON-RPC over WebSocket and HTTP, heartbeats, and a pool of credits per connection."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sources.simulator.venues.deribit_market import Perpetual, notice
from sources.simulator.venues.deribit_options import DeribitOptions
from sources.simulator.venues.hub import (
    BAD_REQUEST,
    NOT_FOUND,
    Answer,
    Client,
    Request,
    Send,
    Venue,
    cut,
    packed,
)
from sources.simulator.venues.options import Options
from sources.simulator.world.world import World

PATH: Final = "/ws/api/v2"
REST: Final = "/api/v2/"
LEAST_HEARTBEAT_S: Final = 10
CREDITS: Final = {True: (30_000.0, 3_000.0), False: (50_000.0, 500.0)}  # subscribe, other
REFILL_PER_S: Final = 10_000.0


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: int, text: str, data: Any = None) -> None:
        super().__init__(text)
        self.error = {"code": code, "message": text, "data": data}


class Deribit(Venue):
    """The venue."""

    name = "deribit"

    def __init__(self, world: World, epoch_ms: int, options: Options) -> None:
        super().__init__(world, epoch_ms)
        self.perpetuals = {name: Perpetual(self, own) for name, own in self.trading.items()}
        self.options = DeribitOptions(self, options)
        self._surfaces = options
        self.coins = {asset.name: place for place, asset in enumerate(world.assets)}
        self.by_topic: dict[str, Any] = dict.fromkeys(self.options.topics, self.options)
        for place, one in enumerate(self.perpetuals.values()):
            self.by_topic |= dict.fromkeys(one.topics, one)
            world.every(5.0 + 7.0 * place, 100.0, one.push)
        self._indices = {f"deribit_price_index.{c.lower()}_usd": c for c in self.coins}
        self._dvols = {f"deribit_volatility_index.{c.lower()}_usd": c for c in options.surfaces}
        self.by_topic |= dict.fromkeys((*self._indices, *self._dvols), self)
        world.every(1065.0, 1000.0, self.options.marks)
        world.every(1066.0, 1000.0, self._tell_indices)

    def greet(self, topic: str, client: Client) -> None:
        """An index at once."""
        client.send(self._index(topic, self.world.now_ms))

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """Only the one path."""
        del query
        return DeribitClient(self, send, wall_s) if path == PATH else None

    def http(self, request: Request, wall_s: float) -> Answer:
        """The same methods by REST."""
        del wall_s
        if not request.path.startswith(REST):
            return Answer(b"", NOT_FOUND)
        try:
            result = self.call(request.path.removeprefix(REST), dict(request.query))
        except Refused as refused:
            body = {"jsonrpc": "2.0", "error": refused.error} | self.stamps()
            return Answer(packed(body), BAD_REQUEST)
        return Answer(packed({"jsonrpc": "2.0", "result": result} | self.stamps()))

    def stamps(self) -> dict[str, Any]:
        """What every answer ends with, in µs."""
        us = self.now * 1000
        return {"usIn": us, "usOut": us + 180, "usDiff": 180, "testnet": False}

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """A method that needs no connection. Raises Refused."""
        name = str(params.get("instrument_name", ""))
        match method:
            case "public/test":
                return {"version": "1.2.26"}
            case "public/get_time":
                return self.now
            case "public/get_instruments":
                return self._listing(params)
            case "public/get_instrument":
                return self._listed(name)
            case "public/get_index_price":
                coin = str(params.get("index_name", "")).partition("_")[0].upper()
                if coin in self.coins:
                    return {"index_price": round(self.world.index[self.coins[coin]], 2)}
                raise Refused(-32602, "Invalid params")
            case "public/ticker" if name in self.perpetuals:
                return self.perpetuals[name].ticker_data()
            case "public/get_book_summary_by_currency":
                return self._summaries(str(params.get("currency", "")))
        raise Refused(-32601, "Method not found")

    def _listing(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        currency, kind = params.get("currency", "any"), params.get("kind", "any")
        rows = [one.listed() for one in self.perpetuals.values() if kind in ("any", "future")]
        if kind in ("any", "option"):
            rows += [self.options.listed(name) for name in self.options.names]
        return [row for row in rows if currency in ("any", row["base_currency"])]

    def _listed(self, name: str) -> dict[str, Any]:
        if name in self.perpetuals:
            return self.perpetuals[name].listed()
        if name in self.options.names:
            return self.options.listed(name)
        raise Refused(13020, "instrument_not_found")

    def _summaries(self, currency: str) -> list[dict[str, Any]]:
        return [
            {
                "instrument_name": one.name, "base_currency": one.coin, "quote_currency": "USD",
                "volume_usd": one.volume_usd + one.trading.market.share * 1e9,
                "open_interest": one.ticker_data()["open_interest"],
                "mark_price": one.ticker_data()["mark_price"], "creation_timestamp": self.now,
            }
            for one in self.perpetuals.values()
            if one.coin == currency
        ]  # fmt: skip

    def _tell_indices(self, at_ms: float) -> None:
        for topic in (*self._indices, *self._dvols):
            if self.wanted(topic):
                self.publish(topic, self._index(topic, at_ms))

    def _index(self, topic: str, at_ms: float) -> bytes:
        head = {"timestamp": self.now}
        if topic in self._indices:
            coin = self._indices[topic]
            data: dict[str, Any] = {"price": round(self.world.index[self.coins[coin]], 2)}
        else:
            coin = self._dvols[topic]
            data = {"volatility": round(100.0 * self._surfaces.at_the_money(coin, at_ms), 2)}
        return notice(topic, head | data | {"index_name": f"{coin.lower()}_usd"})


class DeribitClient(Client):
    """A connection."""

    venue: Deribit

    def __init__(self, venue: Deribit, send: Send, wall_s: float) -> None:
        super().__init__(venue, send, wall_s)
        self._interval_s = 0.0
        self._beat_s = wall_s
        self._asked = False  # a test_request waits for its answer
        self._credits = {kind: (most, wall_s) for kind, (most, _) in CREDITS.items()}

    def receive(self, text: bytes, wall_s: float) -> None:
        """A request."""
        self.heard_s, self._asked = wall_s, False
        number: Any = None
        try:
            message: Any = orjson.loads(text)
            number, method = message.get("id"), message["method"]
            params = message.get("params") or {}
        except (orjson.JSONDecodeError, KeyError, AttributeError):
            self._error(number, Refused(-32700, "Parse error"))
            return
        try:
            self._pay(wall_s, subscribes=method == "public/subscribe")
            later: list[str] = []
            result = self._call(method, params, wall_s, later)
        except Refused as refused:
            self._error(number, refused)
            return
        self.send(packed({"jsonrpc": "2.0", "id": number, "result": result} | self.venue.stamps()))
        for topic in later:
            self.venue.by_topic[topic].greet(topic, self)
            self.subscribe(topic)

    def tick(self, wall_s: float) -> None:
        """Heartbeats, and questions whether the client is there. Raises Leave."""
        if not self._interval_s or wall_s - self._beat_s < self._interval_s:
            return
        if self._asked:
            cut("test_request without an answer")
        quiet = wall_s - self.heard_s >= self._interval_s
        self._beat_s, self._asked = wall_s, quiet
        what = "test_request" if quiet else "heartbeat"
        self.send(packed({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": what}}))

    def _call(self, method: str, params: dict[str, Any], wall_s: float, later: list[str]) -> Any:
        match method:
            case "public/subscribe":
                return self._subscribe(params, later)
            case "public/unsubscribe":
                names = [str(name) for name in params.get("channels", [])]
                return [name for name in names if self.unsubscribe(name)]
            case "public/set_heartbeat":
                interval = params.get("interval")
                if not isinstance(interval, int) or interval < LEAST_HEARTBEAT_S:
                    raise Refused(-32602, "Invalid params", {"param": "interval"})
                self._interval_s, self._beat_s = float(interval), wall_s
                return "ok"
            case "public/disable_heartbeat":
                self._interval_s = 0.0
                return "ok"
        return self.venue.call(method, params)

    def _subscribe(self, params: dict[str, Any], later: list[str]) -> list[str]:
        names = [str(name) for name in params.get("channels", [])]
        if any(name.endswith(".raw") for name in names):
            raise Refused(13778, "raw_subscriptions_not_available_for_unauthorized")
        known = [name for name in names if name in self.venue.by_topic]
        later += [name for name in dict.fromkeys(known) if name not in self.topics]
        return known

    def _pay(self, wall_s: float, *, subscribes: bool) -> None:
        most, price = CREDITS[subscribes]
        left, since_s = self._credits[subscribes]
        left = min(most, left + REFILL_PER_S * (wall_s - since_s)) - price
        if left < 0.0:
            raise Refused(10028, "too_many_requests")
        self._credits[subscribes] = left, wall_s

    def _error(self, number: Any, refused: Refused) -> None:
        body = {"jsonrpc": "2.0", "id": number, "error": refused.error}
        self.send(packed(body | self.venue.stamps()))
