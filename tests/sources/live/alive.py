"""A live connection of one process, without sockets: its spool, its lane, its partition."""

import pickle
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from schemas.control import Wish
from sources.connection import Connection
from sources.live.feeding import Feeding, Gate
from sources.live.lane import Lane
from sources.live.reread import reread
from sources.live.source import LiveConnection, LiveSource
from sources.live.spool import Position, Spool
from tests.sources.talk import (
    GRID,
    MS,
    START,
    USDM,
    answer,
    depth,
    indexed,
    joined,
    session,
    ticker,
    trade,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = {"version": 1, "venue": USDM, "instruments": []}
Pair = tuple[str, Any]


class Named:
    """What a gate needs of a plan."""

    def __init__(self, name: str) -> None:
        self.name = name


class Owner:
    """An owner that only remembers what it was asked for, in order."""

    def __init__(self, *names: str) -> None:
        self.plans = [Named(name) for name in names]
        self.calls: list[tuple[Any, ...]] = []
        self.ended = False
        self.late: tuple[str, ...] = ()

    def start(self) -> None:
        self.calls.append(("start",))

    def wish(self, connection: str, wish: Wish) -> None:
        self.calls.append(("wish", connection, wish))

    def satisfied(self, connection: str, instrument: str, url: str | None = None) -> None:
        self.calls.append(("satisfied", connection, instrument, url))

    def stale(self, connection: str) -> tuple[str, ...]:
        return (connection, *self.late)


def fresh(venue: str = USDM) -> Connection:
    """A connection that knows nothing."""
    return Connection("c", session(venue), grid_ns=GRID, hole_ns=60_000 * MS, foreign=False)


def plainly(data: bytes, venue: str = USDM) -> tuple[list[Pair], Connection]:
    """What a plain connection says to these lines at once."""
    made, lines = fresh(venue), indexed(data)
    return [*made.open(int(lines.received_ns[0])), *made.take(lines)], made


class Process:
    """One process from its start, with a state of an earlier one or none."""

    def __init__(
        self,
        folder: Path,
        state: Any = None,
        *,
        venue: str = USDM,
        patience_ns: int = 0,
        **spool: Any,
    ) -> None:
        self.spool = Spool(folder, "c", header=HEADER, **spool)
        self.now_ns = max(START, (self.spool.last_ns or 0) + 1)
        self.lane: Lane[Position] = Lane(
            "c",
            append=self.spool.append,
            now_ns=lambda: self.now_ns,
            most_frames=100_000,
            most_bytes=1 << 30,
            last_ns=self.spool.last_ns or 0,
        )
        owner: Any = Owner("c")
        self.calls = owner.calls
        self.owner = owner
        self.stopping = False
        feeding = Feeding(self.spool, self.lane, owner, Gate(owner))
        live = LiveConnection(feeding, fresh(venue))
        source = LiveSource({"c": live}, lambda: self.stopping, lambda: NOW, patience_ns)
        assert source.list_parts() == ["c"]
        self.part = source.build_part("in", "c", state)

    def say(self, *payloads: str, step_ns: int = MS) -> None:
        """Write lines as the feeder does, once it has been started."""
        assert ("start",) in self.calls
        for payload in payloads:
            self.now_ns += step_ns
            if payload.startswith("@"):
                url, _, body = payload[1:].partition(" ")
                self.lane.answer(url, body.encode())
            elif payload.startswith("!"):
                self.lane.control(payload[1:])
            else:
                self.lane.frame(payload.encode())

    def batch(self) -> list[Pair]:
        """One batch, its bundles opened."""
        return [(key, item) for key, items in self.part.next_batch() for item in items]

    def started(self) -> list[Pair]:
        """Batches until the owner is started: the last one has the start line, if there is one."""
        out: list[Pair] = []
        while ("start",) not in self.calls:
            out += self.batch()
        return out

    def idle(self) -> bool:
        """Whether the last batch found nothing."""
        return self.part.next_awake() is not None

    def drained(self) -> list[Pair]:
        """Everything there is."""
        out = self.batch()
        while not self.idle():
            out += self.batch()
        return out

    def told(self, what: str) -> list[Any]:
        """Arguments of the owner's calls of one kind."""
        return [call[2:] for call in self.calls if call[0] == what]

    def stream(self) -> bytes:
        """Every line of the spool."""
        return b"".join(reread(self.spool.folder, 0))

    def gone(self) -> None:
        """The process is no more."""
        self.spool.close()


def same(out: list[Pair], data: bytes, venue: str = USDM) -> bool:
    """Whether items are those of a plain connection with these lines, bit for bit."""
    return joined(out) == joined(plainly(data, venue)[0])


def conversation(count: int, seed: int = 1, wide: int = 0) -> list[str]:
    """Frames of a book with breaks and answers, fills, quotes; `wide` bytes of others."""
    chance, first, out = Random(seed), 10, []
    for number in range(count):
        kind = chance.choice(["depth"] * 5 + ["skip", "answer", "trade", "top", "wide", "bad"])
        px = f"{chance.randrange(9000, 11000) / 100}"
        if kind in ("depth", "skip"):
            out.append(depth(first, first + 4, first - 1 - 3 * (kind == "skip"), [(px, "1")]))
            first += 5
        else:
            out.append(
                {
                    "answer": answer(first - chance.randrange(1, 5)),
                    "trade": trade(number, px),
                    "top": ticker(number, px),
                    "wide": '{"e":"kline","pad":"%s"}' % ("x" * wide),
                    "bad": "{",
                }[kind]
            )
    return out


def starts(data: bytes) -> list[int]:
    """Numbers of the start lines."""
    said = [line.partition(b" ")[2] for line in data.splitlines()]
    return [number for number, payload in enumerate(said, start=1) if payload == b'!{"k":"start"}']


def stored(one: Process) -> Any:
    """The state, as it comes back from the recovery store."""
    return pickle.loads(pickle.dumps(one.part.snapshot()))
