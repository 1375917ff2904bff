"""Our own sessions listening to a simulated venue: frames in, a book and trades out."""

from collections import Counter
from math import isnan
from typing import Any

import numpy as np

from schemas.chunk import Chunk
from schemas.control import Gap, Rejected, Wish
from sources.lines import index_lines
from sources.registry import session_for
from sources.simulator.book import ASK, BID
from sources.simulator.venues.hub import Client, Request, Venue
from sources.simulator.world.trading import Trading
from sources.simulator.world.universe import MARKETS
from sources.simulator.world.world import World

EPOCH_MS = 1_767_614_400_000
MS = 1_000_000
NONE = np.zeros(0, np.bool_)
SEED = 5


class Mute(Client):
    """A client whom nobody understands."""

    def receive(self, text: bytes, wall_s: float) -> None:
        """Nothing comes of it."""


def small_world(
    *venues: str, name: str = "calm", assets: tuple[str, ...] = ("BTC",), seed: int = SEED
) -> World:
    """A world of a few markets; the spot markets are always there, for the index."""
    wanted = [
        market
        for market in MARKETS
        if market.asset.name in assets and market.venue in (*venues, "binance-spot")
    ]
    return World(seed, name, 2.0, markets=wanted)


class Matches:
    """What the engine says of trades, from when it is asked."""

    def __init__(self, trading: Trading) -> None:
        self.trading = trading
        self.fills: list[tuple[float, float, int]] = []  # price, coins, taker
        self.forced: list[Any] = []
        trading.engine.listeners.append(self)
        trading.watchers.append(self)

    def matched(self, match: Any) -> None:
        market = self.trading.market
        self.fills += [
            (market.price(fill.price), market.coins(fill.lots, fill.price), match.side)
            for fill in match.fills
        ]

    def changed(self, update: int) -> None:
        """Nothing to note."""

    def topped(self, *_: Any) -> None:
        """Nothing to note."""

    def liquidated(self, done: Any) -> None:
        self.forced.append(done)


class Ear:
    """One connection to a venue, heard by our session. `answers` are given to its wishes."""

    def __init__(self, venue: Venue, path: str, name: str, query: dict[str, str] | None = None):
        self.venue, self.name = venue, name
        self.session = session_for(name, "c", lambda instrument: instrument)
        self.frames: list[bytes] = []
        self._lines: list[bytes] = []
        self._count = 0
        self._stamp = 0
        self.items: list[Any] = []
        self.books: dict[str, dict[int, dict[int, float]]] = {}
        client = venue.open(path, query or {}, self._send, 0.0)
        assert client is not None
        self.client = client

    def say(self, *messages: bytes, wall_s: float = 0.0) -> None:
        for place, message in enumerate(messages):
            self.client.receive(message, wall_s + 0.3 * place)

    def _send(self, frame: bytes) -> None:
        self.frames.append(frame)
        self._line(frame)

    def _line(self, payload: bytes) -> None:
        now = (EPOCH_MS * MS) + int(self.venue.world.now_ms * MS)
        self._stamp = max(self._stamp + 1, now)
        self._lines.append(b"%d %s\n" % (self._stamp, payload))

    def hear(self) -> None:
        """Let the session read what has come; its wishes are answered at once."""
        data, self._lines = b"".join(self._lines), []
        if not data:
            return
        lines = index_lines(np.frombuffer(data, np.uint8), self._count + 1)
        self._count += len(lines)
        found = self.session.lines(lines, lines.received_ns, NONE)
        self.items += found
        for item in found:
            if isinstance(item, Chunk) and item.kind == "book":
                self._apply(item)
            elif isinstance(item, Wish):
                self.fetch(item.url)

    def fetch(self, url: str, method: str = "GET", body: bytes = b"") -> bytes:
        """Ask by REST; the answer is a line."""
        request = to_request(url, method, body)
        answer = self.venue.http(request, 0.0)
        assert answer.status == 200, (url, answer)
        self._line(b"@%s %s" % (url.encode(), answer.body))
        return answer.body

    def run(self, until_ms: float, step_ms: float = 100.0) -> None:
        """Let the world go on and listen."""
        world = self.venue.world
        while world.now_ms < until_ms:
            world.run(min(until_ms, world.now_ms + step_ms))
            self.hear()

    def _apply(self, chunk: Chunk) -> None:
        book = self.books.setdefault(chunk.instrument, {BID: {}, ASK: {}})
        columns = chunk.columns
        fresh = -1
        for line, side, px, size, snapshot in zip(
            chunk.line.tolist(), columns["side"].tolist(), columns["px_ticks"].tolist(),
            columns["size"].tolist(), columns["is_snapshot"].tolist(), strict=True,
        ):  # fmt: skip
            if snapshot and line != fresh:
                fresh = line
                book[BID].clear()
                book[ASK].clear()
            if size:
                book[side][px] = size
            else:
                book[side].pop(px, None)

    # -- what was heard ----------------------------------------------------------------------

    def book(self, symbol: str) -> list[list[tuple[float, float]]]:
        """Bids and asks as (price, coins), best first."""
        name = f"{self.name}:{symbol}"
        decimals = self.session.instruments()[name].price_decimals or 0
        return [
            [
                (round(px / 10**decimals, 8), round(size, 8))
                for px, size in sorted(self.books[name][side].items(), key=lambda p: -side * p[0])
            ]
            for side in (BID, ASK)
        ]

    def rows(self, kind: str, symbol: str) -> list[dict[str, float]]:
        """Rows of a kind of one instrument, in order."""
        return [
            dict(zip(chunk.columns, row, strict=True))
            for chunk in self.items
            if isinstance(chunk, Chunk)
            and (chunk.kind, chunk.instrument) == (kind, f"{self.name}:{symbol}")
            for row in zip(*(column.tolist() for column in chunk.columns.values()), strict=True)
        ]

    def fills(self, symbol: str) -> list[tuple[float, float, int]]:
        """Trades as (price, coins, taker)."""
        return [(r["px"], r["size_base"], int(r["taker"])) for r in self.rows("trade", symbol)]

    def bad(self) -> list[Any]:
        """Gaps and rejected lines."""
        return [item for item in self.items if isinstance(item, Gap | Rejected)]


def to_request(url: str, method: str = "GET", body: bytes = b"") -> Request:
    """A request for a URL, whatever its host."""
    rest = url.split("://", 1)[-1]
    path, _, query = rest[rest.index("/") :].partition("?")
    pairs = dict(part.split("=", 1) for part in query.split("#")[0].split("&") if part)
    return Request(method, path.split("#")[0], pairs, body, "test")


def engine_book(trading: Trading, most: int | None = None) -> list[list[tuple[float, float]]]:
    """The engine's own book as (price, coins), best first."""
    market = trading.market
    return [
        [
            (round(market.price(px), 8), round(market.coins(lots, px), 8))
            for px, lots in trading.engine.book.levels(side, most)
        ]
        for side in (BID, ASK)
    ]


def stated(rows: list[dict[str, float]]) -> dict[str, float]:
    """The last value of each column that is one."""
    return {name: value for row in rows for name, value in row.items() if not isnan(value)}


def merged(fills: list[tuple[float, float, int]], places: int = 9) -> Counter[Any]:
    """Coins by (price, taker), rounded, for venues that join fills of one order."""
    found: Counter[Any] = Counter()
    for px, coins, taker in fills:
        found[px, taker] += coins
    return Counter({key: round(coins, places) for key, coins in found.items()})


def rounded(fills: list[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    """Fills with sizes that compare."""
    return [(px, round(coins, 9), taker) for px, coins, taker in fills]
