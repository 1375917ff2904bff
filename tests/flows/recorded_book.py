"""Our book after every depth frame of a recording, and the venue's own ticker at that frame.

Ours goes through the connection, the session and the book kernel, one frame at a time. Theirs is
joined offline from the raw frames: the last ticker whose id is at most the frame's, wherever in
the file it stands.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct

from models import book as slots
from models.market import MarketState, Stretch
from schemas.chunk import Chunk
from schemas.control import Gap, Seen
from sources.connection import Connection
from sources.lines import index_lines
from sources.registry import session_for
from tests.flows.excerpt import stamp_of

Best = tuple[float, float, float, float]  # bid, its size, ask, its size
_FRAMES = 1_000  # more than one line ever brings


def connection_over(lines: Sequence[bytes], venue: str) -> tuple[Connection, list[object]]:
    """A fresh connection and all items of its lines, clocks left out by a grid of a day."""
    session = session_for(venue, "recording", lambda instrument: instrument)
    day = 86_400 * 1_000_000_000
    connection = Connection("recording", session, grid_ns=day, hole_ns=10 * day, foreign=True)
    connection.open(stamp_of(lines[0]))
    buffer = np.frombuffer(b"".join(lines), np.uint8)
    return connection, [item for _, item in connection.take(index_lines(buffer, 1))]


class Walked(Struct):
    """What came of a walk: the best levels after each applied frame by its id."""

    bests: dict[int, Best]
    gaps: list[Gap]
    failed: list[tuple[int, int]]
    checked: list[int]  # ids of the frames that the book compared with a ticker itself
    mismatches: int
    wishes: int


def walk_book(lines: Sequence[bytes], venue: str) -> Walked:
    """Fold the lines frame by frame."""
    connection, items = connection_over(lines, venue)
    instrument = [item for item in items if isinstance(item, Seen)][-1].instrument
    state = MarketState(instrument, listed=True, stale_book_ns=1)
    tops = [item for item in items if isinstance(item, Chunk) and item.kind == "top"]
    books = [item for item in items if isinstance(item, Chunk) and item.kind == "book"]
    top = joined(tops)
    bests: dict[int, Best] = {}
    failed: list[tuple[int, int]] = []
    checked: list[int] = []
    taken = 0
    for chunk in books:
        ids = chunk.columns["last_id"]
        snapshot = chunk.columns["is_snapshot"]
        fresh = (np.diff(ids) != 0) | (np.diff(snapshot) != 0)
        bounds = [0, *(np.flatnonzero(fresh) + 1).tolist(), len(chunk)]
        order = chunk.line * _FRAMES
        order[1:] += np.cumsum(fresh) % (_FRAMES // 2)  # frames of one line one after the other
        for begin, end in pairwise(bounds):
            rows = stretch(chunk.part(begin, end), order[begin:end])
            tickers = None
            if top is not None:
                until = int(np.searchsorted(top.order, order[begin]))
                tickers, taken = cut(top, taken, until), until
            before = int(state.book.state[slots.CHECKED])
            place = state.fold_book(rows, tickers)
            if state.book.state[slots.CHECKED] > before and not snapshot[begin]:
                checked.append(int(ids[begin]))
            if place is not None:
                failed.append(place)
            elif not snapshot[begin]:
                bests[int(ids[begin])] = best_of(state)
    return Walked(
        bests,
        [item for item in items if isinstance(item, Gap)],
        failed,
        checked,
        int(state.book.state[slots.MISMATCHES]),
        len(connection.wishes),
    )


def joined(chunks: Sequence[Chunk]) -> Stretch | None:
    """One stretch of all rows, ranked so that lines leave room for frames."""
    if not chunks:
        return None
    names = chunks[0].columns
    return Stretch.whole(
        np.concatenate([chunk.line for chunk in chunks]) * _FRAMES,
        np.concatenate([chunk.received_ns for chunk in chunks]),
        {name: np.concatenate([chunk.columns[name] for chunk in chunks]) for name in names},
    )


def stretch(chunk: Chunk, order: np.ndarray) -> Stretch:
    """A chunk with its ranks."""
    return Stretch.whole(order, chunk.received_ns, chunk.columns)


def cut(part: Stretch, begin: int, end: int) -> Stretch:
    """Some rows of a stretch."""
    columns = {name: column[begin:end] for name, column in part.columns.items()}
    return Stretch.whole(part.order[begin:end], part.received_ns[begin:end], columns)


def best_of(state: MarketState) -> Best:
    """Best bid and ask with their sizes as the kernel left them."""
    levels = state.book.levels
    return (
        float(levels[0, 0, 0]),
        float(levels[0, 1, 0]),
        float(levels[1, 0, 0]),
        float(levels[1, 1, 0]),
    )


def events(lines: Iterable[bytes], kind: bytes) -> list[dict]:
    """Raw frames of one kind."""
    frames = (json.loads(line[line.index(b" ") + 1 :]) for line in lines if kind in line)
    return [frame.get("data", frame) for frame in frames]


def tickers_at(lines: Sequence[bytes], ids: Sequence[int]) -> dict[int, Best]:
    """For each id the last ticker at or below it, in the whole file."""
    tickers = sorted(events(lines, b"@bookTicker"), key=lambda frame: frame["u"])
    known = [frame["u"] for frame in tickers]
    found = {}
    for number in ids:
        at = bisect_right(known, number) - 1
        if at >= 0:
            frame = tickers[at]
            found[number] = tuple(float(frame[name]) for name in ("b", "B", "a", "A"))
    return found
