"""Events of Coinbase Advanced's `l2_data` → levels in numbers, then rows.

A frame is read wholly before any of it counts: one that is refused leaves no row, and loses the
books it may have carried.
"""

from msgspec import Struct

from schemas.instrument import instrument_name
from sources import coinbase_levels as levels
from sources import coinbase_wire as wire
from sources import wire_numbers as numbers
from sources.coinbase_listing import VENUE, meet
from sources.coinbase_wire import BookEvent, Envelope
from sources.in_band import InBand
from sources.wire_numbers import Refused

_Levels = list[tuple[int, float]]


class _Book(Struct):
    """A book event in numbers; of a book that is not known only its name."""

    name: str
    fresh: bool  # a snapshot
    venue_ns: int = 0
    bids: _Levels = []
    asks: _Levels = []


def read_books(frame: Envelope, session: InBand) -> None:
    """Add the rows of a frame that follows the one before. Raises Refused."""
    try:
        books = _books(frame, session)
    except Refused:
        _lose_carried(frame, session)
        raise
    number = frame.sequence_num
    for book in books:
        if book.fresh:
            session.books.snapshot(book.name, number)
        elif not session.books.update(session.batch, book.name, number, follows=True):
            session.counts["unsynchronised"] += 1
            continue
        ids = book.venue_ns, number, number
        session.batch.levels(book.name, ids, book.bids, book.asks, snapshot=book.fresh)


def _lose_carried(frame: Envelope, session: InBand) -> None:
    """Lose the books of a refused frame. One of which nothing was heard yet misses nothing."""
    products = wire.products_of(frame.events)
    if products is None:
        session.books.lose_all(session.batch, "sequence")
        return
    for symbol in products:
        name = instrument_name(VENUE, symbol)
        if name in session.books.states:
            session.books.lose(session.batch, name, "sequence")


def _books(frame: Envelope, session: InBand) -> list[_Book]:
    found: list[_Book] = []
    for event in wire.decode_books(frame.events):
        name = instrument_name(VENUE, event.product_id)
        fresh = event.type == "snapshot"
        if fresh:
            found = [book for book in found if book.name != name]  # it replaces them
        elif session.books.last_id(name) < 0 and not any(
            book.fresh and book.name == name for book in found
        ):
            meet(event.product_id, session)  # no scale is learnt from an update
            found.append(_Book(name, fresh=False))
            continue
        book = _book(name, event, frame, session)
        if book is not None:
            found.append(book)
    return found


def _book(name: str, event: BookEvent, frame: Envelope, session: InBand) -> _Book | None:
    updates = event.updates
    texts = [level.price_level for level in updates]
    sizes = levels.sizes([level.new_quantity for level in updates])
    times = {level.event_time for level in updates} or {frame.timestamp}
    venue_ns = max(map(wire.time_ns, times))
    known = session.known.get(event.product_id)
    scale = None if known is None else known.price_decimals
    finest = []
    if scale is None and texts:
        finest = [levels.finest(texts)]
        scale = numbers.decimals_of(finest[0])
    px = [] if scale is None else levels.ticks(texts, scale)  # what refuses teaches nothing
    instrument = meet(event.product_id, session, finest)
    if instrument.price_decimals is None:
        session.counts["empty_book"] += 1  # a first snapshot without a price gives no scale
        return None
    if instrument.price_decimals != scale:  # settings know better than the first snapshot
        px = levels.ticks(texts, instrument.price_decimals)
    if instrument.contract_size != 1.0:
        sizes = [size * instrument.contract_size for size in sizes]
    is_bid = [level.side == "bid" for level in updates]
    return _Book(
        name,
        event.type == "snapshot",
        venue_ns,
        [row for row, bid in zip(zip(px, sizes, strict=True), is_bid, strict=True) if bid],
        [row for row, bid in zip(zip(px, sizes, strict=True), is_bid, strict=True) if not bid],
    )
