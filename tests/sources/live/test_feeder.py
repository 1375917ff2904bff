"""Everything of one feed together: wishes over both ways, clocks, overflow, an orderly end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic, time_ns
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection

from schemas.control import Wish
from sources.live import feeder as module
from sources.live.feeder import STOP_WITHIN_S, Feeder
from tests.sources.live.faulty import (
    DATA,
    QUICK,
    Asked,
    ToyFeed,
    Watched,
    faster,
    plan,
    reset,
    rest,
    talk,
    until,
    venue,
)

URL = "https://toy.example/depth?symbol=A"
LINE = b"@https://toy.example/depth?symbol=A {}"
FETCH, AGAIN = Wish("toy:A", URL, "sequence"), Wish("toy:A", "", "sequence")
GOOD = (200, {}, b"{}")


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


# -- wishes ------------------------------------------------------------------------------------


def test_a_wish_for_an_answer_is_repeated_until_it_is_satisfied() -> None:
    async def scenario() -> tuple[float, list[Asked], Scene]:
        asked: list[Asked] = []
        async with rest(lambda n: GOOD, asked) as base, scene(rest_url=base) as made:
            begun_s = monotonic()
            made.wish(FETCH)
            await until(lambda: made.one.payloads.count(LINE) == 2)
            made.satisfied()
            await asyncio.sleep(3 * QUICK.wish_repeat_s)
            return begun_s, asked, made

    begun_s, asked, made = asyncio.run(scenario())
    assert [tuple(a)[1:] for a in asked] == [("GET", "/depth?symbol=A", b"")] * 2
    assert asked[1].at_s - begun_s >= QUICK.wish_repeat_s
    assert made.one.payloads.count(LINE) == 2


def test_a_wish_without_url_subscribes_anew_until_it_is_satisfied() -> None:
    async def scenario() -> list[dict[str, Any]]:
        listening = Listening()
        async with scene(listening) as made:
            made.wish(AGAIN)
            await until(lambda: len(listening.heard) and len(listening.heard[0]) == 5)
            made.satisfied()
            await asyncio.sleep(3 * QUICK.wish_repeat_s)
            return listening.heard[0]

    again = [{"leave": "A"}, {"join": "A"}]
    assert asyncio.run(scenario()) == [{"join": "A"}, *again, *again]


def test_what_three_tries_did_not_bring_is_told_to_be_stale_until_it_comes() -> None:
    async def scenario() -> tuple[list[Any], Scene]:
        found: list[Any] = []
        async with scene(Listening()) as made:
            made.wish(AGAIN)
            made.wish(Wish("toy:B", "", "sequence"))
            await until(lambda: made.feeder.stale)
            found.append(made.feeder.stale)
            made.satisfied()
            await until(lambda: made.feeder.stale != found[0])
            found.append(made.feeder.stale)
        return found, made

    found, made = asyncio.run(scenario())
    assert found == [{"toy-1": ("toy:A", "toy:B")}, {"toy-1": ("toy:B",)}]
    stale = [text for text in made.one.told if "tries" in text]
    assert stale == ["toy-1: no snapshot after 3 tries: toy:A, toy:B"]


def test_a_failed_request_is_counted_told_once_and_repeated() -> None:
    async def scenario() -> Scene:
        asked: list[Asked] = []
        async with (
            rest(lambda n: GOOD if n == 2 else (404, {}, b""), asked) as base,
            scene(rest_url=base) as made,
        ):
            made.wish(FETCH)
            await until(lambda: LINE in made.one.payloads)
            made.satisfied()
        return made

    made = asyncio.run(scenario())
    assert made.one.lane.counters.rest_failed == 2
    failed = [text for text in made.one.told if "HTTP" in text]
    assert failed == ["toy-1: no answer from https://toy.example/depth: HTTP 404"]


def test_one_answer_that_takes_long_is_not_asked_for_twice() -> None:
    async def scenario() -> list[Asked]:
        asked: list[Asked] = []
        async with (
            rest(lambda n: None, asked) as base,
            scene(rest_url=base, timing=faster(request_s=60.0)) as made,
        ):
            made.wish(FETCH)
            await until(lambda: made.feeder.stale)
        return asked

    assert len(asyncio.run(scenario())) == 1


def test_wishes_wait_for_the_connection_and_are_asked_again_when_it_is_opened_anew() -> None:
    async def scenario() -> tuple[list[Asked], list[bytes]]:
        asked: list[Asked] = []
        listening = Listening()
        async with (
            rest(lambda n: GOOD, asked) as base,
            scene(listening, rest_url=base, timing=faster(wish_repeat_s=60.0)) as made,
        ):
            made.wish(FETCH)  # before it is open
            await until(lambda: LINE in made.one.payloads)
            reset(listening.sockets[0])
            await until(lambda: made.one.payloads.count(LINE) == 2)
            return asked, made.one.payloads

    asked, payloads = asyncio.run(scenario())
    assert len(asked) == 2
    kinds = [payload[:10] for payload in payloads if payload != DATA]
    opened, closed = b'!{"k":"ope', b'!{"k":"clo'
    assert kinds == [opened, LINE[:10], closed, opened, LINE[:10]]


def test_a_connection_opened_anew_subscribes_by_itself() -> None:
    async def scenario() -> list[list[dict[str, Any]]]:
        listening = Listening()
        async with scene(listening, timing=faster(wish_repeat_s=0.3)) as made:
            await until(lambda: made.one.opens)
            made.wish(AGAIN)
            await until(lambda: listening.heard and len(listening.heard[0]) == 3)
            reset(listening.sockets[0])
            await until(lambda: len(listening.heard) == 2 and listening.heard[1])
            await asyncio.sleep(0.1)
        return listening.heard

    heard = asyncio.run(scenario())
    assert heard == [[{"join": "A"}, {"leave": "A"}, {"join": "A"}], [{"join": "A"}]]


def test_a_book_that_the_flow_found_wrong_becomes_a_wish_line() -> None:
    async def scenario() -> Scene:
        async with scene() as made:
            made.act(lambda: made.feeder.mismatched("toy-1", "toy:A"))
            await until(lambda: b'!{"k":"wish","instrument":"toy:A"}' in made.one.payloads)
        return made

    asyncio.run(scenario())


class Question(NamedTuple):
    url: str
    every_s: float


def test_what_no_stream_has_is_asked_for_again_and_again() -> None:
    async def scenario() -> tuple[list[Asked], Scene]:
        asked: list[Asked] = []
        polls = {"toy-2": [Question(URL, 0.05), Question(URL + "B", 0.05)]}
        async with (
            rest(lambda n: GOOD, asked) as base,
            scene(names=("toy-1", "toy-2"), rest_url=base, polls=polls) as made,
        ):
            await until(lambda: made.watched["toy-2"].payloads.count(LINE) >= 3)
        return asked, made

    asked, made = asyncio.run(scenario())
    assert {a.path for a in asked} == {"/depth?symbol=A", "/depth?symbol=AB"}
    assert made.one.payloads.count(LINE) == 0
    assert made.watched["toy-2"].payloads[0].startswith(b'!{"k":"open"')


# -- clocks and overflow -----------------------------------------------------------------------


def test_silent_connections_get_clock_lines_and_others_none() -> None:
    sockets: list[ServerConnection] = []

    async def one_of_two(socket: ServerConnection) -> None:
        sockets.append(socket)
        while socket is sockets[0]:
            await socket.send(DATA.decode())
            await asyncio.sleep(0.005)
        await socket.wait_closed()

    async def scenario() -> list[list[bytes]]:
        timing = faster(grid_ns=100_000_000, clock_late_ns=20_000_000)
        async with scene(one_of_two, ("toy-1", "toy-2"), timing=timing) as made:
            lanes = list(made.watched.values())
            await until(lambda: any(len(w.appended) - len(w.payloads) >= 5 for w in lanes))
        return sorted((w.appended for w in lanes), key=len)

    silent, busy = asyncio.run(scenario())
    clocks = [line for line in silent if b'"clock"' in line]
    assert len(clocks) >= 5
    first = next(k for k, line in enumerate(busy) if DATA in line)
    late = [line for line in busy[first:] if b'"clock"' in line]
    assert len(late) < len(clocks)  # none, unless the machine held everything up


def test_nobody_drains_so_memory_is_bounded_and_one_line_says_what_was_lost() -> None:
    async def flood(socket: ServerConnection) -> None:
        for _ in range(3000):
            await socket.send("x" * 1000)
        await socket.wait_closed()

    async def scenario() -> Scene:
        async with scene(flood, lane={"most_frames": 100, "most_bytes": 50_000}) as made:
            counters = made.one.lane.counters
            await until(lambda: counters.messages + counters.dropped == 3000)
            assert made.one.lane.waiting_bytes <= 51_000
            assert made.one.lane.waiting_frames <= 100
            assert not [p for p in made.one.payloads if b"overflow" in p]
            drained = made.one.lane.drain(1000)
            assert drained.data == b"".join(made.one.appended)
            await until(lambda: [p for p in made.one.payloads if b"overflow" in p])
            await asyncio.sleep(2 * QUICK.grid_ns / 1e9)
        return made

    made = asyncio.run(scenario())
    dropped = made.one.lane.counters.dropped
    lines = [p for p in made.one.payloads if b"overflow" in p]
    assert lines == [b'!{"k":"overflow","dropped":%d}' % dropped]
    assert dropped == 3000 - made.one.payloads.count(b"x" * 1000) > 2900
    assert "toy-1: the flow is too slow, newer frames are dropped" in made.one.told


def test_all_connections_together_stay_within_the_attempts_of_a_minute() -> None:
    times: list[float] = []

    async def slammed(socket: ServerConnection) -> None:
        times.append(monotonic())
        await socket.close()

    async def scenario() -> None:
        timing = faster(backoff_least_s=0.001, backoff_most_s=0.001)
        names = ("toy-1", "toy-2", "toy-3")
        async with scene(slammed, names, timing=timing, connections_per_minute=900):
            await until(lambda: len(times) >= 31)

    begun_s = monotonic()
    asyncio.run(scenario())
    assert all(at_s - begun_s >= k // 15 for k, at_s in enumerate(times))


# -- the end -----------------------------------------------------------------------------------


def test_at_the_end_every_connection_is_closed_and_what_was_lost_is_written() -> None:
    async def flood(socket: ServerConnection) -> None:
        for _ in range(50):
            await socket.send(DATA.decode())
        await socket.wait_closed()

    async def scenario() -> Scene:
        async with scene(flood, ("toy-1", "toy-2"), lane={"most_frames": 10}) as made:
            lanes = [watched.lane for watched in made.watched.values()]
            await until(lambda: all(lane.counters.dropped for lane in lanes))
        return made

    made = asyncio.run(scenario())
    for watched in made.watched.values():
        assert watched.payloads[-1].startswith(b'!{"k":"overflow"')  # the close was dropped, too
        assert watched.lane.counters.state == "stopped"


def test_connections_that_do_not_end_are_cut() -> None:
    async def stuck(socket: ServerConnection) -> None:
        await socket.send(DATA.decode())
        socket.transport.pause_reading()
        await asyncio.sleep(60)

    async def scenario() -> tuple[Scene, float]:
        timing = faster(close_s=60.0)
        async with scene(stuck, timing=timing) as made:
            await until(lambda: DATA in made.one.payloads)
            begun_s = monotonic()
        return made, monotonic() - begun_s

    assert STOP_WITHIN_S < 2.0
    with patch.object(module, "STOP_WITHIN_S", 0.2):
        made, took_s = asyncio.run(scenario())
    assert took_s < 2.0
    assert made.one.closes == [("stop", "cut")]


def test_what_is_wrong_with_us_ends_everything() -> None:
    async def scenario() -> None:
        async with venue(talk) as url:
            made = Scene(url, ("toy-1", "toy-2"), None)

            def append(lines: list[bytes]) -> int:
                raise MemoryError

            made.one.lane._append = append  # type: ignore[method-assign]
            await asyncio.wait_for(made.feeder.run(), 2.0)

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(scenario())
    assert raised.value.subgroup(MemoryError) is not None
