"""Everything of one feed against a venue, and what is known of each of its connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import time_ns
from typing import Any, NamedTuple

import msgspec
from websockets.asyncio.server import ServerConnection

from schemas.control import Wish
from sources.live.feeder import Feeder
from tests.sources.live.faulty import DATA, QUICK, ToyFeed, Watched, plan, talk, venue

URL = "https://toy.example/depth?symbol=A"
LINE = b"@https://toy.example/depth?symbol=A {}"
GOOD = (200, {}, b"{}")


class Question(NamedTuple):
    url: str
    every_s: float


class Scene:
    """A feeder with one connection or more, and what is known of each."""

    def __init__(self, url: str, names: tuple[str, ...], rest_url: str | None, **more: Any) -> None:
        timing = more.pop("timing", QUICK)
        polls = more.pop("polls", {})
        lane = more.pop("lane", {})
        self.watched = {name: Watched(name, **lane) for name in names}
        self.one = self.watched[names[0]]
        self.feeder = Feeder(
            ToyFeed(**more),
            [plan(url, "A", name=name) for name in names],
            {name: watched.lane for name, watched in self.watched.items()},
            now_ns=time_ns,
            timing=timing,
            tell=self.one.tell,
            rest_url=rest_url,
            random=lambda: 0.5,
            polls=polls,
        )

    def act(self, action: Callable[[], None]) -> None:
        self.feeder.actions.append(action)
        self.feeder.wake.set()

    def wish(self, wish: Wish) -> None:
        self.act(lambda: self.feeder.wish("toy-1", wish))

    def satisfied(self) -> None:
        self.act(lambda: self.feeder.satisfied("toy-1", "toy:A", None))


@asynccontextmanager
async def scene(
    handler: Any = talk,
    names: tuple[str, ...] = ("toy-1",),
    rest_url: str | None = None,
    **more: Any,
) -> AsyncIterator[Scene]:
    """Run a feeder against a venue while the body lasts, then stop it."""
    async with venue(handler) as url:
        made = Scene(url, names, rest_url, **more)
        task = asyncio.create_task(made.feeder.run())
        try:
            yield made
        finally:
            made.feeder.stopping = True
            made.feeder.wake.set()
            await asyncio.wait_for(task, 2.0)


class Listening:
    """A venue that works and remembers what it was told, by connection."""

    def __init__(self) -> None:
        self.sockets: list[ServerConnection] = []
        self.heard: list[list[dict[str, Any]]] = []

    async def __call__(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        self.heard.append([])
        mine = self.heard[-1]
        async for said in socket:
            mine.append(msgspec.json.decode(said))
            await socket.send(DATA.decode())
