"""One flat JSON object, read by kernels: one-letter keys fill slots, nothing is allocated.

A slot holds the kind of value and where it stands. `b` and `a` may be lists of price levels.
Whatever is not plainly of that shape (white space, escapes, nesting, a doubled key, a value of
another type than the caller takes) is refused with −1 and goes to a full decoder.
"""

from typing import Final

import numpy as np

from schemas.kernel import compiled
from sources.digits import EXACT, POWERS

SLOTS: Final = 128  # by the key's character
NONE, TEXT, NUMBER, TRUE, FALSE, LEVELS = 0, 1, 2, 3, 4, 5
PU, ST = 0, 1  # two-letter keys we need take the slots of control characters
QUOTE, CLOSE = 34, 125
_COMMA, _COLON, _OPEN, _LIST, _LIST_END = 44, 58, 123, 91, 93
_ZERO, _NINE, _POINT, _BACKSLASH, _SPACE = 48, 57, 46, 92, 32
_TRUE_WORD = np.frombuffer(b"true", np.uint8)
_FALSE_WORD = np.frombuffer(b"false", np.uint8)


def is_plain(buffer, start, stop, word):  # type: ignore[no-untyped-def]
    """Whether [start, stop) spells `word`."""
    if stop - start != len(word):
        return False
    for k in range(len(word)):  # noqa: SIM110 (a kernel has no generators)
        if buffer[start + k] != word[k]:
            return False
    return True


is_word = compiled(is_plain)


def levels_plain(buffer, p, stop, row, px, size, places):  # type: ignore[no-untyped-def]
    """Read `[["px","size"],…]` at p into rows. Returns (past it, next row), or (−1, row).

    All prices of a frame share their number of decimals, kept in places[0] (−1 before the first).
    """
    if buffer[p] != _LIST:
        return np.int64(-1), row
    p += 1
    if buffer[p] == _LIST_END:
        return p + 1, row
    while p + 8 < stop:
        if row >= len(px) or buffer[p] != _LIST or buffer[p + 1] != QUOTE:
            return np.int64(-1), row
        p += 2
        for number in range(2):
            value = np.int64(0)
            point = np.int64(-1)
            begin = p
            while p < stop:
                c = np.int64(buffer[p])
                digit = c - _ZERO
                if 0 <= digit <= 9:
                    value = value * 10 + digit
                elif c == _POINT and point < 0 and p > begin:
                    point = np.int64(p)
                else:
                    break
                p += 1
            if p == begin or p - begin > 18 or p + 2 >= stop or buffer[p] != QUOTE:
                return np.int64(-1), row
            if value >= EXACT or point == p - 1:
                return np.int64(-1), row
            decimals = p - 1 - point if point >= 0 else np.int64(0)
            if number == 0:
                if places[0] < 0:
                    places[0] = decimals
                if decimals != places[0] or value == 0:
                    return np.int64(-1), row
                px[row] = value
                if buffer[p + 1] != _COMMA or buffer[p + 2] != QUOTE:
                    return np.int64(-1), row
                p += 3
            else:
                size[row] = value / POWERS[decimals]
                if buffer[p + 1] != _LIST_END:
                    return np.int64(-1), row
                p += 2
        row += 1
        if buffer[p] == _LIST_END:
            return p + 1, row
        if buffer[p] != _COMMA:
            return np.int64(-1), row
        p += 1
    return np.int64(-1), row


read_levels = compiled(levels_plain)


def fields_plain(  # type: ignore[no-untyped-def]
    buffer, p, stop, kinds, begins, ends, row, px, size, places, takes
):
    """Read one flat object at p; its one-letter keys fill the slots. Returns (past it, next row).

    `b` and `a` may be lists of levels (bids must come first). takes[slot] has the bit 1 << kind
    set for the kinds of value that may stand there. −1 when the shape is another.
    """
    if buffer[p] != _OPEN:
        return np.int64(-1), row
    p += 1
    while p + 3 < stop and buffer[p] == QUOTE:
        first = np.int64(buffer[p + 1])
        slot = np.int64(-1)
        if buffer[p + 2] == QUOTE:
            if first < _SPACE or first in (QUOTE, _BACKSLASH):
                return np.int64(-1), row
            slot = first
            p += 3
        else:
            q = p + 1
            while q < stop and buffer[q] >= _SPACE and buffer[q] not in (QUOTE, _BACKSLASH):
                q += 1
            if q >= stop or buffer[q] != QUOTE:
                return np.int64(-1), row
            if q - p == 3:
                second = buffer[p + 2]
                if first == 112 and second == 117:  # pu
                    slot = np.int64(PU)
                elif first == 115 and second == 116:  # st
                    slot = np.int64(ST)
            p = q + 1
        if slot > 127 or p >= stop or buffer[p] != _COLON:
            return np.int64(-1), row
        p += 1
        c = buffer[p]
        kind = NONE
        begin = p
        end = p
        if c == QUOTE:
            begin = p + 1
            q = begin
            while q < stop and buffer[q] >= _SPACE and buffer[q] not in (QUOTE, _BACKSLASH):
                q += 1
            if q >= stop or buffer[q] != QUOTE:
                return np.int64(-1), row
            end, kind, p = q, TEXT, q + 1
        elif _ZERO <= c <= _NINE:
            q = p
            while q < stop and _ZERO <= buffer[q] <= _NINE:
                q += 1
            if c == _ZERO and q - p > 1:
                return np.int64(-1), row  # JSON has no leading zeros
            end, kind, p = q, NUMBER, q
        elif c == _LIST:
            if slot not in (97, 98) or (slot == 98 and kinds[97] != NONE):
                return np.int64(-1), row
            begin = row
            p, row = read_levels(buffer, p, stop, row, px, size, places)
            if p < 0:
                return np.int64(-1), row
            end, kind = row, LEVELS
        elif c == 116 and p + 4 <= stop and is_word(buffer, p, p + 4, _TRUE_WORD):
            kind, p = TRUE, p + 4
        elif c == 102 and p + 5 <= stop and is_word(buffer, p, p + 5, _FALSE_WORD):
            kind, p = FALSE, p + 5
        else:
            return np.int64(-1), row
        if slot >= 0:
            if kinds[slot] != NONE or (takes[slot] >> kind) & 1 == 0:
                return np.int64(-1), row
            kinds[slot], begins[slot], ends[slot] = kind, begin, end
        if p < stop and buffer[p] == _COMMA:
            p += 1
            continue
        if p < stop and buffer[p] == CLOSE:
            return p + 1, row
        return np.int64(-1), row
    return np.int64(-1), row


read_fields = compiled(fields_plain)
