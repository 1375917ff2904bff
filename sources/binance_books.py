"""Depth frames and snapshots of one Binance connection → book chunks, gaps and wishes."""

from collections.abc import Sequence
from functools import cache

import msgspec
import numpy as np
from msgspec.structs import replace

from schemas.chunk import Array, Chunk
from schemas.control import Gap, Wish
from schemas.instrument import instrument_name
from sources.binance_columns import Columns
from sources.binance_family import Market
from sources.book_sync import BookSync, Held, Outcome
from sources.frozen import frozen

BookItem = Chunk | Gap | Wish
_ROW_NAMES = ("venue_ns", "first_id", "last_id")


class Books:
    """The book streams of a connection, by symbol."""

    def __init__(self, market: Market, connection: str) -> None:
        self.market = market
        self.connection = connection
        self.syncs: dict[str, BookSync] = {}

    def take(
        self,
        symbol: str,
        c: Columns,
        frames: Array,
        snapshots: Sequence[tuple[int, Held]],
        clock_ns: Array,
        first_line: int,
        misplaced: Array,
    ) -> list[BookItem]:
        """Items of one symbol's depth frames (columns of `c.frames`) and snapshots, in line order.

        `snapshots` are (line index, snapshot).
        """
        sync = self.syncs.setdefault(symbol, BookSync())
        lost = misplaced[frames[0]].any() if len(misplaced) else False
        if sync.synced and not snapshots and not lost and self._unbroken(sync, frames):
            sync.run_on(int(frames[3, -1]))
            return [self._chunk(symbol, c, _row_index(frames))]
        return self._one_by_one(symbol, sync, c, frames, snapshots, clock_ns, first_line, misplaced)

    def _unbroken(self, sync: BookSync, frames: Array) -> bool:
        first, last, previous = frames[2], frames[3], frames[4]
        if self.market.continuity.by_previous:
            return bool(previous[0] == sync.last_id and (previous[1:] == last[:-1]).all())
        return bool(first[0] == sync.last_id + 1 and (first[1:] == last[:-1] + 1).all())

    def _one_by_one(
        self,
        symbol: str,
        sync: BookSync,
        c: Columns,
        frames: Array,
        snapshots: Sequence[tuple[int, Held]],
        clock_ns: Array,
        first_line: int,
        misplaced: Array,
    ) -> list[BookItem]:
        items: list[BookItem] = []
        plain: list[int] = []  # frames that simply run on
        continuity = self.market.continuity
        events: list[tuple[int, int, Held | None]] = [
            (int(frames[0, k]), k, None) for k in range(frames.shape[1])
        ]
        events += [(index, -1, snapshot) for index, snapshot in snapshots]
        events.sort(key=lambda event: event[0])

        def flush() -> None:
            if plain:
                items.append(self._chunk(symbol, c, _row_index(frames[:, plain])))
                plain.clear()

        for index, k, snapshot in events:
            at_ns, line = int(clock_ns[index]), first_line + index
            if snapshot is not None:
                outcome = sync.on_snapshot(continuity, snapshot)
            elif len(misplaced) and misplaced[index]:
                flush()
                outcome = sync.lose() if sync.synced else Outcome()
                items += self._said(symbol, replace(outcome, gap=True), at_ns, line, "time_back")
                continue
            elif sync.runs_on(continuity, int(frames[2, k]), int(frames[4, k])):
                sync.run_on(int(frames[3, k]))
                plain.append(k)
                continue
            else:
                outcome = sync.on_frame(continuity, _held(c, frames[:, k]))
            flush()
            items += self._said(symbol, outcome, at_ns, line, "sequence")
        flush()
        return items

    def lose(self, received_ns: int, line: int, reason: str) -> list[BookItem]:
        """Lose every book of the connection."""
        items: list[BookItem] = []
        for symbol in sorted(self.syncs):
            sync = self.syncs[symbol]
            items += self._said(symbol, sync.lose(), received_ns, line, reason)
        return items

    def lose_one(self, symbol: str, received_ns: int, line: int, reason: str) -> list[BookItem]:
        """Lose one book."""
        sync = self.syncs.setdefault(symbol, BookSync())
        return self._said(symbol, sync.lose(), received_ns, line, reason)

    def awaiting(self) -> frozenset[str]:
        """Names of instruments whose book is not known and has been wished for."""
        return frozenset(
            instrument_name(self.market.venue, symbol)
            for symbol, sync in self.syncs.items()
            if sync.wished and not sync.synced
        )

    def _said(
        self, symbol: str, outcome: Outcome, received_ns: int, line: int, reason: str
    ) -> list[BookItem]:
        name = instrument_name(self.market.venue, symbol)
        items: list[BookItem] = []
        if outcome.apply:
            items.append(_replayed(name, self.connection, outcome.apply, received_ns, line))
        if outcome.gap:
            items.append(Gap(name, self.connection, received_ns, line, reason))
        if outcome.wish:
            items.append(Wish(name, self.market.depth_url.format(symbol=symbol), reason))
        return items

    def _chunk(self, symbol: str, c: Columns, index: Array | slice) -> Chunk:
        rows, side, size = c.rows[:, index], c.side[index], c.size[index]
        return Chunk(
            instrument_name(self.market.venue, symbol),
            "book",
            frozen(rows[0]),
            frozen(rows[1]),
            {
                "venue_ns": frozen(rows[2]),
                "first_id": frozen(rows[3]),
                "last_id": frozen(rows[4]),
                "side": frozen(side),
                "px_ticks": frozen(rows[5]),
                "size": frozen(size),
                "is_snapshot": _no_snapshot(len(side)),
            },
            self.connection,
        )

    def snapshot(self) -> bytes:
        """All sync states."""
        return msgspec.msgpack.encode(self.syncs, order="deterministic")

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        self.syncs = msgspec.msgpack.decode(state, type=dict[str, BookSync])


@cache
def _zeros(count: int) -> Array:
    return frozen(np.zeros(count, np.int8))


def _no_snapshot(count: int) -> Array:
    """A column of so many zeros."""
    return _zeros(1 << count.bit_length())[:count]


def _row_index(frames: Array) -> Array | slice:
    begin, end = frames[5], frames[6]
    if (begin[1:] == end[:-1]).all():
        return slice(int(begin[0]), int(end[-1]))
    return np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True)])


def _held(c: Columns, frame: Array) -> Held:
    _, _, first, last, previous, begin, end, venue_ns = frame.tolist()
    cut = slice(begin, end)
    return Held(
        first, last, previous, venue_ns,
        c.side[cut].tobytes(), c.rows[5, cut].tobytes(), c.size[cut].tobytes(),
    )  # fmt: skip


def _replayed(
    name: str, connection: str, held: Sequence[Held], received_ns: int, line: int
) -> Chunk:
    """A snapshot and what was held, as of the line at which they came to apply."""
    counts = [frame.rows for frame in held]
    total = sum(counts)
    is_snapshot = np.zeros(total, np.int8)
    is_snapshot[: counts[0]] = 1

    def spread(values: list[int]) -> Array:
        return frozen(np.repeat(np.array(values, np.int64), counts))

    return Chunk(
        name,
        "book",
        frozen(np.full(total, received_ns, np.int64)),
        frozen(np.full(total, line, np.int64)),
        {
            "venue_ns": spread([frame.venue_ns for frame in held]),
            "first_id": spread([frame.first_id for frame in held]),
            "last_id": spread([frame.last_id for frame in held]),
            "side": frozen(np.frombuffer(b"".join(f.side for f in held), np.int8)),
            "px_ticks": frozen(np.frombuffer(b"".join(f.px_ticks for f in held), np.int64)),
            "size": frozen(np.frombuffer(b"".join(f.size for f in held))),
            "is_snapshot": frozen(is_snapshot),
        },
        connection,
    )
