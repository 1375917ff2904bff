"""Hyperliquid: one coin's book, ticker, trades and context; accounts as anybody may see them."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from sources.simulator.book import ASK, BID, Top
from sources.simulator.venues.hub import Client, Venue, packed
from sources.simulator.world.accounts import Account
from sources.simulator.world.engine import Match
from sources.simulator.world.trading import Liquidation, Trading

LEVELS: Final = 20
FAST_LEVELS: Final = 5
RECENT: Final = 10  # trades that a new listener gets again
MOST_LEVERAGE: Final = 40
_DAY_COINS: Final = 400.0  # volume of a day over the depth within 1 %, before any trade
_NOBODY: Final = 0x9E3779B97F4A7C15


def told(channel: str, data: Any) -> bytes:
    """A frame."""
    return packed({"channel": channel, "data": data})


class Coin:
    """One perpetual. `forced` is told of every fill of a forced order."""

    def __init__(self, venue: Venue, trading: Trading) -> None:
        self.venue = venue
        self.trading = trading
        self.name = trading.market.symbol
        self.recent: deque[dict[str, Any]] = deque(maxlen=RECENT)
        self.volume = 0.0
        self.forced: list[Callable[[Coin, Account, dict[str, Any]], None]] = []
        self._last: list[dict[str, Any]] = []  # trades of the last match
        self._bbo: Any = None
        self.topics = {
            "l2Book": f"l2Book:{self.name}", "fast": f"l2Book:{self.name}:fast",
            "bbo": f"bbo:{self.name}", "trades": f"trades:{self.name}",
            "context": f"activeAssetCtx:{self.name}",
        }  # fmt: skip
        trading.engine.listeners.append(self)
        trading.watchers.append(self)

    def greet(self, topic: str, client: Client) -> None:
        """What a new listener gets at once."""
        if topic == self.topics["trades"]:
            if self.recent:
                client.send(told("trades", list(self.recent)))
            return
        bodies = {
            self.topics["l2Book"]: lambda: told("l2Book", self.book(LEVELS)),
            self.topics["fast"]: lambda: told("l2Book", self.book(FAST_LEVELS)),
            self.topics["bbo"]: lambda: told("bbo", self._best()),
            self.topics["context"]: self._context_frame,
        }
        client.send(bodies[topic]())

    def changed(self, update: int) -> None:
        """Books go by their cadence."""

    def topped(self, at_ms: float, update: int, top: Top) -> None:
        """The ticker goes by blocks."""

    def block(self, at_ms: float) -> None:
        """A block: its best prices when they are others."""
        del at_ms
        if self.venue.wanted(self.topics["bbo"]):
            best = self._best()
            if best["bbo"] != self._bbo:
                self._bbo = best["bbo"]
                self.venue.publish(self.topics["bbo"], told("bbo", best))

    def push(self, at_ms: float) -> None:
        """The slow book."""
        del at_ms
        if self.venue.wanted(self.topics["l2Book"]):
            self.venue.publish(self.topics["l2Book"], told("l2Book", self.book(LEVELS)))

    def push_fast(self, at_ms: float) -> None:
        """The fast book."""
        del at_ms
        if self.venue.wanted(self.topics["fast"]):
            self.venue.publish(self.topics["fast"], told("l2Book", self.book(FAST_LEVELS)))

    def tell_context(self, at_ms: float) -> None:
        """`activeAssetCtx`."""
        del at_ms
        if self.venue.wanted(self.topics["context"]):
            self.venue.publish(self.topics["context"], self._context_frame())

    def matched(self, match: Match) -> None:
        """A frame of trades; `users` are buyer and seller."""
        market, ms = self.trading.market, self.venue.ms(match.at_ms)
        taker = match.party.removeprefix("account ")
        if not taker.startswith("0x"):
            taker = _address(hash_of(match.first_trade))
        self._last = []
        for number, fill in enumerate(match.fills, match.first_trade):
            pair = [taker, _address(hash_of(fill.maker))]
            self._last.append({
                "coin": self.name, "side": "B" if match.side > 0 else "A",
                "px": market.price_text(fill.price), "sz": market.size_text(fill.lots), "time": ms,
                "hash": f"0x{hash_of(match.first_trade):064x}", "tid": number,
                "users": pair if match.side > 0 else pair[::-1],
            })  # fmt: skip
        self.recent.extend(self._last)
        coins = market.coins(match.lots, match.fills[-1].price)
        self.volume += coins
        self.venue.publish(self.topics["trades"], told("trades", self._last))

    def liquidated(self, done: Liquidation) -> None:
        """The fills of a forced order, as the account sees them."""
        market, account = self.trading.market, done.account
        mark = market.price_text(round(done.mark))
        closing = {"liquidatedUser": account.address, "markPx": mark, "method": "market"}
        side = "Long" if account.side > 0 else "Short"
        for trade in self._last:
            fill = {key: trade[key] for key in ("coin", "px", "sz", "side", "time", "hash", "tid")}
            before = account.side * (account.lots + done.match.lots)
            fill |= {
                "startPosition": market.size_text(before) if before >= 0
                else f"-{market.size_text(-before)}",
                "dir": f"Liquidated Cross {side}", "closedPnl": "0.0", "oid": trade["tid"],
                "crossed": True, "fee": "0.0", "feeToken": "USDC", "liquidation": closing,
                "twapId": None,
            }  # fmt: skip
            for tell in self.forced:
                tell(self, account, fill)

    def book(self, most: int) -> dict[str, Any]:
        """The whole of what is shown."""
        book = self.trading.engine.book
        sides = [
            [self._level(side, px, lots) for px, lots in book.levels(side, most)]
            for side in (BID, ASK)
        ]
        return {"coin": self.name, "time": self.venue.now, "levels": sides}

    def mid_text(self) -> str:
        """The mid price."""
        market = self.trading.market
        return f"{market.price(self.trading.engine.mid()):.{market.price_decimals + 1}f}"

    def context(self) -> dict[str, Any]:
        """`ctx`: the funding rate is for an hour, open interest in coins, one-sided."""
        market, prices, accounts = self.trading.market, self.trading.prices, self.trading.accounts
        assert prices is not None and accounts is not None
        top, decimals = self.trading.engine.book.top(), market.price_decimals
        coins = market.share * market.asset.depth_1pct * _DAY_COINS + self.volume
        return {
            "funding": f"{prices.rate:.10f}", "openInterest": market.size_text(accounts.open_lots),
            "prevDayPx": market.price_text(market.start_ticks),
            "dayNtlVlm": f"{coins * market.price(prices.mark):.4f}",
            "premium": f"{prices.premium:.10f}",
            "oraclePx": f"{market.price(prices.index):.{decimals}f}",
            "markPx": f"{market.price(prices.mark):.{decimals}f}", "midPx": self.mid_text(),
            "impactPxs": [market.price_text(top.bid), market.price_text(top.ask)],
            "dayBaseVlm": f"{coins:.4f}",
        }  # fmt: skip

    def state(self, account: Account | None) -> dict[str, Any]:
        """`clearinghouseState` of an account, None: one that holds nothing."""
        market, prices = self.trading.market, self.trading.prices
        assert prices is not None
        value = notional = used = maintenance = 0.0
        positions = []
        if account is not None and account.lots:
            mark, entry = market.price(prices.mark), market.price(account.entry)
            coins = market.coins(account.lots, prices.mark)
            notional, value = coins * mark, coins * market.price(account.equity(prices.mark))
            used, maintenance = notional / account.leverage, account.maintenance * notional
            sign = "" if account.side > 0 else "-"
            gain = account.side * coins * (mark - entry)
            positions.append({"type": "oneWay", "position": {
                "coin": self.name, "szi": f"{sign}{market.size_text(account.lots)}",
                "leverage": {"type": "cross", "value": max(1, round(account.leverage))},
                "entryPx": f"{entry:.6f}", "positionValue": f"{notional:.6f}",
                "unrealizedPnl": f"{gain:.6f}", "returnOnEquity": f"{gain / used:.6f}",
                "liquidationPx": f"{market.price(account.closed_at):.6f}"
                if account.closed_at > 0.0 else None,
                "marginUsed": f"{used:.6f}", "maxLeverage": MOST_LEVERAGE,
                "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
            }})  # fmt: skip
        summary = {
            "accountValue": f"{value:.6f}", "totalNtlPos": f"{notional:.6f}",
            "totalRawUsd": f"{value:.6f}", "totalMarginUsed": f"{used:.6f}",
        }  # fmt: skip
        return {
            "marginSummary": summary, "crossMarginSummary": summary,
            "crossMaintenanceMarginUsed": f"{maintenance:.6f}",
            "withdrawable": f"{max(0.0, value - used):.6f}", "assetPositions": positions,
            "time": self.venue.now,
        }  # fmt: skip

    def _level(self, side: int, px: int, lots: int) -> dict[str, Any]:
        market, book = self.trading.market, self.trading.engine.book
        text = market.price_text(px), market.size_text(lots)
        return {"px": text[0], "sz": text[1], "n": book.orders(side, px)}

    def _best(self) -> dict[str, Any]:
        book = self.book(1)
        bbo = [side[0] if side else None for side in book["levels"]]
        return {"coin": self.name, "time": self.venue.now, "bbo": bbo}

    def _context_frame(self) -> bytes:
        return told("activeAssetCtx", {"coin": self.name, "ctx": self.context()})


def hash_of(number: int) -> int:
    """A number that looks like chance, never 0."""
    return ((number * _NOBODY) ^ (number << 97)) % (1 << 256) | 1


def _address(number: int) -> str:
    return f"0x{number % (1 << 160):040x}"
