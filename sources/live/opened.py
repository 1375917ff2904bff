"""One open socket until it is closed: a reader that writes frames, and a keeper beside it.

The keeper sends what the conversation has to say, and closes the socket when the conversation, or
somebody who stops us, gives the connection up.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from sources.live.conversation import Conversation
from sources.live.failures import why_closed
from sources.live.lane import Lane


class Opened:
    """An open connection. `on_ready`: all subscriptions are out; `on_market`: the first frame."""

    def __init__(
        self,
        socket: ClientConnection,
        talk: Conversation,
        lane: Lane[Any],
        *,
        send_s: float,
        on_ready: Callable[[], None],
        on_market: Callable[[], None],
    ) -> None:
        self.talk = talk
        self._socket = socket
        self._lane = lane
        self._send_s = send_s
        self._on_ready = on_ready
        self._on_market = on_market
        self._wake = asyncio.Event()  # the keeper has news
        self._given_up: str | None = None  # why we close

    def say(self, messages: list[bytes]) -> None:
        """Send these when their turn comes."""
        self.talk.say(messages)
        self._wake.set()

    def give_up(self, word: str) -> None:
        """Close, for a reason."""
        self._given_up = self._given_up or word
        self._wake.set()

    async def run(self) -> tuple[str, str]:
        """Read until the connection is closed. Returns why: a word and the detail."""
        try:
            async with asyncio.TaskGroup() as group:
                keeper = group.create_task(self._keep())
                closed = await self._read()
                keeper.cancel()
        finally:
            self._socket.transport.abort()  # does nothing to what is closed
        return (self._given_up, "") if self._given_up else why_closed(closed)

    async def _read(self) -> ConnectionClosed:
        now_s = asyncio.get_running_loop().time
        quiet = True
        try:
            while True:
                frame = await self._socket.recv(decode=False)
                self._lane.frame(frame)
                if self.talk.heard(frame, now_s()):
                    self._wake.set()
                if quiet and self.talk.frames:
                    quiet = False
                    self._on_market()
        except ConnectionClosed as closed:
            return closed

    async def _keep(self) -> None:
        now_s = asyncio.get_running_loop().time
        waits_for_ready = True
        while True:
            if waits_for_ready and self.talk.ready:
                waits_for_ready = False
                self._on_ready()
            self._wake.clear()
            self._given_up = self._given_up or self.talk.verdict(now_s())
            if self._given_up:
                await self._socket.close()  # the reader sees it
                return
            message = self.talk.message(now_s())
            if message is None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self.talk.due_s() - now_s())
            elif not await self._sent(message):
                return

    async def _sent(self, message: bytes) -> bool:
        """Send one message; False when the connection is at its end."""
        try:
            await asyncio.wait_for(self._socket.send(message, text=True), self._send_s)
        except ConnectionClosed:
            return False  # the reader says why
        except TimeoutError:
            self._given_up = "send_stalled"
            self._socket.transport.abort()
            return False
        return True
