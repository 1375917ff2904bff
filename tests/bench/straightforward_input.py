"""The rival's input: lines from memory, decoded one by one with one typed decoder per stream."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from schemas.run import RejectedRow
from schemas.units import NS_PER_S
from tests.bench.straightforward_market import Depth, Fill, Mark, Snapshot, Ticker

READ_LINES = 512  # lines handed on at a time
HOLE_NS = 60 * NS_PER_S
KINDS = {"depth": Depth, "bookTicker": Ticker, "trade": Fill, "markPrice": Mark}
LOST = "lost"


class _Lines(StatefulSourcePartition[tuple[int, bytes], None]):
    def __init__(self, lines: Sequence[bytes]) -> None:
        self.lines, self.at = lines, 0

    def next_batch(self) -> list[tuple[int, bytes]]:
        start = self.at
        if start >= len(self.lines):
            raise StopIteration
        self.at = start + READ_LINES
        return list(enumerate(self.lines[start : self.at], start + 1))

    def snapshot(self) -> None:
        return None


class LinesSource(FixedPartitionedSource[tuple[int, bytes], None]):
    """The lines of one recording, from memory."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.lines = lines

    def list_parts(self) -> list[str]:
        """One partition."""
        return ["recording"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Lines:
        """From the beginning, always."""
        return _Lines(self.lines)


class Decoder:
    """Lines to (symbol, event); a grid time is an event of every symbol seen so far."""

    def __init__(self, venue: str, grid_ns: int) -> None:
        self.venue, self.grid_ns = venue, grid_ns
        self.symbols: list[str] = []
        self.clock = self.last = 0
        self.decode: dict[bytes, Callable[[bytes], Any] | None] = {}
        self.snapshot = msgspec.json.Decoder(Snapshot, strict=False).decode

    def __call__(self, numbered: tuple[int, bytes]) -> Iterable[tuple[str, Any]]:
        """Everything one line says."""
        number, line = numbered
        try:
            stamp, frame = line.split(b" ", 1)
            received = int(stamp)
            symbol, event = self._read(frame)
        except (ValueError, msgspec.MsgspecError) as error:
            return [self._rejected(number, line, "undecodable", str(error))]
        out: list[tuple[str, Any]] = []
        if received < self.clock:
            if isinstance(event, Depth):
                out.append((symbol, LOST))
            return [*out, self._rejected(number, line, "time_back", "")]
        grid = received - received % self.grid_ns
        if grid != self.last:
            if not self.clock:
                self.last = grid
            elif received - self.clock > HOLE_NS:
                out += [(name, what) for name in self.symbols for what in (LOST, grid)]
                self.last = grid
            for at in range(self.last + self.grid_ns, grid + 1, self.grid_ns):
                out += [(name, at) for name in self.symbols]
            self.last = grid
        self.clock = received
        if event is not None:
            if symbol not in self.symbols:
                self.symbols.append(symbol)
            out.append((symbol, (received, symbol, event)))
        return out

    def _read(self, frame: bytes) -> tuple[str, Any]:
        if frame[:1] == b"{":
            stream = frame[11 : frame.index(b'"', 11)]
            if stream not in self.decode:
                self.decode[stream] = _decoder(stream)
            decode = self.decode[stream]
            if decode is None:
                return "", None
            event = decode(frame).data
            return event.s, event
        if frame[:1] == b"@":
            url, body = frame[1:].split(b" ", 1)
            query = parse_qs(urlsplit(url.decode()).query)
            return query["symbol"][0], self.snapshot(body)
        return "", None

    def _rejected(self, number: int, line: bytes, reason: str, detail: str) -> tuple[str, Any]:
        stamp = line.partition(b" ")[0]
        row = RejectedRow(
            ts=self.clock,
            source=self.venue,
            line=number,
            stamp_ns=int(stamp) if stamp.isdigit() else None,
            reason=reason,
            detail=detail,
            frame=line.partition(b" ")[2][:500].decode(errors="replace"),
        )
        return "", row


def _decoder(stream: bytes) -> Callable[[bytes], Any] | None:
    kind = KINDS.get(stream.decode().split("@")[1])
    if kind is None:
        return None
    wrapped = msgspec.defstruct("Wrapped", [("data", kind)], gc=False)
    return msgspec.json.Decoder(wrapped, strict=False).decode
