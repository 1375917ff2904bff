"""A WebSocket whose messages are taken together, as each read of the network brings them.

`websockets` does all of the protocol. Its own way out, one awaited `recv()` per message, costs
more than parsing them; here everything that a read brought is handed over at once.
"""

import asyncio
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class MessageConnection(ClientConnection):
    """A client connection with `messages()` in the place of `recv()`.

    Reading is never paused: who takes the messages bounds what is kept of them.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As `websockets.connect(create_connection=MessageConnection)` makes it."""
        super().__init__(*arguments, **options)
        self._whole: list[bytes] = []
        self._parts: list[bytes] = []  # of a message that comes in fragments
        self._waiter: asyncio.Future[None] | None = None
        self._lost = False
        self.heard_s = asyncio.get_running_loop().time()  # when the last bytes came

    async def messages(self) -> list[bytes]:
        """Whatever has come, at least one. Raises ConnectionClosed after the last."""
        while not self._whole:
            if self._lost:
                raise self.protocol.close_exc
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        taken, self._whole = self._whole, []
        return taken

    # -- called by websockets ------------------------------------------------------------------

    def process_event(self, event: Any) -> None:
        """Keep the payload of a data frame; all else is the library's."""
        if not isinstance(event, Frame) or event.opcode not in _DATA:
            super().process_event(event)
        elif event.fin and event.opcode is not Opcode.CONT:
            self._whole.append(bytes(event.data))
        else:
            self._parts.append(bytes(event.data))
            if event.fin:
                self._whole.append(b"".join(self._parts))
                self._parts.clear()

    def data_received(self, data: bytes) -> None:
        """Bytes came: wake who waits, once for all messages in them."""
        self.heard_s = self.loop.time()
        super().data_received(data)
        if self._whole:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        super().connection_lost(exc)
        self._lost = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
