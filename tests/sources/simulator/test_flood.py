"""Flood frames: heard by our session they are one unbroken book, however long they go on."""

import numpy as np

from schemas.chunk import Chunk
from schemas.control import Gap, Rejected
from sources.lines import index_lines
from sources.registry import session_for
from sources.simulator.flood import LEVELS, PATTERN, RING, Symbol

NOW = 1_767_614_400_000


def test_the_session_hears_the_book_of_the_ring() -> None:
    symbol = Symbol(1, "FLOOD000USDT")
    frames = [symbol.next(place, NOW) for place in range(2 * PATTERN)]
    url = b"@https://fapi.binance.com/fapi/v1/depth?symbol=FLOOD000USDT&limit=1000"
    snapshot = url + b" " + symbol.snapshot(NOW)
    frames += [symbol.next(place, NOW) for place in range(2 * PATTERN, (RING + 5) * PATTERN)]
    data = b"".join(b"%d %s\n" % (NOW * 1_000_000 + k, f)
                    for k, f in enumerate([*frames[: 2 * PATTERN], snapshot,
                                           *frames[2 * PATTERN :]]))  # fmt: skip
    session = session_for("binance-usdm", "c", lambda instrument: instrument)
    lines = index_lines(np.frombuffer(data, np.uint8), 1)
    items = session.lines(lines, lines.received_ns, np.zeros(0, np.bool_))
    assert [item for item in items if isinstance(item, Gap | Rejected)] == []
    book: dict[int, dict[int, float]] = {1: {}, -1: {}}
    for item in items:
        if isinstance(item, Chunk) and item.kind == "book":
            for side, px, size in zip(*(item.columns[n].tolist() for n in
                                        ("side", "px_ticks", "size")), strict=True):  # fmt: skip
                book[side][px] = size
    bids, asks = symbol.book()
    assert book[1] == {ticks * 10: lots / 1000 for ticks, lots in bids.items()}
    assert book[-1] == {ticks * 10: lots / 1000 for ticks, lots in asks.items()}
    kinds = {kind: sum(len(i) for i in items if isinstance(i, Chunk) and i.kind == kind)
             for kind in ("top", "trade")}  # fmt: skip
    assert kinds == {"top": 5 * (RING + 5), "trade": 2 * (RING + 5)}
    assert symbol.depths == RING + 5


def test_a_frame_has_both_sides_and_the_time() -> None:
    frame = Symbol(2, "FLOOD001USDT").next(0, NOW)
    assert frame.count(b'["') == 2 * LEVELS
    assert frame.startswith(
        b'{"stream":"flood001usdt@depth@100ms","data":{"e":"depthUpdate","E":%d' % NOW
    )
