"""The thread of the sockets as the flow sees it: lines in order, wishes, failures, an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic, time_ns
from typing import Any

import pytest

from schemas.control import Wish
from schemas.errors import SeawallError
from sources.lines import ANSWER, CONTROL, FRAME
from sources.live.health import State
from sources.live.owner import SocketOwner
from tests.sources.live.faulty import (
    DATA,
    QUICK,
    Asked,
    ToyFeed,
    Watched,
    deaf,
    faster,
    plain,
    plan,
    rest,
    talk,
    until,
    venue,
)
from tests.sources.talk import indexed

URL = "https://toy.example/depth?symbol=A"


class Owned:
    """An owner of connections to one server, and what was drained of each."""

    def __init__(self, url: str, names: tuple[str, ...], **more: Any) -> None:
        timing = more.pop("timing", QUICK)
        rest_url = more.pop("rest_url", None)
        self.watched = {name: Watched(name) for name in names}
        self.one = self.watched[names[0]]
        self.drained = dict.fromkeys(names, b"")
        self.owner = SocketOwner(
            ToyFeed(**more),
            [plan(url, "A", name=name) for name in names],
            {name: watched.lane for name, watched in self.watched.items()},
            now_ns=time_ns,
            timing=timing,
            tell=self.one.tell,
            rest_url=rest_url,
        )

    def drain(self, most_lines: int = 3) -> bool:
        """What a source does again and again; whether there was anything."""
        found = 0
        for name, watched in self.watched.items():
            some = watched.lane.drain(most_lines)
            self.drained[name] += some.data
            found += some.lines
        return found > 0

    def drained_payload(self, payload: bytes) -> bool:
        self.drain()
        return payload in self.drained["toy-1"]


@asynccontextmanager
async def owned(
    handler: Any = talk, names: tuple[str, ...] = ("toy-1",), **more: Any
) -> AsyncIterator[Owned]:
    async with venue(handler) as url:
        made = Owned(url, names, **more)
        made.owner.start()
        try:
            yield made
        finally:
            made.owner.stop()
            await until(lambda: made.owner.ended)


def test_every_line_was_appended_and_arrives_in_that_order() -> None:
    async def many(socket: Any) -> None:
        for k in range(2000):
            await socket.send(f'{{"n":{k}}}')
        await socket.close()

    async def scenario() -> Owned:
        async with owned(many, ("toy-1", "toy-2", "toy-3")) as made:
            made.owner.start()  # nothing more
            await until(lambda: made.drain(100) and all(w.closes for w in made.watched.values()))
        while made.drain():
            pass
        return made

    made = asyncio.run(scenario())
    for name, watched in made.watched.items():
        assert made.drained[name] == b"".join(watched.appended)
        frames = [p for p in watched.payloads if p.startswith(b'{"n"')]
        assert frames[:2000] == [b'{"n":%d}' % k for k in range(2000)]
        assert watched.lane.counters.dropped == 0
        lines = indexed(made.drained[name])
        assert set(lines.kind.tolist()) == {FRAME, CONTROL}
        assert (lines.received_ns[1:] >= lines.received_ns[:-1]).all()


def test_a_line_that_was_written_before_the_start_comes_first() -> None:
    async def scenario() -> Owned:
        async with venue(talk) as url:
            made = Owned(url, ("toy-1",))
            made.one.lane.control("start")
            made.owner.start()
            await until(lambda: made.drained_payload(DATA))
            made.owner.stop()
            await until(lambda: made.owner.ended)
        return made

    made = asyncio.run(scenario())
    assert made.one.payloads[0] == b'!{"k":"start"}'
    assert made.one.payloads[1].startswith(b'!{"k":"open"')


def test_wishes_of_the_flows_thread_are_served_and_satisfied() -> None:
    async def scenario() -> tuple[Owned, list[Asked], list[Asked]]:
        asked: list[Asked] = []
        timing = faster(wish_repeat_s=0.03)
        async with (
            rest(lambda n: (200, {}, b"{}"), asked) as base,
            owned(rest_url=base, timing=timing) as made,
        ):
            made.owner.wish("toy-1", Wish("toy:A", URL, "sequence"))
            made.owner.wish("toy-1", Wish("toy:B", "", "sequence"))
            await until(lambda: made.owner.stale("toy-1") == ("toy:A", "toy:B"))
            assert made.owner.stale("toy-2") == ()
            made.owner.satisfied("toy-1", "toy:A")
            made.owner.satisfied("toy-1", "toy:B", "")
            made.owner.mismatched("toy-1", "toy:C")
            await until(lambda: made.owner.stale("toy-1") == ())
            before = list(asked)
            await asyncio.sleep(5 * timing.wish_repeat_s)
        while made.drain():
            pass
        return made, before, asked

    made, before, asked = asyncio.run(scenario())
    assert len(before) >= 3
    assert len(asked) - len(before) <= 1  # one may have been under way
    lines = indexed(made.drained["toy-1"])
    assert lines.kind.tolist().count(ANSWER) == len(asked)
    assert b'!{"k":"wish","instrument":"toy:C"}' in made.one.payloads


def test_a_stop_closes_everything_and_leaves_what_came_to_be_drained() -> None:
    async def scenario() -> tuple[Owned, float]:
        async with plain(deaf) as dead, owned(names=("toy-1", "toy-2")) as made:
            other = Owned(f"ws://{dead}/", ("toy-1",), timing=faster(open_s=60.0))
            other.owner.start()
            await until(lambda: all(DATA in w.payloads for w in made.watched.values()))
            await until(lambda: other.one.lane.counters.attempts)
            begun_s = monotonic()
            for each in (made, other):
                each.owner.stop()
                each.owner.stop()
                assert await asyncio.to_thread(each.owner.join)
            return made, monotonic() - begun_s

    made, took_s = asyncio.run(scenario())
    assert took_s < 2.0
    for name, watched in made.watched.items():
        while made.drain():
            pass
        assert watched.closes == [("stop", "")]
        assert made.drained[name] == b"".join(watched.appended)
        assert watched.lane.counters.state == State.stopped
    appended = len(made.one.appended)
    made.owner.wish("toy-1", Wish("toy:A", URL, "late"))  # nobody listens any more
    assert len(made.one.appended) == appended


def test_stopped_before_it_started_it_has_ended() -> None:
    made = Owned("ws://127.0.0.1:1/", ("toy-1",))
    assert not made.owner.ended
    made.owner.stop()
    assert made.owner.join(0.0)


def test_what_ends_the_feeder_comes_out_of_every_lane_after_its_last_line() -> None:
    def append(lines: list[bytes]) -> int:
        if any(DATA in line for line in lines):
            message = "the spool cannot be written"
            raise SeawallError(message)
        return 0

    async def scenario() -> Owned:
        async with venue(talk) as url:
            made = Owned(url, ("toy-1", "toy-2"))
            made.one.lane._append = append  # type: ignore[method-assign]
            made.owner.start()
            await until(lambda: made.owner.ended)
        return made

    made = asyncio.run(scenario())
    for watched in made.watched.values():
        assert watched.lane.drain(1000).lines > 0
        with pytest.raises(SeawallError, match="the spool cannot be written"):
            watched.lane.drain(1)
