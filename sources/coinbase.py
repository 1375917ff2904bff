"""Coinbase Advanced as a reader: spot books, trades and best prices of one connection.

Book    level2 (as `l2_data`): snapshot, then absolute levels; `sequence_num` is the connection's,
        so a hole in it loses every book; the ids of book rows are these numbers
Sides   `side` of a trade is the maker's (coinbase_assumed); `offer` and `ask` are one side
Numbers text without trailing zeros: the scale is the finest of the first snapshot
Seen    live frames of 2026-04, a recording of 2026-08-09 (24 s, two products)

Times are those of the matching (level, trade), for a ticker that of its publication.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from schemas.control import Reason
from schemas.instrument import Instrument
from sources import coinbase_listing as listing
from sources import coinbase_wire as wire
from sources import wire_numbers as numbers
from sources.coinbase_assumed import CoinbaseAssumed
from sources.coinbase_books import read_books
from sources.coinbase_sequence import FrameSequence
from sources.coinbase_trades import Trades, read_tickers
from sources.coinbase_wire import Envelope
from sources.in_band import InBand
from sources.wire_numbers import Refused

USUAL: Final = CoinbaseAssumed()
_CONTROL: Final = ("subscriptions", "heartbeats")
_NAMED: Final = 40  # characters of an unknown type that are counted by


class _State(msgspec.Struct):
    """What a restart needs."""

    sequence: FrameSequence
    trades: dict[str, int]


class CoinbaseAdvanced:
    """A Reader for one connection."""

    venue = listing.VENUE

    def __init__(self, assumed: CoinbaseAssumed = USUAL) -> None:
        self.sequence = FrameSequence()
        self.trades = Trades(side_is_maker=assumed.side_is_maker)

    def infer(self, symbol: str) -> Instrument:
        """Metadata as far as the symbol tells."""
        return listing.infer(symbol)

    def read(self, payload: bytes, session: InBand) -> None:
        """Read one frame. Raises Refused, once the books it may have carried are lost."""
        try:
            frame = wire.decode_envelope(payload)
            if not frame.channel and frame.sequence_num < 0:
                kind = frame.type[:_NAMED]
                session.counts["error" if kind == "error" else f"unknown:{kind}"] += 1
                return
            number = numbers.identifier(frame.sequence_num)
        except Refused:
            # Neither its number nor its channel is known: it may have carried any book. What
            # follows it shows a hole, in which nothing is left to lose.
            session.books.lose_all(session.batch, "sequence")
            raise
        if self._follows(number, session):
            self._read(frame, session)

    def _follows(self, number: int, session: InBand) -> bool:
        """Whether a frame counts; what its number shows to be missing is lost."""
        verdict = self.sequence.judge(number)
        if verdict == "old":
            session.counts["repeated"] += 1
            return False
        if verdict != "next":
            session.books.lose_all(session.batch, "sequence")
        if verdict == "anew":
            self.trades.last.clear()
        return True

    def _read(self, frame: Envelope, session: InBand) -> None:
        if frame.channel == "l2_data":
            read_books(frame, session)
        elif frame.channel == "market_trades":
            self.trades.read(frame, session)
        elif frame.channel == "ticker":
            read_tickers(frame, session)
        elif frame.channel in _CONTROL:
            session.counts["control"] += 1
        elif frame.channel:
            session.counts[f"unknown:{frame.channel[:_NAMED]}"] += 1
        else:
            session.books.lose_all(session.batch, "sequence")
            raise Refused(Reason.missing_field, "a numbered frame without a channel")

    def answer(self, url: str, body: bytes, session: InBand) -> None:
        """Read one REST answer: the listing of products."""
        try:
            path = urlsplit(url).path
        except ValueError as error:
            raise Refused(Reason.wrong_type, f"an answer whose URL is none: {error}") from error
        if not path.endswith(listing.PATH):
            session.counts[f"unknown answer:{path[:_NAMED]}"] += 1
            return
        for found in listing.instruments_of(body):
            known = session.known.get(found.symbol)
            decimals = None if known is None else known.price_decimals
            # Where rows in ticks may have been given, their unit stays.
            session.learn(found if decimals is None else replace(found, price_decimals=decimals))

    def lost(self) -> None:
        """The connection starts anew: its numbers do, and it shows its past trades again."""
        self.sequence.forget()
        self.trades.last.clear()

    def snapshot(self) -> Any:
        """The sequence and the last trade of each product."""
        return msgspec.to_builtins(_State(self.sequence, self.trades.last))

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        found = msgspec.convert(state, _State)
        self.sequence, self.trades.last = found.sequence, found.trades
