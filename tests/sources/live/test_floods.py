"""Too much of something, against real sockets: memory stays bounded, and what is lost is marked."""

import asyncio
import os
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from sources.venue_feed import FRAME_BYTES
from tests.sources.live.faulty import faster, reset, until
from tests.sources.live.heard import Heard, heard
from tests.sources.live.market import EVERY_S, Market

MIB = 1 << 20
HUGE = 50_000_000  # bytes of a message
PIECE = b"x" * (1 << 16)


@contextmanager
def allocating(at_most: int) -> Iterator[None]:
    """Hold the body to so many bytes at a time, the venue's included."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] <= at_most
    finally:
        tracemalloc.stop()


# -- a frame of 50 MB --------------------------------------------------------------------------


async def pour(socket: ServerConnection, *, fragments: bool = False) -> None:
    """Send one message of 50 MB without ever having it; in one frame, or in many."""
    write = socket.transport.write
    count = HUGE // len(PIECE)
    if not fragments:
        write(b"\x81\x7f" + (count * len(PIECE)).to_bytes(8))
    for number in range(count):
        if fragments:
            write(bytes([number == 0, 127]) + len(PIECE).to_bytes(8))
        write(PIECE)
        while socket.transport.get_write_buffer_size() > MIB:
            await asyncio.sleep(0.001)
        if socket.state is not State.OPEN:  # they have had enough
            return


async def quiet(market: Market) -> ServerConnection:
    """The only connection, which says nothing of itself any more."""
    (socket,) = market.sockets
    market.halt(deaf=False)
    await asyncio.sleep(10 * EVERY_S)
    return socket


@pytest.mark.parametrize("fragments", [False, True])
def test_a_message_of_fifty_megabytes_where_one_may_have(tmp_path: Path, fragments: bool) -> None:
    async def scenario() -> Heard:
        market = Market()
        await market.open()
        async with heard(tmp_path, market, frame_bytes=MIB) as one:
            with allocating(10 * MIB):
                await pour(await quiet(market), fragments=fragments)
                await one.beyond(market.number)
            await one.beyond(market.number + 100, 30.0)
        return one

    one = asyncio.run(scenario())
    assert one.accounted() == ["reconnect"]
    assert [line["reason"] for line in one.said("close")] == ["too_large", "stop"]


def test_messages_of_fifty_megabytes_where_they_are_allowed(tmp_path: Path) -> None:
    """Nobody drains: one of them fits into the queue, and the others are lost and told."""

    async def scenario() -> Heard:
        market = Market()
        await market.open()
        assert HUGE < FRAME_BYTES
        async with heard(tmp_path, market, frame_bytes=FRAME_BYTES) as one:
            socket = await quiet(market)
            one.take()
            with allocating(6 * HUGE):
                for dropped in range(8):
                    await pour(socket)
                    await until(lambda n=dropped: one.counters.dropped == n, 30.0)
                assert HUGE * 0.9 < one.lane.waiting_bytes <= 64 * MIB
            market.halted.clear()
            market.beside(market.trade(socket))
            await one.beyond(market.number)
            await one.beyond(market.number + 100, 30.0)
        return one

    one = asyncio.run(scenario())
    assert one.accounted() == ["overflow"]
    assert [line["reason"] for line in one.said("close")] == ["stop"]
    assert [line["dropped"] for line in one.said("overflow")] == [one.counters.dropped]


# -- a slow consumer ---------------------------------------------------------------------------


def test_a_flow_that_stands_still(tmp_path: Path) -> None:
    async def scenario() -> Heard:
        market = Market()
        await market.open()
        async with heard(tmp_path, market, most_frames=60, most_bytes=MIB) as one:
            for _ in range(3):
                before = one.counters.dropped
                await until(lambda n=before: one.counters.dropped > n + 200, 30.0)
                assert one.lane.waiting_frames <= 61  # the overflow line comes on top
                await one.beyond(market.number)
                await one.beyond(market.number + 100, 30.0)
        return one

    one = asyncio.run(scenario())
    assert one.accounted() == ["overflow"]
    lost = [line["dropped"] for line in one.said("overflow")]
    assert sum(lost) == one.counters.dropped > 600
    assert [line["reason"] for line in one.said("close")] == ["stop"]


# -- a storm of disconnects --------------------------------------------------------------------


async def slam(market: Market, socket: ServerConnection) -> None:
    """Say a little and hang up: with a goodbye, without one, within the first trade or later."""
    await market.trade(socket, most=market.connected % 3)
    if market.connected % 2:
        await socket.close(1012, "restart")
    else:
        reset(socket)


def test_a_storm_of_disconnects(tmp_path: Path) -> None:
    def used() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    async def scenario() -> Heard:
        market = Market()
        await market.open()
        timing = faster(backoff_most_s=0.05)
        async with heard(tmp_path, market, timing=timing) as one:
            before = used()
            with allocating(10 * MIB):
                market.behaviour = slam
                market.cut()
                began = market.connected
                await until(lambda: market.connected >= began + 40, 60.0)
                market.behaviour = Market.trade
                await one.beyond(market.number, 2 * timing.backoff_most_s + 5.0)
            await one.beyond(market.number + 100, 30.0)
            await until(lambda: used() <= before)
        return one

    one = asyncio.run(scenario())
    assert one.accounted() == ["reconnect"]
    words = [line["reason"] for line in one.said("close")]
    assert len(words) == len(one.said("open")) >= 41
    assert {*words} == {"lost", "venue", "stop"}
