"""OKX v5 as a pure reader: books, tops, fills, marks, forced orders, option quotes.

Book    snapshot in the stream; chain prevSeqId == last seqId; archives: CRC-32 of the top
Sides   trades `side` is the taker's; a liquidation's is the closing order's: buy closed a short
Numbers text; "" means none; SWAP, FUTURES and OPTION sizes are contracts (see okx_contracts)
Seen    live frames of 2025-03 … 2026-10, a recording of 2022-05
"""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from schemas.control import Reason, Wish
from schemas.instrument import Instrument, instrument_name
from sources import okx_contracts as contracts
from sources import okx_rows as rows
from sources import okx_wire as wire
from sources.in_band import InBand
from sources.okx_assumed import OkxAssumed
from sources.okx_books import Books
from sources.okx_rows import Row
from sources.wire_numbers import Refused

USUAL: Final = OkxAssumed()
RECENT_TRADES: Final = 64  # ids kept an instrument: the last fill comes again when subscribed anew

_ANSWERS: Final = ("instruments", "mark-price", "funding-rate", "open-interest", "opt-summary")
_CONTROL: Final = ("subscribe", "unsubscribe", "login", "channel-conn-count")
_ERRORS: Final = ("error", "channel-conn-count-error")


class _State(Struct):
    """What a restart needs, beside what the session keeps."""

    books: Any
    trades: dict[str, list[int]]
    markets: dict[str, list[str]]
    asked: list[str]


class Okx:
    """A Reader of one connection to the public endpoint."""

    venue = contracts.VENUE

    def __init__(self, assumed: OkxAssumed = USUAL) -> None:
        self.assumed = assumed
        self.books = Books()
        self.trades: dict[str, list[int]] = {}  # symbol → the last ids
        self.markets: dict[str, list[str]] = {}  # index → swaps and futures that have spoken
        self.asked: dict[str, None] = {}  # listings wished for

    def infer(self, symbol: str) -> Instrument:
        """What the symbol says. Raises Refused for a name of another form."""
        return contracts.infer(symbol)

    # -- frames ------------------------------------------------------------------------------

    def read(self, payload: bytes, session: InBand) -> None:
        """Read one frame."""
        if payload in (b"pong", b"ping"):
            session.counts["control"] += 1
            return
        try:
            frame = wire.decode(payload)
        except Refused:
            self.books.lose_unchecked(session)
            raise
        if frame.event is not None:
            session.counts[_counted(frame)] += 1
        elif frame.arg is not None and frame.arg.channel == "books":
            self.books.read(frame, session, lambda symbol: self._sized(session, symbol))
        else:
            argument = frame.arg or wire.Argument()
            if not self._take(argument.channel, argument.instId, frame.data, session):
                session.counts[f"unknown:{argument.channel}"] += 1

    def _take(self, channel: str, symbol: str, data: Raw, session: InBand) -> bool:
        """Read the rows of a channel; whether it is one of ours."""

        def look(other: str) -> Instrument:
            return _look(session, other)

        def sized(other: str) -> Instrument:
            return self._sized(session, other)

        match channel:
            case "trades":
                found = [row for row in rows.fills(data, sized) if self._is_new(row, session)]
            case "bbo-tbt":
                found = rows.tops(data, symbol, sized)
            case "mark-price":
                found = rows.marks(data, look)
            case "funding-rate":
                found = rows.fundings(data, look)
            case "open-interest":
                found = rows.open_interests(data, look)
            case "index-tickers":
                found = self._indices(data, session)
            case "liquidation-orders":
                found = rows.liquidations(
                    data,
                    look,
                    sized,
                    session.counts,
                    chosen=bool(session.listed),
                    thinned=self.assumed.liquidations_thinned,
                )
            case "opt-summary":
                found = rows.summaries(data, look)
            case _:
                return False
        for market, kind, values in found:
            self._remember(session.meet(market))
            session.batch.row(instrument_name(self.venue, market), kind, *values)
        return True

    def _is_new(self, row: Row, session: InBand) -> bool:
        symbol, _, (_, number, *_) = row
        recent = self.trades.setdefault(symbol, [])
        if number in recent:
            session.counts["trade_again"] += 1
            return False
        recent.append(int(number))
        del recent[:-RECENT_TRADES]
        return True

    def _indices(self, data: Raw, session: InBand) -> list[Row]:
        """An index belongs in the rows of the swaps and futures on it: their basis is over it.

        Its name is that of the spot market too, so that it can have no rows of its own.
        """
        found: list[Row] = []
        for index, venue_ns, px in rows.indices(data):
            markets = self.markets.get(index, [])
            session.counts["index_without_market"] += not markets
            found += [rows.index_row(market, venue_ns, px) for market in markets]
        return found

    def _remember(self, instrument: Instrument) -> None:
        if instrument.kind in ("perpetual", "future"):
            markets = self.markets.setdefault(contracts.index_of(instrument.symbol), [])
            if instrument.symbol not in markets:
                markets.append(instrument.symbol)

    def _sized(self, session: InBand, symbol: str) -> Instrument:
        """An instrument whose sizes can be converted. Raises Refused, wishing for the listing."""
        instrument = _look(session, symbol)
        if instrument.contract_size > contracts.UNKNOWN_SIZE:
            return instrument
        url = contracts.listing_url(symbol)
        if url not in self.asked:
            self.asked[url] = None
            session.batch.item(Wish(instrument.name, url, Reason.no_metadata))
        raise Refused(Reason.no_metadata, f"how much a contract of {symbol} is, is not known")

    # -- REST --------------------------------------------------------------------------------

    def answer(self, url: str, body: bytes, session: InBand) -> None:
        """Read one REST answer: the listing, or rows as the channels have them."""
        try:
            path = urlsplit(url).path
        except ValueError as error:
            raise Refused(Reason.wrong_type, f"an answer whose URL is none: {error}") from error
        channel = path.rpartition("/")[2]
        if channel not in _ANSWERS:
            session.counts[f"unknown answer:{path}"] += 1
            return
        answer = wire.decode_answer(body)
        if answer.code != "0":
            session.counts["error"] += 1
        elif channel == "instruments":
            for instrument in contracts.listed(answer.data):
                _learn(session, instrument)
        else:
            self._take(channel, "", answer.data, session)

    # -- recovery ----------------------------------------------------------------------------

    def lost(self) -> None:
        """The connection starts anew. Ids of fills stay: the last fill will come again."""
        self.books.forget()
        self.asked.clear()

    def snapshot(self) -> Any:
        """State as plain values."""
        own = _State(self.books.snapshot(), self.trades, self.markets, list(self.asked))
        return msgspec.to_builtins(own)

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        own = msgspec.convert(state, _State)
        self.books.restore(own.books)
        self.trades, self.markets = own.trades, own.markets
        self.asked = dict.fromkeys(own.asked)


def _counted(frame: wire.Frame) -> str:
    if frame.event == "notice":
        return f"notice:{frame.code}"  # 64008: the connection will be dropped
    if frame.event in _ERRORS:
        return "error"
    return "control" if frame.event in _CONTROL else f"unknown:{frame.event}"


def _look(session: InBand, symbol: str) -> Instrument:
    """What is known of an instrument, without announcing it. Raises Refused."""
    if not symbol:
        raise Refused(Reason.missing_field, "a symbol is missing")
    return session.known.get(symbol) or session.refine(contracts.infer(symbol))


def _learn(session: InBand, listed: Instrument) -> None:
    """Take over a listing. A scale that rows already have stays: a chunk has one scale."""
    before = session.known.get(listed.symbol)
    if before is not None and before.price_decimals is not None:
        listed = replace(listed, price_decimals=before.price_decimals)
    session.learn(listed)
