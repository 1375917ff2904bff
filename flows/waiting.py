"""Chunks and gaps of one instrument that wait for their grid time.

A chunk may reach over many grid times: it is kept whole, with how far it has been taken, because
slicing its columns for every tick costs more than folding them.
"""

from collections.abc import Sequence
from pickle import dumps, loads
from typing import Any
from zlib import compress, decompress

import numpy as np

from schemas.chunk import Chunk
from schemas.control import Gap

Piece = tuple[str, Chunk | Gap, int, int]  # connection, rows begin to end of a chunk; a gap: 0, 1


class _Held:
    """A chunk or gap, its rows before `begin` already taken."""

    __slots__ = ("begin", "connection", "count", "ends", "piece")

    def __init__(self, connection: str, piece: Chunk | Gap) -> None:
        self.connection = connection
        self.piece = piece
        self.begin = 0
        self.count = len(piece) if isinstance(piece, Chunk) else 1
        self.ends: list[int] = []


class Waiting:
    """What has come and is not folded yet, in order of arrival for each connection."""

    def __init__(self) -> None:
        self._held: list[_Held] = []

    def add(self, connection: str, piece: Chunk | Gap) -> None:
        """Wait from now on."""
        self._held.append(_Held(connection, piece))

    def cut(self, grids: Sequence[int]) -> None:
        """Look up where the given grid times, in order, cut what waits."""
        for held in self._held:
            piece = held.piece
            if isinstance(piece, Gap):
                held.ends = [int(piece.received_ns < grid_ns) for grid_ns in grids]
            elif piece.received_ns.item(-1) < grids[0]:  # nearly always, live
                held.ends = [held.count] * len(grids)
            else:
                held.ends = np.searchsorted(piece.received_ns, grids).tolist()

    def take(self, number: int) -> list[Piece]:
        """What lies before the grid time `number` of the last `cut` and was not taken yet."""
        taken: list[Piece] = []
        for held in self._held:
            end = held.ends[number]
            if end > held.begin:
                taken.append((held.connection, held.piece, held.begin, end))
                held.begin = end
        return taken

    def forget(self) -> None:
        """Let go of what has been taken wholly."""
        self._held = [held for held in self._held if held.begin < held.count]

    def snapshot(self) -> bytes:
        """What waits, packed: a burst is 300 kB an interval, but its columns repeat themselves."""
        if not self._held:
            return b""
        packed = []
        for held in self._held:
            piece: Any = held.piece
            if isinstance(piece, Chunk):
                piece = piece.part(held.begin, held.count).pack()
            packed.append((held.connection, piece))
        return compress(dumps(packed), 1)

    @classmethod
    def restore(cls, packed: bytes) -> "Waiting":
        """Inverse of `snapshot`."""
        waiting = cls()
        for connection, piece in loads(decompress(packed)) if packed else ():
            waiting.add(connection, Chunk.unpack(piece) if isinstance(piece, tuple) else piece)
        return waiting
