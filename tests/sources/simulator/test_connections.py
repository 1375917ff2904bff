"""One socket's sending side: order, failures, a reader that does not read."""

import asyncio
from random import Random
from typing import Any

import pytest

from sources.simulator import connections
from sources.simulator.connections import Connection
from sources.simulator.outage import LOSES_EVERY
from sources.simulator.venues.hub import Leave


class Socket:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    async def send_frame(self, frame: bytes, kind: Any) -> None:
        self.sent.append(frame)


def connection(delay_s: float = 0.001) -> tuple[Connection, Socket]:
    socket = Socket()
    return Connection(socket, delay_s, Random(1)), socket  # type: ignore[arg-type]


async def written(made: Connection, seconds: float = 0.05) -> None:
    task = asyncio.create_task(made.write())
    await asyncio.wait([task], timeout=seconds)
    if task.done():
        task.result()
    task.cancel()


def test_frames_keep_their_order() -> None:
    made, socket = connection(0.005)
    frames = [b"%d" % number for number in range(50)]
    for frame in frames:
        made.send(frame)
    asyncio.run(written(made))
    assert socket.sent == frames


def test_what_is_sent_in_silence_is_lost_and_stale_loses_now_and_then() -> None:
    made, socket = connection()
    made.failure = "silent"
    made.send(b"never")
    made.failure = "stale"
    for number in range(2, 2 * LOSES_EVERY + 2):
        made.send(b"%d" % number)
    asyncio.run(written(made))
    kept = [b"%d" % n for n in range(2, 2 * LOSES_EVERY + 2) if n % LOSES_EVERY]
    assert socket.sent == kept


def test_a_reader_that_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_WAITING", 3)
    made, socket = connection()
    for _ in range(4):
        made.send(b"x")
    with pytest.raises(Leave, match="too slow"):
        asyncio.run(written(made))
    assert socket.sent == []
