"""One side of an order book as sorted arrays: keys rise, the best level stands at the end.

A key is the price in ticks for bids and its negative for asks, so that both sides share the
kernels. Most changes touch levels near the best, and those of one frame come sorted: searching
starts from the level touched last and gallops. A deleted level stays as a tombstone of size 0,
because makers come back to the same prices; an insert moves only what lies before the nearest
tombstone, and when inserts have moved too much, tombstones are spread evenly again (after a
level, with its key). Readers skip sizes of 0.
"""

from typing import Final

from schemas.kernel import compiled


def locate_plain(keys, count, hint, key):  # type: ignore[no-untyped-def]
    """First index whose key is at least `key`, searching outwards from `hint`. count > 0."""
    start = min(hint, count - 1)
    step = 1
    if keys[start] < key:
        low = high = start + 1
        while high < count and keys[high] < key:
            low = high + 1
            high += step
            step <<= 1
        high = min(high, count)
    else:
        high = start
        low = start - 1
        while low >= 0 and keys[low] >= key:
            high = low
            low -= step
            step <<= 1
        low = low + 1 if low >= 0 else 0
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


locate = compiled(locate_plain)


def put_plain(keys, sizes, count, hint, key, size):  # type: ignore[no-untyped-def]
    """Set the level at `key` to `size` (0 deletes).

    Returns (slots used, hint for the next, levels moved). The arrays must have a free slot at
    `count`.
    """
    if count == 0 or key > keys[count - 1]:
        if size == 0.0:
            return count, hint, 0
        keys[count] = key
        sizes[count] = size
        return count + 1, count, 0
    at = locate(keys, count, hint, key)
    if keys[at] == key:
        sizes[at] = size
        while count > 0 and sizes[count - 1] == 0.0:
            count -= 1  # the last slot is always a live level: the best
        return count, at, 0
    if size == 0.0:
        return count, at, 0
    free = at
    while free < count and sizes[free] != 0.0:
        free += 1
    if free == count:
        count += 1
    for k in range(free, at, -1):
        keys[k] = keys[k - 1]
    for k in range(free, at, -1):
        sizes[k] = sizes[k - 1]
    keys[at] = key
    sizes[at] = size
    return count, at, free - at


put = compiled(put_plain)


def best_plain(keys, sizes, count, prices, amounts, scale):  # type: ignore[no-untyped-def]
    """Fill prices[m] and amounts[m] with the m-th best live level. Returns how many there are."""
    found = 0
    at = count - 1
    while at >= 0 and found < len(prices):
        if sizes[at] != 0.0:
            prices[found] = abs(keys[at]) / scale
            amounts[found] = sizes[at]
            found += 1
        at -= 1
    return found


best = compiled(best_plain)


def live_plain(keys, sizes, count):  # type: ignore[no-untyped-def]
    """Squeeze the tombstones out. Returns the number of live levels."""
    kept = 0
    for at in range(count):
        if sizes[at] != 0.0:
            keys[kept] = keys[at]
            sizes[kept] = sizes[at]
            kept += 1
    return kept


squeeze = compiled(live_plain)


EVERY: Final = 8  # live levels to a tombstone after spreading


def spread_plain(keys, sizes, count):  # type: ignore[no-untyped-def]
    """Put a tombstone after every EVERY live levels. Returns the slots used.

    The arrays must have room for count + count / EVERY slots.
    """
    live = squeeze(keys, sizes, count)
    slots = live + (live - 1) // EVERY if live > 0 else 0
    to = slots - 1
    for at in range(live - 1, -1, -1):
        if at % EVERY == EVERY - 1 and at != live - 1:
            keys[to] = keys[at]
            sizes[to] = 0.0
            to -= 1
        keys[to] = keys[at]
        sizes[to] = sizes[at]
        to -= 1
    return slots


spread = compiled(spread_plain)
