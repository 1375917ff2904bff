"""One Deribit perpetual: amounts in USD, channels of frames.

Numbers are JSON numbers, whole ones without a point, as the venue writes them.
"""

from typing import Any, Final

from sources.simulator.book import ASK, BID, Top
from sources.simulator.venues.hub import Client, Venue, packed
from sources.simulator.venues.levels import Told
from sources.simulator.world.engine import Match
from sources.simulator.world.trading import Liquidation, Trading

GROUP_DEPTHS: Final = (1, 10, 20)


def notice(channel: str, data: Any) -> bytes:
    """A notification."""
    params = {"channel": channel, "data": data}
    return packed({"jsonrpc": "2.0", "method": "subscription", "params": params})


def number(value: float) -> float | int:
    """A number as the venue writes it: 63344, 63344.5."""
    return int(value) if value == int(value) else value


class Perpetual:
    """One perpetual."""

    kind = "future"

    def __init__(self, venue: Venue, trading: Trading) -> None:
        self.venue = venue
        self.trading = trading
        self.name = trading.market.symbol
        self.coin = trading.market.asset.name
        self.book = f"book.{self.name}.100ms"
        self.groups = {f"book.{self.name}.none.{most}.100ms": most for most in GROUP_DEPTHS}
        self.ticker = f"ticker.{self.name}.100ms"
        self.trades = (f"trades.{self.name}.100ms", f"trades.future.{self.coin}.100ms",
                       f"trades.any.{self.coin}.100ms")  # fmt: skip
        self.quote = f"quote.{self.name}"
        self.perpetual = f"perpetual.{self.name}.100ms"
        self.topics = (self.book, *self.groups, self.ticker, *self.trades, self.quote,
                       self.perpetual)  # fmt: skip
        self._told: Told | None = None
        self._change = 0
        self._sent: dict[str, Any] = {}
        self._fills: list[dict[str, Any]] = []
        self.last = trading.market.start_ticks
        self.volume_usd = 0.0
        trading.engine.listeners.append(self)
        trading.watchers.append(self)

    def greet(self, topic: str, client: Client) -> None:
        """What a new listener gets at once."""
        if topic == self.book:
            if self._told is None:
                self._told = Told(self.trading.engine.book)
                self._told.tell()
                self._change = self.trading.engine.update
            sides = {
                name: [["new", self._price(px), self._amount(lots)]
                       for px, lots in self._told.known(side)]
                for name, side in (("bids", BID), ("asks", ASK))
            }  # fmt: skip
            client.send(notice(topic, self._head("snapshot") | sides))
        elif topic in self.groups:
            client.send(notice(topic, self._group(self.groups[topic])))
        elif topic == self.ticker:
            client.send(notice(topic, self.ticker_data()))

    def push(self, at_ms: float) -> None:
        """The cadence of 100 ms: book, groups, ticker, trades."""
        del at_ms
        self._push_book()
        for topic, most in self.groups.items():
            self._push_changed(topic, self._group, most)
        self._push_changed(self.ticker, self.ticker_data)
        self._push_changed(self.perpetual, self._interest)
        fills, self._fills = self._fills, []
        if fills:
            for topic in self.trades:
                self.venue.publish(topic, notice(topic, fills))

    def changed(self, update: int) -> None:
        """Books go by their cadence."""

    def topped(self, at_ms: float, update: int, top: Top) -> None:
        """`quote`."""
        del update
        if self.venue.wanted(self.quote):
            data = {"timestamp": self.venue.ms(at_ms), "instrument_name": self.name}
            self.venue.publish(self.quote, notice(self.quote, data | self._best(top)))

    def matched(self, match: Match) -> None:
        """Fills of the next `trades` frame; a forced taker's have their flag."""
        market, prices = self.trading.market, self.trading.prices
        assert prices is not None
        forced = {"liquidation": "T"} if match.party.startswith("account ") else {}
        for sequence, fill in enumerate(match.fills, match.first_trade):
            amount = self._amount(fill.lots)
            direction = 1 if fill.price == self.last else 0 if fill.price > self.last else 2
            self._fills.append({
                "timestamp": self.venue.ms(match.at_ms), "price": self._price(fill.price),
                "direction": "buy" if match.side > 0 else "sell",
                "index_price": round(market.price(prices.index), 2),
                "instrument_name": self.name, "trade_seq": sequence, "amount": amount,
                "mark_price": round(market.price(prices.mark), 2), "tick_direction": direction,
                "contracts": fill.lots, "trade_id": str(4 * 10**8 + sequence),
            } | forced)  # fmt: skip
            self.last = fill.price
            self.volume_usd += amount

    def liquidated(self, done: Liquidation) -> None:
        """The flag of its trades says it."""

    def ticker_data(self) -> dict[str, Any]:
        """The ticker. Open interest is USD."""
        market, prices, accounts = self.trading.market, self.trading.prices, self.trading.accounts
        assert prices is not None and accounts is not None
        index, mark = market.price(prices.index), market.price(prices.mark)
        return {
            "timestamp": self.venue.now, "state": "open", "instrument_name": self.name,
            "stats": {"high": None, "low": None, "price_change": None,
                      "volume_usd": number(self.volume_usd)},
            "index_price": round(index, 2), "mark_price": round(mark, 2),
            "last_price": self._price(self.last), "settlement_price": round(index, 2),
            "min_price": round(mark * 0.985, 1), "max_price": round(mark * 1.015, 1),
            "open_interest": self._amount(accounts.open_lots), "interest_value": prices.rate_8h,
            "estimated_delivery_price": round(index, 2),
            "current_funding": round(prices.rate_8h, 8), "funding_8h": round(prices.rate_8h, 8),
        } | self._best(self.trading.engine.book.top())  # fmt: skip

    def listed(self) -> dict[str, Any]:
        """Its row in the listing."""
        market = self.trading.market
        step = market.tick / 10**market.price_decimals
        return {
            "price_index": f"{self.coin.lower()}_usd", "kind": "future",
            "instrument_name": self.name, "max_leverage": 50, "instrument_type": "reversed",
            "future_type": "reversed", "expiration_timestamp": 32503708800000,
            "creation_timestamp": 1534167754000, "is_active": True, "state": "open",
            "tick_size": step, "tick_size_steps": [], "contract_size": float(market.lot),
            "min_trade_amount": float(market.lot), "settlement_currency": self.coin,
            "settlement_period": "perpetual", "base_currency": self.coin,
            "counter_currency": "USD", "quote_currency": "USD",
        }  # fmt: skip

    def _price(self, ticks: int) -> float | int:
        market = self.trading.market
        return number(ticks * market.tick / 10**market.price_decimals)

    def _amount(self, lots: int) -> int:
        return lots * self.trading.market.lot

    def _best(self, top: Top) -> dict[str, Any]:
        return {
            "best_bid_price": self._price(top.bid), "best_bid_amount": self._amount(top.bid_lots),
            "best_ask_price": self._price(top.ask), "best_ask_amount": self._amount(top.ask_lots),
        }  # fmt: skip

    def _head(self, kind: str) -> dict[str, Any]:
        stamps = {"timestamp": self.venue.now, "change_id": self._change}
        return {"type": kind, "instrument_name": self.name} | stamps

    def _push_book(self) -> None:
        if not self.venue.wanted(self.book):
            self._told = None
        if self._told is None:
            return
        known = self._told.sides()
        changes = self._told.tell()
        if not any(changes):
            return
        previous, self._change = self._change, self.trading.engine.update
        bids, asks = (
            [
                ["delete" if not lots else "change" if px in old else "new",
                 self._price(px), self._amount(lots)]
                for px, lots in side
            ]
            for side, old in zip(changes, known, strict=True)
        )  # fmt: skip
        data = self._head("change") | {"prev_change_id": previous, "bids": bids, "asks": asks}
        self.venue.publish(self.book, notice(self.book, data))

    def _group(self, most: int) -> dict[str, Any]:
        engine = self.trading.engine
        sides = {
            name: [[self._price(px), self._amount(lots)]
                   for px, lots in engine.book.levels(side, most)]
            for name, side in (("bids", BID), ("asks", ASK))
        }  # fmt: skip
        stamps = {"timestamp": self.venue.now, "change_id": engine.update}
        return {"instrument_name": self.name} | stamps | sides

    def _interest(self) -> dict[str, Any]:
        market, prices = self.trading.market, self.trading.prices
        assert prices is not None
        index = round(market.price(prices.index), 2)
        return {"interest": prices.rate_8h, "index_price": index, "timestamp": self.venue.now}

    def _push_changed(self, topic: str, make: Any, *arguments: Any) -> None:
        if not self.venue.wanted(topic):
            return
        data = make(*arguments)
        values = {k: v for k, v in data.items() if k not in ("timestamp", "change_id")}
        if self._sent.get(topic) != values:
            self._sent[topic] = values
            self.venue.publish(topic, notice(topic, data))
