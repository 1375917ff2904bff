"""The demo recording: the simulated market as a gzip file of stamped lines (C3).

A line is `<received_ns> <frame>`. It arrives half a millisecond to six after its push, and never
before the line above it. The bytes depend on seed and length alone.
"""

import gzip
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from json import dumps
from pathlib import Path
from random import Random
from typing import Final

from msgspec import Struct

from sources.simulator.contract import CONTRACTS
from sources.simulator.market import Market
from sources.simulator.scenario import STEP_MS
from sources.simulator.wire import VENUE, BinanceUsdm, Line

START_MS: Final = 1_767_614_400_000  # 2026-01-05T12:00:00Z
NS_PER_MS: Final = 1_000_000
LEVEL: Final = 5  # of gzip
BATCH: Final = 2000  # lines packed at once
PROGRESS_MS: Final = 10_000
FASTEST_NS: Final = 500_000
SLOWER_NS: Final = 5_500_000


class RecordingSummary(Struct, frozen=True, kw_only=True):
    """What was written. `frames` counts lines by kind; `sha256` is of the uncompressed text."""

    path: Path
    lines: int
    frames: dict[str, int]
    first_ns: int
    last_ns: int
    sha256: str


def write_recording(
    path: Path,
    *,
    seed: int = 7,
    minutes: float = 60.0,
    progress: Callable[[float], None] | None = None,
) -> RecordingSummary:
    """Simulate `minutes` of market and write them to `path` (replaced only when complete).

    `progress` is called with the share done, 0 to 1. Raises ValueError for a length under six
    seconds, in which the scenario has no room.
    """
    if minutes < 0.1:
        text = f"a recording of {minutes} minutes is too short: give at least 0.1"
        raise ValueError(text)
    tapes = [BinanceUsdm(contract, START_MS) for contract in CONTRACTS]
    market = Market(seed, minutes, tapes)
    total_ms = market.scenario.steps * STEP_MS
    temporary = path.with_name(path.name + ".part")
    waiting = list[Line]()
    try:
        with temporary.open("wb") as raw, gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as packed:
            stamps = _Stamps(Random(f"{seed}/latency"), packed)
            stamps.write([(0, "recording", _head())])
            for now_ms in market.steps():
                for tape in tapes:
                    waiting += tape.take()
                waiting.sort(key=_push_ms)  # stable: lines of one push time stay in engine order
                ready = bisect_left(waiting, now_ms, key=_push_ms)
                stamps.write(waiting[:ready])
                del waiting[:ready]
                if progress is not None and now_ms % PROGRESS_MS == 0:
                    progress(now_ms / total_ms)
            stamps.write([(total_ms, "end", '!{"k":"end"}')])
            stamps.flush()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    frames = {kind: stamps.kinds[kind] for kind in sorted(stamps.kinds)}
    if progress is not None:
        progress(1.0)
    return RecordingSummary(
        path=path,
        lines=sum(frames.values()),
        frames=frames,
        first_ns=START_MS * NS_PER_MS,
        last_ns=stamps.last_ns,
        sha256=stamps.digest.hexdigest(),
    )


class _Stamps:
    """Stamps lines with the time they are received and writes them."""

    def __init__(self, rng: Random, out: gzip.GzipFile) -> None:
        self._rng, self._out = rng, out
        self._text: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.digest = sha256()
        self.last_ns = 0

    def write(self, lines: list[Line]) -> None:
        """Lines in the order of their push times; what we say ourselves (`!`) has no latency."""
        draw, last, kinds, text = self._rng.random, self.last_ns, self.kinds, self._text
        for push_ms, kind, body in lines:
            at_ns = (START_MS + push_ms) * NS_PER_MS
            if body[0] != "!":
                at_ns += FASTEST_NS + int(SLOWER_NS * draw() ** 3)
            if at_ns <= last:
                at_ns = last + 1000 + int(20_000 * draw())  # it comes right behind the last one
            last = at_ns
            kinds[kind] += 1
            text.append(f"{at_ns} {body}\n")
        self.last_ns = last
        if len(text) > BATCH:
            self.flush()

    def flush(self) -> None:
        """Pack what has been written so far."""
        data = "".join(self._text).encode()
        self._text.clear()
        self.digest.update(data)
        self._out.write(data)


def _push_ms(line: Line) -> int:
    return line[0]


def _head() -> str:
    instruments = [
        {
            "symbol": contract.symbol,
            "asset": contract.asset,
            "quote": contract.quote,
            "kind": "perpetual",
            "price_decimals": contract.price_decimals,
            "funding_interval_h": contract.funding_interval_h,
        }
        for contract in CONTRACTS
    ]
    head = {"k": "recording", "version": 1, "venue": VENUE, "instruments": instruments}
    return "!" + dumps(head, separators=(",", ":"))
