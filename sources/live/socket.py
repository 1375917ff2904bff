"""The one file that opens sockets to venues: a connection's life, over and over until stopped.

waiting ─▶ connecting ─▶ open ─▶ (closed by them, by us, lost) ─▶ waiting …

A connection that was open leaves an `!open` and a `!close` line, a failed attempt leaves none.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any, Final

from msgspec import Struct
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from sources.live.backoff import Backoff
from sources.live.conversation import Conversation
from sources.live.failures import RATE_LIMITED, place, retry_after_s, why_failed
from sources.live.feed import Feed, Plan
from sources.live.health import State
from sources.live.lane import Lane
from sources.live.messages import MessageConnection
from sources.live.opened import Opened
from sources.live.rates import Attempts
from sources.live.telling import Telling
from sources.live.timing import Timing

_EMPTY: Final = "empty"  # nothing is left to listen to
_PLANNED: Final = ("lifetime", "leaving", _EMPTY)
_STOP: Final = "stop"


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


class Surroundings(Struct):
    """What the connections of one feed have in common."""

    feed: Feed
    timing: Timing
    attempts: Attempts
    tell: Callable[[str], None]
    random: Callable[[], float]  # in [0, 1)
    on_open: Callable[[str], None]  # connected: subscriptions go out now
    on_ready: Callable[[str], None]  # they are all out


class Link:
    """One connection of a feed; lives in the feeder's loop.

    It does not connect while there is nothing to say: everything on it was delisted.
    """

    def __init__(self, plan: Plan, lane: Lane[Any], around: Surroundings) -> None:
        timing = around.timing
        self.plan = plan
        self._lane = lane
        self._around = around
        self._backoff = Backoff(
            timing.backoff_least_s, timing.backoff_most_s, timing.healthy_s, around.random
        )
        self.telling = Telling(plan.name, around.tell)
        self._stopping = asyncio.Event()
        self._wanted = asyncio.Event()  # there is something to say, or the end has come
        if plan.messages:
            self._wanted.set()
        self._dialling: asyncio.Task[MessageConnection] | None = None
        self._open: Opened | None = None

    @property
    def ready(self) -> bool:
        """Whether the connection is open and all subscriptions were sent."""
        return self._open is not None and self._open.talk.ready

    def say(self, messages: list[bytes]) -> None:
        """Send messages, if the connection is open."""
        if self._open is not None:
            self._open.say(messages)

    def change(self, plan: Plan, join: Sequence[bytes], leave: Sequence[bytes]) -> None:
        """Another plan from now on: at once if the connection is open, else when it is."""
        self.plan = plan
        if plan.messages:
            self._wanted.set()
        elif not self._stopping.is_set():
            self._wanted.clear()
        if self._open is not None:
            self._open.change(plan, join, leave)
            if not plan.messages:
                self._open.give_up(_EMPTY)

    def stop(self) -> None:
        """Close for good; `run` ends soon after."""
        self._stopping.set()
        self._wanted.set()
        if self._dialling is not None:
            self._dialling.cancel()
        if self._open is not None:
            self._open.give_up(_STOP)

    async def run(self) -> None:
        """Connect, talk, wait; again until stopped."""
        now_s = asyncio.get_running_loop().time
        wait_s = 0.0
        try:
            while await self._turn(wait_s):
                self._lane.counters.state = State.connecting
                self._lane.counters.attempts += 1
                self._dialling = asyncio.ensure_future(self._dial())
                await asyncio.wait((self._dialling,))
                if self._dialling.cancelled():
                    break
                try:
                    socket = self._dialling.result()
                except (OSError, WebSocketException) as error:
                    wait_s = self._failed(error)
                    continue
                opened_s = now_s()
                word = await self._use(socket, opened_s)
                lived_s = now_s() - opened_s
                planned = word in _PLANNED and lived_s >= self._around.timing.healthy_s
                wait_s = 0.0 if planned else self._backoff.wait_s(lived_s)
        finally:  # also when it is cut, because closing takes too long
            self._lane.counters.state = State.stopped

    async def _turn(self, wait_s: float) -> bool:
        """Wait so long, then for a turn among the venue's attempts. False: stopped."""
        self._lane.counters.state = State.waiting
        now_s, attempts = asyncio.get_running_loop().time, self._around.attempts
        await self._pause(wait_s)
        while await self._wanted.wait() and not self._stopping.is_set():
            at_s = attempts.reserve(now_s())
            await self._pause(at_s - now_s())
            if not attempts.held(at_s):
                break
        return not self._stopping.is_set()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _dial(self) -> MessageConnection:
        timing = self._around.timing
        found = await connect(
            self.plan.url,
            create_connection=MessageConnection,
            ssl=_trust() if self.plan.url.startswith("wss:") else None,
            additional_headers=self._around.feed.headers,
            compression=None,  # it costs the feeder's thread more than it saves
            open_timeout=timing.open_s,
            ping_interval=None,  # `Opened` pings
            close_timeout=timing.close_s,
            max_size=self._around.feed.frame_bytes,
        )
        assert isinstance(found, MessageConnection)
        return found

    def _failed(self, error: Exception) -> float:
        """Tell an outage once; seconds until the next attempt."""
        asked_s = 0.0
        if isinstance(error, InvalidStatus):
            asked_s = retry_after_s(error.response.status_code, error.response.headers)
            if error.response.status_code in RATE_LIMITED:
                self._lane.counters.rate_limited += 1
                self._around.attempts.hold(asyncio.get_running_loop().time() + asked_s)
        self.telling.trouble(f"cannot connect to {place(self.plan.url)}: {why_failed(error)}")
        return self._backoff.wait_s(0.0, asked_s)

    async def _use(self, socket: MessageConnection, opened_s: float) -> str:
        """Talk until the connection is closed; why, as one word."""
        around, lane, name = self._around, self._lane, self.plan.name
        lane.counters.state = State.open
        lane.counters.opened += 1
        lane.control("open", url=place(self.plan.url))
        talk = Conversation(
            around.feed,
            self.plan,
            opened_s=opened_s,
            acknowledge_s=around.timing.acknowledge_s,
            luck=around.random(),
            counters=lane.counters,
            tell=self.telling.once,
        )
        self._open = Opened(
            socket,
            talk,
            lane,
            send_s=around.timing.send_s,
            ping_s=around.timing.ping_s,
            on_ready=partial(around.on_ready, name),
            on_market=self.telling.well,
        )
        around.on_open(name)
        if self._stopping.is_set():
            self._open.give_up(_STOP)
        elif not self.plan.messages:
            self._open.give_up(_EMPTY)
        try:
            word, detail = await self._open.run()
        except asyncio.CancelledError:
            lane.control("close", reason=_STOP, detail="cut")
            raise
        finally:
            self._open = None
        lane.control("close", reason=word, detail=detail)
        if word not in (*_PLANNED, _STOP):
            self.telling.trouble(f"connection closed: {word} {detail}".rstrip())
        return word
