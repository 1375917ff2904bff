"""What a market tells the outside, in no venue's words: prices in ticks, sizes in lots.

A venue's wire implements `Tape` and turns each call into its own frames. Times are the matching
engine's, in ms since the start of the recording.
"""

from dataclasses import dataclass
from typing import Protocol

from sources.simulator.accounts import Liquidation
from sources.simulator.book import Fill, OrderBook, Top


@dataclass(frozen=True, slots=True)
class Mark:
    """Prices the venue computes once a second, in ticks; the rate is per funding interval."""

    mark: float
    mean: float  # moving average of the mark
    index: float
    settlement: float
    funding_rate: float


class Tape(Protocol):
    """Who writes down one market."""

    def fills(self, at_ms: int, taker: int, fills: list[Fill]) -> None:
        """One market order was filled; `taker` +1 bought."""

    def top(self, at_ms: int, update: int, top: Top) -> None:
        """A best price or its size is new since book update `update`."""

    def depth(self, at_ms: int, first: int, last: int, book: OrderBook) -> None:
        """Book updates `first` … `last` are to be told; the tape takes the changes of the book."""

    def snapshot(self, at_ms: int, last: int, book: OrderBook) -> None:
        """The whole book as of update `last`."""

    def mark(self, at_ms: int, mark: Mark) -> None:
        """A second has passed."""

    def liquidation(self, done: Liquidation) -> None:
        """A forced order was done."""
