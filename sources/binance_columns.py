"""A batch of Binance lines as columns: the scanner's arrays, with the slow decoder's rows mixed in.

Rows of every kind end up in line order whichever decoder read them.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from msgspec import Struct, field

from schemas.chunk import Array
from sources.binance_scan import scan
from sources.frozen import frozen
from sources.lines import Lines
from sources.symbols import Symbols

# In a mark row, instead of the next funding time: the row has nothing but one REST answer's number.
OPEN_INTEREST: Final = -1
INTERVAL: Final = -2  # hours between two fundings
_FEWEST_BYTES_PER_LEVEL = 9  # ["1","0"]


class Slow(Struct):
    """Rows read by the typed decoder, each as tuples in the scanner's layout."""

    frames: list[tuple[int, ...]] = field(default_factory=list)  # without row ranges
    rows: list[tuple[list[int], list[int], list[float]]] = field(default_factory=list)
    tops: list[tuple[tuple[int, ...], tuple[float, ...]]] = field(default_factory=list)
    fills: list[tuple[tuple[int, ...], tuple[float, ...], int]] = field(default_factory=list)
    marks: list[tuple[tuple[int, ...], tuple[float, ...]]] = field(default_factory=list)


class Columns(Struct):
    """The layout of `binance_scan.scan`, trimmed to what is filled."""

    code: Array
    frames: Array  # [8, n]
    rows: Array  # [6, n]
    side: Array
    size: Array
    top: Array  # [5, n]
    top_px: Array  # [4, n]
    fill: Array  # [6, n]
    fill_px: Array  # [2, n]
    taker: Array
    mark: Array  # [5, n]
    mark_px: Array  # [3, n]


def scan_lines(lines: Lines, skip: Array, product: int, symbols: Symbols) -> Columns:
    """Scan the frames among `lines` (those with skip 0)."""
    n = len(lines)
    size_in_bytes = int(lines.stop[-1] - lines.start[0]) if n else 0
    levels = size_in_bytes // _FEWEST_BYTES_PER_LEVEL + 1
    code, counts = np.zeros(n, np.int8), np.zeros(5, np.int64)
    c = Columns(
        code,
        np.empty((8, n), np.int64), np.empty((6, levels), np.int64),
        np.empty(levels, np.int8), np.empty(levels),
        np.empty((5, n), np.int64), np.empty((4, n)),
        np.empty((6, n), np.int64), np.empty((2, n)), np.empty(n, np.int8),
        np.empty((5, n), np.int64), np.empty((3, n)),
    )  # fmt: skip
    scan(
        lines.buffer, lines.start, lines.stop, lines.received_ns, skip, lines.first_line, product,
        symbols.table, symbols.bytes, symbols.decimals,
        code, counts,
        c.frames, c.rows, c.side, c.size,
        c.top, c.top_px, c.fill, c.fill_px, c.taker, c.mark, c.mark_px,
    )  # fmt: skip
    n_frame, n_row, n_top, n_fill, n_mark = counts.tolist()
    return Columns(
        code, c.frames[:, :n_frame], c.rows[:, :n_row], c.side[:n_row], c.size[:n_row],
        c.top[:, :n_top], c.top_px[:, :n_top],
        c.fill[:, :n_fill], c.fill_px[:, :n_fill], c.taker[:n_fill],
        c.mark[:, :n_mark], c.mark_px[:, :n_mark],
    )  # fmt: skip


def mix(c: Columns, slow: Slow, received_ns: Array, first_line: int) -> Columns:
    """Put the slow rows among the fast ones, in line order."""
    if slow.frames:
        _mix_depth(c, slow, received_ns, first_line)
    if slow.tops:
        order, c.top = _joined(c.top, [ints for ints, _ in slow.tops])
        c.top_px = _appended(c.top_px, [numbers for _, numbers in slow.tops])[:, order]
    if slow.fills:
        order, c.fill = _joined(c.fill, [ints for ints, _, _ in slow.fills])
        c.fill_px = _appended(c.fill_px, [numbers for _, numbers, _ in slow.fills])[:, order]
        takers = np.array([taker for _, _, taker in slow.fills], np.int8)
        c.taker = np.concatenate([c.taker, takers])[order]
    if slow.marks:
        order, c.mark = _joined(c.mark, [ints for ints, _ in slow.marks])
        c.mark_px = _appended(c.mark_px, [numbers for _, numbers in slow.marks])[:, order]
    return c


def without(c: Columns, misplaced: Array, first_line: int) -> Columns:
    """Leave out rows of misplaced lines; depth frames stay, their loss is a gap."""
    top, fill, mark = (~misplaced[rows[2] - first_line] for rows in (c.top, c.fill, c.mark))
    c.top, c.top_px = c.top[:, top], c.top_px[:, top]
    c.fill, c.fill_px, c.taker = c.fill[:, fill], c.fill_px[:, fill], c.taker[fill]
    c.mark, c.mark_px = c.mark[:, mark], c.mark_px[:, mark]
    return c


def _mix_depth(c: Columns, slow: Slow, received_ns: Array, first_line: int) -> None:
    at = c.rows.shape[1]
    frames, parts = [c.frames], [c.rows]
    sides, sizes = [c.side], [c.size]
    for ids, (side, px, size) in zip(slow.frames, slow.rows, strict=True):
        index, symbol, first, last, previous, venue_ns = ids
        n = len(side)
        frame = [index, symbol, first, last, previous, at, at + n, venue_ns]
        frames.append(np.array([frame], np.int64).T)
        head = [received_ns[index], first_line + index, venue_ns, first, last]
        block = np.empty((6, n), np.int64)
        block[:5] = np.array(head, np.int64)[:, None]
        block[5] = px
        parts.append(block)
        sides.append(np.array(side, np.int8))
        sizes.append(np.array(size, float))
        at += n
    joined = np.concatenate(frames, axis=1)
    c.frames = joined[:, np.argsort(joined[0], kind="stable")]
    c.rows = np.concatenate(parts, axis=1)
    c.side, c.size = np.concatenate(sides), np.concatenate(sizes)


def _appended(fast: Array, rows: list[tuple[float, ...]]) -> Array:
    return np.concatenate([fast, np.array(rows, float).T.reshape(len(fast), -1)], axis=1)


def _joined(fast: Array, rows: list[tuple[int, ...]]) -> tuple[Array, Array]:
    joined = np.concatenate([fast, np.array(rows, np.int64).T.reshape(len(fast), -1)], axis=1)
    order = np.argsort(joined[2], kind="stable")  # by line
    return order, joined[:, order]


def grouped(symbol: Array, *arrays: Array) -> tuple[list[tuple[int, int, int]], list[Array]]:
    """Rows put together by symbol, in order within each: (symbol, begin, end), and the arrays.

    Rows are along the last axis. The arrays are read-only, so that every cut of them is, too.
    """
    n = len(symbol)
    if not n:
        return [], list(arrays)
    first = symbol.item(0)
    if (symbol == first).all():
        return [(first, 0, n)], [frozen(array) for array in arrays]
    order = np.argsort(symbol, kind="stable")
    ranked = symbol[order]
    starts = [0, *(np.flatnonzero(np.diff(ranked)) + 1).tolist(), n]
    cuts = [(ranked.item(begin), begin, end) for begin, end in pairwise(starts)]
    return cuts, [frozen(array[..., order]) for array in arrays]


def group_books(c: Columns) -> list[tuple[int, int, int]]:
    """Put frames and their rows together by symbol: (symbol, begin, end) of the frames."""
    cuts, (frames,) = grouped(c.frames[1], c.frames)
    if len(cuts) > 1:
        begin, count = frames[5], frames[6] - frames[5]
        end = np.cumsum(count)
        index = np.repeat(begin - end + count, count) + np.arange(end[-1])
        c.rows, c.side, c.size = c.rows[:, index], c.side[index], c.size[index]
        frames = frames.copy()
        frames[5], frames[6] = end - count, end
        c.frames = frames
    return cuts
