"""What lies between two grid times, from one or several connections, in one order.

Rows merge by (received_ns, connection name, line). With one connection that is the line number;
with several each row gets its rank.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from flows.waiting import Piece
from models.market import Stretch
from schemas.chunk import Array, Chunk
from schemas.control import Gap
from schemas.errors import BrokenInvariant
from sources.frozen import frozen

_KINDS = ("book", "top", "trade", "mark")


class Between(Struct):
    """Rows by kind, and gaps with the rank up to which rows come before them."""

    kinds: dict[str, Stretch]
    gaps: list[tuple[int, Gap]]
    books: list[tuple[Array, Chunk]]  # ranks of book rows, and where they are from

    def place(self, rank: int) -> tuple[str, int]:
        """Connection and line of the book frame with this rank."""
        for ranks, chunk in self.books:
            at = int(np.searchsorted(ranks, rank))
            if at < len(ranks) and ranks[at] == rank:
                return chunk.connection, int(chunk.line[at])
        message = f"no book frame has the rank {rank}"
        raise BrokenInvariant(message)


def merge(pieces: Sequence[Piece]) -> Between:
    """Merge the pieces of one instrument, each connection's in order."""
    if len(pieces) <= len(_KINDS) and (simple := _one_chunk_per_kind(pieces)) is not None:
        return simple
    chunks = [(c, p.part(a, b)) for c, p, a, b in pieces if isinstance(p, Chunk)]
    gaps = [(c, piece) for c, piece, _, _ in pieces if isinstance(piece, Gap)]
    one = len({piece[0] for piece in pieces}) <= 1
    ranks = [chunk.line for _, chunk in chunks]
    at = [gap.line for _, gap in gaps]
    if not one:
        ranks, at = _ranked(chunks, gaps)
    kinds: dict[str, Stretch] = {}
    for kind in _KINDS:
        mine = [(rank, c) for rank, (_, c) in zip(ranks, chunks, strict=True) if c.kind == kind]
        if mine:
            kinds[kind] = _stretch(mine, sort=not one)
    gaps_by_rank = sorted(zip(at, (gap for _, gap in gaps), strict=True), key=_rank_of)
    books = [(rank, c) for rank, (_, c) in zip(ranks, chunks, strict=True) if c.kind == "book"]
    return Between(kinds, gaps_by_rank, books)


def _one_chunk_per_kind(pieces: Sequence[Piece]) -> Between | None:
    """The usual case without any copying: one connection, no gap, each kind in one chunk."""
    kinds: dict[str, Stretch] = {}
    books: list[tuple[Array, Chunk]] = []
    only = pieces[0][0]
    for connection, chunk, begin, end in pieces:
        if connection != only or isinstance(chunk, Gap) or chunk.kind in kinds:
            return None
        kinds[chunk.kind] = Stretch(chunk.line, chunk.received_ns, chunk.columns, begin, end)
        if chunk.kind == "book":
            books.append((chunk.line, chunk))
    return Between(kinds, [], books)


def _rank_of(entry: tuple[int, Gap]) -> int:
    return entry[0]


def _stretch(parts: list[tuple[Array, Chunk]], *, sort: bool) -> Stretch:
    if len(parts) == 1:
        rank, chunk = parts[0]
        return Stretch.whole(rank, chunk.received_ns, chunk.columns)
    ranks = np.concatenate([rank for rank, _ in parts])
    order = np.argsort(ranks, kind="stable") if sort else slice(None)

    def joined(arrays: list[Array]) -> Array:
        return frozen(np.concatenate(arrays)[order])

    columns = {
        name: joined([chunk.columns[name] for _, chunk in parts]) for name in parts[0][1].columns
    }
    return Stretch.whole(frozen(ranks[order]), joined([c.received_ns for _, c in parts]), columns)


def _ranked(
    chunks: Sequence[tuple[str, Chunk]], gaps: Sequence[tuple[str, Gap]]
) -> tuple[list[Array], list[int]]:
    """Dense ranks of (received_ns, connection, line); rows of one line share theirs."""
    names = {name: i for i, name in enumerate(sorted({c for c, _ in [*chunks, *gaps]}))}
    received = [chunk.received_ns for _, chunk in chunks]
    received.append(np.array([gap.received_ns for _, gap in gaps], np.int64))
    line = [chunk.line for _, chunk in chunks]
    line.append(np.array([gap.line for _, gap in gaps], np.int64))
    source = [np.full(len(chunk), names[c], np.int64) for c, chunk in chunks]
    source.append(np.array([names[c] for c, _ in gaps], np.int64))
    keys: Any = np.concatenate(line), np.concatenate(source), np.concatenate(received)
    order = np.lexsort(keys)
    sorted_keys = [key[order] for key in keys]
    fresh = np.zeros(len(order), np.int64)
    for key in sorted_keys:
        fresh[1:] |= key[1:] != key[:-1]
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.cumsum(fresh)
    out, at = [], 0
    for _, chunk in chunks:
        out.append(frozen(ranks[at : at + len(chunk)]))
        at += len(chunk)
    return out, [int(rank) for rank in ranks[at:]]
