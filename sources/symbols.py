"""The symbols of a connection, findable by a kernel: open addressing over their bytes."""

from typing import Final

import numpy as np

from schemas.chunk import Array
from schemas.kernel import compiled

SYMBOL_BYTES: Final = 32  # the last one holds the length


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


class Symbols:
    """Symbol ↔ index, with each symbol's price decimals (−1 while no price has been seen)."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.index: dict[str, int] = {}
        self.table = np.full(64, -1, np.int64)
        self.bytes = np.zeros((0, SYMBOL_BYTES), np.uint8)
        self.decimals: Array = np.zeros(0, np.int64)

    def add(self, name: str, decimals: int | None) -> int:
        """Add a symbol, or learn its decimals. Returns its index."""
        known = self.index.get(name)
        if known is not None:
            if decimals is not None:
                self.decimals[known] = decimals
            return known
        at = len(self.names)
        self.names.append(name)
        self.index[name] = at
        row = np.zeros((1, SYMBOL_BYTES), np.uint8)
        encoded = name.encode()
        if len(encoded) >= SYMBOL_BYTES:
            encoded = b""  # never found by a kernel, so that its frames go to the slow decoder
        raw = np.frombuffer(encoded, np.uint8)
        row[0, : len(raw)] = raw
        row[0, SYMBOL_BYTES - 1] = len(raw)
        self.bytes = np.concatenate([self.bytes, row])
        self.decimals = np.append(self.decimals, -1 if decimals is None else decimals)
        if len(self.names) * 2 > len(self.table):
            self.table = np.full(len(self.table) * 4, -1, np.int64)
            for other in range(at):
                self._place(other)
        self._place(at)
        return at

    def _place(self, at: int) -> None:
        length = int(self.bytes[at, SYMBOL_BYTES - 1])
        mask = len(self.table) - 1
        slot = int(symbol_hash(self.bytes[at], 0, length)) & mask
        while self.table[slot] >= 0:
            slot = (slot + 1) & mask
        self.table[slot] = at
