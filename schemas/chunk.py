"""Chunks: numpy columns for one instrument and one kind of event (C4).

A row is one book level, one quote, one fill, one mark or one forced order. `line` is the line
number in the recording or connection; rows of one instrument merge by (received_ns, connection,
line). Arrays are read-only and may be views into a larger batch. `venue_ns` is the venue's own
stamp (0 when the frame has none). Sizes are base coin always.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Array = NDArray[Any]
I64, F64, I8 = np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.int8)

# Of `is_snapshot`: what follows tells every change, or nothing does but the next whole book.
SNAPSHOT: Final = 1
WHOLE: Final = 2

# Columns of each kind. NaN in a `mark` column means "unchanged by this frame".
COLUMNS: Final[Mapping[str, Mapping[str, np.dtype[Any]]]] = {
    "book": {
        "venue_ns": I64,
        "first_id": I64,
        "last_id": I64,
        "side": I8,  # +1 bid, −1 ask
        "px_ticks": I64,  # units of 10^-price_decimals
        "size": F64,  # absolute size at the level; 0 deletes it
        "is_snapshot": I8,  # 0, SNAPSHOT or WHOLE: the first such row of a line empties the book
    },
    "top": {
        "venue_ns": I64,
        "id": I64,
        "bid_px": F64,
        "bid_sz": F64,
        "ask_px": F64,
        "ask_sz": F64,
    },
    "trade": {
        "venue_ns": I64,
        "id": I64,
        "px": F64,
        "size_base": F64,
        "taker": I8,  # +1 bought, −1 sold, 0 not an ordinary market order: no flow
    },
    "mark": {
        "venue_ns": I64,
        "mark": F64,
        "index": F64,
        "funding_rate": F64,  # per interval
        "interval_h": F64,
        "next_funding_ns": I64,  # 0: unknown
        "oi_base": F64,  # one-sided open interest
    },
    "liquidation": {
        "venue_ns": I64,
        "px": F64,
        "size_base": F64,
        "position_side": I8,  # +1: a long was liquidated
        "thinned": I8,  # 1: the venue publishes only a part
    },
    "quote": {  # an option; NaN: unchanged by this frame
        "venue_ns": I64,
        "bid_px": F64,  # in what the option settles in (coin when inverse)
        "bid_sz": F64,
        "ask_px": F64,
        "ask_sz": F64,
        "mark_px": F64,
        "bid_iv": F64,  # annual, 1.0 = 100 %
        "ask_iv": F64,
        "mark_iv": F64,
        "underlying_px": F64,  # the forward of its expiry
        "index_px": F64,
        "rate": F64,  # annual interest rate
        "delta": F64,  # the venue's own greeks, for comparison only
        "gamma": F64,  # per 1 USD
        "vega": F64,  # per vol point
        "theta": F64,  # per day
        "oi_base": F64,
    },
    "index": {"venue_ns": I64, "px": F64},
    "vol_index": {"venue_ns": I64, "vol": F64},  # annual, 1.0 = 100 %
    "oracle": {  # a price that contracts act on, as published
        "venue_ns": I64,  # when it was published
        "px": F64,  # in quote
        "conf": F64,  # in quote, about one standard error of the price
        "ema_px": F64,  # in quote, the oracle's own moving average; NaN: not told
        "id": I64,  # slot or round; −1: not told
    },
}


class Chunk(Struct, frozen=True, gc=False):
    """Columns of one kind for one instrument; rows in (received_ns, line) order."""

    instrument: str
    kind: str
    received_ns: Array
    line: Array
    columns: dict[str, Array]
    connection: str = ""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.received_ns)

    def part(self, start: int, stop: int) -> "Chunk":
        """Rows `start` to `stop` as views."""
        return Chunk(
            self.instrument,
            self.kind,
            self.received_ns[start:stop],
            self.line[start:stop],
            {name: column[start:stop] for name, column in self.columns.items()},
            self.connection,
        )

    def pack(self) -> tuple[Any, ...]:
        """As an immutable tuple of plain values and bytes, for the recovery store."""
        columns = tuple(
            (name, column.dtype.str, column.tobytes()) for name, column in self.columns.items()
        )
        stamps = self.received_ns.tobytes(), self.line.tobytes()
        return (self.instrument, self.kind, *stamps, columns, self.connection)

    @classmethod
    def unpack(cls, packed: tuple[Any, ...]) -> "Chunk":
        """Inverse of `pack`; the arrays are read-only, as they were."""
        instrument, kind, received_ns, line, columns, connection = packed
        return cls(
            instrument,
            kind,
            np.frombuffer(received_ns, I64),
            np.frombuffer(line, I64),
            {name: np.frombuffer(data, np.dtype(code)) for name, code, data in columns},
            connection,
        )
