"""Deribit's options: quoted, not traded; books of a few levels, tickers, marks of the surface."""

from datetime import UTC, datetime
from typing import Any

from sources.simulator.venues.deribit_market import GROUP_DEPTHS, notice
from sources.simulator.venues.hub import Client, Venue
from sources.simulator.venues.options import Options, levels
from sources.simulator.world.surface import Option, Quoted


class DeribitOptions:
    """All options of the venue: quoted, not traded."""

    kind = "option"

    def __init__(self, venue: Venue, options: Options) -> None:
        self.venue = venue
        self.options = options
        self.names = options.named(option_name)
        self._by_option = {option: name for name, option in self.names.items()}
        self.topics = {f"ticker.{name}.100ms" for name in self.names}
        self.topics |= {
            f"book.{name}.none.{most}.100ms" for name in self.names for most in GROUP_DEPTHS
        }
        self.topics |= {f"trades.{name}.100ms" for name in self.names}
        self.topics |= {f"markprice.options.{coin.lower()}_usd" for coin in options.surfaces}
        options.listeners.append(self._quoted)

    def greet(self, topic: str, client: Client) -> None:
        """What a new listener gets at once."""
        what, name, *rest = topic.split(".")
        if what == "ticker":
            client.send(notice(topic, self._ticker(self.options.quotes[self.names[name]])))
        elif what == "book":
            quoted = self.options.quotes[self.names[name]]
            client.send(notice(topic, self._book(quoted, int(rest[1]))))
        elif what == "markprice":
            client.send(notice(topic, self._marks(rest[0].partition("_")[0].upper())))

    def marks(self, at_ms: float) -> None:
        """`markprice.options` of each index."""
        del at_ms
        for coin in self.options.surfaces:
            topic = f"markprice.options.{coin.lower()}_usd"
            if self.venue.wanted(topic):
                self.venue.publish(topic, notice(topic, self._marks(coin)))

    def listed(self, name: str) -> dict[str, Any]:
        """Its row in the listing."""
        option = self.names[name]
        return {
            "price_index": f"{option.asset.lower()}_usd", "kind": "option",
            "instrument_name": name, "option_type": "call" if option.call else "put",
            "strike": option.strike, "instrument_type": "reversed",
            "expiration_timestamp": option.expiry_ms, "is_active": True, "state": "open",
            "tick_size": 0.0001, "contract_size": 1.0, "min_trade_amount": 0.1,
            "tick_size_steps": [{"above_price": 0.005, "tick_size": 0.0005}],
            "settlement_currency": option.asset, "settlement_period": "week",
            "base_currency": option.asset, "counter_currency": "USD",
            "quote_currency": option.asset,
        }  # fmt: skip

    def _quoted(self, at_ms: float, quoted: Quoted) -> None:
        del at_ms
        name = self._by_option[quoted.option]
        topic = f"ticker.{name}.100ms"
        if self.venue.wanted(topic):
            self.venue.publish(topic, notice(topic, self._ticker(quoted)))
        for most in GROUP_DEPTHS:
            topic = f"book.{name}.none.{most}.100ms"
            if self.venue.wanted(topic):
                self.venue.publish(topic, notice(topic, self._book(quoted, most)))

    def _book(self, quoted: Quoted, most: int) -> dict[str, Any]:
        return {
            "instrument_name": self._by_option[quoted.option], "timestamp": self.venue.now,
            "change_id": self.venue.now, "bids": levels(quoted, bids=True)[:most],
            "asks": levels(quoted, bids=False)[:most],
        }  # fmt: skip

    def _marks(self, coin: str) -> list[dict[str, Any]]:
        return [
            {
                "timestamp": self.venue.now, "iv": round(quoted.vol, 4),
                "instrument_name": self._by_option[quoted.option],
                "mark_price": round(quoted.mark, 4),
            }
            for quoted in self.options.of(coin)
        ]  # fmt: skip

    def _ticker(self, quoted: Quoted) -> dict[str, Any]:
        valued = quoted.valued
        day = datetime.fromtimestamp(quoted.option.expiry_ms / 1000.0, UTC)
        return {
            "timestamp": self.venue.now, "state": "open",
            "instrument_name": self._by_option[quoted.option],
            "index_price": round(quoted.index, 2), "open_interest": quoted.open_interest,
            "mark_price": round(quoted.mark, 6), "mark_iv": round(100.0 * quoted.vol, 2),
            "bid_iv": round(100.0 * quoted.bid_vol, 2), "ask_iv": round(100.0 * quoted.ask_vol, 2),
            "underlying_index": f"{quoted.option.asset}-{_day(day)}",
            "underlying_price": round(quoted.forward, 4), "best_bid_price": quoted.bid,
            "best_bid_amount": quoted.bid_size, "best_ask_price": quoted.ask,
            "best_ask_amount": quoted.ask_size, "interest_rate": 0.0,
            "greeks": {
                "delta": round(valued.delta, 5), "gamma": round(valued.gamma, 8),
                "vega": round(valued.vega, 5), "theta": round(valued.theta, 5), "rho": 0.0,
            },
        }  # fmt: skip


def option_name(option: Option) -> str:
    """Like BTC-7DEC24-100000-C."""
    day = datetime.fromtimestamp(option.expiry_ms / 1000.0, UTC)
    side = "C" if option.call else "P"
    return f"{option.asset}-{_day(day)}-{option.strike:.0f}-{side}"


def _day(day: datetime) -> str:
    return f"{day.day}{day:%b%y}".upper()
