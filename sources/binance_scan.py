"""The compiled scanner for Binance's busiest frames: bytes straight to columns, one call a batch.

It reads depthUpdate, bookTicker, trade, aggTrade and markPriceUpdate, bare or wrapped in
`{"stream":…,"data":…}`, keys in any order. It is bit-equal to the typed decoder in
`binance_wire` and hands back (HANDED_BACK) whatever is not plainly of that shape: a symbol it
has not seen, an escape, white space, a sign or exponent in a price, a zero price, another event.
"""

from typing import Final

import numpy as np

from schemas.kernel import compiled
from sources.digits import EXACT, POWERS, decimal, whole

HANDED_BACK: Final = 0
DEPTH: Final = 1
TOP: Final = 2
TRADE: Final = 3
AGG_TRADE: Final = 4
MARK: Final = 5
OTHER_PRODUCT: Final = 6  # `st` of the other half of the merged universe

SYMBOL_BYTES: Final = 32
_NS_PER_MS = 1_000_000
_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE, _LIST, _LIST_END = 34, 44, 58, 123, 125, 91, 93
_ZERO, _NINE, _POINT, _MINUS, _BACKSLASH = 48, 57, 46, 45, 92
_NONE, _TEXT, _NUMBER, _TRUE, _FALSE, _LEVELS = 0, 1, 2, 3, 4, 5
_PU, _ST = 0, 1  # two-letter keys we need take the slots of control characters


def hash_plain(buffer, start, stop):  # type: ignore[no-untyped-def]
    """FNV-1a of a symbol's bytes, as a non-negative int64."""
    value = np.uint64(14695981039346656037)
    for p in range(start, stop):
        value = (value ^ np.uint64(buffer[p])) * np.uint64(1099511628211)
    return np.int64(value >> np.uint64(1))


symbol_hash = compiled(hash_plain)


def find_plain(buffer, start, stop, table, names):  # type: ignore[no-untyped-def]
    """Index of the symbol in [start, stop), or −1. `table` is open addressing over `names`."""
    length = stop - start
    if length <= 0 or length >= SYMBOL_BYTES:
        return np.int64(-1)
    mask = len(table) - 1
    slot = symbol_hash(buffer, start, stop) & mask
    while table[slot] >= 0:
        known = table[slot]
        if names[known, SYMBOL_BYTES - 1] == length:
            same = True
            for k in range(length):
                if names[known, k] != buffer[start + k]:
                    same = False
                    break
            if same:
                return np.int64(known)
        slot = (slot + 1) & mask
    return np.int64(-1)


find_symbol = compiled(find_plain)


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
        if row >= len(px) or buffer[p] != _LIST or buffer[p + 1] != _QUOTE:
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
                    point = p
                else:
                    break
                p += 1
            if p == begin or p - begin > 18 or p + 2 >= stop or buffer[p] != _QUOTE:
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
                if buffer[p + 1] != _COMMA or buffer[p + 2] != _QUOTE:
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


def fields_plain(buffer, p, stop, kinds, begins, ends, row, px, size, places):  # type: ignore[no-untyped-def]
    """Read one flat object at p; its one-letter keys fill the slots. Returns (past it, next row).

    `b` and `a` may be lists of levels (bids must come first). −1 when the shape is another.
    """
    if buffer[p] != _OPEN:
        return np.int64(-1), row
    p += 1
    while p < stop and buffer[p] == _QUOTE:
        first = np.int64(buffer[p + 1])
        slot = np.int64(-1)
        if buffer[p + 2] == _QUOTE:
            slot = first
            p += 3
        else:
            q = p + 1
            while q < stop and buffer[q] != _QUOTE and buffer[q] != _BACKSLASH:
                q += 1
            if q >= stop or buffer[q] != _QUOTE:
                return np.int64(-1), row
            if q - p == 3:
                second = buffer[p + 2]
                if first == 112 and second == 117:  # pu
                    slot = _PU
                elif first == 115 and second == 116:  # st
                    slot = _ST
            p = q + 1
        if slot > 127 or p >= stop or buffer[p] != _COLON:
            return np.int64(-1), row
        p += 1
        c = buffer[p]
        kind = _NONE
        begin = p
        end = p
        if c == _QUOTE:
            begin = p + 1
            q = begin
            while q < stop and buffer[q] != _QUOTE and buffer[q] != _BACKSLASH:
                q += 1
            if q >= stop or buffer[q] != _QUOTE:
                return np.int64(-1), row
            end, kind, p = q, _TEXT, q + 1
        elif _ZERO <= c <= _NINE:
            q = p
            while q < stop and _ZERO <= buffer[q] <= _NINE:
                q += 1
            end, kind, p = q, _NUMBER, q
        elif c == _LIST:
            if slot not in (97, 98) or (slot == 98 and kinds[97] != _NONE):
                return np.int64(-1), row
            begin = row
            p, row = read_levels(buffer, p, stop, row, px, size, places)
            if p < 0:
                return np.int64(-1), row
            end, kind = row, _LEVELS
        elif c == 116 and p + 4 <= stop and buffer[p + 3] == 101:  # true
            kind, p = _TRUE, p + 4
        elif c == 102 and p + 5 <= stop and buffer[p + 4] == 101:  # false
            kind, p = _FALSE, p + 5
        else:
            return np.int64(-1), row
        if slot >= 0:
            if kinds[slot] != _NONE:
                return np.int64(-1), row
            kinds[slot], begins[slot], ends[slot] = kind, begin, end
        if p < stop and buffer[p] == _COMMA:
            p += 1
            continue
        if p < stop and buffer[p] == _CLOSE:
            return p + 1, row
        return np.int64(-1), row
    return np.int64(-1), row


read_fields = compiled(fields_plain)


def _is_plain(buffer, start, stop, word):  # type: ignore[no-untyped-def]
    if stop - start != len(word):
        return False
    for k in range(len(word)):
        if buffer[start + k] != word[k]:
            return False
    return True


_is = compiled(_is_plain)
_STREAM = np.frombuffer(b'{"stream":"', np.uint8)
_DATA = np.frombuffer(b',"data":', np.uint8)
_DEPTH = np.frombuffer(b"depthUpdate", np.uint8)
_TICKER = np.frombuffer(b"bookTicker", np.uint8)
_TRADE = np.frombuffer(b"trade", np.uint8)
_AGG = np.frombuffer(b"aggTrade", np.uint8)
_MARK = np.frombuffer(b"markPriceUpdate", np.uint8)
_MARKET = np.frombuffer(b"MARKET", np.uint8)


def signed_plain(buffer, start, stop):  # type: ignore[no-untyped-def]
    """(number, found) of a plain decimal that may carry a minus; NaN and found for no text."""
    if stop <= start:
        return np.nan, True
    sign = 1.0
    if buffer[start] == _MINUS:
        sign = -1.0
        start += 1
    mantissa, decimals = decimal(buffer, start, stop)
    if mantissa < 0:
        return np.nan, False
    return sign * (mantissa / POWERS[decimals]), True


_signed = compiled(signed_plain)


def numbers_plain(buffer, begins, ends, slots, out, column):  # type: ignore[no-untyped-def]
    """Plain decimals of some slots into out[:, column]; False when one is not."""
    for k in range(len(slots)):
        mantissa, decimals = decimal(buffer, begins[slots[k]], ends[slots[k]])
        if mantissa < 0:
            return False
        out[k, column] = mantissa / POWERS[decimals]
    return True


_numbers = compiled(numbers_plain)
_TOP_SLOTS = np.array([98, 66, 97, 65])  # b B a A
_FILL_SLOTS = np.array([112, 113])  # p q


def scan_plain(  # type: ignore[no-untyped-def]
    buffer, start, stop, received, skip, first_line, product,
    table, names, price_decimals,
    code, counts,
    frames, rows, side, size,
    top, top_px,
    fill, fill_px, taker,
    mark, mark_px,
):  # fmt: skip
    """Scan frames start[i]…stop[i] where skip[i] is 0.

    code[i] says what line i was. counts = (depth frames, level rows, tops, fills, marks).
    frames[8, n]: line index, symbol, first id, last id, previous id, first row, past rows, venue_ns
    rows[6, n]: received_ns, line, venue_ns, first id, last id, px_ticks; side and size beside it
    top[5, n], fill[6, n], mark[5, n]: symbol, received_ns, line, venue_ns, then id (top, fill),
    kind (fill) or next funding (mark); top_px[4, n], fill_px[2, n], mark_px[3, n]: the numbers.
    """
    kinds = np.zeros(128, np.int8)
    begins = np.zeros(128, np.int64)
    ends = np.zeros(128, np.int64)
    places = np.zeros(1, np.int64)
    n_frame = n_row = n_top = n_fill = n_mark = 0
    for i in range(len(start)):
        code[i] = HANDED_BACK
        if skip[i] != 0:
            continue
        p = start[i]
        end = stop[i]
        wrapped = end - p > 24 and _is(buffer, p, p + 11, _STREAM)
        if wrapped:
            p += 11
            while p < end and buffer[p] != _QUOTE:
                p += 1
            p += 1
            if p + 8 >= end or not _is(buffer, p, p + 8, _DATA):
                continue
            p += 8
            if buffer[end - 1] != _CLOSE:
                continue
            end -= 1
        if end - p < 16:
            continue
        kinds[:] = _NONE
        places[0] = -1
        past, next_row = read_fields(
            buffer, p, end, kinds, begins, ends, n_row, rows[5], size, places
        )
        if past != end or kinds[115] != _TEXT:
            continue
        symbol = find_symbol(buffer, begins[115], ends[115], table, names)
        if symbol < 0:
            continue
        if kinds[_ST] != _NONE:
            if kinds[_ST] != _NUMBER:
                continue
            if product > 0 and whole(buffer, begins[_ST], ends[_ST]) != product:
                code[i] = OTHER_PRODUCT
                continue
        venue_ns = np.int64(0)
        e0, e1 = begins[101], ends[101]
        named = kinds[101] == _TEXT
        is_mark = named and _is(buffer, e0, e1, _MARK)
        if kinds[69] != _NONE:  # E, the one stamp that every kind has
            stamp = whole(buffer, begins[69], ends[69])
            if kinds[69] != _NUMBER or stamp < 0 or stamp >= 10_000_000_000_000:
                continue
            venue_ns = stamp * _NS_PER_MS
        line = first_line + i
        if named and _is(buffer, e0, e1, _DEPTH):
            if kinds[98] != _LEVELS or kinds[97] != _LEVELS:
                continue
            if kinds[85] != _NUMBER or kinds[117] != _NUMBER:
                continue
            first = whole(buffer, begins[85], ends[85])
            last = whole(buffer, begins[117], ends[117])
            previous = np.int64(-1)
            if kinds[_PU] != _NONE:
                if kinds[_PU] != _NUMBER:
                    continue
                previous = whole(buffer, begins[_PU], ends[_PU])
                if previous < 0:
                    continue
            if first < 0 or last < first or next_row == n_row:
                continue
            factor = np.int64(1)
            if places[0] >= 0:
                if price_decimals[symbol] < places[0]:
                    continue  # more decimals than the symbol's scale, or scale unknown
                for _ in range(price_decimals[symbol] - places[0]):
                    factor *= 10
            bids_end = ends[98]
            for row in range(n_row, next_row):
                rows[0, row] = received[i]
                rows[1, row] = line
                rows[2, row] = venue_ns
                rows[3, row] = first
                rows[4, row] = last
                rows[5, row] *= factor
                side[row] = 1 if row < bids_end else -1
            frames[0, n_frame] = i
            frames[1, n_frame] = symbol
            frames[2, n_frame] = first
            frames[3, n_frame] = last
            frames[4, n_frame] = previous
            frames[5, n_frame] = n_row
            frames[6, n_frame] = next_row
            frames[7, n_frame] = venue_ns
            n_frame += 1
            n_row = next_row
            code[i] = DEPTH
        elif (named and _is(buffer, e0, e1, _TICKER)) or kinds[101] == _NONE:
            if kinds[98] != _TEXT or kinds[66] != _TEXT or kinds[97] != _TEXT:
                continue
            if kinds[65] != _TEXT or kinds[117] != _NUMBER or price_decimals[symbol] < 0:
                continue
            if not _numbers(buffer, begins, ends, _TOP_SLOTS, top_px, n_top):
                continue
            if top_px[0, n_top] <= 0.0 or top_px[2, n_top] <= 0.0:
                continue
            top[0, n_top] = symbol
            top[1, n_top] = received[i]
            top[2, n_top] = line
            top[3, n_top] = venue_ns
            top[4, n_top] = whole(buffer, begins[117], ends[117])
            if top[4, n_top] < 0:
                continue
            n_top += 1
            code[i] = TOP
        elif named and (_is(buffer, e0, e1, _TRADE) or _is(buffer, e0, e1, _AGG)):
            single = ends[101] - begins[101] == 5
            number = 116 if single else 97  # t, a
            if kinds[112] != _TEXT or kinds[113] != _TEXT or kinds[number] != _NUMBER:
                continue
            if kinds[109] != _TRUE and kinds[109] != _FALSE:
                continue
            if price_decimals[symbol] < 0:
                continue
            if not _numbers(buffer, begins, ends, _FILL_SLOTS, fill_px, n_fill):
                continue
            if fill_px[0, n_fill] <= 0.0 or fill_px[1, n_fill] <= 0.0:
                continue
            sold = kinds[109] == _TRUE
            ordinary = True
            if kinds[88] != _NONE:  # X
                if kinds[88] != _TEXT:
                    continue
                ordinary = _is(buffer, begins[88], ends[88], _MARKET)
            fill[0, n_fill] = symbol
            fill[1, n_fill] = received[i]
            fill[2, n_fill] = line
            fill[3, n_fill] = venue_ns
            fill[4, n_fill] = whole(buffer, begins[number], ends[number])
            fill[5, n_fill] = TRADE if single else AGG_TRADE
            if fill[4, n_fill] < 0:
                continue
            taker[n_fill] = (-1 if sold else 1) if ordinary else 0
            n_fill += 1
            code[i] = TRADE if single else AGG_TRADE
        elif is_mark:
            if kinds[112] != _TEXT or kinds[105] != _TEXT or kinds[114] != _TEXT:
                continue
            if kinds[84] != _NUMBER:
                continue
            good = True
            for k, slot in enumerate((112, 105, 114)):  # p i r
                number, found = _signed(buffer, begins[slot], ends[slot])
                mark_px[k, n_mark] = number
                good = good and found
            funding_ms = whole(buffer, begins[84], ends[84])
            if not good or not mark_px[0, n_mark] > 0.0 or not mark_px[1, n_mark] > 0.0:
                continue
            if funding_ms < 0 or funding_ms >= 10_000_000_000_000:
                continue
            mark[0, n_mark] = symbol
            mark[1, n_mark] = received[i]
            mark[2, n_mark] = line
            mark[3, n_mark] = venue_ns
            mark[4, n_mark] = funding_ms * _NS_PER_MS
            n_mark += 1
            code[i] = MARK
    counts[0], counts[1], counts[2], counts[3], counts[4] = n_frame, n_row, n_top, n_fill, n_mark


scan = compiled(scan_plain)
