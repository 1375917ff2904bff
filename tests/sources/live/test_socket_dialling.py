"""Connections that do not come about: refused, TLS, handshakes without an answer or a permit.

"Back" is within two back-off steps and 5 s of the fault's end (`until`), as the design demands.
"""

import asyncio
from http import HTTPStatus
from time import monotonic
from typing import Any

import pytest

from sources.live.socket import Link
from tests.sources.live.faulty import (
    QUICK,
    ToyFeed,
    Watched,
    deaf,
    link,
    plain,
    plan,
    running,
    talk,
    until,
    venue,
)
from tests.sources.live.outages import busy, data_count, free_port


def test_a_refused_connection_is_tried_again_until_somebody_listens() -> None:
    async def scenario() -> Watched:
        watched, port = Watched(), free_port()
        one = link(watched, plan(f"ws://127.0.0.1:{port}/s?key=secret", "A"), ToyFeed())
        async with running(one):
            await until(lambda: watched.lane.counters.attempts >= 4)
            assert watched.payloads == []
            async with venue_at(port):
                await until(lambda: data_count(watched))
        return watched

    watched = asyncio.run(scenario())
    assert watched.lane.counters.opened == 1
    first, last = watched.told[:2]
    assert first.startswith("toy-1: cannot connect to ws://127.0.0.1:")
    assert "/s: " in first and first.endswith("; trying again")
    assert "secret" not in first + watched.payloads[0].decode()
    assert last == "toy-1: market data again"


def venue_at(port: int) -> Any:
    from websockets.asyncio.server import serve

    return serve(talk, "127.0.0.1", port, close_timeout=0.1)


async def plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    writer.close()


def test_tls_against_a_plain_server_is_a_failure_like_others() -> None:
    async def scenario() -> Watched:
        watched = Watched()
        async with (
            plain(plain_http) as place,
            running(link(watched, plan(f"wss://{place}/", "A"), ToyFeed())),
        ):
            await until(lambda: watched.lane.counters.attempts >= 3)
        return watched

    watched = asyncio.run(scenario())
    assert (watched.payloads, watched.lane.counters.opened) == ([], 0)
    assert len(watched.told) == 1
    assert "SSL" in watched.told[0]


def test_tls_against_a_plain_websocket_server_as_well() -> None:
    async def scenario() -> Watched:
        watched = Watched()
        async with venue(talk) as url:
            secure = url.replace("ws:", "wss:")
            async with running(link(watched, plan(secure, "A"), ToyFeed())):
                await until(lambda: watched.lane.counters.attempts >= 3)
        return watched

    watched = asyncio.run(scenario())
    assert (watched.payloads, len(watched.told)) == ([], 1)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_who_accepts_and_never_answers_the_handshake_is_given_up(scheme: str) -> None:
    async def scenario() -> tuple[Watched, float]:
        watched = Watched()
        async with plain(deaf) as place:
            begun_s = monotonic()
            async with running(link(watched, plan(f"{scheme}://{place}/", "A"), ToyFeed())):
                await until(lambda: watched.lane.counters.attempts >= 3)
            return watched, monotonic() - begun_s

    watched, took_s = asyncio.run(scenario())
    assert took_s >= 2 * QUICK.open_s  # each attempt had its time
    assert watched.payloads == []
    assert "timed out during opening handshake" in watched.told[0]


def test_who_answers_with_something_else_is_given_up() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-server\r\n")
        await writer.drain()
        writer.close()

    async def scenario() -> Watched:
        watched = Watched()
        async with (
            plain(handler) as place,
            running(link(watched, plan(f"ws://{place}/", "A"), ToyFeed())),
        ):
            await until(lambda: watched.lane.counters.attempts >= 3)
        return watched

    watched = asyncio.run(scenario())
    assert (watched.payloads, len(watched.told)) == ([], 1)


@pytest.mark.parametrize("status", [429, 503])
def test_a_refused_handshake_is_not_repeated_before_it_may(status: int) -> None:
    times: list[float] = []

    async def scenario() -> Watched:
        watched = Watched()
        async with (
            venue(talk, process_request=busy(times, HTTPStatus(status))) as url,
            running(link(watched, plan(url, "A"), ToyFeed())),
        ):
            await until(lambda: data_count(watched))
        return watched

    watched = asyncio.run(scenario())
    assert times[1] - times[0] >= 0.95
    assert watched.lane.counters.rate_limited == (status == 429)
    assert f"HTTP {status}" in watched.told[0]


def test_too_many_attempts_of_one_connection_hold_those_of_the_others() -> None:
    times: list[float] = []

    async def scenario() -> None:
        first, second = Watched("toy-1"), Watched("toy-2")
        async with venue(talk, process_request=busy(times, HTTPStatus(429))) as url:
            one = link(first, plan(url, "A"), ToyFeed())
            two = Link(plan(url, "A", name="toy-2"), second.lane, one._around)
            async with running(one):
                await until(lambda: first.told)
                async with running(two):
                    await until(lambda: data_count(first) and data_count(second))

    asyncio.run(scenario())
    assert [at_s - times[0] >= 0.95 for at_s in times] == [False, True, True]
