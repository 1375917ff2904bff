"""The compiled scanner for Binance's busiest frames: bytes straight to columns, one call a batch.

It reads depthUpdate, bookTicker, trade, aggTrade and markPriceUpdate, bare or wrapped in
`{"stream":…,"data":…}`, keys in any order. It is bit-equal to the typed decoder in
`binance_wire` and hands back (HANDED_BACK) whatever is not plainly of that shape: a symbol it
has not seen, an escape, white space, a sign or exponent in a price, a zero price, a known field
of another type, a fill of another kind than MARKET, another event.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.kernel import compiled
from schemas.units import NS_PER_MS
from sources.digits import EXACT, MOST_MS, POWERS, decimal, whole
from sources.flat_object import (
    CLOSE,
    FALSE,
    LEVELS,
    NONE,
    NUMBER,
    PU,
    QUOTE,
    SLOTS,
    ST,
    TEXT,
    TRUE,
    is_word,
    read_fields,
)
from sources.symbols import find_symbol

HANDED_BACK: Final = 0
DEPTH: Final = 1
TOP: Final = 2
TRADE: Final = 3
AGG_TRADE: Final = 4
MARK: Final = 5
OTHER_PRODUCT: Final = 6  # `st` of the other half of the merged universe

_MINUS = 45
_STREAM = np.frombuffer(b'{"stream":"', np.uint8)
_DATA = np.frombuffer(b',"data":', np.uint8)
_DEPTH_WORD = np.frombuffer(b"depthUpdate", np.uint8)
_TICKER_WORD = np.frombuffer(b"bookTicker", np.uint8)
_TRADE_WORD = np.frombuffer(b"trade", np.uint8)
_AGG_WORD = np.frombuffer(b"aggTrade", np.uint8)
_MARK_WORD = np.frombuffer(b"markPriceUpdate", np.uint8)
_MARKET_WORD = np.frombuffer(b"MARKET", np.uint8)


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


def _taken() -> NDArray[np.int64]:
    """What `binance_wire.Frame` takes in each field, as bits 1 << kind; a field it lacks: all."""
    takes = np.full(SLOTS, -1, np.int64)
    for kinds, slots in (
        ((NUMBER,), (*b"ETUut", PU, ST)),
        ((TEXT,), b"esBApqXir"),
        ((TEXT, NUMBER, LEVELS), b"ba"),
        ((TRUE, FALSE), b"m"),
        ((), b"o"),
    ):
        takes[list(slots)] = sum(1 << kind for kind in kinds)
    return takes


_TAKES = _taken()
MOST_FINER: Final = 15  # 10^15 < 2^53


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
    kinds = np.zeros(SLOTS, np.int8)
    begins = np.zeros(SLOTS, np.int64)
    ends = np.zeros(SLOTS, np.int64)
    places = np.zeros(1, np.int64)
    n_frame = n_row = n_top = n_fill = n_mark = 0
    for i in range(len(start)):
        code[i] = HANDED_BACK
        if skip[i] != 0:
            continue
        p = start[i]
        end = stop[i]
        wrapped = end - p > 24 and is_word(buffer, p, p + 11, _STREAM)
        if wrapped:
            p += 11
            while p < end and buffer[p] >= 32 and buffer[p] not in (QUOTE, 92):
                p += 1
            p += 1
            if p + 8 >= end or not is_word(buffer, p, p + 8, _DATA):
                continue
            p += 8
            if buffer[end - 1] != CLOSE:
                continue
            end -= 1
        if end - p < 16:
            continue
        kinds[:] = NONE
        places[0] = -1
        past, next_row = read_fields(
            buffer, p, end, kinds, begins, ends, n_row, rows[5], size, places, _TAKES
        )
        if past != end or kinds[115] != TEXT:
            continue
        symbol = find_symbol(buffer, begins[115], ends[115], table, names)
        if symbol < 0:
            continue
        if kinds[ST] != NONE:
            if kinds[ST] != NUMBER:
                continue
            if product > 0 and whole(buffer, begins[ST], ends[ST]) != product:
                code[i] = OTHER_PRODUCT
                continue
        venue_ns = np.int64(0)
        e0, e1 = begins[101], ends[101]
        named = kinds[101] == TEXT
        is_mark = named and is_word(buffer, e0, e1, _MARK_WORD)
        if kinds[69] != NONE:  # E, the one stamp that every kind has
            stamp = whole(buffer, begins[69], ends[69])
            if kinds[69] != NUMBER or stamp < 0 or stamp >= MOST_MS:
                continue
            venue_ns = stamp * NS_PER_MS
        line = first_line + i
        if named and is_word(buffer, e0, e1, _DEPTH_WORD):
            if kinds[98] != LEVELS or kinds[97] != LEVELS:
                continue
            if kinds[85] != NUMBER or kinds[117] != NUMBER:
                continue
            first = whole(buffer, begins[85], ends[85])
            last = whole(buffer, begins[117], ends[117])
            previous = np.int64(-1)
            if kinds[PU] != NONE:
                if kinds[PU] != NUMBER:
                    continue
                previous = whole(buffer, begins[PU], ends[PU])
                if previous < 0:
                    continue
            if first < 0 or last < first or next_row == n_row:
                continue
            finer = price_decimals[symbol] - places[0]
            if finer < 0 or finer > MOST_FINER:
                continue  # more decimals than the symbol's scale, scale unknown or absurd
            factor = np.int64(1)
            for _ in range(finer):
                factor *= 10
            most = (EXACT - 1) // factor
            good = True
            for row in range(n_row, next_row):
                good = good and rows[5, row] <= most
            if not good:
                continue
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
        elif (named and is_word(buffer, e0, e1, _TICKER_WORD)) or kinds[101] == NONE:
            if kinds[98] != TEXT or kinds[66] != TEXT or kinds[97] != TEXT:
                continue
            if kinds[65] != TEXT or kinds[117] != NUMBER or price_decimals[symbol] < 0:
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
        elif named and (is_word(buffer, e0, e1, _TRADE_WORD) or is_word(buffer, e0, e1, _AGG_WORD)):
            single = ends[101] - begins[101] == 5
            number = 116 if single else 97  # t, a
            if kinds[112] != TEXT or kinds[113] != TEXT or kinds[number] != NUMBER:
                continue
            if kinds[109] != TRUE and kinds[109] != FALSE:
                continue
            if price_decimals[symbol] < 0:
                continue
            if not _numbers(buffer, begins, ends, _FILL_SLOTS, fill_px, n_fill):
                continue
            if fill_px[0, n_fill] <= 0.0 or fill_px[1, n_fill] <= 0.0:
                continue
            sold = kinds[109] == TRUE
            if kinds[88] != NONE and (
                kinds[88] != TEXT or not is_word(buffer, begins[88], ends[88], _MARKET_WORD)
            ):  # X: what another one means is assumed
                continue
            fill[0, n_fill] = symbol
            fill[1, n_fill] = received[i]
            fill[2, n_fill] = line
            fill[3, n_fill] = venue_ns
            fill[4, n_fill] = whole(buffer, begins[number], ends[number])
            fill[5, n_fill] = TRADE if single else AGG_TRADE
            if fill[4, n_fill] < 0:
                continue
            taker[n_fill] = -1 if sold else 1
            n_fill += 1
            code[i] = TRADE if single else AGG_TRADE
        elif is_mark:
            if kinds[112] != TEXT or kinds[105] != TEXT or kinds[114] != TEXT:
                continue
            if kinds[84] != NUMBER:
                continue
            good = True
            for k, slot in enumerate((112, 105, 114)):  # p i r
                number, found = _signed(buffer, begins[slot], ends[slot])
                mark_px[k, n_mark] = number
                good = good and found
            funding_ms = whole(buffer, begins[84], ends[84])
            if not good or not mark_px[0, n_mark] > 0.0 or not mark_px[1, n_mark] > 0.0:
                continue
            if funding_ms < 0 or funding_ms >= MOST_MS:
                continue
            mark[0, n_mark] = symbol
            mark[1, n_mark] = received[i]
            mark[2, n_mark] = line
            mark[3, n_mark] = venue_ns
            mark[4, n_mark] = funding_ms * NS_PER_MS
            n_mark += 1
            code[i] = MARK
    counts[0], counts[1], counts[2], counts[3], counts[4] = n_frame, n_row, n_top, n_fill, n_mark


scan = compiled(scan_plain)
