"""One OKX swap: its book, trades, mark, funding, open interest and liquidations."""

from collections.abc import Callable
from typing import Any, Final

from sources.simulator.book import ASK, BID, Top
from sources.simulator.venues.hub import Client, Venue, packed
from sources.simulator.venues.levels import Told
from sources.simulator.world.engine import Match
from sources.simulator.world.trading import Liquidation, Trading

BOOK_LEVELS: Final = 400
ALIVE_MS: Final = 60_000.0  # of quiet, after which an empty update comes
_CAP: Final = "0.00375"


def topic_of(arg: dict[str, str]) -> str:
    """What a subscription is about, as a topic."""
    which = arg.get("instId") or arg.get("instFamily") or arg.get("instType") or ""
    return f"{arg.get('channel', '')}:{which}"


class OkxMarket:
    """One swap."""

    def __init__(self, venue: Venue, trading: Trading) -> None:
        self.venue = venue
        self.trading = trading
        self.symbol = trading.market.symbol
        self.index = self.symbol.removesuffix("-SWAP")
        self._told: Told | None = None
        self._sequence = 0
        self._told_ms = 0.0
        self._forced: dict[str, str] | None = None
        self._sent: dict[str, Any] = {}  # topic → data as last told, where only changes are
        self.volume = 0.0
        self.last = trading.market.start_ticks
        trading.engine.listeners.append(self)
        trading.watchers.append(self)
        symbol = self.symbol
        self.channels: dict[str, Callable[[], dict[str, Any]]] = {
            f"bbo-tbt:{symbol}": self._top,
            f"books5:{symbol}": self._books5,
            f"mark-price:{symbol}": self.mark,
            f"funding-rate:{symbol}": self.funding,
            f"open-interest:{symbol}": self.interest,
        }
        self.topics = {*self.channels, f"books:{symbol}", f"trades:{symbol}"}

    def arg(self, channel: str) -> dict[str, str]:
        """The argument of a frame."""
        return {"channel": channel, "instId": self.symbol}

    def greet(self, topic: str, client: Client) -> None:
        """What a new listener gets at once."""
        if topic == f"books:{self.symbol}":
            if self._told is None:
                self._told = Told(self.trading.engine.book, BOOK_LEVELS)
                self._told.tell()
                self._sequence = self.trading.engine.update
            sides = self._told.known(BID), self._told.known(ASK)
            client.send(self._book("snapshot", sides, -1))
        elif topic in self.channels:
            client.send(self._frame(topic, self.channels[topic]()))

    def push(self, at_ms: float) -> None:
        """The cadence of `books` and `books5`."""
        self.tell_changed(f"books5:{self.symbol}")
        if not self.venue.wanted(f"books:{self.symbol}"):
            self._told = None
        if self._told is None:
            return
        sides = self._told.tell()
        previous = self._sequence
        if any(sides):
            self._sequence = self.trading.engine.update
        elif at_ms - self._told_ms < ALIVE_MS:
            return
        self._told_ms = at_ms
        self.venue.publish(f"books:{self.symbol}", self._book("update", sides, previous))

    def changed(self, update: int) -> None:
        """Books go by their cadence."""

    def topped(self, at_ms: float, update: int, top: Top) -> None:
        """`bbo-tbt`."""
        del at_ms, update, top
        self.tell(f"bbo-tbt:{self.symbol}")

    def matched(self, match: Match) -> None:
        """`trades`: the fills of one taker at one price are one row."""
        market = self.trading.market
        prices: dict[int, list[int]] = {}  # lots, last trade, fills
        for number, fill in enumerate(match.fills, match.first_trade):
            found = prices.setdefault(fill.price, [0, 0, 0])
            found[:] = found[0] + fill.lots, number, found[2] + 1
        self.last = match.fills[-1].price
        self.volume += market.coins(match.lots, self.last)
        for price, (lots, number, count) in prices.items():
            row = {
                "instId": self.symbol, "tradeId": str(number), "px": market.price_text(price),
                "sz": market.size_text(lots), "side": "buy" if match.side > 0 else "sell",
                "ts": str(self.venue.ms(match.at_ms)), "count": str(count), "source": "0",
                "seqId": self.trading.engine.update,
            }  # fmt: skip
            self.venue.publish(f"trades:{self.symbol}", self._frame(f"trades:{self.symbol}", row))

    def liquidated(self, done: Liquidation) -> None:
        """Keep the latest of this second."""
        market, match = self.trading.market, done.match
        self._forced = {
            "bkLoss": "0", "bkPx": market.price_text(round(done.bankrupt_at)), "ccy": "",
            "posSide": "long" if done.account.side > 0 else "short",
            "side": "buy" if match.side > 0 else "sell", "sz": market.size_text(match.lots),
            "ts": str(self.venue.ms(match.at_ms)),
        }  # fmt: skip

    def tell_forced(self, at_ms: float) -> None:
        """`liquidation-orders`: at most one order a second."""
        del at_ms
        detail, self._forced = self._forced, None
        if detail is None:
            return
        family = self.symbol.removesuffix("-SWAP")
        row = {"details": [detail], "instFamily": family, "instId": self.symbol,
               "instType": "SWAP", "uly": family}  # fmt: skip
        arg = {"channel": "liquidation-orders", "instType": "SWAP"}
        self.venue.publish("liquidation-orders:SWAP", packed({"arg": arg, "data": [row]}))

    def tell(self, topic: str) -> None:
        """Tell the present state of a channel."""
        if self.venue.wanted(topic):
            self.venue.publish(topic, self._frame(topic, self.channels[topic]()))

    def tell_changed(self, topic: str) -> None:
        """Tell it unless only its time has changed."""
        if not self.venue.wanted(topic):
            return
        row = self.channels[topic]()
        values = {key: value for key, value in row.items() if key not in ("ts", "seqId")}
        if self._sent.get(topic) != values:
            self._sent[topic] = values
            self.venue.publish(topic, self._frame(topic, row))

    def told_at(self, topic: str, at_ms: float) -> None:
        """The time of a channel has come."""
        del at_ms
        self.tell(topic)

    def changed_at(self, topic: str, at_ms: float) -> None:
        """The time of a channel has come that tells changes only."""
        del at_ms
        self.tell_changed(topic)

    def mark(self) -> dict[str, Any]:
        """`mark-price`."""
        market, prices = self.trading.market, self.trading.prices
        assert prices is not None
        px = f"{market.price(prices.mark):.{market.price_decimals}f}"
        return {"instId": self.symbol, "instType": "SWAP", "markPx": px, "ts": str(self.venue.now)}

    def funding(self) -> dict[str, Any]:
        """`funding-rate`."""
        market, prices = self.trading.market, self.trading.prices
        assert prices is not None
        interval = int(market.funding_h * 3_600_000)
        at = (self.venue.now // interval + 1) * interval
        return {
            "fundingRate": f"{prices.rate:.10f}", "fundingTime": str(at), "instId": self.symbol,
            "instType": "SWAP", "method": "current_period", "maxFundingRate": _CAP,
            "minFundingRate": f"-{_CAP}", "nextFundingRate": "",
            "nextFundingTime": str(at + interval), "premium": f"{prices.premium:.10f}",
            "settFundingRate": f"{prices.rate:.10f}", "settState": "settled",
            "ts": str(self.venue.now),
        }  # fmt: skip

    def interest(self) -> dict[str, Any]:
        """`open-interest`, one-sided."""
        market, accounts, prices = self.trading.market, self.trading.accounts, self.trading.prices
        assert accounts is not None and prices is not None
        coins = market.coins(accounts.open_lots, prices.mark)
        return {
            "instId": self.symbol, "instType": "SWAP", "oi": market.size_text(accounts.open_lots),
            "oiCcy": f"{coins:.8f}", "oiUsd": f"{coins * market.price(prices.mark):.4f}",
            "ts": str(self.venue.now),
        }  # fmt: skip

    def levels(self, side: int, levels: list[tuple[int, int]]) -> list[list[str]]:
        """Levels as the venue writes them, with the number of orders."""
        market, book = self.trading.market, self.trading.engine.book
        return [
            [market.price_text(px), market.size_text(lots) if lots else "0", "0",
             str(book.orders(side, px))]
            for px, lots in levels
        ]  # fmt: skip

    def _top(self) -> dict[str, Any]:
        return self._first(1)

    def _books5(self) -> dict[str, Any]:
        return self._first(5) | {"instId": self.symbol}

    def _first(self, most: int) -> dict[str, Any]:
        engine = self.trading.engine
        sides = {
            name: self.levels(side, engine.book.levels(side, most))
            for name, side in (("asks", ASK), ("bids", BID))
        }
        return sides | {"ts": str(self.venue.now), "seqId": engine.update}

    def _book(self, action: str, sides: Any, previous: int) -> bytes:
        row = {
            "asks": self.levels(ASK, sides[1]), "bids": self.levels(BID, sides[0]),
            "ts": str(self.venue.now), "checksum": 0, "seqId": self._sequence,
            "prevSeqId": previous,
        }  # fmt: skip
        return packed({"arg": self.arg("books"), "action": action, "data": [row]})

    def _frame(self, topic: str, row: dict[str, Any]) -> bytes:
        return packed({"arg": self.arg(topic.partition(":")[0]), "data": [row]})
