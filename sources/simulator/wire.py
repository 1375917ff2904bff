"""Binance USD-M frames of one contract, as the venue writes them (combined stream form).

Every stream has its own delay from the engine to the push, so frames come in the order of their
push time `E` within a stream. Of forced orders the venue pushes only the latest of each second.
"""

from functools import cache
from typing import Final

from sources.simulator.accounts import Liquidation
from sources.simulator.book import ASK, BID, Fill, OrderBook, Top
from sources.simulator.contract import LOTS_PER_COIN, Contract
from sources.simulator.tape import Mark

VENUE: Final = "binance-usdm"
REST: Final = "https://fapi.binance.com/fapi/v1/depth"
REST_LEVELS: Final = 1000
PUSH_MS: Final = 2  # trades and best prices, after the engine
DEPTH_PUSH_MS: Final = 4
FORCE_PUSH_MS: Final = 55  # after the second that it belongs to
REST_TAKES_MS: Final = 163  # from the book as it was to the answer being here
FIRST_TRADE: Final = 7_947_325_360

Line = tuple[int, str, str]  # push time in ms since the start, kind, the line without its stamp


class BinanceUsdm:
    """A tape that writes the venue's frames. Take them with `take`."""

    def __init__(self, contract: Contract, start_ms: int) -> None:
        self._contract = contract
        self._start_ms = start_ms
        self._symbol = contract.symbol
        self._stream = contract.symbol.lower()
        self._trade = FIRST_TRADE
        self._previous = 0
        self._forced: Liquidation | None = None
        self._lines: list[Line] = []
        hour = contract.funding_interval_h * 3_600_000
        self._funding_ms = (start_ms // hour + 1) * hour
        self._price = cache(self._price_text)

    def take(self) -> list[Line]:
        """The lines written since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def fills(self, at_ms: int, taker: int, fills: list[Fill]) -> None:
        """One `trade` frame per resting order met."""
        engine = self._start_ms + at_ms
        maker = "true" if taker < 0 else "false"
        for price, lots, _ in fills:
            self._trade += 1
            text = (
                f'"e":"trade","E":{engine + PUSH_MS},"T":{engine},"s":"{self._symbol}",'
                f'"t":{self._trade},"p":"{self._price(price)}","q":"{_size(lots)}",'
                f'"X":"MARKET","m":{maker},"st":1'
            )
            self._send(at_ms + PUSH_MS, "trade", "trade", text)

    def top(self, at_ms: int, update: int, top: Top) -> None:
        """A `bookTicker` frame."""
        engine = self._start_ms + at_ms
        text = (
            f'"e":"bookTicker","u":{update},"s":"{self._symbol}","ps":"{self._symbol}",'
            f'"b":"{self._price(top.bid)}","B":"{_size(top.bid_lots)}",'
            f'"a":"{self._price(top.ask)}","A":"{_size(top.ask_lots)}",'
            f'"T":{engine},"E":{engine + PUSH_MS},"st":1'
        )
        self._send(at_ms + PUSH_MS, "bookTicker", "bookTicker", text)

    def depth(self, at_ms: int, first: int, last: int, book: OrderBook) -> None:
        """A `depthUpdate` frame with the sizes as they are now; `pu` is the last frame's `u`."""
        engine = self._start_ms + at_ms
        previous = self._previous or first - 3
        self._previous = last
        text = (
            f'"e":"depthUpdate","E":{engine + DEPTH_PUSH_MS},"T":{engine},"s":"{self._symbol}",'
            f'"ps":"{self._symbol}","U":{first},"u":{last},"pu":{previous},'
            f'"b":[{self._levels(book.take_changes(BID))}],'
            f'"a":[{self._levels(book.take_changes(ASK))}],"st":1'
        )
        self._send(at_ms + DEPTH_PUSH_MS, "depthUpdate", "depth@100ms", text)

    def snapshot(self, at_ms: int, last: int, book: OrderBook) -> None:
        """The answer to a REST request for the whole book; it takes a while to arrive."""
        engine = self._start_ms + at_ms
        text = (
            f'@{REST}?symbol={self._symbol}&limit={REST_LEVELS} {{"lastUpdateId":{last},'
            f'"E":{engine + PUSH_MS},"T":{engine},'
            f'"bids":[{self._levels(book.levels(BID, REST_LEVELS))}],'
            f'"asks":[{self._levels(book.levels(ASK, REST_LEVELS))}]}}'
        )
        self._lines.append((at_ms + REST_TAKES_MS, "snapshot", text))

    def mark(self, at_ms: int, mark: Mark) -> None:
        """A `markPriceUpdate` frame, and the second's forced order if there was one."""
        per = self._contract.ticks_per_quote
        text = (
            f'"e":"markPriceUpdate","E":{self._start_ms + at_ms},"s":"{self._symbol}",'
            f'"p":"{mark.mark / per:.8f}","ap":"{mark.mean / per:.8f}",'
            f'"P":"{mark.settlement / per:.8f}","i":"{mark.index / per:.8f}",'
            f'"r":"{mark.funding_rate:.8f}","T":{self._funding_ms},"st":1'
        )
        self._send(at_ms, "markPriceUpdate", "markPrice@1s", text)
        if self._forced is not None:
            self._force(at_ms + FORCE_PUSH_MS, self._forced)
            self._forced = None

    def liquidation(self, done: Liquidation) -> None:
        """Keep the latest of this second."""
        self._forced = done

    def _force(self, push_ms: int, done: Liquidation) -> None:
        order = done.order
        side = "BUY" if order.side > 0 else "SELL"
        status = "FILLED" if done.filled == order.lots else "PARTIALLY_FILLED"
        text = (
            f'"e":"forceOrder","E":{self._start_ms + push_ms},"o":{{"s":"{self._symbol}",'
            f'"S":"{side}","o":"LIMIT","f":"IOC","q":"{_size(order.lots)}",'
            f'"p":"{self._price(round(order.account.bankrupt_at))}",'
            f'"ap":"{self._mean_text(done.value, done.filled)}","X":"{status}",'
            f'"l":"{_size(done.last)}","z":"{_size(done.filled)}",'
            f'"T":{self._start_ms + done.at_ms},"ps":"{self._symbol}","st":1}}'
        )
        self._send(push_ms, "forceOrder", "forceOrder", text)

    def _send(self, push_ms: int, kind: str, stream: str, data: str) -> None:
        line = f'{{"stream":"{self._stream}@{stream}","data":{{{data}}}}}'
        self._lines.append((push_ms, kind, line))

    def _levels(self, levels: list[tuple[int, int]]) -> str:
        price = self._price
        return ",".join([f'["{price(ticks)}","{_size(lots)}"]' for ticks, lots in levels])

    def _price_text(self, ticks: int) -> str:
        return self._mean_text(ticks, 1)

    def _mean_text(self, value: int, lots: int) -> str:
        """Σ ticks·lots over lots as a price with the venue's decimals, half up."""
        unit = 10**self._contract.price_decimals
        per = self._contract.ticks_per_quote * lots
        whole, part = divmod((2 * value * unit + per) // (2 * per), unit)
        return f"{whole}.{part:0{self._contract.price_decimals}d}"


def _size(lots: int) -> str:
    return f"{lots // LOTS_PER_COIN}.{lots % LOTS_PER_COIN:03d}"
