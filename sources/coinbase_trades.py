"""Events of Coinbase Advanced's `market_trades` and `ticker` → rows.

The first event of market_trades shows past trades: they are no flow and are dropped, but their
ids are kept as one number per product. Ids rise by one, so whatever is not above that number is
a repetition, and what lies between was missed; both are counted. Within a frame the venue writes
the newest trade first: rows are in the order of ids.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from schemas.control import Reason
from schemas.instrument import Instrument, instrument_name
from sources import coinbase_wire as wire
from sources import wire_numbers as numbers
from sources.assumed import decided
from sources.coinbase_listing import VENUE, meet
from sources.coinbase_wire import Envelope, Trade
from sources.in_band import InBand
from sources.wire_numbers import Refused

_NO_ID: Final = -1
_LONGEST_ID: Final = 19


class _Fill(Struct, order=True):
    """A trade in numbers, in the order of ids."""

    number: int
    venue_ns: int
    px: float
    size_base: float
    taker: int


class Trades:
    """The last trade of each product, and what `side` means."""

    def __init__(self, *, side_is_maker: bool) -> None:
        self.side_is_maker = side_is_maker
        self.last: dict[str, int] = {}  # id by symbol

    def read(self, frame: Envelope, session: InBand) -> None:
        """Add the trades of a frame. Raises Refused."""
        past: dict[str, list[int]] = {}
        fills: dict[str, list[_Fill]] = {}
        for event in wire.decode_trades(frame.events):
            for trade in event.trades:
                instrument = meet(trade.product_id, session)
                if event.type == "snapshot":
                    past.setdefault(trade.product_id, []).append(_trade_id(trade))
                else:
                    fill = self._fill(trade, instrument)
                    fills.setdefault(trade.product_id, []).append(fill)
        for symbol, ids in past.items():
            session.counts["past_trades"] += len(ids)
            self.last[symbol] = max(self.last.get(symbol, -1), *ids)
        for symbol, found in fills.items():
            self._add(symbol, sorted(found), session)

    def _fill(self, trade: Trade, instrument: Instrument) -> _Fill:
        size = numbers.size(trade.size)
        side = 1 if trade.side == "BUY" else -1
        return _Fill(
            _trade_id(trade),
            wire.time_ns(trade.time),
            numbers.price(trade.price),
            size * instrument.contract_size,
            0 if size == 0.0 else -side if self.side_is_maker else side,
        )

    def _add(self, symbol: str, fills: Sequence[_Fill], session: InBand) -> None:
        name = instrument_name(VENUE, symbol)
        for fill in fills:
            last = self.last.get(symbol, -1)
            if fill.number <= last:
                session.counts["repeated_trades"] += 1
                continue
            if last >= 0:
                session.counts["missed_trades"] += fill.number - last - 1
            self.last[symbol] = fill.number
            if fill.taker:
                session.counts[decided("side_is_maker")] += 1
            session.batch.row(
                name, "trade", fill.venue_ns, fill.number, fill.px, fill.size_base, fill.taker
            )


def read_tickers(frame: Envelope, session: InBand) -> None:
    """Add the best prices of a ticker frame. Raises Refused.

    Their id is −1: tickers and books are published apart, so equal numbers of theirs do not mean
    equal states, and a book must not be compared with them.
    """
    venue_ns = wire.time_ns(frame.timestamp)
    for event in wire.decode_tickers(frame.events):
        for ticker in event.tickers:
            instrument = meet(ticker.product_id, session)
            if not ticker.best_bid or not ticker.best_ask:
                session.counts["one_sided"] += 1  # a side without orders has no best price
                continue
            bid = numbers.price(ticker.best_bid), numbers.size(ticker.best_bid_quantity)
            ask = numbers.price(ticker.best_ask), numbers.size(ticker.best_ask_quantity)
            factor = instrument.contract_size
            sides = bid[0], bid[1] * factor, ask[0], ask[1] * factor
            session.batch.row(instrument.name, "top", venue_ns, _NO_ID, *sides)


def _trade_id(trade: Trade) -> int:
    digits = trade.trade_id
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_ID):
        raise Refused(Reason.bad_id, f"trade id {digits[:40]!r} is no number")
    return numbers.identifier(int(digits))
