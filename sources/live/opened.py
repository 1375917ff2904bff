"""One open socket until it is closed: a reader that writes frames, and a keeper beside it.

The keeper sends what the conversation has to say, and closes the socket when the conversation, or
somebody who stops us, gives the connection up. It pings into a silence, never beside data: a venue
in trouble answers late, and is not to lose us while it still talks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed

from sources.live.conversation import Conversation
from sources.live.failures import why_closed
from sources.live.feed import Plan
from sources.live.lane import Lane
from sources.live.messages import MessageConnection


class Opened:
    """An open connection. `on_ready`: all subscriptions are out; `on_market`: the first frame."""

    def __init__(
        self,
        socket: MessageConnection,
        talk: Conversation,
        lane: Lane[Any],
        *,
        send_s: float,
        ping_s: float,
        on_ready: Callable[[], None],
        on_market: Callable[[], None],
    ) -> None:
        self.talk = talk
        self._socket = socket
        self._lane = lane
        self._send_s = send_s
        self._ping_s = ping_s
        self._pinged_s = 0.0
        self._on_ready = on_ready
        self._on_market = on_market
        self._wake = asyncio.Event()  # the keeper has news
        self._given_up: str | None = None  # why we close

    def say(self, messages: list[bytes]) -> None:
        """Send these when their turn comes."""
        self.talk.say(messages)
        self._wake.set()

    def change(self, plan: Plan, join: Iterable[bytes], leave: Iterable[bytes]) -> None:
        """Subscribe to more, give up some."""
        self.talk.change(plan, join, leave)
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
                frames = await self._socket.messages()
                self._lane.frames(frames)
                at_s = now_s()
                for frame in frames:
                    if self.talk.heard(frame, at_s):
                        self._wake.set()
                    if self.talk.urgent(frame):
                        self._lane.hurry()
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
            if self._unanswered(now_s()):
                self._cut("no_pong")
                return
            self._given_up = self._given_up or self.talk.verdict(now_s())
            if self._given_up:
                await self._socket.close()  # the reader sees it
                return
            message = self.talk.message(now_s())
            if message is not None:
                done = await self._in_time(self._socket.send(message, text=True))
            elif self._silent(now_s()):
                self._pinged_s = now_s()
                done = await self._in_time(self._socket.ping())
            else:
                # Not `wait_for`: that of Python 3.11 may swallow the cancelling of this task.
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(min(self.talk.due_s(), self._ping_due_s())):
                        await self._wake.wait()
                continue
            if not done:
                return

    def _silent(self, now_s: float) -> bool:
        heard_s = self._socket.heard_s
        return now_s >= heard_s + self._ping_s and self._pinged_s <= heard_s

    def _unanswered(self, now_s: float) -> bool:
        return self._pinged_s > self._socket.heard_s and now_s >= self._pinged_s + self._ping_s

    def _ping_due_s(self) -> float:
        """When to ping, or to give up waiting for anything."""
        return max(self._socket.heard_s, self._pinged_s) + self._ping_s

    def _cut(self, word: str) -> None:
        """No goodbye: nobody hears it."""
        self._given_up = word
        self._socket.transport.abort()

    async def _in_time(self, sending: Awaitable[object]) -> bool:
        """Wait until something has been sent; False when the connection is at its end."""
        try:
            async with asyncio.timeout(self._send_s):
                await sending
        except ConnectionClosed:
            return False  # the reader says why
        except TimeoutError:
            self._cut("send_stalled")
            return False
        return True
