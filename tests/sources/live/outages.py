"""Outages that pass: what misbehaves first and works then, and who comes back from it."""

import socket as sockets
from http import HTTPStatus
from time import monotonic
from typing import Any

from websockets.asyncio.server import Request, Response, ServerConnection

from tests.sources.live.faulty import (
    DATA,
    QUICK,
    ToyFeed,
    Watched,
    link,
    plan,
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
