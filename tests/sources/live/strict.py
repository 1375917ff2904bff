"""A server in a venue's own words that takes a request wholly or not at all, and what it was asked.

It also refuses a topic that is on already, so that a topic asked for twice shows.
"""

import asyncio
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection

ALREADY = "error:already subscribed,topic:"
UNKNOWN = "error:handler not found,topic:"


class Strict:
    """What happened on each connection, in order."""

    def __init__(self, *bad: str, cut_after: int = 0) -> None:
        self.bad = bad
        self.cut_after = cut_after  # connections that are cut once something is on
        self.on: list[list[str]] = []  # topics by connection
        self.asked: list[list[tuple[str, ...]]] = []  # requests by connection
        self.at_s: list[float] = []  # when each request came, on the last connection
        self.doubled: list[str] = []

    async def __call__(self, socket: ServerConnection) -> None:
        on: list[str] = []
        asked: list[tuple[str, ...]] = []
        self.on.append(on)
        self.asked.append(asked)
        self.at_s.clear()
        async for text in socket:
            said = msgspec.json.decode(text)
            if said["op"] == "subscribe":
                asked.append(tuple(said["args"]))
                self.at_s.append(asyncio.get_running_loop().time())
                await socket.send(msgspec.json.encode(self._answer(said, on)).decode())
                if on and len(self.on) <= self.cut_after:
                    await socket.close()
                for topic in on:
                    await socket.send(msgspec.json.encode({"topic": topic, "data": []}).decode())

    def _answer(self, said: dict[str, Any], on: list[str]) -> dict[str, Any]:
        topics = said["args"]
        reason = next((UNKNOWN + topic for topic in topics if topic in self.bad), "")
        if twice := [topic for topic in topics if topic in on]:
            self.doubled += twice
            reason = reason or ALREADY + twice[0]
        if not reason:
            on += topics
        answer = {"success": not reason, "ret_msg": reason, "conn_id": "c"}
        return answer | {"req_id": said["req_id"], "op": "subscribe"}
