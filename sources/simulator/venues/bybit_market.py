"""One Bybit linear contract: books of N levels, trades, ticker, liquidations."""

from typing import Any, Final

from sources.simulator.book import ASK, BID, Top
from sources.simulator.venues.hub import Client, Venue, packed
from sources.simulator.venues.levels import Told
from sources.simulator.world.engine import Match
from sources.simulator.world.trading import Liquidation, Trading

DEPTHS: Final = {50: 20.0, 200: 100.0, 1000: 200.0}  # levels → period in ms
REPEAT_MS: Final = 3000.0  # depth 1 without a change
PUSH_MS: Final = 2
_MOST_FILLS: Final = 1024
_CAP: Final = "0.005"


class Book:
    """One book stream; `u` rises by one with every frame that changes it."""

    def __init__(self, market: "BybitMarket", most: int) -> None:
        self.market = market
        self.topic = f"orderbook.{most}.{market.symbol}"
        self._most = most
        self._told: Told | None = None
        self._u = 10**6 * most

    def greet(self, client: Client) -> None:
        """The snapshot for a new listener."""
        if self._told is None:
            self._told = Told(self.market.trading.engine.book, self._most)
            self._told.tell()
            self._u += 1
        sides = self._told.known(BID), self._told.known(ASK)
        client.send(self.market.book_frame(self.topic, "snapshot", sides, self._u))

    def push(self, at_ms: float) -> None:
        """The cadence: tell what has changed."""
        del at_ms
        if not self.market.venue.wanted(self.topic):
            self._told = None
        if self._told is None:
            return
        sides = self._told.tell()
        if any(sides):
            self._u += 1
            frame = self.market.book_frame(self.topic, "delta", sides, self._u)
            self.market.venue.publish(self.topic, frame)


class BybitMarket:
    """All streams of one contract."""

    def __init__(self, venue: Venue, trading: Trading) -> None:
        self.venue = venue
        self.trading = trading
        self.symbol = trading.market.symbol
        self.books = {f"orderbook.{most}.{self.symbol}": Book(self, most) for most in DEPTHS}
        self.top_topic = f"orderbook.1.{self.symbol}"
        self.volume = 0.0
        self._top_u = 10**6
        self._told_top_ms = 0.0
        self._told: dict[str, str] = {}  # the ticker as last told
        self._last = trading.market.start_ticks
        self._forced: list[dict[str, Any]] = []
        trading.engine.listeners.append(self)
        trading.watchers.append(self)
        self.topics = (*self.books, self.top_topic, *(
            f"{name}.{self.symbol}" for name in ("publicTrade", "tickers", "allLiquidation")
        ))  # fmt: skip

    def greet(self, topic: str, client: Client) -> None:
        """What a new listener gets at once."""
        if topic in self.books:
            self.books[topic].greet(client)
        elif topic == self.top_topic:
            client.send(self._top_frame())
        elif topic == f"tickers.{self.symbol}":
            self._told = self._told or self.ticker()
            client.send(self._ticker_frame("snapshot", self._told))

    def book_frame(self, topic: str, kind: str, sides: Any, u: int) -> bytes:
        """A book frame."""
        market, now = self.trading.market, self.venue.now
        bids, asks = (
            [(market.price_text(px), market.size_text(lots) if lots else "0") for px, lots in side]
            for side in sides
        )
        update = self.trading.engine.update
        data = {"s": self.symbol, "b": bids, "a": asks, "u": u, "seq": update}
        frame = {"topic": topic, "type": kind, "ts": now + PUSH_MS, "data": data, "cts": now}
        return packed(frame)

    def changed(self, update: int) -> None:
        """Books go by their cadence."""

    def topped(self, at_ms: float, update: int, top: Top) -> None:
        """Depth 1: a snapshot with every change."""
        del update, top
        self._top_u += 1
        self._told_top_ms = at_ms
        if self.venue.wanted(self.top_topic):
            self.venue.publish(self.top_topic, self._top_frame())

    def repeat_top(self, at_ms: float) -> None:
        """Depth 1: the same again when nothing has changed for long."""
        if at_ms - self._told_top_ms >= REPEAT_MS:
            self._told_top_ms = at_ms
            self.venue.publish(self.top_topic, self._top_frame())

    def matched(self, match: Match) -> None:
        """A frame of fills."""
        market, ms = self.trading.market, self.venue.ms(match.at_ms)
        side, fills = "Buy" if match.side > 0 else "Sell", []
        for number, fill in enumerate(match.fills[:_MOST_FILLS], match.first_trade):
            tick = "PlusTick" if fill.price > self._last else "MinusTick"
            fills.append({
                "T": ms, "s": self.symbol, "S": side, "v": market.size_text(fill.lots),
                "p": market.price_text(fill.price),
                "L": f"Zero{tick}" if fill.price == self._last else tick,
                "i": _uuid(number), "BT": False, "RPI": False, "seq": self.trading.engine.update,
            })  # fmt: skip
            self._last = fill.price
        self.volume += market.coins(match.lots, self._last)
        topic = f"publicTrade.{self.symbol}"
        frame = {"topic": topic, "type": "snapshot", "ts": ms + PUSH_MS, "data": fills}
        self.venue.publish(topic, packed(frame))

    def liquidated(self, done: Liquidation) -> None:
        """Goes into the next batch; `S` is the side of the position."""
        market, match = self.trading.market, done.match
        self._forced.append({
            "T": self.venue.ms(match.at_ms), "s": self.symbol,
            "S": "Buy" if done.account.side > 0 else "Sell",
            "v": market.size_text(match.lots), "p": market.price_text(round(done.bankrupt_at)),
        })  # fmt: skip

    def tell_forced(self, at_ms: float) -> None:
        """The batch of the last 500 ms."""
        batch, self._forced = self._forced, []
        topic = f"allLiquidation.{self.symbol}"
        if batch:
            frame = {"topic": topic, "type": "snapshot", "ts": self.venue.ms(at_ms), "data": batch}
            self.venue.publish(topic, packed(frame))

    def tell_ticker(self, at_ms: float) -> None:
        """What has changed of the ticker."""
        del at_ms
        topic = f"tickers.{self.symbol}"
        if not self.venue.wanted(topic):
            self._told = {}
            return
        now = self.ticker()
        changed = {key: text for key, text in now.items() if self._told.get(key) != text}
        self._told = now
        if changed:
            self.venue.publish(topic, self._ticker_frame("delta", changed))

    def ticker(self) -> dict[str, str]:
        """The whole ticker. Open interest counts both sides; `single…` one."""
        market, engine = self.trading.market, self.trading.engine
        prices, accounts = self.trading.prices, self.trading.accounts
        assert prices is not None and accounts is not None
        top, mark = engine.book.top(), market.price(prices.mark)
        interest = accounts.open_lots
        usd = market.coins(interest, prices.mark) * mark
        interval_ms = int(market.funding_h * 3_600_000)
        return {
            "tickDirection": "PlusTick",
            "lastPrice": market.price_text(self._last),
            "markPrice": f"{mark:.{market.price_decimals}f}",
            "indexPrice": f"{market.price(prices.index):.{market.price_decimals}f}",
            "openInterest": market.size_text(2 * interest),
            "openInterestValue": f"{2 * usd:.2f}",
            "singleOpenInterest": market.size_text(interest),
            "singleOpenInterestValue": f"{usd:.2f}",
            "volume24h": f"{self.volume:.3f}",
            "nextFundingTime": str((self.venue.now // interval_ms + 1) * interval_ms),
            "fundingRate": f"{prices.rate:.8f}",
            "fundingIntervalHour": f"{market.funding_h:.0f}",
            "fundingCap": _CAP,
            "bid1Price": market.price_text(top.bid),
            "bid1Size": market.size_text(top.bid_lots),
            "ask1Price": market.price_text(top.ask),
            "ask1Size": market.size_text(top.ask_lots),
        }

    def _ticker_frame(self, kind: str, values: dict[str, str]) -> bytes:
        data = {"symbol": self.symbol} | values
        now, update = self.venue.now, self.trading.engine.update
        topic = f"tickers.{self.symbol}"
        return packed({"topic": topic, "type": kind, "data": data, "cs": update, "ts": now})

    def _top_frame(self) -> bytes:
        book = self.trading.engine.book
        sides = book.levels(BID, 1), book.levels(ASK, 1)
        return self.book_frame(self.top_topic, "snapshot", sides, self._top_u)


def _uuid(number: int) -> str:
    digits = f"{number:015x}{0x5BD12C1 ^ number & 0xFFFFFFF:017x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
