"""Who has how much of what: accounts and (account, asset, side) entries in growing columns.

Entries of an account are chained through `next`; columns double when they are full, so that a
kernel can walk all of them. Every change returns what `undo` needs; undone in the reverse order,
columns are as before. Nothing is ever removed: memory grows with the pairs ever seen.
"""

import math
from typing import Any, Final

import numpy as np
from msgspec import Struct, json

from schemas.chunk import Array
from schemas.kernel import compiled

COLLATERAL: Final = 0
DEBT: Final = 1
_FIRST_ROWS: Final = 64

Undo = tuple[str, int, Any]  # what, which row or entry, its old value


class _State(Struct, array_like=True):
    """Everything, without what follows from it."""

    names: list[str]
    known: bytes
    mode: bytes
    owner: bytes
    asset: bytes
    side: bytes
    used: bytes
    exact: list[int]


class Positions:
    """Columns of accounts and entries. `hot` is `exact` as a float: NaN where it is negative."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.names: list[str] = []
        self.exact: list[int] = []
        self.known = np.zeros(_FIRST_ROWS, np.bool_)
        self.mode = np.zeros(_FIRST_ROWS, np.uint8)
        self.head = np.full(_FIRST_ROWS, -1, np.int32)
        self.owner = np.zeros(_FIRST_ROWS, np.int32)
        self.asset = np.zeros(_FIRST_ROWS, np.uint16)
        self.side = np.zeros(_FIRST_ROWS, np.uint8)
        self.used = np.zeros(_FIRST_ROWS, np.bool_)
        self.hot = np.zeros(_FIRST_ROWS)
        self.next = np.full(_FIRST_ROWS, -1, np.int32)

    def entries(self, row: int) -> list[int]:
        """The entries of an account, in the order in which they were made."""
        found, at = [], int(self.head[row])
        while at >= 0:
            found.append(at)
            at = int(self.next[at])
        return found[::-1]

    def find(self, row: int, asset: int, side: int) -> int:
        """One entry of an account; −1: none."""
        at = int(self.head[row])
        while at >= 0 and (self.asset[at] != asset or self.side[at] != side):
            at = int(self.next[at])
        return at

    def account(self, name: str, known: bool, done: list[Undo]) -> int:
        """The row of an account, made if need be."""
        row = self.rows.get(name)
        if row is None:
            row = len(self.names)
            if row == len(self.known):
                self.known, self.mode = _doubled(self.known), _doubled(self.mode)
                self.head = _doubled(self.head)
            self.names.append(name)
            self.rows[name] = row
            self.known[row], self.mode[row], self.head[row] = known, 0, -1
            done.append(("account", row, None))
        return row

    def entry(self, row: int, asset: int, side: int, done: list[Undo]) -> int:
        """The entry of an account, made if need be."""
        at = self.find(row, asset, side)
        if at < 0:
            at = len(self.exact)
            if at == len(self.hot):
                self.owner, self.asset = _doubled(self.owner), _doubled(self.asset)
                self.side, self.used = _doubled(self.side), _doubled(self.used)
                self.hot, self.next = _doubled(self.hot), _doubled(self.next)
            self.exact.append(0)
            self.owner[at], self.asset[at], self.side[at] = row, asset, side
            self.used[at], self.hot[at], self.next[at] = False, 0.0, self.head[row]
            self.head[row] = at
            done.append(("entry", at, None))
        return at

    def set_amount(self, at: int, amount: int, done: list[Undo]) -> None:
        """Set an entry's exact amount."""
        if self.exact[at] != amount:
            done.append(("amount", at, self.exact[at]))
            self._set_amount(at, amount)

    def set_used(self, at: int, used: bool, done: list[Undo]) -> None:
        """Set whether an entry counts as collateral."""
        if self.used[at] != used:
            done.append(("used", at, not used))
            self.used[at] = used

    def set_mode(self, row: int, mode: int, done: list[Undo]) -> None:
        """Set an account's e-mode category."""
        if self.mode[row] != mode:
            done.append(("mode", row, int(self.mode[row])))
            self.mode[row] = mode

    def set_known(self, row: int, done: list[Undo]) -> None:
        """From now on the account's whole state is known."""
        if not self.known[row]:
            done.append(("known", row, False))
            self.known[row] = True

    def undo(self, done: Undo) -> None:
        """Take back one change, the last."""
        what, at, old = done
        if what == "amount":
            self._set_amount(at, old)
        elif what == "used":
            self.used[at] = old
        elif what == "mode":
            self.mode[at] = old
        elif what == "known":
            self.known[at] = old
        elif what == "entry":
            self.head[self.owner[at]] = self.next[at]
            self.exact.pop()
        else:
            del self.rows[self.names.pop()]

    def _set_amount(self, at: int, amount: int) -> None:
        self.exact[at] = amount
        self.hot[at] = amount if amount >= 0 else math.nan

    def snapshot(self) -> bytes:
        """All columns, the exact amounts as integers."""
        rows, count = len(self.names), len(self.exact)
        return json.encode(
            _State(
                self.names, self.known[:rows].tobytes(), self.mode[:rows].tobytes(),
                self.owner[:count].tobytes(), self.asset[:count].tobytes(),
                self.side[:count].tobytes(), self.used[:count].tobytes(), self.exact,
            )
        )  # fmt: skip

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        read = json.decode(state, type=_State)
        self.names, self.exact = read.names, read.exact
        self.rows = {name: row for row, name in enumerate(self.names)}
        rows, count = len(self.names), len(self.exact)
        self.known = _filled(read.known, np.bool_, rows)
        self.mode = _filled(read.mode, np.uint8, rows)
        self.owner = _filled(read.owner, np.int32, count)
        self.asset = _filled(read.asset, np.uint16, count)
        self.side = _filled(read.side, np.uint8, count)
        self.used = _filled(read.used, np.bool_, count)
        self.hot = np.zeros(len(self.owner))
        self.hot[:count] = [amount if amount >= 0 else math.nan for amount in self.exact]
        self.head, self.next = np.full(len(self.known), -1, np.int32), self.owner * 0 - 1
        chain(self.owner[:count], self.head, self.next)


def chain_plain(owner, head, following):  # type: ignore[no-untyped-def]
    """Chain the entries of each account, the last one first."""
    for at in range(len(owner)):
        following[at] = head[owner[at]]
        head[owner[at]] = at


chain = compiled(chain_plain)


def _filled(data: bytes, kind: Any, count: int) -> Array:
    """A column with this beginning and room to grow."""
    column = np.zeros(max(_FIRST_ROWS, 1 << max(count - 1, 0).bit_length()), kind)
    column[:count] = np.frombuffer(data, kind)
    return column


def _doubled(column: Array) -> Array:
    return np.concatenate((column, np.zeros_like(column)))
