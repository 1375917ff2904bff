"""Messages are taken together, in order, whole, and the last of them before the end is told."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Frame, Opcode

from sources.live.messages import MessageConnection
from tests.sources.live.faulty import venue

MANY = [b"%d" % k for k in range(5000)]
Handler = Callable[[ServerConnection], Awaitable[None]]


def taken(handler: Handler, **options: int) -> tuple[list[list[bytes]], ConnectionClosed]:
    """What came at a time, and how it ended."""

    async def scene() -> tuple[list[list[bytes]], ConnectionClosed]:
        found: list[list[bytes]] = []
        async with (
            asyncio.timeout(20),
            venue(handler) as url,
            connect(url, create_connection=MessageConnection, **options) as socket,
        ):
            assert isinstance(socket, MessageConnection)
            while True:
                try:
                    found.append(await socket.messages())
                except ConnectionClosed as closed:
                    return found, closed

    return asyncio.run(scene())


def written(socket: ServerConnection, *frames: Frame) -> None:
    """Frames as one piece of bytes, whatever they are."""
    data = b"".join(frame.serialize(mask=False, extensions=[]) for frame in frames)
    socket.transport.write(data)


def test_many_messages_come_in_order_and_in_few_pieces() -> None:
    async def handler(socket: ServerConnection) -> None:
        written(socket, *(Frame(Opcode.TEXT, payload) for payload in MANY))
        await socket.close(1000, "done")

    found, closed = taken(handler)
    assert [payload for each in found for payload in each] == MANY
    assert all(found)
    assert len(found) < len(MANY) / 20
    assert isinstance(closed, ConnectionClosedOK)


def test_fragments_are_put_together_with_a_ping_between_them() -> None:
    async def handler(socket: ServerConnection) -> None:
        written(
            socket,
            Frame(Opcode.TEXT, b"before"),
            Frame(Opcode.BINARY, b"one ", fin=False),
            Frame(Opcode.PING, b"?"),
            Frame(Opcode.CONT, b"two ", fin=False),
        )
        await asyncio.sleep(0.02)
        written(socket, Frame(Opcode.CONT, b"three"), Frame(Opcode.TEXT, b""))
        await socket.close()

    found, _ = taken(handler)
    assert [payload for each in found for payload in each] == [b"before", b"one two three", b""]


def test_a_lost_connection_is_told_after_its_last_message() -> None:
    async def handler(socket: ServerConnection) -> None:
        written(socket, Frame(Opcode.TEXT, b"last"), Frame(Opcode.TEXT, b"never whole", fin=False))
        await asyncio.sleep(0.02)
        socket.transport.abort()

    found, closed = taken(handler)
    assert found == [[b"last"]]
    assert isinstance(closed, ConnectionClosedError)


@pytest.mark.parametrize("frames", [1, 3])
def test_a_message_that_is_too_long_ends_it(frames: int) -> None:
    async def handler(socket: ServerConnection) -> None:
        size = 90 // frames
        parts = [
            Frame(Opcode.TEXT if k == 0 else Opcode.CONT, b"x" * size, fin=k == frames - 1)
            for k in range(frames)
        ]
        written(socket, Frame(Opcode.TEXT, b"good"), *parts)
        await socket.wait_closed()

    found, closed = taken(handler, max_size=50)
    assert found == [[b"good"]]
    assert closed.sent is not None
    assert closed.sent.code == 1009


def test_who_asks_after_the_end_is_told_again() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.close(1001, "away")

    async def scene() -> list[str]:
        told = []
        async with (
            venue(handler) as url,
            connect(url, create_connection=MessageConnection) as socket,
        ):
            await socket.wait_closed()
            for _ in range(2):
                with pytest.raises(ConnectionClosed) as closed:
                    await socket.messages()  # type: ignore[attr-defined]
                told.append(str(closed.value.rcvd))
        return told

    assert asyncio.run(scene()) == ["1001 (going away) away"] * 2
