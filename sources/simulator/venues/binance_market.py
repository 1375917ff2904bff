"""One Binance market: what its streams say, as frames, when something happens or is due."""

from typing import Any, Final

from sources.simulator.book import BID, Top
from sources.simulator.venues.hub import Venue, packed
from sources.simulator.venues.levels import Told
from sources.simulator.world.engine import Match
from sources.simulator.world.trading import Liquidation, Trading

PUSH_MS: Final = 2  # between the engine's time and the push
FORCE_WINDOW_MS: Final = 1000  # of these only the latest forced order is told


class Depth:
    """One depth stream of one market, at its own cadence."""

    def __init__(self, market: "BinanceMarket", stream: str) -> None:
        self.market = market
        self.topic = f"{market.stream}@{stream}"
        self._told: Told | None = None
        self._first = self._last = 0

    def changed(self, update: int) -> None:
        """A book update happened."""
        self._first = self._first or update

    def push(self, at_ms: float) -> None:
        """The cadence: tell what has changed, if anybody listens."""
        market = self.market
        if not market.venue.wanted(self.topic):
            self._told = None
            return
        engine = market.trading.engine
        if self._told is None:
            self._told = Told(engine.book)
            self._told.tell()
            self._first, self._last = 0, engine.update
            return
        if not self._first:
            return
        bids, asks = self._told.tell()
        first = self._last + 1 if market.dense else self._first
        frame: dict[str, Any] = {"e": "depthUpdate", "E": market.venue.ms(at_ms)}
        if not market.dense:
            frame |= {"E": frame["E"] + PUSH_MS, "T": frame["E"]}
        frame |= {"s": market.symbol}
        if not market.dense:
            frame |= {"ps": market.pair}
        frame |= {"U": first, "u": engine.update}
        if not market.dense:
            frame |= {"pu": self._last}
        frame |= {"b": market.levels(bids), "a": market.levels(asks)} | market.tail
        self._first, self._last = 0, engine.update
        market.venue.publish(self.topic, packed(frame))


class BinanceMarket:
    """A market of any of Binance's products. `product` is `st` of its frames, 0 for spot."""

    def __init__(self, venue: Venue, trading: Trading, product: int) -> None:
        self.venue = venue
        self.trading = trading
        self.symbol = trading.market.symbol
        self.stream = self.symbol.lower()
        self.pair = self.symbol.partition("_")[0]
        self.dense = product == 0
        self.tail: dict[str, Any] = {"st": product} if product else {}
        self.depths: list[Depth] = []
        self.aggregates = 3 * 10**9
        self.quote_volume = self.volume = 0.0
        self.last_price = trading.market.start_ticks
        self._forced: Liquidation | None = None
        trading.engine.listeners.append(self)
        trading.watchers.append(self)

    def levels(self, levels: list[tuple[int, int]]) -> list[tuple[str, str]]:
        """Levels as text."""
        market = self.trading.market
        return [(market.price_text(px), market.size_text(lots)) for px, lots in levels]

    def changed(self, update: int) -> None:
        """A book update happened."""
        for depth in self.depths:
            depth.changed(update)

    def topped(self, at_ms: float, update: int, top: Top) -> None:
        """A `bookTicker` frame; that of spot has neither name nor time."""
        market, ms = self.trading.market, self.venue.ms(at_ms)
        frame: dict[str, Any] = {} if self.dense else {"e": "bookTicker"}
        frame |= {"u": update, "s": self.symbol}
        if not self.dense:
            frame |= {"ps": self.pair}
        frame |= {
            "b": market.price_text(top.bid),
            "B": market.size_text(top.bid_lots),
            "a": market.price_text(top.ask),
            "A": market.size_text(top.ask_lots),
        }
        if not self.dense:
            frame |= {"T": ms, "E": ms + PUSH_MS}
        body = packed(frame | self.tail)
        self.venue.publish(f"{self.stream}@bookTicker", body)
        if not self.dense:
            self.everywhere("!bookTicker", body)

    def matched(self, match: Match) -> None:
        """A `trade` frame per fill, an `aggTrade` frame per price."""
        market, ms = self.trading.market, self.venue.ms(match.at_ms)
        spot = {"M": True} if self.dense else {}
        prices: dict[int, list[int]] = {}  # price → lots, first trade, last trade
        for number, fill in enumerate(match.fills, match.first_trade):
            found = prices.setdefault(fill.price, [0, number, number])
            found[0], found[2] = found[0] + fill.lots, number
            frame: dict[str, Any] = {"e": "trade", "E": ms + PUSH_MS}
            frame |= {"T": ms} if not self.dense else {}
            frame |= {
                "s": self.symbol,
                "t": number,
                "p": market.price_text(fill.price),
                "q": market.size_text(fill.lots),
            }
            frame |= {"T": ms} if self.dense else {"X": "MARKET"}
            frame |= {"m": match.side < 0} | spot | self.tail
            self.venue.publish(f"{self.stream}@trade", packed(frame))
        for price, (lots, first, last) in prices.items():
            self.aggregates += 1
            size = market.size_text(lots)
            frame = {"e": "aggTrade", "E": ms + PUSH_MS, "a": self.aggregates, "s": self.symbol}
            frame |= {"p": market.price_text(price), "q": size}
            frame |= {} if self.dense else {"nq": size}
            frame |= {"f": first, "l": last, "T": ms, "m": match.side < 0} | spot | self.tail
            self.venue.publish(f"{self.stream}@aggTrade", packed(frame))
        coins = market.coins(match.lots, match.fills[-1].price)
        self.volume += coins
        self.quote_volume += coins * market.price(match.fills[-1].price)
        self.last_price = match.fills[-1].price

    def liquidated(self, done: Liquidation) -> None:
        """Keep the latest of this second."""
        self._forced = done

    def mark(self, at_ms: float) -> dict[str, Any]:
        """The data of a `markPriceUpdate` frame."""
        market, prices = self.trading.market, self.trading.prices
        assert prices is not None
        per = market.price(1.0)
        return {
            "e": "markPriceUpdate",
            "E": self.venue.ms(at_ms),
            "s": self.symbol,
            "p": f"{prices.mark * per:.8f}",
            "ap": f"{prices.mean * per:.8f}",
            "P": f"{prices.settlement * per:.8f}",
            "i": f"{prices.index * per:.8f}",
            "r": f"{prices.rate:.8f}",
            "T": self.next_funding(at_ms),
        } | self.tail

    def next_funding(self, at_ms: float) -> int:
        """Unix ms of the next whole interval."""
        interval = int(self.trading.market.funding_h * 3_600_000)
        return (self.venue.ms(at_ms) // interval + 1) * interval

    def tell_forced(self, at_ms: float) -> None:
        """The second is over: its latest forced order, if there was one."""
        done, self._forced = self._forced, None
        if done is None:
            return
        market, match = self.trading.market, done.match
        mean = match.value / match.lots
        order = {
            "s": self.symbol,
            "S": "BUY" if match.side > 0 else "SELL",
            "o": "LIMIT",
            "f": "IOC",
            "q": market.size_text(done.wanted),
            "p": market.price_text(round(done.bankrupt_at)),
            "ap": f"{market.price(mean):.{market.price_decimals}f}",
            "X": "FILLED" if match.lots == done.wanted else "PARTIALLY_FILLED",
            "l": market.size_text(match.fills[-1].lots),
            "z": market.size_text(match.lots),
            "T": self.venue.ms(match.at_ms),
            "ps": self.pair,
        } | self.tail
        body = packed({"e": "forceOrder", "E": self.venue.ms(at_ms), "o": order})
        self.venue.publish(f"{self.stream}@forceOrder", body)
        self.everywhere("!forceOrder@arr", body)

    def everywhere(self, topic: str, body: bytes) -> None:
        """Publish on an all-market stream."""
        self.venue.publish_all(topic, body)  # type: ignore[attr-defined]

    def snapshot(self, limit: int, *, times: bool) -> dict[str, Any]:
        """The whole book as REST tells it."""
        engine, now = self.trading.engine, self.venue.now
        stamps = {"E": now, "T": now} if times else {}
        bids, asks = (self.levels(engine.book.levels(side, limit)) for side in (BID, -BID))
        return {"lastUpdateId": engine.update} | stamps | {"bids": bids, "asks": asks}
