"""Coinbase Advanced: one channel per message, and one number that counts a connection's frames.

`side` of a trade is the maker's, as in recordings of the real venue.
"""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from sources.simulator.book import ASK, BID, Top
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
from sources.simulator.venues.levels import Told
from sources.simulator.world.engine import Match
from sources.simulator.world.trading import Trading
from sources.simulator.world.world import World

LISTING: Final = "/api/v3/brokerage/market/products"
FIRST_MESSAGE_S: Final = 5.0
IDLE_S: Final = 75.0
MESSAGES_PER_S: Final = 8
RECENT: Final = 30
BOOK_MS: Final = 50.0
TRADES_MS: Final = 250.0
CHANNELS: Final = ("level2", "market_trades", "ticker")
_UNNUMBERED: Final = b'"sequence_num":-1'
_DAY_COINS: Final = 400.0


class Product:
    """One product's channels."""

    def __init__(self, venue: "Coinbase", trading: Trading) -> None:
        self.venue = venue
        self.trading = trading
        self.name = trading.market.symbol
        self._told: Told | None = None
        self._recent: deque[dict[str, str]] = deque(maxlen=RECENT)
        self._fresh: list[dict[str, str]] = []
        self._top: Top | None = None
        self.volume = 0.0
        self.last = trading.market.start_ticks
        trading.engine.listeners.append(self)

    def greet(self, channel: str, client: Client) -> None:
        """What a new listener gets at once."""
        if channel == "level2":
            if self._told is None:
                self._told = Told(self.trading.engine.book)
                self._told.tell()
            sides = self._told.known(BID), self._told.known(ASK)
            client.deliver("", self._book("snapshot", sides))
        elif channel == "market_trades":
            event = {"type": "snapshot", "trades": list(self._recent)[::-1]}
            client.deliver("", self.venue.frame(channel, event))
        else:
            client.deliver("", self._ticker("snapshot"))

    def push(self, at_ms: float) -> None:
        """The cadence of the book."""
        del at_ms
        topic = f"level2:{self.name}"
        if not self.venue.wanted(topic):
            self._told = None
        if self._told is not None:
            sides = self._told.tell()
            if any(sides):
                self.venue.publish(topic, self._book("update", sides))

    def push_trades(self, at_ms: float) -> None:
        """The batch of trades, newest first, and the ticker when it has changed."""
        del at_ms
        fresh, self._fresh = self._fresh, []
        if fresh:
            event = {"type": "update", "trades": fresh[::-1]}
            topic = f"market_trades:{self.name}"
            self.venue.publish(topic, self.venue.frame("market_trades", event))
        top = self.trading.engine.book.top()
        if top != self._top and self.venue.wanted(f"ticker:{self.name}"):
            self._top = top
            self.venue.publish(f"ticker:{self.name}", self._ticker("update"))

    def changed(self, update: int) -> None:
        """Books go by their cadence."""

    def topped(self, at_ms: float, update: int, top: Top) -> None:
        """So do tickers."""

    def matched(self, match: Match) -> None:
        """Fills of the next batch."""
        market = self.trading.market
        at = self.venue.stamp(match.at_ms)
        side = "SELL" if match.side > 0 else "BUY"  # the maker's
        for number, fill in enumerate(match.fills, match.first_trade):
            row = {
                "trade_id": str(number), "product_id": self.name,
                "price": market.price_text(fill.price), "size": market.size_text(fill.lots),
                "side": side, "time": at,
            }  # fmt: skip
            self._recent.append(row)
            self._fresh.append(row)
        self.last = match.fills[-1].price
        self.volume += market.coins(match.lots, self.last)

    def listed(self) -> dict[str, Any]:
        """Its row in the listing."""
        market = self.trading.market
        base, quote = self.name.split("-")
        coins = market.share * market.asset.depth_1pct * _DAY_COINS + self.volume
        return {
            "product_id": self.name, "product_type": "SPOT", "base_currency_id": base,
            "quote_currency_id": quote, "quote_increment": market.price_text(1),
            "price_increment": market.price_text(1), "base_increment": market.size_text(1),
            "price": market.price_text(self.last), "volume_24h": f"{coins:.8f}",
            "approximate_quote_24h_volume": f"{coins * market.price(self.last):.2f}",
            "status": "online", "is_disabled": False, "trading_disabled": False,
        }  # fmt: skip

    def _book(self, kind: str, sides: Any) -> bytes:
        market, at = self.trading.market, self.venue.stamp(self.venue.world.now_ms)
        updates = [
            {"side": name, "event_time": at, "price_level": market.price_text(px),
             "new_quantity": market.size_text(lots)}
            for name, side in zip(("bid", "offer"), sides, strict=True)
            for px, lots in side
        ]  # fmt: skip
        event = {"type": kind, "product_id": self.name, "updates": updates}
        return self.venue.frame("l2_data", event)

    def _ticker(self, kind: str) -> bytes:
        market, top = self.trading.market, self.trading.engine.book.top()
        row = {
            "type": "ticker", "product_id": self.name, "price": market.price_text(self.last),
            "volume_24_h": f"{self.volume:.8f}", "best_bid": market.price_text(top.bid),
            "best_bid_quantity": market.size_text(top.bid_lots),
            "best_ask": market.price_text(top.ask),
            "best_ask_quantity": market.size_text(top.ask_lots),
        }  # fmt: skip
        return self.venue.frame("ticker", {"type": kind, "tickers": [row]})


class Coinbase(Venue):
    """The venue."""

    name = "coinbase-advanced"

    def __init__(self, world: World, epoch_ms: int) -> None:
        super().__init__(world, epoch_ms)
        self._epoch = datetime.fromtimestamp(epoch_ms / 1000.0, UTC)
        self.products = {name: Product(self, own) for name, own in self.trading.items()}
        self._beats = 0
        for place, product in enumerate(self.products.values()):
            world.every(8.0 + 7.0 * place, BOOK_MS, product.push)
            world.every(9.0 + 7.0 * place, TRADES_MS, product.push_trades)
        world.every(1009.0, 1000.0, self._beat)

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """Only the root."""
        del query
        return CoinbaseClient(self, send, wall_s) if path in ("", "/") else None

    def http(self, request: Request, wall_s: float) -> Answer:
        """The listing of products."""
        del wall_s
        if request.path == LISTING:
            begin = int(request.query.get("offset", "0"))
            most = int(request.query.get("limit", "1000"))
            rows = [product.listed() for product in self.products.values()][begin : begin + most]
            return Answer(packed({"products": rows, "num_products": len(rows)}))
        name = request.path.removeprefix(f"{LISTING}/")
        if name in self.products:
            return Answer(packed(self.products[name].listed()))
        return Answer(packed({"error": "NOT_FOUND"}), NOT_FOUND)

    def stamp(self, at_ms: float) -> str:
        """A market time as RFC 3339, to the µs."""
        at = self._epoch + timedelta(microseconds=int(at_ms * 1000.0))
        return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"

    def frame(self, channel: str, event: dict[str, Any]) -> bytes:
        """A frame that a connection has yet to number."""
        head = {"channel": channel, "client_id": "", "timestamp": self.stamp(self.world.now_ms)}
        return packed(head | {"sequence_num": -1, "events": [event]})

    def _beat(self, at_ms: float) -> None:
        self._beats += 1
        at = self.stamp(at_ms).replace("T", " ").replace("Z", "000+00:00")
        event = {"current_time": at, "heartbeat_counter": self._beats}
        self.publish("heartbeats", self.frame("heartbeats", event))


class CoinbaseClient(Client):
    """A connection."""

    venue: Coinbase

    def __init__(self, venue: Coinbase, send: Send, wall_s: float) -> None:
        super().__init__(venue, send, wall_s)
        self._number = 0
        self._seen = 0

    def deliver(self, topic: str, frame: bytes) -> None:
        """The next number of the connection goes in."""
        del topic
        numbered = frame.replace(_UNNUMBERED, b'"sequence_num":%d' % self._number, 1)
        self._number += 1
        self.send(numbered)

    def receive(self, text: bytes, wall_s: float) -> None:
        """Subscribe and unsubscribe."""
        self.limit(wall_s, MESSAGES_PER_S, 1.0)
        try:
            message: Any = orjson.loads(text)
            what, channel = message["type"], message["channel"]
            names = [str(name) for name in message.get("product_ids", [])]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            self._error("failed to parse message")
            return
        if what not in ("subscribe", "unsubscribe"):
            self._error(f"type {what} is not known")
            return
        if channel == "heartbeats":
            topics = {"heartbeats": ""}
        elif channel in CHANNELS and all(name in self.venue.products for name in names):
            topics = {f"{channel}:{name}": name for name in names}
        else:
            self._error(f"channel {channel} or one of its products is not known")
            return
        fresh = {topic: name for topic, name in topics.items() if topic not in self.topics}
        if what == "unsubscribe":
            for topic in topics:
                self.unsubscribe(topic)
            self._confirm()
            return
        for topic in fresh:
            self.subscribe(topic)
        self._confirm()
        for name in filter(None, fresh.values()):
            self.venue.products[name].greet(channel, self)

    def tick(self, wall_s: float) -> None:
        """Cut who subscribes nothing, and who gets nothing. Raises Leave."""
        if not self.topics and wall_s - self.opened_s > FIRST_MESSAGE_S:
            cut("no subscription within 5 s")
        if self.sent != self._seen:
            self._seen, self.heard_s = self.sent, wall_s
        if wall_s - self.heard_s > IDLE_S:
            cut("idle")

    def _confirm(self) -> None:
        subscriptions: dict[str, list[str]] = {}
        for topic in self.topics:
            channel, _, name = topic.partition(":")
            subscriptions.setdefault(channel, []).append(name or "heartbeats")
        event = {"subscriptions": subscriptions}
        self.deliver("", self.venue.frame("subscriptions", event))

    def _error(self, text: str) -> None:
        self.send(packed({"type": "error", "message": text}))
