"""What a venue is to the rest of Seawall: a pure session, lines in, items and wishes out.

A session has no socket, no clock and no logging; one file owns the sockets, one reads the
recordings, and both drive any session through this protocol.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from schemas.account import AccountState
from schemas.chain import ChainItem
from schemas.chunk import Array, Chunk
from schemas.control import Gap, Granted, Rejected, Seen, Wish
from schemas.instrument import Instrument
from sources.lines import Lines

Item = AccountState | ChainItem | Chunk | Gap | Granted | Rejected | Seen | Wish


class Session(Protocol):
    """One connection's worth of a venue's protocol."""

    venue: str

    def lines(self, lines: Lines, clock_ns: Array, misplaced: Array) -> list[Item]:
        """Items of frames and REST answers, in line order for each instrument.

        clock_ns[i] is the source's clock at line i. A line with misplaced[i] has a stamp that
        went backwards: the caller rejects it, the session only says what was lost.
        """
        ...

    def lose(self, received_ns: int, line: int, reason: str) -> list[Item]:
        """Every book of the connection is lost: a restart, a reconnect, an overflow, a hole."""
        ...

    def wished(self, symbol: str, received_ns: int, line: int) -> list[Item]:
        """Lose one book: a snapshot was wished for elsewhere (a failed self-check)."""
        ...

    def forget(self, symbol: str) -> None:
        """Know nothing of a symbol's book, as if none had come; what follows begins it anew."""
        ...

    def awaiting(self) -> frozenset[str]:
        """Names of instruments whose book is not known and has been wished for."""
        ...

    counts: Counter[str]  # what was not used, by kind
    refine: Callable[[Instrument], Instrument]  # lays settings over metadata

    def instruments(self) -> Mapping[str, Instrument]:
        """Everything seen or listed so far, by name."""
        ...

    def list_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Metadata known beforehand."""
        ...

    def prefer_trades(self, names: Sequence[str]) -> None:
        """Name the instruments whose fills come as `trade`: their `aggTrade` is not flow."""
        ...

    def with_trades(self) -> list[str]:
        """Names of instruments whose fills were seen as `trade`."""
        ...

    def snapshot(self) -> bytes:
        """State that a restart needs."""
        ...

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        ...
