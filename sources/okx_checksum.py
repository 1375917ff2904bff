"""The self-check of OKX's old archives: a CRC-32 over the top of the book as it was written.

The 25 best levels of both sides, bid, ask, bid, ask (a side that is exhausted is passed over),
each as `price:size` with the text of the wire, joined by ":", as a signed 32-bit number. The
venue has since stopped sending it (the field is 0), and a chain of ids is there instead.
"""

from heapq import nlargest, nsmallest
from typing import Final
from zlib import crc32

from msgspec import Struct, field

TOP: Final = 25
MOST_LEVELS: Final = 5_000  # a side; the venue keeps 400


class WrittenBook(Struct):
    """One book as text: price in ticks → `price:size`."""

    bids: dict[int, str] = field(default_factory=dict)
    asks: dict[int, str] = field(default_factory=dict)

    def put(self, *, bid: bool, px_ticks: int, size: float, text: str) -> None:
        """Set a level, or delete it with size 0."""
        side = self.bids if bid else self.asks
        if size > 0.0:
            side[px_ticks] = text
        else:
            side.pop(px_ticks, None)  # one beyond the depth we were told of may be unknown

    @property
    def is_bounded(self) -> bool:
        """Whether it has no more levels than such a book can have."""
        return max(len(self.bids), len(self.asks)) <= MOST_LEVELS

    def checksum(self) -> int:
        """The checksum of its top."""
        bids = nlargest(TOP, self.bids)
        asks = nsmallest(TOP, self.asks)
        texts = []
        for rank in range(TOP):
            texts += [self.bids[px] for px in bids[rank : rank + 1]]
            texts += [self.asks[px] for px in asks[rank : rank + 1]]
        value = crc32(":".join(texts).encode())
        return value - ((value >> 31) << 32)
