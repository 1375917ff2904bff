"""Items of one connection between its clocks, and where its lines must be parted."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from schemas.chunk import Array
from schemas.control import Clock
from sources.lines import BAD, CONTROL, Lines

Keyed = tuple[str, Any]
Pieces = Mapping[str, Sequence[tuple[int, Any]]]


def breaks(lines: Lines, special: Array, misplaced: Array) -> list[int]:
    """Where a run must end: around control lines, before holes."""
    alone = special & (lines.kind == CONTROL)
    hole = special & (lines.kind != CONTROL) & (lines.kind != BAD) & ~misplaced
    at = np.flatnonzero(alone)
    cuts = {*at.tolist(), *(at + 1).tolist(), *np.flatnonzero(hole).tolist()}
    return sorted(cut for cut in cuts if 0 < cut < len(lines))


def woven(
    connection: str,
    grids: Sequence[int],
    pieces: Pieces,
    fresh: Collection[str],
    leaving: Collection[str],
) -> list[Keyed]:
    """Per instrument its pieces, (number of grid times before it, item), with all clocks.

    The fresh get clocks from their first piece on, those that are leaving only one more.
    """
    clocks = [(segment, Clock(connection, grid)) for segment, grid in enumerate(grids)]
    out: list[Keyed] = []
    for name, own in pieces.items():
        first = min(segment for segment, _ in own) if name in fresh else 0
        mine = clocks[:1] if name in leaving else clocks[first:]
        # sorted() is stable and a clock comes after the pieces of its segment.
        out += [(name, item) for _, item in sorted([*own, *mine], key=_segment_of)]
    return out


def _segment_of(piece: tuple[int, Any]) -> int:
    return piece[0]
