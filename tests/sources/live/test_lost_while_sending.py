"""A connection that is lost in the very moment in which a message leaves is given up at once."""

import asyncio

from websockets.exceptions import ConnectionClosedError

from sources.live.conversation import Conversation
from sources.live.opened import Opened
from tests.sources.live.faulty import AGAIN_S, ToyFeed, Watched, plan


class Narrow:
    """A socket that sends one message and is gone."""

    def __init__(self) -> None:
        self.transport = self
        self.heard_s = asyncio.get_running_loop().time()
        self._gone = asyncio.Event()

    async def messages(self) -> list[bytes]:
        await self._gone.wait()
        raise ConnectionClosedError(None, None)

    async def send(self, message: bytes, text: bool) -> None:
        self._gone.set()

    def abort(self) -> None:
        """Nothing is left to be cut."""


def test_lost_while_sending() -> None:
    async def scenario() -> tuple[str, str]:
        watched, socket = Watched(), Narrow()
        talk = Conversation(
            ToyFeed(stale_s=600.0),
            plan("ws://there", "A"),
            opened_s=asyncio.get_running_loop().time(),
            acknowledge_s=600.0,
            luck=0.0,
            counters=watched.lane.counters,
            tell=watched.tell,
        )
        opened = Opened(
            socket,  # type: ignore[arg-type]
            talk,
            watched.lane,
            send_s=600.0,
            ping_s=600.0,
            on_ready=watched.appended.clear,
            on_market=watched.appended.clear,
        )
        async with asyncio.timeout(AGAIN_S):
            return await opened.run()

    assert asyncio.run(scenario()) == ("lost", "no goodbye")
