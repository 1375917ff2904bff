"""Deribit's protocol: what a connection reads, as a Reader of an in-band session.

Book    `book.{i}.{interval}`: a snapshot, then changes whose `prev_change_id` is the last id;
        `book.{i}.{group}.{depth}.{interval}`: every frame is a whole top N
Sides   `direction` is the taker's; `liquidation` T: the taker was forced, M: the maker, MT: both
Numbers JSON numbers, exact as text; amounts are base coin, USD for inverse futures
Seen    a recording of 2021-04 (books, tickers), live frames of 2026-07 and 2026-08
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Raw

from schemas.instrument import Instrument
from sources import deribit_wire as wire
from sources import wire_numbers as numbers
from sources.deribit_assumed import DeribitAssumed
from sources.deribit_books import Books
from sources.deribit_fills import Fills
from sources.deribit_instruments import DVOL, VENUE, infer, is_combo, meet
from sources.deribit_listing import instrument_of, instruments_of
from sources.deribit_ticker import mark_row, quote_row, surface_row, top_row, volatility_index
from sources.deribit_wire import decode, text
from sources.in_band import InBand

USUAL: Final = DeribitAssumed()
MOST_HELD: Final = 4096  # instruments whose incremental tickers are remembered

_SHOWN: Final = 40  # characters of an unknown word that are counted
_GROUPED_PARTS: Final = 5  # book.{instrument}.{group}.{depth}.{interval}


class Deribit:
    """The Reader."""

    venue = VENUE

    def __init__(self, assumed: DeribitAssumed = USUAL) -> None:
        self.books = Books()
        self.fills = Fills(forced_maker_opposes=assumed.forced_maker_opposes)
        self.held: dict[str, dict[str, str]] = {}  # symbol → fields of its incremental ticker
        self._channels: dict[str, Callable[[str, Raw, InBand], None]] = {
            "book": self._book,
            "ticker": self._ticker,
            "incremental_ticker": self._incremental,
            "trades": self._trades,
            "markprice": self._option_marks,
            "deribit_price_index": self._price_index,
            "deribit_volatility_index": self._volatility_index,
        }

    def infer(self, symbol: str) -> Instrument:
        """Metadata as far as the symbol tells. Raises Refused for one that tells nothing."""
        return infer(symbol)

    # -- frames ------------------------------------------------------------------------------

    def read(self, payload: bytes, session: InBand) -> None:
        """Read one frame."""
        frame = decode(wire.FRAME, payload)
        if frame.method == "subscription":
            notice = decode(wire.NOTICE, frame.params)
            head = notice.channel.partition(".")[0]
            reader = self._channels.get(head)
            if reader is None:
                session.counts[f"unknown:{head[:_SHOWN]}"] += 1
            else:
                reader(notice.channel, notice.data, session)
        elif frame.method is not None:
            known = frame.method == "heartbeat"
            session.counts["control" if known else f"unknown:{frame.method[:_SHOWN]}"] += 1
        elif text(frame.error):
            session.counts["error"] += 1
        else:
            session.counts["control" if bytes(frame.result) else "unknown:"] += 1

    def _book(self, channel: str, data: Raw, session: InBand) -> None:
        symbol = _symbol(channel)
        if is_combo(symbol):
            session.counts["combo"] += 1
        else:
            grouped = channel.count(".") + 1 == _GROUPED_PARTS
            self.books.read(channel, symbol, data, session, grouped=grouped)

    def _trades(self, _: str, data: Raw, session: InBand) -> None:
        self.fills.read(data, session)

    def _ticker(self, channel: str, data: Raw, session: InBand) -> None:
        ticker = decode(wire.TICKER, data)
        _ticker_rows(_symbol(channel), ticker.timestamp, wire.texts(ticker), session)

    def _incremental(self, channel: str, data: Raw, session: InBand) -> None:
        ticker, symbol = decode(wire.TICKER, data), _symbol(channel)
        before = {} if ticker.type == "snapshot" else self.held.get(symbol, {})
        merged = before | wire.texts(ticker)
        _ticker_rows(symbol, ticker.timestamp, merged, session)
        self.held.pop(symbol, None)
        self.held[symbol] = merged  # the latest stands last
        while len(self.held) > MOST_HELD:
            del self.held[next(iter(self.held))]

    def _option_marks(self, _: str, data: Raw, session: InBand) -> None:
        for mark in decode(wire.OPTION_MARKS, data):
            row = surface_row(
                numbers.stamp_ns(mark.timestamp), text(mark.mark_price), text(mark.iv)
            )
            session.batch.row(meet(session, mark.instrument_name).name, "quote", *row)

    def _price_index(self, _: str, data: Raw, session: InBand) -> None:
        index = decode(wire.PRICE_INDEX, data)
        row = numbers.stamp_ns(index.timestamp), numbers.price(text(index.price))
        session.batch.row(session.meet(index.index_name).name, "index", *row)

    def _volatility_index(self, _: str, data: Raw, session: InBand) -> None:
        index = decode(wire.VOLATILITY_INDEX, data)
        row = numbers.stamp_ns(index.timestamp), volatility_index(text(index.volatility))
        session.batch.row(session.meet(index.index_name + DVOL).name, "vol_index", *row)

    # -- answers -----------------------------------------------------------------------------

    def answer(self, url: str, body: bytes, session: InBand) -> None:
        """Read a REST answer: the listing."""
        method = url.partition("?")[0].rpartition("/")[2]
        parse = {"get_instruments": instruments_of, "get_instrument": instrument_of}.get(method)
        if parse is None:
            session.counts[f"unknown:{method[:_SHOWN]}"] += 1
            return
        if text(decode(wire.FRAME, body).error):
            session.counts["error"] += 1
            return
        for instrument in parse(body):
            session.learn(instrument)

    # -- recovery ----------------------------------------------------------------------------

    def lost(self) -> None:
        """Forget what only the old connection's stream knew; fills stay known by their ids."""
        self.books.feeds.clear()
        self.held.clear()

    def snapshot(self) -> Any:
        """Channels of books, incremental tickers, recent fills."""
        return self.books.feeds, self.held, self.fills.snapshot()

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        feeds, held, recent = state
        self.books.feeds = {symbol: (channel, at) for symbol, (channel, at) in feeds.items()}
        self.held = held
        self.fills.restore(recent)


def _symbol(channel: str) -> str:
    return channel.split(".", 2)[1] if "." in channel else ""


def _ticker_rows(symbol: str, timestamp: int, texts: dict[str, str], session: InBand) -> None:
    if is_combo(symbol):
        session.counts["combo"] += 1
        return
    venue_ns, instrument = numbers.stamp_ns(timestamp), meet(session, symbol)
    if instrument.kind == "option":
        session.batch.row(instrument.name, "quote", *quote_row(venue_ns, texts))
        return
    top = top_row(venue_ns, texts, instrument)
    if top is not None:
        session.batch.row(instrument.name, "top", *top)
    if instrument.kind != "spot":
        session.batch.row(instrument.name, "mark", *mark_row(venue_ns, texts, instrument))
