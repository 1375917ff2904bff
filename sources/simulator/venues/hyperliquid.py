"""Hyperliquid: subscriptions one by one, pings, `info` by POST, accounts that anybody may watch."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import orjson

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
from sources.simulator.venues.hyperliquid_market import MOST_LEVERAGE, Coin, told
from sources.simulator.world.accounts import Account
from sources.simulator.world.world import World

PATH: Final = "/ws"
SILENCE_S: Final = 60.0
MOST_SUBSCRIPTIONS: Final = 1000
MOST_USERS: Final = 10
MESSAGES_PER_MINUTE: Final = 2000
BLOCK_MS: Final = 100.0
SLOW_MS: Final = 5000.0
FAST_MS: Final = 500.0
STATE_MS: Final = 5000.0
KEPT_FILLS: Final = 100
_NO_SPOT: Final[dict[str, list[Any]]] = {"universe": [], "tokens": []}
_OF_COIN: Final = ("l2Book", "bbo", "trades", "activeAssetCtx")
_OF_USER: Final = ("userFills", "userEvents", "clearinghouseState", "allDexsClearinghouseState")


class Hyperliquid(Venue):
    """The venue."""

    name = "hyperliquid"

    def __init__(self, world: World, epoch_ms: int) -> None:
        super().__init__(world, epoch_ms)
        self.coins = {name: Coin(self, own) for name, own in self.trading.items()}
        self._holders: dict[str, tuple[Coin, Account]] = {}
        self._fills: dict[str, deque[dict[str, Any]]] = {}
        for place, coin in enumerate(self.coins.values()):
            phase = 6.0 + 7.0 * place
            world.every(phase, BLOCK_MS, coin.block)
            world.every(phase + 1.0, SLOW_MS, coin.push)
            world.every(phase + 2.0, FAST_MS, coin.push_fast)
            world.every(phase + 1000.0, 1000.0, coin.tell_context)
            coin.forced.append(self._forced)
            accounts = coin.trading.accounts
            assert accounts is not None
            self._hold(coin, *accounts.opened)
            coin.trading.opened.append(lambda account, coin=coin: self._hold(coin, account))  # type: ignore[misc]
        world.every(1067.0, 1000.0, self._mids)
        world.every(STATE_MS + 68.0, STATE_MS, self._states)

    def accounts(self, most: int) -> list[str]:
        """Addresses of the biggest positions."""
        worth = {
            address: account.lots * coin.trading.market.coins(1, account.entry)
            * coin.trading.market.price(account.entry)
            for address, (coin, account) in self._holders.items()
        }  # fmt: skip
        return sorted(worth, key=lambda address: -worth[address])[:most]

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """Only the one path."""
        del query
        return HyperliquidClient(self, send, wall_s) if path == PATH else None

    def http(self, request: Request, wall_s: float) -> Answer:
        """`POST /info`."""
        del wall_s
        if request.path != "/info" or request.method != "POST":
            return Answer(b"", NOT_FOUND)
        try:
            found = self.info(orjson.loads(request.body))
        except (orjson.JSONDecodeError, TypeError, AttributeError):
            found = None
        if found is None:
            return Answer(packed("Failed to deserialize the JSON body"), BAD_REQUEST)
        return Answer(packed(found))

    def info(self, question: dict[str, Any]) -> Any:
        """An answer of `info`; None when it is not known."""
        coin = self.coins.get(question.get("coin", ""))
        user = str(question.get("user", "")).lower()
        match question.get("type"):
            case "meta":
                return self._meta()
            case "metaAndAssetCtxs":
                return [self._meta(), [one.context() for one in self.coins.values()]]
            case "spotMeta":
                return _NO_SPOT
            case "spotMetaAndAssetCtxs":
                return [_NO_SPOT, []]
            case "perpDexs":
                return [None]
            case "allMids":
                return {name: one.mid_text() for name, one in self.coins.items()}
            case "l2Book" if coin is not None:
                return coin.book(20)
            case "recentTrades" if coin is not None:
                return list(coin.recent)
            case "clearinghouseState" if user:
                return self.state(user)
            case "userFills" if user:
                return list(self._fills.get(user, ()))
        return None

    def state(self, user: str) -> dict[str, Any]:
        """State of an address; one that nobody has holds nothing."""
        coin, account = self._holders.get(user, (next(iter(self.coins.values())), None))
        return coin.state(account)

    def greet(self, kind: str, of: str, client: Client) -> None:
        """What a new listener of an account or of all mids gets at once."""
        if kind == "userFills":
            fills = list(self._fills.get(of, ()))
            client.send(told(kind, {"isSnapshot": True, "user": of, "fills": fills}))
        elif kind == "allMids":
            client.send(told(kind, {"mids": self.info({"type": "allMids"})}))
        elif kind != "userEvents":
            client.send(self._state_frame(kind, of))

    def _hold(self, coin: Coin, *accounts: Account) -> None:
        for account in accounts:
            self._holders[account.address] = coin, account

    def _forced(self, coin: Coin, account: Account, fill: dict[str, Any]) -> None:
        del coin
        user = account.address
        self._fills.setdefault(user, deque(maxlen=KEPT_FILLS)).append(fill)
        data = {"user": user, "fills": [fill]}
        self.publish(f"userFills:{user}", told("userFills", data))
        self.publish(f"userEvents:{user}", told("user", {"fills": [fill]}))

    def _mids(self, at_ms: float) -> None:
        del at_ms
        if self.wanted("allMids"):
            self.publish("allMids", told("allMids", {"mids": self.info({"type": "allMids"})}))

    def _states(self, at_ms: float) -> None:
        del at_ms
        for topic in [topic for topic, who in self.topics.items() if who]:
            kind, _, user = topic.partition(":")
            if kind in ("clearinghouseState", "allDexsClearinghouseState"):
                self.publish(topic, self._state_frame(kind, user))

    def _state_frame(self, kind: str, user: str) -> bytes:
        state = self.state(user)
        if kind == "clearinghouseState":
            return told(kind, {"dex": "", "user": user, "clearinghouseState": state})
        return told(kind, {"user": user, "clearinghouseStates": [["", state]]})

    def _meta(self) -> dict[str, Any]:
        universe = [
            {"name": name, "szDecimals": one.trading.market.size_decimals,
             "maxLeverage": MOST_LEVERAGE, "marginTableId": MOST_LEVERAGE}
            for name, one in self.coins.items()
        ]  # fmt: skip
        return {"universe": universe, "marginTables": []}


class HyperliquidClient(Client):
    """A connection."""

    venue: Hyperliquid

    def receive(self, text: bytes, wall_s: float) -> None:
        """Subscribe, unsubscribe, ping, post."""
        self.heard_s = wall_s
        self.limit(wall_s, MESSAGES_PER_MINUTE, 60.0)
        try:
            message: Any = orjson.loads(text)
            method = message["method"]
            wanted = message.get("subscription")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            self._error(f"Error parsing JSON into valid websocket request: {text.decode()[:200]}")
            return
        if method == "ping":
            self.send(b'{"channel":"pong"}')
        elif method == "post":
            self._post(message)
        elif method in ("subscribe", "unsubscribe") and isinstance(wanted, dict):
            self._subscribe(method, wanted)
        else:
            self._error(f"Invalid method {method}")

    def tick(self, wall_s: float) -> None:
        """Cut who has been silent for a minute. Raises Leave."""
        if wall_s - self.heard_s > SILENCE_S:
            cut("silent for a minute")

    def _subscribe(self, method: str, wanted: dict[str, Any]) -> None:
        kind = str(wanted.get("type"))
        of = str(wanted.get("coin") or str(wanted.get("user", "")).lower())
        shown = orjson.dumps(wanted).decode()
        coin = self.venue.coins.get(of) if kind in _OF_COIN else None
        known = coin is not None or (kind in _OF_USER and of.startswith("0x")) or kind == "allMids"
        if not known:
            self._error(f"Invalid subscription {shown}")
            return
        topic = f"{kind}:{of}" if of else kind
        topic += ":fast" if kind == "l2Book" and wanted.get("fast") else ""
        if method == "unsubscribe":
            if not self.unsubscribe(topic):
                self._error(f"Already unsubscribed: {shown}")
                return
            self._confirm(method, wanted)
            return
        if topic in self.topics:
            self._error(f"Already subscribed: {shown}")
            return
        users = {name.partition(":")[2] for name in self.topics if name.startswith(_OF_USER)}
        if len(self.topics) >= MOST_SUBSCRIPTIONS or (
            kind in _OF_USER and len(users | {of}) > MOST_USERS
        ):
            self._error(f"Cannot track more: {shown}")
            return
        self._confirm(method, wanted)
        if coin is not None:
            coin.greet(topic, self)
        else:
            self.venue.greet(kind, of, self)
        self.subscribe(topic)

    def _confirm(self, method: str, wanted: dict[str, Any]) -> None:
        extra = {"nSigFigs": None, "mantissa": None} if wanted.get("type") == "l2Book" else {}
        data = {"method": method, "subscription": extra | wanted}
        self.send(told("subscriptionResponse", data))

    def _post(self, message: dict[str, Any]) -> None:
        request = message.get("request") or {}
        question = request.get("payload") or {}
        found = self.venue.info(question) if request.get("type") == "info" else None
        payload = {"type": question.get("type"), "data": found}
        response = {"type": "info" if found is not None else "error", "payload": payload}
        self.send(told("post", {"id": message.get("id"), "response": response}))

    def _error(self, text: str) -> None:
        self.send(told("error", text))
