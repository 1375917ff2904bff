"""A connection's life against servers that misbehave: it comes back, says what happened, and stops.

"Back" is within two back-off steps and 5 s of the fault's end (`until`), as the design demands.
"""

import asyncio
import socket as sockets
from http import HTTPStatus
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest
from websockets.asyncio.server import Request, Response, ServerConnection

from sources.live.health import State
from sources.live.socket import Link
from tests.sources.live.faulty import (
    DATA,
    QUICK,
    ToyFeed,
    Watched,
    deaf,
    faster,
    link,
    message,
    plain,
    plan,
    reset,
    running,
    talk,
    until,
    venue,
)


def free_port() -> int:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def data_count(watched: Watched) -> int:
    return watched.payloads.count(DATA)


def since_last_open(watched: Watched) -> list[bytes]:
    payloads = watched.payloads
    last = max(k for k, payload in enumerate(payloads) if payload.startswith(b'!{"k":"open"'))
    return payloads[last:]


def first_then(fault: Any, sound: Any = talk) -> Any:
    """A handler that misbehaves on the first connection and works from then on."""
    calls = []

    async def handler(socket: ServerConnection) -> None:
        calls.append(1)
        await (fault if len(calls) == 1 else sound)(socket)

    return handler


async def comes_back(handler: Any, *, watched: Watched, timing: Any = QUICK, **feed: Any) -> None:
    """Run against a venue until market data came on a second connection."""
    async with venue(handler) as url:
        one = link(watched, plan(url, "A"), ToyFeed(**feed), timing)
        async with running(one):
            await until(lambda: watched.opens >= 2 and DATA in since_last_open(watched))


# -- connections that do not come about --------------------------------------------------------


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


def busy(times: list[float], status: HTTPStatus) -> Any:
    """Refuse the first handshake for a second, and note when each came."""

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        times.append(monotonic())
        if len(times) > 1:
            return None
        response = connection.respond(status, "slow down")
        response.headers["Retry-After"] = "1"
        return response

    return answer


# -- connections that break --------------------------------------------------------------------


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


# -- subscriptions -----------------------------------------------------------------------------


def test_a_refused_subscription_is_told_once_and_counted_each_time() -> None:
    async def refusing(socket: ServerConnection) -> None:
        await socket.send(message("no", [["A", "no such symbol"]]).decode())
        await socket.send(DATA.decode())
        await socket.close()

    watched = Watched()
    asyncio.run(comes_back(refusing, watched=watched))
    assert [text for text in watched.told if "refused" in text] == [
        "toy-1: toy refused A: no such symbol"
    ]
    assert watched.lane.counters.refused == watched.opens


def test_a_subscription_that_nobody_confirms_is_told_and_the_data_go_on() -> None:
    async def careless(socket: ServerConnection) -> None:
        while True:
            await socket.send(DATA.decode())
            await asyncio.sleep(0.01)

    async def scenario() -> Watched:
        watched = Watched()
        async with venue(careless) as url, running(link(watched, plan(url, "A"), ToyFeed())):
            await until(lambda: watched.lane.counters.unacknowledged)
            before = data_count(watched)
            await until(lambda: data_count(watched) > before + 5)
        return watched

    watched = asyncio.run(scenario())
    assert watched.told == ["toy-1: toy has not confirmed 1 of 1 topics within 0.1 s: A"]
    assert watched.closes == [("stop", "")]


# -- stopping ----------------------------------------------------------------------------------


def test_it_stops_wherever_it_stands() -> None:
    async def scenario() -> list[tuple[State, list[tuple[str, str]]]]:
        found = []
        async with venue(talk) as good, plain(deaf) as dead:
            nobody = f"ws://127.0.0.1:{free_port()}/"
            patient = faster(open_s=60.0, backoff_least_s=60.0, backoff_most_s=60.0)
            for url, state in (
                (good, State.open),
                (f"ws://{dead}/", State.connecting),
                (nobody, State.waiting),
            ):
                watched = Watched()
                one = link(watched, plan(url, "A"), ToyFeed(), patient)
                counters = watched.lane.counters
                async with running(one):  # which lets it take 2 s to stop
                    await until(lambda c=counters, s=state: c.attempts and c.state == s)
                found.append((counters.state, watched.closes))
        return found

    assert asyncio.run(scenario()) == [
        (State.stopped, [("stop", "")]),
        (State.stopped, []),
        (State.stopped, []),
    ]


def test_stopped_before_it_began_it_does_not_begin() -> None:
    async def scenario() -> Watched:
        watched = Watched()
        one = link(watched, plan("ws://127.0.0.1:1/", "A"), ToyFeed())
        one.stop()
        await asyncio.wait_for(one.run(), 2)
        return watched

    watched = asyncio.run(scenario())
    assert (watched.lane.counters.attempts, watched.payloads) == (0, [])
