"""OKX's public endpoint: one acknowledgement per argument, text pings, and its REST listings."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import orjson

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
from sources.simulator.venues.okx_market import OkxMarket, topic_of
from sources.simulator.venues.okx_options import OPTION_CONTRACT, OkxOptions
from sources.simulator.venues.options import Options
from sources.simulator.world.world import World

PATH: Final = "/ws/v5/public"
SILENCE_S: Final = 30.0
MOST_REQUESTS: Final = 480  # subscribe and unsubscribe, an hour and connection
MOST_BYTES: Final = 64 * 1024
CONN_ID: Final = "51d0c0de"
_DAY_COINS: Final = 400.0


class Okx(Venue):
    """The venue."""

    name = "okx"

    def __init__(self, world: World, epoch_ms: int, options: Options) -> None:
        super().__init__(world, epoch_ms)
        self.markets = {symbol: OkxMarket(self, own) for symbol, own in self.trading.items()}
        self.options = OkxOptions(self, options)
        self._indices = {
            f"{asset.name}-{quote}": place
            for place, asset in enumerate(world.assets)
            for quote in ("USDT", "USD")
        }
        self._told: dict[str, float] = {}
        self.by_topic: dict[str, Any] = dict.fromkeys(self.options.topics, self.options)
        for place, one in enumerate(self.markets.values()):
            self.by_topic |= dict.fromkeys(one.topics, one)
            phase = 4.0 + 7.0 * place
            world.every(phase, 100.0, one.push)
            mark, funding, interest = (
                f"{channel}:{one.symbol}"
                for channel in ("mark-price", "funding-rate", "open-interest")
            )
            world.every(phase + 1.0, 200.0, partial(one.changed_at, mark))
            world.every(phase + 2.0, 10_000.0, partial(one.told_at, mark))
            world.every(phase + 60_000.0, 60_000.0, partial(one.told_at, funding))
            world.every(phase + 3000.0, 3000.0, partial(one.told_at, interest))
            world.every(phase + 1000.0, 1000.0, one.tell_forced)
        self.by_topic |= dict.fromkeys((f"index-tickers:{name}" for name in self._indices), self)
        self.by_topic |= dict.fromkeys(
            (f"liquidation-orders:{kind}" for kind in ("SWAP", "FUTURES", "OPTION")), self
        )
        world.every(61.0, 100.0, self._tell_indices)
        world.every(1060.0, 1000.0, self.options.summaries)

    def greet(self, topic: str, client: Client) -> None:
        """An index at once; forced orders when there are any."""
        channel, _, name = topic.partition(":")
        if channel == "index-tickers":
            client.send(self._index(name))

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """Only the public path."""
        del query
        return OkxClient(self, send, wall_s) if path == PATH else None

    def http(self, request: Request, wall_s: float) -> Answer:
        """The envelope around rows."""
        del wall_s
        rows = self._rows(request.path, request.query)
        if rows is None:
            return Answer(b"", NOT_FOUND)
        if not rows and "instId" in request.query:
            text = "Instrument ID doesn't exist"
            return Answer(packed({"code": "51001", "msg": text, "data": []}))
        return Answer(packed({"code": "0", "msg": "", "data": rows}))

    def farewell(self) -> bytes | None:
        """The notice of an upgrade."""
        text = "The connection will soon be closed for a service upgrade. Please reconnect."
        return packed({"event": "notice", "code": "64008", "msg": text, "connId": CONN_ID})

    def _tell_indices(self, at_ms: float) -> None:
        del at_ms
        for name, place in self._indices.items():
            topic, price = f"index-tickers:{name}", self.world.index[place]
            if self.wanted(topic) and self._told.get(name) != price:
                self._told[name] = price
                self.publish(topic, self._index(name))

    def _index(self, name: str) -> bytes:
        price = self.world.index[self._indices[name]]
        row = {"instId": name, "idxPx": f"{price:.4f}", "ts": str(self.now)}
        return packed({"arg": {"channel": "index-tickers", "instId": name}, "data": [row]})

    def _rows(self, path: str, query: Mapping[str, str]) -> list[Any] | None:
        kind, name = query.get("instType", ""), query.get("instId", "")
        swaps = [one for one in self.markets.values() if name in ("", one.symbol)]
        match path:
            case "/api/v5/public/time":
                return [{"ts": str(self.now)}]
            case "/api/v5/public/underlying":
                return [list(self.options.families) if kind == "OPTION" else []]
            case "/api/v5/public/instruments" if kind == "SWAP":
                return [_swap(one) for one in swaps]
            case "/api/v5/public/instruments" if kind == "OPTION":
                family = query.get("instFamily") or query.get("uly") or ""
                return [
                    _option(one, option.expiry_ms)
                    for one, option in self.options.names.items()
                    if one.startswith(f"{family}-" if family else "") and name in ("", one)
                ]
            case "/api/v5/public/instruments":
                return []
            case "/api/v5/market/books":
                most = int(query.get("sz", "1"))
                return [
                    {
                        "asks": one.levels(-1, one.trading.engine.book.levels(-1, most)),
                        "bids": one.levels(1, one.trading.engine.book.levels(1, most)),
                        "ts": str(self.now),
                    }
                    for one in swaps
                ]
            case "/api/v5/market/tickers":
                return [_day(one) for one in swaps] if kind == "SWAP" else []
            case "/api/v5/public/open-interest":
                return [one.interest() for one in swaps]
            case "/api/v5/public/funding-rate":
                return [one.funding() for one in swaps]
            case "/api/v5/public/mark-price":
                return [one.mark() for one in swaps]
        return None


class OkxClient(Client):
    """A connection."""

    venue: Okx

    def __init__(self, venue: Okx, send: Send, wall_s: float) -> None:
        super().__init__(venue, send, wall_s)
        self._seen = 0

    def receive(self, text: bytes, wall_s: float) -> None:
        """Subscribe, unsubscribe, `ping`."""
        self.heard_s = wall_s
        if text == b"ping":
            self.send(b"pong")
            return
        self.limit(wall_s, MOST_REQUESTS, 3600.0)
        try:
            message: Any = orjson.loads(text)
            op, args = message["op"], message["args"]
            known = op in ("subscribe", "unsubscribe") and len(text) <= MOST_BYTES
        except (orjson.JSONDecodeError, KeyError, TypeError):
            known = False
        if not known or not isinstance(args, list):
            self._error("60012", f"Invalid request: {text.decode('utf-8', 'replace')[:200]}")
            return
        for arg in args:
            self._one(op, arg)

    def tick(self, wall_s: float) -> None:
        """Cut a connection on which nothing has gone either way for 30 s. Raises Leave."""
        if self.sent != self._seen:
            self._seen, self.heard_s = self.sent, wall_s
        if wall_s - self.heard_s > SILENCE_S:
            cut("silence")

    def _one(self, op: str, arg: dict[str, str]) -> None:
        topic = topic_of(arg)
        if topic not in self.venue.by_topic:
            which = next((f"{key}:{arg[key]}" for key in ("instId", "instFamily", "instType")
                          if key in arg), "instId:")  # fmt: skip
            self._error("60018", f"Wrong URL or channel:{arg.get('channel', '')},{which} doesn't "
                        "exist. Please use the correct URL, channel and parameters referring to "
                        "API document.")  # fmt: skip
            return
        self.send(packed({"event": op, "arg": arg, "connId": CONN_ID}))
        if op == "unsubscribe":
            self.unsubscribe(topic)
        elif topic not in self.topics:
            self.venue.by_topic[topic].greet(topic, self)
            self.subscribe(topic)

    def _error(self, code: str, text: str) -> None:
        told = {"event": "error", "code": code, "msg": text, "connId": CONN_ID}
        self.send(packed(told))


def _swap(one: OkxMarket) -> dict[str, str]:
    market = one.trading.market
    base, quote, _ = one.symbol.split("-")
    return {
        "instId": one.symbol, "instType": "SWAP", "instFamily": one.index, "uly": one.index,
        "baseCcy": "", "quoteCcy": "", "settleCcy": quote, "ctVal": f"{market.contract:g}",
        "ctMult": "1", "ctValCcy": base, "ctType": "linear", "tickSz": market.price_text(1),
        "lotSz": market.size_text(1), "minSz": market.size_text(1), "state": "live", "expTime": "",
        "stk": "", "optType": "", "lever": "100",
    }  # fmt: skip


def _option(name: str, expiry_ms: int) -> dict[str, str]:
    base, quote, _, strike, side = name.split("-")
    return {
        "instId": name, "instType": "OPTION", "instFamily": f"{base}-{quote}",
        "uly": f"{base}-{quote}", "baseCcy": "", "quoteCcy": "", "settleCcy": base,
        "ctVal": f"{OPTION_CONTRACT:g}", "ctMult": "1", "ctValCcy": base, "ctType": "",
        "tickSz": "0.0001", "lotSz": "1", "minSz": "1", "state": "live",
        "expTime": str(expiry_ms), "stk": strike, "optType": side, "lever": "",
    }  # fmt: skip


def _day(one: OkxMarket) -> dict[str, str]:
    market = one.trading.market
    coins = market.share * market.asset.depth_1pct * _DAY_COINS + one.volume
    return {
        "instType": "SWAP", "instId": one.symbol, "last": market.price_text(one.last),
        "vol24h": f"{coins / market.contract:.2f}", "volCcy24h": f"{coins:.4f}",
        "ts": str(one.venue.now),
    }  # fmt: skip
