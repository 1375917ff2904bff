"""Connections that break: it comes back, and says why; in a storm it keeps to the limits.

"Back" is within two back-off steps and 5 s of the fault's end (`until`), as the design demands.
"""

import asyncio
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.sources.live.faulty import (
    DATA,
    ToyFeed,
    Watched,
    faster,
    link,
    message,
    plan,
    reset,
    running,
    talk,
    until,
    venue,
)
from tests.sources.live.outages import comes_back, first_then


async def goodbye(socket: ServerConnection) -> None:
    await socket.send(DATA.decode())
    await socket.close(1012, "restart")


async def cut_within_a_frame(socket: ServerConnection) -> None:
    await socket.send(DATA.decode())
    socket.transport.write(b"\x81\x7e\x01\xf4half")
    reset(socket)


async def too_much(socket: ServerConnection) -> None:
    await socket.send(DATA.decode())
    await socket.send("x" * 2000)
    await socket.wait_closed()


async def silent(socket: ServerConnection) -> None:
    await socket.send(DATA.decode())
    await socket.wait_closed()


async def leaves(socket: ServerConnection) -> None:
    await socket.send(DATA.decode())
    await socket.send(message("bye").decode())
    await socket.wait_closed()


@pytest.mark.parametrize(
    ("fault", "reason", "told"),
    [
        (goodbye, ("venue", "1012 restart"), True),
        (cut_within_a_frame, ("lost", "no goodbye"), True),
        (too_much, ("too_large", "1009 frame"), True),
        (silent, ("stale", ""), True),
        (leaves, ("leaving", ""), False),
    ],
)
def test_after_a_fault_it_is_back_and_said_why(
    fault: Any, reason: tuple[str, str], told: bool
) -> None:
    watched = Watched()
    asyncio.run(comes_back(first_then(fault), watched=watched, stale_s=0.3, frame_bytes=1000))
    word, detail = watched.closes[0]
    assert (word, detail[: len(reason[1])]) == reason
    sentences = [text for text in watched.told if "has not confirmed" not in text]
    assert bool(sentences) == told
    if told:
        assert sentences[0].startswith(f"toy-1: connection closed: {word}")
        assert sentences[1:] == ["toy-1: market data again"]
    opening = watched.payloads[0]
    assert opening.startswith(b'!{"k":"open","url":"ws://127.0.0.1:')
    kinds = [payload[:10] for payload in watched.payloads]
    ok = message("ok", ["A"])[:10]
    expected = [b'!{"k":"ope', DATA[:10], b'!{"k":"clo', b'!{"k":"ope', ok, DATA[:10]]
    if fault is leaves:
        expected.insert(2, message("bye")[:10])
    assert kinds == [*expected, b'!{"k":"clo']
    assert watched.closes[1] == ("stop", "")


def test_a_venue_that_never_sends_is_given_up_as_stale() -> None:
    async def mute(socket: ServerConnection) -> None:
        await socket.wait_closed()

    watched = Watched()
    asyncio.run(comes_back(first_then(mute), watched=watched, stale_s=0.1))
    assert watched.closes[0] == ("stale", "")


def test_it_is_renewed_before_its_lifetime_without_waiting() -> None:
    watched = Watched()
    timing = faster(healthy_s=0.05, backoff_least_s=60.0, backoff_most_s=60.0)
    asyncio.run(comes_back(talk, watched=watched, timing=timing, lifetime_s=0.1))
    assert watched.closes[0] == ("lifetime", "")
    assert watched.told == []


def test_a_storm_of_closes_stays_within_the_attempts_of_a_minute() -> None:
    times: list[float] = []

    async def slammed(socket: ServerConnection) -> None:
        times.append(monotonic())
        await socket.close()

    async def scenario() -> Watched:
        watched = Watched()
        timing = faster(backoff_least_s=0.001, backoff_most_s=0.001)
        feed = ToyFeed(connections_per_minute=1200)
        async with venue(slammed) as url, running(link(watched, plan(url, "A"), feed, timing)):
            await until(lambda: len(times) >= 50)
        return watched

    begun_s = monotonic()
    watched = asyncio.run(scenario())
    assert all(at_s - begun_s >= k // 20 for k, at_s in enumerate(times))  # 20 a second
    assert len(watched.told) == 1
    assert watched.lane.counters.opened in (len(times), len(times) - 1)
    assert watched.opens == len(watched.closes)


def test_in_a_storm_the_back_off_grows() -> None:
    times: list[float] = []

    async def slammed(socket: ServerConnection) -> None:
        times.append(monotonic())
        await socket.close()

    async def scenario() -> None:
        async with venue(slammed) as url:
            one = link(watched, plan(url, "A"), ToyFeed(), faster(backoff_most_s=0.08))
            async with running(one):
                await until(lambda: len(times) >= 6)

    watched = Watched()
    asyncio.run(scenario())
    least = [0.015, 0.030, 0.060, 0.060, 0.060]  # three quarters of 0.02, 0.04, 0.08, …
    assert all(b - a >= wait for (a, b), wait in zip(pairwise(times), least, strict=False))
