"""Lines for a spool, and what is in one, read with nothing of ours."""

import json
from pathlib import Path
from typing import Any

import zstandard

from sources.live.segments import Position
from sources.live.spool import Spool

HEADER = {"version": 1, "venue": "v", "instruments": [{"symbol": "A"}, {"symbol": "B"}]}
SECOND = 1_000_000_000
AT = 1_700_000_000 * SECOND


def line(number: int, size: int = 0) -> bytes:
    """Line `number` of a connection, one second after the one before, `size` bytes longer."""
    return b'%d {"n":%d,"x":"%s"}\n' % (AT + number * SECOND, number, b"x" * size)


def lines(first: int, past: int, size: int = 0) -> list[bytes]:
    return [line(number, size) for number in range(first, past)]


def spool(folder: Path, **changes: Any) -> Spool:
    return Spool(folder, "c", **({"header": HEADER} | changes))


def rest(made: Spool, position: Position) -> bytes:
    return b"".join(made.tail(position))


def texts(folder: Path) -> dict[str, bytes]:
    """Plain text of each file of a connection by its name."""
    found = {}
    for path in sorted([*folder.glob("c__*.log"), *folder.glob("c__*.zst")]):
        data = path.read_bytes()
        if path.suffix == ".zst":
            data = zstandard.ZstdDecompressor().decompress(data)
        found[path.name] = data
    return found


def header(at_ns: int, lines_before: int, bytes_before: int, told: Any = HEADER) -> bytes:
    """The first line of a segment."""
    place = {"lines_before": lines_before, "bytes_before": bytes_before}
    told = {"k": "recording", **told, **place}
    return b"%d !%s\n" % (at_ns, json.dumps(told, separators=(",", ":")).encode())
