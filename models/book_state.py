"""A book as bytes for the recovery store: live levels only, prices and sizes as small integers.

Prices are stored as differences between neighbours divided by their common divisor, sizes as
multiples of the venue's lot; both as 32-bit numbers where that is exact, else as they are. A
book of 9,600 levels takes about 77 kB.
"""

from typing import Any, Final

import numpy as np

from models.book import (
    ASK_HINT,
    ASKS,
    BID_HINT,
    BIDS,
    RING,
    RING_COUNT,
    RING_FIRST,
    BookArrays,
)
from models.ladder import squeeze
from schemas.chunk import Array

VERSION: Final = 1
_MOST_PLACES = 9


def pack_prices(keys: Array) -> tuple[int, int, bytes]:
    """(first key, divisor, differences); divisor 0 means 64-bit keys as they are."""
    if len(keys) == 0:
        return 0, 1, b""
    steps = np.diff(keys)
    divisor = int(np.gcd.reduce(steps)) if len(steps) else 1
    small = steps // max(divisor, 1)
    if len(small) and int(small.max()) >= 1 << 32:
        return 0, 0, keys.tobytes()
    return int(keys[0]), max(divisor, 1), small.astype(np.uint32).tobytes()


def unpack_prices(first: int, divisor: int, data: bytes, count: int) -> Array:
    """Inverse of `pack_prices`."""
    if divisor == 0:
        return np.frombuffer(data, np.int64)
    keys = np.empty(count, np.int64)
    if count:
        steps = np.frombuffer(data, np.uint32).astype(np.int64)
        keys[0] = first
        keys[1:] = first + np.cumsum(steps) * divisor
    return keys


def pack_sizes(sizes: Array) -> tuple[int, bytes]:
    """(decimal places, multiples); places −1 means 64-bit sizes as they are."""
    for places in range(_MOST_PLACES):
        power = 10.0**places
        lots = np.rint(sizes * power)
        if len(lots) and float(lots.max()) >= 1 << 32:
            break
        if np.array_equal(lots / power, sizes):
            return places, lots.astype(np.uint32).tobytes()
    return -1, sizes.tobytes()


def unpack_sizes(places: int, data: bytes) -> Array:
    """Inverse of `pack_sizes`."""
    if places < 0:
        return np.frombuffer(data)
    return np.frombuffer(data, np.uint32) / 10.0**places


def pack(book: BookArrays) -> tuple[Any, ...]:
    """Everything of a book as an immutable tuple. Squeezes tombstones, which changes no number."""
    state = book.state
    sides = []
    for s in range(2):
        count = squeeze(book.keys[s], book.sizes[s], state[s])
        state[s] = count
        sides.append((count, pack_prices(book.keys[s, :count]), pack_sizes(book.sizes[s, :count])))
    state[BID_HINT] = state[ASK_HINT] = 0
    ring = (np.arange(state[RING_COUNT]) + state[RING_FIRST]) % RING
    return (
        VERSION,
        state.tobytes(),
        tuple(sides),
        book.ring_id[ring].tobytes(),
        book.ring[ring].tobytes(),
        book.levels.tobytes(),
        book.counts.tobytes(),
        book.ofi.tobytes(),
        book.top.tobytes(),
    )


def unpack(packed: tuple[Any, ...]) -> BookArrays:
    """Inverse of `pack`."""
    _, state, sides, ring_id, ring, levels, counts, ofi, top = packed
    book = BookArrays()
    book.state[:] = np.frombuffer(state, np.int64)
    book.state[BIDS] = book.state[ASKS] = 0
    book.make_room(max(count for count, _, _ in sides))
    for s, (count, prices, sizes) in enumerate(sides):
        first, divisor, steps = prices
        book.keys[s, :count] = unpack_prices(first, divisor, steps, count)
        book.sizes[s, :count] = unpack_sizes(*sizes)
        book.state[s] = count
    kept = len(ring_id) // 8
    book.ring_id[:kept] = np.frombuffer(ring_id, np.int64)
    book.ring[:kept] = np.frombuffer(ring).reshape(kept, 4)
    book.state[RING_FIRST] = 0
    book.levels[:] = np.frombuffer(levels).reshape(book.levels.shape)
    book.counts[:] = np.frombuffer(counts, np.int64)
    book.ofi[:] = np.frombuffer(ofi)
    book.top[:] = np.frombuffer(top)
    return book
