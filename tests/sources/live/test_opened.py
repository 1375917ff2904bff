"""One open socket: what was read is written, what is due is sent, and why it ended."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection

from sources.live.conversation import Conversation
from sources.live.messages import MessageConnection
from sources.live.opened import Opened
from tests.sources.live.faulty import DATA, ToyFeed, Watched, message, plan, reset, until, venue

Handler = Callable[[ServerConnection], Awaitable[None]]


class Scene:
    """An open connection to a server, and what is known of it."""

    def __init__(self, socket: Any, feed: ToyFeed, symbols: str, ping_s: float) -> None:
        self.watched = Watched()
        self.ready = 0
        self.market = 0
        talk = Conversation(
            feed,
            plan("ws://there", *symbols),
            opened_s=asyncio.get_running_loop().time(),
            acknowledge_s=1.0,
            luck=0.0,
            counters=self.watched.lane.counters,
            tell=self.watched.tell,
        )
        self.opened = Opened(
            socket,
            talk,
            self.watched.lane,
            send_s=0.2,
            ping_s=ping_s,
            on_ready=self._ready,
            on_market=self._market,
        )

    def _ready(self) -> None:
        self.ready += 1

    def _market(self) -> None:
        self.market += 1


async def scene(
    handler: Handler,
    *,
    symbols: str = "",
    during: Callable[[Scene], Awaitable[None]] | None = None,
    ping_s: float = 5.0,
    **feed: Any,
) -> tuple[Scene, tuple[str, str]]:
    """Open, run until closed (while `during` does something), and return how it ended."""
    toy = ToyFeed(**feed)
    async with (
        venue(handler) as url,
        asyncio.timeout(5),
        connect(
            url, create_connection=MessageConnection, max_size=toy.frame_bytes, close_timeout=0.2,
            ping_interval=None, compression=None,
        ) as socket,
    ):  # fmt: skip
        made = Scene(socket, toy, symbols, ping_s)
        task = asyncio.create_task(made.opened.run())
        if during is not None:
            await during(made)
        return made, await task


def test_frames_are_written_as_they_came_and_the_goodbye_is_the_reason() -> None:
    async def handler(socket: ServerConnection) -> None:
        for k in range(20):
            await socket.send(f'{{"n":{k}}}')
        await socket.send(b'{"binary":1}')
        await socket.close(1012, "restart")

    made, end = asyncio.run(scene(handler))
    assert made.watched.payloads == [b'{"n":%d}' % k for k in range(20)] + [b'{"binary":1}']
    assert end == ("venue", "1012 restart")
    assert (made.ready, made.market) == (1, 1)


def test_a_reset_within_a_frame_loses_that_frame_only() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send(DATA.decode())
        socket.transport.write(b"\x81\x7e\x10\x00" + b"x" * 100)  # 100 of 4096 bytes
        await asyncio.sleep(0.05)
        reset(socket)

    made, end = asyncio.run(scene(handler))
    assert made.watched.payloads == [DATA]
    assert end == ("lost", "no goodbye")


@pytest.mark.parametrize("limit", [1000, 50 << 20])
def test_a_frame_beyond_the_limit_ends_the_connection_and_one_at_the_limit_does_not(
    limit: int,
) -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send("x" * limit)
        await socket.send("y" * (limit + 1))
        await socket.wait_closed()

    made, (word, detail) = asyncio.run(scene(handler, frame_bytes=limit))
    assert [len(payload) for payload in made.watched.payloads] == [limit]
    assert (word, detail[:4]) == ("too_large", "1009")


def test_subscriptions_replies_and_heartbeats_are_sent_as_text() -> None:
    heard: list[str | bytes] = []

    async def handler(socket: ServerConnection) -> None:
        await socket.send(message("ask", 5).decode())
        async for said in socket:
            heard.append(said)

    async def during(made: Scene) -> None:
        await until(lambda: heard.count('{"ping":null}') >= 3)
        made.opened.say([b'{"later":1}'])
        await until(lambda: '{"later":1}' in heard)
        made.opened.give_up("stop")

    made, end = asyncio.run(scene(handler, symbols="AB", during=during, heartbeat_s=0.03))
    assert end == ("stop", "")
    assert made.ready == 1
    asked = [said for said in heard if said != '{"ping":null}']
    assert sorted(asked) == sorted(['{"join":"A"}', '{"join":"B"}', '{"answer":5}', '{"later":1}'])


def test_pings_of_both_sides_are_answered() -> None:
    pongs: list[float] = []

    async def handler(socket: ServerConnection) -> None:
        for _ in range(3):
            pongs.append(await (await socket.ping()))
        await socket.send(DATA.decode())
        await socket.wait_closed()

    async def during(made: Scene) -> None:
        await until(lambda: len(pongs) == 3 and made.watched.payloads)
        await asyncio.sleep(1.5)  # three of our own pings and the time for their pongs
        made.opened.give_up("stop")

    _, end = asyncio.run(scene(handler, during=during, ping_s=0.5))
    assert (len(pongs), end) == (3, ("stop", ""))


def test_a_ping_without_answer_ends_it() -> None:
    async def handler(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await asyncio.sleep(60)

    _, (word, detail) = asyncio.run(scene(handler, ping_s=0.05))
    assert (word, detail) == ("no_pong", "")


def test_who_talks_is_not_asked_for_pongs() -> None:
    async def handler(socket: ServerConnection) -> None:
        socket.transport.pause_reading()  # it hears no ping
        for _ in range(60):
            await socket.send(DATA.decode())
            await asyncio.sleep(0.02)
        socket.transport.abort()

    made, (word, _) = asyncio.run(scene(handler, ping_s=0.4))
    assert word == "lost"
    assert len(made.watched.payloads) == 60


def test_silence_ends_it_whatever_else_is_said() -> None:
    async def handler(socket: ServerConnection) -> None:
        while True:
            await socket.send(message("pong").decode())
            await asyncio.sleep(0.01)

    made, end = asyncio.run(scene(handler, stale_s=0.1))
    assert end == ("stale", "")
    assert made.market == 0
    assert set(made.watched.payloads) == {message("pong")}


def test_an_announced_cut_ends_it_at_once() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.recv()  # all is quiet, the keeper sleeps
        await asyncio.sleep(0.05)
        await socket.send(message("bye").decode())
        await socket.wait_closed()

    _, end = asyncio.run(scene(handler, symbols="A"))
    assert end == ("leaving", "")


def test_a_reply_does_not_wait_for_anything_else() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.recv()
        await asyncio.sleep(0.05)
        await socket.send(message("ask", 7).decode())
        assert await asyncio.wait_for(socket.recv(), 10.0) == '{"answer":7}'
        await socket.close(1000, "thanks")

    _, end = asyncio.run(scene(handler, symbols="A"))
    assert end == ("venue", "1000 thanks")


def test_a_message_that_does_not_leave_ends_it() -> None:
    async def handler(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await asyncio.sleep(60)

    async def during(made: Scene) -> None:
        made.opened.say([b"x" * (64 << 20)])

    _, end = asyncio.run(scene(handler, during=during))
    assert end == ("send_stalled", "")


def test_who_does_not_answer_our_close_is_cut() -> None:
    async def handler(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await asyncio.sleep(60)

    async def during(made: Scene) -> None:
        made.opened.give_up("stop")

    async def timed() -> float:
        begun_s = monotonic()
        _, end = await scene(handler, during=during)
        assert end == ("stop", "")
        return monotonic() - begun_s

    assert asyncio.run(timed()) < 2.0


def test_a_failing_spool_is_nobodys_fault_but_ours() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send(DATA.decode())
        await socket.wait_closed()

    async def during(made: Scene) -> None:
        def append(lines: list[bytes]) -> int:
            message = "full"
            raise MemoryError(message)

        made.watched.lane._append = append

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(scene(handler, during=during))
    assert [str(error) for error in raised.value.exceptions] == ["full"]
