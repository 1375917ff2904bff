"""Plain Python: read a recording, keep a Binance order book in dicts. Imports nothing of ours.

Written from the venue's documents, to be compared with the fast versions. USD-M futures: drop
u < lastUpdateId, first applied U <= lastUpdateId <= u, then pu == previous u. Spot: drop
u <= lastUpdateId, first applied U <= lastUpdateId + 1 <= u, then U == previous u + 1.
"""

import gzip
import json
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Recording = Path | str | Iterable[bytes]


@dataclass(frozen=True)
class Line:
    """One line of a recording; exactly one of `control`, `frame` is set, or `problem`."""

    number: int
    received_ns: int | None
    url: str = ""  # of a REST answer
    control: dict[str, Any] | None = None
    frame: Any = None
    problem: str = ""


def raw_lines(recording: Recording) -> Iterator[bytes]:
    """The lines of a gzip file, a plain file, or a sequence of lines, without line ends."""
    if isinstance(recording, (str, Path)):
        content = Path(recording).read_bytes()
        if str(recording).endswith(".gz"):
            content = gzip.decompress(content)
        yield from content.splitlines()
    else:
        yield from recording


def read_lines(recording: Recording) -> Iterator[Line]:
    """Every line taken apart; what cannot be read carries a `problem`."""
    for number, raw in enumerate(raw_lines(recording), start=1):
        yield parse_line(number, raw)


def parse_line(number: int, raw: bytes) -> Line:
    """`<received_ns> <frame>`, `<received_ns> @<url> <body>` or `<received_ns> !{json}`."""
    stamp, _, rest = raw.partition(b" ")
    if not stamp.isdigit():
        return Line(number, None, problem="no stamp")
    received_ns, url = int(stamp), ""
    try:
        if rest.startswith(b"!"):
            return Line(number, received_ns, control=json.loads(rest[1:]))
        if rest.startswith(b"@"):
            address, _, rest = rest[1:].partition(b" ")
            url = address.decode()
        frame = json.loads(rest)
    except ValueError as error:
        return Line(number, received_ns, url, problem=str(error))
    if isinstance(frame, dict) and "stream" in frame and "data" in frame:
        frame = frame["data"]
    return Line(number, received_ns, url, frame=frame)


def decimals_of(price: str) -> int:
    """Number of decimals written in a price.

    >>> decimals_of("61800.30")
    2
    """
    return len(price.partition(".")[2])


def ticks_of(price: str, decimals: int) -> int:
    """A price string as a whole number of 10^-decimals, exactly.

    >>> ticks_of("61800.3", 2)
    6180030
    """
    whole, _, part = price.partition(".")
    if len(part.rstrip("0")) > decimals:
        raise ValueError(f"{price} has more than {decimals} decimals")
    return int(whole + part[:decimals].ljust(decimals, "0"))


@dataclass
class Side:
    """One side of a book: sizes by price in ticks, and the prices in ascending order."""

    sizes: dict[int, float] = field(default_factory=dict)
    prices: list[int] = field(default_factory=list)

    def put(self, px: int, size: float) -> None:
        """Set a level to an absolute size; 0 deletes it."""
        if size == 0.0:
            if px in self.sizes:
                del self.sizes[px]
                del self.prices[bisect_left(self.prices, px)]
            return
        if px not in self.sizes:
            insort(self.prices, px)
        self.sizes[px] = size


Top = tuple[list[tuple[int, float]], list[tuple[int, float]]]


@dataclass
class Outcome:
    """What a line did to the book."""

    applied: list[dict[str, Any]] = field(default_factory=list)  # depth frames now in the book
    snapshot: dict[str, Any] | None = None  # the snapshot that was loaded in this line
    gap: bool = False  # the chain broke: the book is lost


@dataclass
class DictBook:
    """An order book and its synchronisation; unknown until a snapshot matches the stream."""

    futures: bool
    decimals: int = 0
    bids: Side = field(default_factory=Side)
    asks: Side = field(default_factory=Side)
    known: bool = False
    last_id: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)  # frames without a book
    pending: dict[str, Any] | None = None  # a snapshot no frame has reached yet
    edge_bid: int | None = None  # furthest levels of the last snapshot
    edge_ask: int | None = None
    older: int = 0  # frames dropped because the snapshot holds them
    applied: int = 0

    def on_depth(self, frame: dict[str, Any]) -> Outcome:
        """A depthUpdate frame."""
        if not self.known:
            self.waiting.append(frame)
            return self._match() if self.pending else Outcome()
        outcome = Outcome()
        self._follow([frame], outcome)
        return outcome

    def on_snapshot(self, body: dict[str, Any]) -> Outcome:
        """A REST depth answer. One that comes while the book is known is not needed."""
        if self.known:
            return Outcome()
        self.pending = body
        return self._match()

    def lose(self) -> None:
        """Forget everything: a loss that no update id tells of."""
        self.known, self.pending, self.waiting = False, None, []

    def top(self, levels: int) -> Top:
        """The best levels of both sides, best first, as (ticks, size)."""
        bids, asks = self.bids, self.asks
        return (
            [(px, bids.sizes[px]) for px in bids.prices[: -levels - 1 : -1]],
            [(px, asks.sizes[px]) for px in asks.prices[:levels]],
        )

    def _match(self) -> Outcome:
        """Try to put the waiting frames on the pending snapshot."""
        assert self.pending is not None
        wanted = self.pending["lastUpdateId"] + (0 if self.futures else 1)
        newer = [frame for frame in self.waiting if frame["u"] >= wanted]
        self.older += len(self.waiting) - len(newer)
        self.waiting = newer
        outcome = Outcome()
        if not newer:
            return outcome  # the next frame decides
        snapshot, self.pending = self.pending, None
        if newer[0]["U"] > wanted:
            return outcome  # frames are missing in between: discard the snapshot
        self.waiting = []
        outcome.snapshot = snapshot
        self._load(snapshot)
        self._follow(newer, outcome)
        return outcome

    def _load(self, snapshot: dict[str, Any]) -> None:
        self.bids, self.asks = Side(), Side()
        self._put(self.bids, snapshot["bids"])
        self._put(self.asks, snapshot["asks"])
        self.edge_bid = min(self.bids.prices, default=None)
        self.edge_ask = max(self.asks.prices, default=None)
        self.known, self.last_id = True, 0

    def _follow(self, frames: Sequence[dict[str, Any]], outcome: Outcome) -> None:
        """Apply frames in order; from a break on they wait for the next snapshot."""
        for position, frame in enumerate(frames):
            if frame["u"] <= self.last_id:
                continue  # a duplicate
            if self.last_id and not self._continues(frame):
                self.known, outcome.gap = False, True
                self.waiting = list(frames[position:])
                return
            self._put(self.bids, frame["b"])
            self._put(self.asks, frame["a"])
            self.last_id = frame["u"]
            self.applied += 1
            outcome.applied.append(frame)

    def _continues(self, frame: dict[str, Any]) -> bool:
        if self.futures:
            return bool(frame["pu"] == self.last_id)
        return bool(frame["U"] == self.last_id + 1)

    def _put(self, side: Side, levels: Sequence[tuple[str, str]]) -> None:
        for price, size in levels:
            side.put(ticks_of(price, self.decimals), float(size))
