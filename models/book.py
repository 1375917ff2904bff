"""The order book of one instrument: folds level changes and tickers, proves itself meanwhile.

Frames are rows that share a line. After each frame the order-flow imbalance of ten levels is
added up (Cont, Kukanov & Stoikov 2014, J. Financial Econometrics 12(1):47, eq. 4; by level as
Xu, Gould & Howison 2019, §2), and the best level is compared with the venue's own ticker: if a
ticker has passed the frame's id, the last one with an id at or below it must show the same best
prices and sizes. A mismatch makes the book unknown until the next snapshot.
"""

from typing import Final

import numpy as np

from models.ladder import EVERY, best, put, spread
from schemas.kernel import compiled
from schemas.units import OFI_LEVELS

# Slots of the integer state.
BIDS: Final = 0  # slots used per side
ASKS: Final = 1
BID_HINT: Final = 2
ASK_HINT: Final = 3
KNOWN: Final = 4  # the `is_snapshot` of the snapshot that it stands on; 0: none, or lost since
SEQ: Final = 5  # last applied update id
EDGE_BID: Final = 6  # furthest price of the last snapshot, ticks
EDGE_ASK: Final = 7
BOOK_NS: Final = 8  # last applied event
TOP_NS: Final = 9
RING_FIRST: Final = 10  # tickers that a depth frame may still have to be compared with
RING_COUNT: Final = 11
CHECKED: Final = 12  # frames compared so far
MISMATCHES: Final = 13
LOST_NS: Final = 14  # where the last mismatch was
LOST_LINE: Final = 15  # its rank: the line number of one connection alone
BEFORE: Final = 16  # 1: `levels` holds the ten best of the frame before
MOVED: Final = 17  # levels that inserts have moved since tombstones were spread, both sides
STATE_INTS: Final = 18

RING: Final = 512
_MOVED_PER_SLOT = 2
_MOVED_LEAST = 1024


def flow_plain(before, counts_before, after, counts_after, ofi):  # type: ignore[no-untyped-def]
    """Add one frame's order-flow imbalance in USD to ofi[level].

    before, after: [side, price|size, level]; a level missing on either side before or after adds
    nothing.
    """
    known = min(len(ofi), counts_before[0], counts_before[1], counts_after[0], counts_after[1])
    for m in range(known):
        was, now = before[0, 0, m], after[0, 0, m]
        if now >= was:
            ofi[m] += now * after[0, 1, m]
        if now <= was:
            ofi[m] -= was * before[0, 1, m]
        was, now = before[1, 0, m], after[1, 0, m]
        if now <= was:
            ofi[m] -= now * after[1, 1, m]
        if now >= was:
            ofi[m] += was * before[1, 1, m]


flow = compiled(flow_plain)


def agrees_plain(state, ring_id, ring, levels, counts, last_id):  # type: ignore[no-untyped-def]
    """Compare the book with the last ticker at or below `last_id`, if one has passed it.

    Returns 1 when equal, 0 when not, −1 when nothing can be said yet. Forgets older tickers.
    """
    count = state[RING_COUNT]
    first = state[RING_FIRST]
    if count == 0 or ring_id[(first + count - 1) % RING] < last_id:
        return -1
    while count > 1 and ring_id[(first + 1) % RING] <= last_id:
        first = (first + 1) % RING
        count -= 1
    state[RING_FIRST], state[RING_COUNT] = first, count
    if ring_id[first] > last_id:
        return -1
    if counts[0] == 0 or counts[1] == 0:
        return 0
    same = (
        ring[first, 0] == levels[0, 0, 0]
        and ring[first, 1] == levels[0, 1, 0]
        and ring[first, 2] == levels[1, 0, 0]
        and ring[first, 3] == levels[1, 1, 0]
    )
    return 1 if same else 0


agrees = compiled(agrees_plain)


def forget_plain(state):  # type: ignore[no-untyped-def]
    """Make the book unknown. Tickers stay: they do not depend on it."""
    state[BIDS] = state[ASKS] = state[BID_HINT] = state[ASK_HINT] = 0
    state[KNOWN] = state[BEFORE] = 0


forget = compiled(forget_plain)


def fold_plain(  # type: ignore[no-untyped-def]
    state, keys, sizes, ring_id, ring, levels, counts, ofi, top, scale,
    row, row_end, order, received, last_id, side, px_ticks, size, is_snapshot,
    ticker, ticker_end, top_order, top_received, top_id, bid_px, bid_sz, ask_px, ask_sz,
):  # fmt: skip
    """Fold book rows [row, row_end) and ticker rows [ticker, ticker_end), merged by `order`.

    keys[2, n], sizes[2, n]: the sides, with room for all rows. levels[2, 2, 10], counts[2]: the
    best levels after the last frame. top[4]: the last ticker. A row of side 0 changes no level.
    """
    after = np.empty_like(levels)
    counts_after = np.zeros(2, np.int64)
    while row < row_end or ticker < ticker_end:
        if row >= row_end or (ticker < ticker_end and top_order[ticker] < order[row]):
            number = top_id[ticker]
            top[0], top[1] = bid_px[ticker], bid_sz[ticker]
            top[2], top[3] = ask_px[ticker], ask_sz[ticker]
            state[TOP_NS] = top_received[ticker]
            ticker += 1
            newest = (state[RING_FIRST] + state[RING_COUNT] - 1) % RING
            if state[RING_COUNT] > 0 and number < ring_id[newest]:
                state[RING_COUNT] = 0  # the venue counts anew
            if state[RING_COUNT] == RING:
                state[RING_FIRST] = (state[RING_FIRST] + 1) % RING
                state[RING_COUNT] -= 1
            at = (state[RING_FIRST] + state[RING_COUNT]) % RING
            ring_id[at] = number
            ring[at] = top
            state[RING_COUNT] += 1
            continue
        line = order[row]
        fresh = False
        first = row
        while row < row_end and order[row] == line:
            if is_snapshot[row] != 0:
                if not fresh:
                    fresh = True
                    state[BIDS] = state[ASKS] = state[BID_HINT] = state[ASK_HINT] = 0
                    state[KNOWN] = is_snapshot[row]
                    state[BEFORE] = 0
                    state[EDGE_BID], state[EDGE_ASK] = px_ticks[row], px_ticks[row]
                if side[row] > 0:
                    if state[BIDS] == 0 or px_ticks[row] < state[EDGE_BID]:
                        state[EDGE_BID] = px_ticks[row]
                elif state[ASKS] == 0 or px_ticks[row] > state[EDGE_ASK]:
                    state[EDGE_ASK] = px_ticks[row]
            if state[KNOWN] != 0:
                if side[row] > 0:
                    state[BIDS], state[BID_HINT], moved = put(
                        keys[0], sizes[0], state[BIDS], state[BID_HINT], px_ticks[row], size[row]
                    )
                elif side[row] < 0:
                    state[ASKS], state[ASK_HINT], moved = put(
                        keys[1], sizes[1], state[ASKS], state[ASK_HINT], -px_ticks[row], size[row]
                    )
                else:
                    moved = 0
                state[MOVED] += moved
            row += 1
        if state[KNOWN] == 0:
            continue
        if state[MOVED] > _MOVED_PER_SLOT * (state[BIDS] + state[ASKS]) + _MOVED_LEAST:
            state[MOVED] = 0
            for s in range(2):
                if state[s] + state[s] // EVERY + row_end - row <= keys.shape[1]:
                    state[s] = spread(keys[s], sizes[s], state[s])
        state[SEQ] = last_id[row - 1]
        state[BOOK_NS] = received[first]
        for s in range(2):
            counts_after[s] = best(keys[s], sizes[s], state[s], after[s, 0], after[s, 1], scale)
        if state[BEFORE] != 0:
            flow(levels, counts, after, counts_after, ofi)
        levels[:] = after
        counts[:] = counts_after
        state[BEFORE] = 1
        verdict = agrees(state, ring_id, ring, levels, counts, state[SEQ])
        if verdict >= 0:
            state[CHECKED] += 1
        if verdict == 0:
            state[MISMATCHES] += 1
            state[LOST_NS], state[LOST_LINE] = received[first], line
            forget(state)


fold = compiled(fold_plain)


class BookArrays:
    """The arrays behind one book; grown by doubling, emptied by `forget`."""

    __slots__ = ("counts", "keys", "levels", "ofi", "ring", "ring_id", "sizes", "state", "top")

    def __init__(self) -> None:
        self.state = np.zeros(STATE_INTS, np.int64)
        self.keys = np.zeros((2, 4096), np.int64)
        self.sizes = np.zeros((2, 4096))
        self.ring_id = np.zeros(RING, np.int64)
        self.ring = np.zeros((RING, 4))
        self.levels = np.zeros((2, 2, OFI_LEVELS))
        self.counts = np.zeros(2, np.int64)
        self.ofi = np.zeros(OFI_LEVELS)
        self.top = np.full(4, np.nan)

    def make_room(self, rows: int) -> None:
        """Room for `rows` more levels on either side."""
        used = int(max(self.state[BIDS], self.state[ASKS]))
        need = used + used // EVERY + rows
        capacity = self.keys.shape[1]
        if need <= capacity:
            return
        while capacity < need:
            capacity *= 2
        for name in ("keys", "sizes"):
            old = getattr(self, name)
            grown = np.zeros((2, capacity), old.dtype)
            grown[:, : old.shape[1]] = old
            setattr(self, name, grown)
