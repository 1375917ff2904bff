"""Binance: USD-M (two tiers of streams), COIN-M and spot, as one set of rules with three forms.

A SUBSCRIBE is acknowledged whatever it names; on the wrong tier, or on the retired paths of USD-M,
no frame ever comes. All-market streams of the two futures products tell of both on both hosts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sources.simulator.venues import binance_rest as rest
from sources.simulator.venues.binance_market import FORCE_WINDOW_MS, BinanceMarket, Depth
from sources.simulator.venues.hub import (
    Answer,
    Client,
    Request,
    Send,
    Venue,
    Weights,
    cut,
    packed,
)
from sources.simulator.world.world import World

MOST_STREAMS: Final = 1024
LIFETIME_S: Final = 86_400.0
_PUBLIC: Final = ("depth", "bookTicker", "trade")


@dataclass(frozen=True, slots=True)
class Form:
    """What differs between the products."""

    name: str
    product: int  # `st`; 0: spot
    depths: tuple[tuple[str, int], ...]  # stream, period in ms
    tiers: bool
    messages_per_s: int
    rest: str  # prefix of its REST paths
    weight: int  # per minute


_FUTURES: Final = (("depth@100ms", 100), ("depth", 250), ("depth@500ms", 500))
USDM: Final = Form("binance-usdm", 1, _FUTURES, True, 10, "/fapi/v1", 2400)
COINM: Final = Form("binance-coinm", 2, _FUTURES, False, 10, "/dapi/v1", 2400)
SPOT: Final = Form(
    "binance-spot", 0, (("depth@100ms", 100), ("depth", 1000)), False, 5, "/api/v3", 6000
)
FORMS: Final = {form.name: form for form in (USDM, COINM, SPOT)}


class Binance(Venue):
    """One product."""

    def __init__(self, form: Form, world: World, epoch_ms: int) -> None:
        self.form = form
        self.name = form.name
        super().__init__(world, epoch_ms)
        self.family: list[Binance] = [self]  # whose all-market streams are one
        self.weights = Weights(form.weight)
        self.markets = {
            symbol: BinanceMarket(self, trading, form.product)
            for symbol, trading in self.trading.items()
        }
        for place, market in enumerate(self.markets.values()):
            for stream, period_ms in form.depths:
                depth = Depth(market, stream)
                market.depths.append(depth)
                world.every(float(7 * place + 3), float(period_ms), depth.push)
        if form.product:
            world.every(1000.0, 1000.0, self._marks)
            world.every(1055.0, float(FORCE_WINDOW_MS), self._forced)

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """`[/<tier>]/ws[/<stream>…]` or `[/<tier>]/stream[?streams=a/b]`."""
        parts = [part for part in path.split("/") if part]
        tier = ""
        if self.form.tiers and parts and parts[0] in ("public", "market", "private"):
            tier = parts.pop(0)
        if not parts or parts[0] not in ("ws", "stream"):
            return None
        combined = parts.pop(0) == "stream"
        streams = query.get("streams", "").split("/") if combined else parts
        client = BinanceClient(self, send, wall_s, tier, combined=combined)
        for stream in filter(None, streams):
            client.add(stream)
        return client

    def http(self, request: Request, wall_s: float) -> Answer:
        """A REST answer, with the weight used so far in its headers."""
        return rest.answer(self, request, wall_s)

    def farewell(self) -> bytes | None:
        """Spot announces it; nothing is known of the futures."""
        return None if self.form.product else packed({"e": "serverShutdown", "E": self.now})

    def publish_all(self, topic: str, body: bytes) -> None:
        """Publish on an all-market stream of every product of the family."""
        for venue in self.family:
            venue.publish(topic, body)

    def _marks(self, at_ms: float) -> None:
        third = round(at_ms / 1000.0) % 3 == 0
        marks = {market.stream: market.mark(at_ms) for market in self.markets.values()}
        for stream, mark in marks.items():
            self.publish(f"{stream}@markPrice@1s", packed(mark))
            if third:
                self.publish(f"{stream}@markPrice", packed(mark))
        body = packed(list(marks.values()))
        self.publish_all("!markPrice@arr@1s", body)
        if third:
            self.publish_all("!markPrice@arr", body)

    def _forced(self, at_ms: float) -> None:
        for market in self.markets.values():
            market.tell_forced(at_ms)


class BinanceClient(Client):
    """A connection of a tier."""

    venue: Binance

    def __init__(
        self, venue: Binance, send: Send, wall_s: float, tier: str, *, combined: bool
    ) -> None:
        super().__init__(venue, send, wall_s)
        self._tier = tier
        self._combined = combined
        self._named: dict[str, None] = {}

    def receive(self, text: bytes, wall_s: float) -> None:
        """SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS."""
        self.limit(wall_s, self.venue.form.messages_per_s, 1.0)
        try:
            message: Any = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            self.send(packed({"code": 3, "msg": f"Invalid JSON: {error}"}))
            return
        known = isinstance(message, dict)
        number = message.get("id") if known else None
        method = message.get("method") if known else None
        params = message.get("params", []) if known else None
        if method == "LIST_SUBSCRIPTIONS":
            self.send(packed({"result": list(self._named), "id": number}))
            return
        if method not in ("SUBSCRIBE", "UNSUBSCRIBE") or not isinstance(params, list):
            text_of = f"Invalid request: unknown variant `{method}`"
            self.send(packed({"code": 2, "msg": text_of, "id": number}))
            return
        act = self.add if method == "SUBSCRIBE" else self._remove
        for stream in map(str, params):
            act(stream)
        self.send(packed({"result": None, "id": number}))

    def tick(self, wall_s: float) -> None:
        """After a day the venue cuts."""
        if wall_s - self.opened_s > LIFETIME_S:
            cut("24 hours")

    def add(self, stream: str) -> None:
        """Subscribe a stream. Raises Leave past the limit."""
        if len(self._named) >= MOST_STREAMS:
            cut("too many streams")
        self._named[stream] = None
        if self._flows(stream):
            self.subscribe(stream)

    def _remove(self, stream: str) -> None:
        self._named.pop(stream, None)
        self.unsubscribe(stream)

    def _flows(self, stream: str) -> bool:
        """Whether the tier has it."""
        if not self.venue.form.tiers:
            return True
        what = stream.removeprefix("!") if stream[:1] == "!" else stream.partition("@")[2]
        public = what.partition("@")[0].startswith(_PUBLIC)
        return self._tier == ("public" if public else "market")

    def deliver(self, topic: str, frame: bytes) -> None:
        """Bare, or with the name of its stream."""
        if self._combined:
            frame = b'{"stream":"%s","data":%s}' % (topic.encode(), frame)
        self.send(frame)
