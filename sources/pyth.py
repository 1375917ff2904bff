"""Pyth's Hermes as a reader: prices of oracle feeds, as rows of kind `oracle`.

Frames  WebSocket updates; the lines of an SSE stream; answers of `/v2/updates/price/latest`
Names   ids become symbols by the listing; an id that nothing has named refuses its frame, and
        the listing is wished for when a symbol of ours has no id yet
Order   by publish time (`pyth_sequence`): what comes twice or late is counted and left out
Scale   that of a feed's first price; a feed listed beforehand has none, as its listing has none
Stale   nothing here judges age: `venue_ns` is the publish time, `received_ns` stands beside it

A price that its publisher has stopped (a share at night) keeps coming with its old publish time.
Fails: publish times are whole seconds, so an age is known to a second only.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from schemas.control import Reason, Seen, Wish
from schemas.instrument import Instrument, instrument_name
from schemas.units import NS_PER_S
from sources import pyth_listing as listing
from sources import pyth_wire as wire
from sources.in_band import InBand
from sources.pyth_listing import Listed
from sources.pyth_names import Names
from sources.pyth_price import Price
from sources.pyth_sequence import Last, PriceSequence
from sources.pyth_wire import Told
from sources.wire_numbers import Refused

LATEST: Final = "/v2/updates/price/latest"
AHEAD_S: Final = 60  # by which a publish time may be ahead of our clock and be remembered
_NAMED: Final = 40  # characters of an unknown type that are counted by
_DATA, _EVENT, _COMMENT = b"data:", b"event:", b":"
_OTHER_FIELDS: Final = (b"id:", b"retry:")


class _State(msgspec.Struct):
    """What a restart needs."""

    names: dict[str, list[str]]  # symbol and quote by id
    last: dict[str, Last]
    wished: list[str]
    failing: bool


class Pyth:
    """A Reader for one connection."""

    venue = listing.VENUE

    def __init__(self) -> None:
        self.names = Names()
        self.sequence = PriceSequence()
        self._wished: set[str] = set()  # symbols whose id was wished for
        self._failing = False  # the next SSE data are words about an error

    def infer(self, symbol: str) -> Instrument:
        """Metadata as far as the symbol tells."""
        return listing.instrument(symbol)

    # -- frames --------------------------------------------------------------------------------

    def read(self, payload: bytes, session: InBand) -> None:
        """Read one frame, or one line of an SSE stream. Raises Refused."""
        if payload.startswith(_DATA):
            if self._failing:
                self._failing = False
                session.counts["error"] += 1
                return
            payload = payload[len(_DATA) :]
        elif payload.startswith(_EVENT):
            self._failing = payload[len(_EVENT) :].strip() == b"error"
            return
        elif payload.startswith((_COMMENT, *_OTHER_FIELDS)):
            session.counts["keep_alive"] += 1
            return
        self._frame(wire.decode_frame(payload), session)

    def _frame(self, frame: wire.Frame, session: InBand) -> None:
        if frame.type == "price_update":
            self._take(wire.update_of(frame), session)
        elif frame.is_event:
            self._take(wire.event_of(frame), session)
        elif frame.status is not None:
            session.counts["control" if frame.status == "success" else "error"] += 1
        else:
            session.counts[f"unknown:{frame.type[:_NAMED]}"] += 1

    def _take(self, told: Told, session: InBand) -> None:
        """Add the rows of a line that are news. What cannot be used spoils nothing beside it."""
        known: list[tuple[str, Price]] = []
        refused = [*told.refused]
        unlisted = 0
        for price in told.prices:
            feed = self.names.feed(price.id)
            if feed is None:
                unlisted += 1
                continue
            try:
                known.append((self._met(feed, price, session), price))
            except Refused as error:
                refused.append(error)
        if unlisted:
            self._wish(session)
            session.counts["unlisted"] += unlisted
        if refused and known:
            session.refuse_part(refused[0])
        elif refused:
            raise refused[0]
        elif unlisted and not known:
            feed_id = told.prices[0].id
            raise Refused(Reason.no_metadata, f"feed {feed_id} is in no listing of ours")
        elif not known:
            session.counts["never_published"] += 1
        for name, price in known:
            if self._is_news(price, session):
                row = price.publish_ns, price.px, price.conf, price.ema_px, price.slot
                session.batch.row(name, "oracle", *row)

    def _is_news(self, price: Price, session: InBand) -> bool:
        """Whether a price is to be given; one from far ahead is, but must not silence its feed."""
        if price.publish_ns > session.batch.received_ns + AHEAD_S * NS_PER_S:
            session.counts["ahead"] += 1
            return True
        missed = self.sequence.missed
        verdict = self.sequence.judge(price)
        session.counts["missed"] += self.sequence.missed - missed
        if verdict != "new":
            session.counts[verdict] += 1
        return verdict == "new"

    # -- names ---------------------------------------------------------------------------------

    def _met(self, feed: Listed, price: Price, session: InBand) -> str:
        """The name of an instrument of which a price has come. Raises Refused."""
        if feed.symbol not in session.known and feed.id in self.names.listed:
            session.learn(feed.instrument)
        listed = feed.symbol in session.listed
        return session.meet(feed.symbol, () if listed else (price.text,)).name

    def _wish(self, session: InBand) -> None:
        """Wish for the ids of those that we listen to by symbol alone, once each."""
        for symbol in sorted(session.listed - self._wished):
            if self.names.id_of(symbol) is None:
                self._wished.add(symbol)
                name = instrument_name(self.venue, symbol)
                session.batch.item(Wish(name, listing.url_of(symbol), Reason.no_metadata))

    # -- answers -------------------------------------------------------------------------------

    def answer(self, url: str, body: bytes, session: InBand) -> None:
        """Read one REST answer: a listing, or latest prices. Raises Refused."""
        try:
            path = urlsplit(url).path
        except ValueError as error:
            raise Refused(Reason.wrong_type, f"an answer whose URL is none: {error}") from error
        if path.endswith(listing.PATH):
            self._learn(url, body, session)
        elif path.endswith(LATEST):
            self._frame(wire.decode_frame(body), session)
        else:
            session.counts[f"unknown answer:{path[:_NAMED]}"] += 1

    def _learn(self, url: str, body: bytes, session: InBand) -> None:
        found, refused = listing.read_listing(body)
        at = session.batch.received_ns, session.batch.line
        session.counts["unusable_listed"] += len(refused)
        self.names.take(found)
        for symbol in sorted(self._wished.intersection(one.symbol for one in found)):
            if symbol in session.known:  # the wish is satisfied when it is seen again
                item = Seen(session.known[symbol], session.connection, *at, listed=True)
                session.batch.item(item)
        asked = {symbol for symbol in self._wished if url in (listing.url_of(symbol), listing.URL)}
        self._wished -= asked  # what is still without an id is wished for anew

    # -- the connection ------------------------------------------------------------------------

    def lost(self) -> None:
        """The connection starts anew: names and last prices hold, wishes are made again."""
        self._wished.clear()
        self._failing = False

    def snapshot(self) -> Any:
        """Names, last prices, and what is under way."""
        state = _State(
            self.names.snapshot(), self.sequence.last, sorted(self._wished), self._failing
        )
        return msgspec.to_builtins(state)

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        found = msgspec.convert(state, _State)
        self.names.restore(found.names)
        self.sequence.last = found.last
        self._wished, self._failing = set(found.wished), found.failing
