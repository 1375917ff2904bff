"""Everything of one feed together: clocks, overflow, limits of all connections, an orderly end."""

import asyncio
from time import monotonic
from unittest.mock import patch

import pytest
from websockets.asyncio.server import ServerConnection

from sources.live import feeder as module
from sources.live.feeder import STOP_WITHIN_S
from sources.live.health import State
from tests.sources.live.faulty import DATA, QUICK, faster, talk, until, venue
from tests.sources.live.feeders import Scene, scene

# -- clocks and overflow -----------------------------------------------------------------------


def test_silent_connections_get_clock_lines_and_others_none() -> None:
    sockets: list[ServerConnection] = []

    async def one_of_two(socket: ServerConnection) -> None:
        sockets.append(socket)
        while socket is sockets[0]:
            await socket.send(DATA.decode())
            await asyncio.sleep(0.005)
        await socket.wait_closed()

    async def scenario() -> list[list[bytes]]:
        timing = faster(grid_ns=100_000_000, clock_late_ns=20_000_000)
        async with scene(one_of_two, ("toy-1", "toy-2"), timing=timing) as made:
            lanes = list(made.watched.values())
            await until(lambda: any(len(w.appended) - len(w.payloads) >= 5 for w in lanes))
        return sorted((w.appended for w in lanes), key=len)

    silent, busy = asyncio.run(scenario())
    clocks = [line for line in silent if b'"clock"' in line]
    assert len(clocks) >= 5
    first = next(k for k, line in enumerate(busy) if DATA in line)
    late = [line for line in busy[first:] if b'"clock"' in line]
    assert len(late) < len(clocks)  # none, unless the machine held everything up


def test_nobody_drains_so_memory_is_bounded_and_one_line_says_what_was_lost() -> None:
    async def flood(socket: ServerConnection) -> None:
        for _ in range(3000):
            await socket.send("x" * 1000)
        await socket.wait_closed()

    async def scenario() -> Scene:
        async with scene(flood, lane={"most_frames": 100, "most_bytes": 50_000}) as made:
            counters = made.one.lane.counters
            await until(lambda: counters.messages + counters.dropped == 3000)
            assert made.one.lane.waiting_bytes <= 51_000
            assert made.one.lane.waiting_frames <= 100
            assert not [p for p in made.one.payloads if b"overflow" in p]
            drained = made.one.lane.drain(1000)
            assert drained.data == b"".join(made.one.appended)
            await until(lambda: [p for p in made.one.payloads if b"overflow" in p])
            await asyncio.sleep(2 * QUICK.grid_ns / 1e9)
        return made

    made = asyncio.run(scenario())
    dropped = made.one.lane.counters.dropped
    lines = [p for p in made.one.payloads if b"overflow" in p]
    assert lines == [b'!{"k":"overflow","dropped":%d}' % dropped]
    assert dropped == 3000 - made.one.payloads.count(b"x" * 1000) > 2900
    assert "toy-1: the flow is too slow, newer frames are dropped" in made.one.told


def test_all_connections_together_stay_within_the_attempts_of_a_minute() -> None:
    times: list[float] = []

    async def slammed(socket: ServerConnection) -> None:
        times.append(monotonic())
        await socket.close()

    async def scenario() -> None:
        timing = faster(backoff_least_s=0.001, backoff_most_s=0.001)
        names = ("toy-1", "toy-2", "toy-3")
        async with scene(slammed, names, timing=timing, connections_per_minute=900):
            await until(lambda: len(times) >= 31)

    begun_s = monotonic()
    asyncio.run(scenario())
    assert all(at_s - begun_s >= k // 15 for k, at_s in enumerate(times))


# -- the end -----------------------------------------------------------------------------------


def test_at_the_end_every_connection_is_closed_and_what_was_lost_is_written() -> None:
    async def flood(socket: ServerConnection) -> None:
        for _ in range(50):
            await socket.send(DATA.decode())
        await socket.wait_closed()

    async def scenario() -> Scene:
        async with scene(flood, ("toy-1", "toy-2"), lane={"most_frames": 10}) as made:
            lanes = [watched.lane for watched in made.watched.values()]
            await until(lambda: all(lane.counters.dropped for lane in lanes))
        return made

    made = asyncio.run(scenario())
    for watched in made.watched.values():
        assert watched.payloads[-1].startswith(b'!{"k":"overflow"')  # the close was dropped, too
        assert watched.lane.counters.state == "stopped"


def test_connections_that_do_not_end_are_cut() -> None:
    async def stuck(socket: ServerConnection) -> None:
        await socket.send(DATA.decode())
        socket.transport.pause_reading()
        await asyncio.sleep(60)

    async def scenario() -> tuple[Scene, float]:
        timing = faster(close_s=60.0)
        async with scene(stuck, timing=timing) as made:
            await until(lambda: DATA in made.one.payloads)
            begun_s = monotonic()
        return made, monotonic() - begun_s

    assert STOP_WITHIN_S < 2.0
    with patch.object(module, "STOP_WITHIN_S", 0.2):
        made, took_s = asyncio.run(scenario())
    assert took_s < 2.0
    assert made.one.closes == [("stop", "cut")]
    assert made.one.lane.counters.state is State.stopped


def test_what_is_wrong_with_us_ends_everything() -> None:
    async def scenario() -> None:
        async with venue(talk) as url:
            made = Scene(url, ("toy-1", "toy-2"), None)

            def append(lines: list[bytes]) -> int:
                raise MemoryError

            made.one.lane._append = append  # type: ignore[method-assign]
            await asyncio.wait_for(made.feeder.run(), 2.0)

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(scenario())
    assert raised.value.subgroup(MemoryError) is not None
