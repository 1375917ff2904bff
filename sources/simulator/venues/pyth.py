"""Pyth's Hermes: oracle prices of the world's assets, each sent once a slot to whoever wants it.

It trades nothing: `trading` names for each feed the spot market that its price comes from. One
share that is closed is listed too. No key is asked for, and there are no signed binary updates.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson

from sources.simulator.venues.hub import NOT_FOUND, Answer, Client, Request, Send, Venue, packed
from sources.simulator.venues.pyth_market import FIRST_SLOT, SLOT_MS, OracleFeed
from sources.simulator.world.world import World

PATH: Final = "/ws"
LISTING: Final = "/v2/price_feeds"
LATEST: Final = "/v2/updates/price/latest"
CLOSED: Final = "Equity.US.COIN/USD"
CLOSED_PRICE: Final = 250.0
CLOSED_FOR_MS: Final = 9 * 3_600_000
PYTHNET: Final = 26  # its number as a chain
_SPOT: Final = "binance-spot"
_ID_BYTES: Final = 32


class Pyth(Venue):
    """The venue."""

    name = "pyth"

    def __init__(self, world: World, epoch_ms: int) -> None:
        super().__init__(world, epoch_ms)
        self.feeds: dict[str, OracleFeed] = {}  # by id
        for place, asset in enumerate(world.assets):
            own = [one for one in world.trading.values() if one.market.asset is asset]
            spot = [one for one in own if one.market.venue == _SPOT]
            if spot:
                symbol = f"Crypto.{asset.name}/USD"
                self._add(OracleFeed(symbol, partial(world.index.__getitem__, place), own))
                self.trading[symbol] = spot[0]
        closed_ms = epoch_ms - CLOSED_FOR_MS
        self._add(OracleFeed(CLOSED, lambda: CLOSED_PRICE, closed_ms=closed_ms))
        self._publish(0.0)
        world.every(float(SLOT_MS), float(SLOT_MS), self._publish)

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """Only `/ws`."""
        del query
        return PythClient(self, send, wall_s) if path == PATH else None

    def http(self, request: Request, wall_s: float) -> Answer:
        """The listing, and the latest price of one feed."""
        del wall_s
        if request.path == LISTING:
            wanted = request.query.get("query", "").lower()
            kind = request.query.get("asset_type", "").lower()
            rows = [feed.listed() for feed in self.feeds.values() if wanted in feed.symbol.lower()]
            return Answer(packed([row for row in rows if kind in _kind_of(row)]))
        feed = self.feeds.get(request.query.get("ids[]", "").removeprefix("0x").lower())
        if request.path == LATEST and feed is not None:
            about = {"proof_available_time": self.now // 1000}
            parsed = [feed.told(about)]
            return Answer(packed({"binary": {"encoding": "hex", "data": []}, "parsed": parsed}))
        return Answer(b"Price ids not found", NOT_FOUND)

    def _add(self, feed: OracleFeed) -> None:
        self.feeds[feed.id] = feed

    def _publish(self, at_ms: float) -> None:
        """Everything in a slot, to whoever listens."""
        slot = FIRST_SLOT + int(at_ms) // SLOT_MS
        for feed in self.feeds.values():
            feed.publish(slot, self.ms(at_ms))
            for client, verbose in self._listeners(feed):
                about = {"emitter_chain": PYTHNET, "price_service_receive_time": feed.publish_s}
                told = feed.told(about if verbose else None)
                client.deliver(feed.id, packed({"type": "price_update", "price_feed": told}))

    def _listeners(self, feed: OracleFeed) -> list[tuple[Client, bool]]:
        return [(client, client.topics[feed.id]) for client in self.topics.get(feed.id, ())]


class PythClient(Client):
    """A connection."""

    venue: Pyth

    def receive(self, text: bytes, wall_s: float) -> None:
        """Subscribe and unsubscribe; a message with one unknown id does nothing."""
        del wall_s
        try:
            message: Any = orjson.loads(text)
            what = message["type"]
            ids = [_id(one) for one in message["ids"]]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
            self._error(f"{type(error).__name__} in a message")
            return
        unknown = [one for one in ids if one not in self.venue.feeds]
        if what == "subscribe":
            if unknown and not message.get("ignore_invalid_price_ids"):
                self._error(f"Price feed(s) with id(s) {_shown(unknown)} not found")
                return
            for one in ids:
                if one in self.venue.feeds:
                    self.subscribe(one, bool(message.get("verbose")))
        elif what == "unsubscribe":
            for one in ids:
                self.unsubscribe(one)
        else:
            self._error(f"unknown variant `{what}`")
            return
        self.send(packed({"type": "response", "status": "success"}))

    def _error(self, text: str) -> None:
        self.send(packed({"type": "response", "status": "error", "error": text}))


def _kind_of(row: Mapping[str, Any]) -> str:
    return str(row["attributes"]["asset_type"]).lower()


def _id(text: str) -> str:
    """An id as it is kept. Raises ValueError."""
    found = bytes.fromhex(text.removeprefix("0x"))
    if len(found) != _ID_BYTES:
        message = "an id has 32 bytes"
        raise ValueError(message)
    return found.hex()


def _shown(ids: Sequence[str]) -> str:
    return "[" + ", ".join(f"0x{one}" for one in ids) + "]"
