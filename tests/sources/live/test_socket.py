"""A connection against venues that work: what it makes of subscriptions, and how it stops."""

import asyncio

from websockets.asyncio.server import ServerConnection

from sources.live.health import State
from tests.sources.live.faulty import (
    DATA,
    ToyFeed,
    Watched,
    deaf,
    faster,
    link,
    message,
    plain,
    plan,
    running,
    talk,
    until,
    venue,
)
from tests.sources.live.outages import comes_back, data_count, free_port

# -- subscriptions -----------------------------------------------------------------------------


def test_a_key_goes_with_the_handshake() -> None:
    seen: list[str | None] = []

    async def looking(socket: ServerConnection) -> None:
        assert socket.request is not None
        seen.append(socket.request.headers.get("Authorization"))
        await socket.send(DATA.decode())
        await socket.close()

    key = (("Authorization", "Bearer secret"),)
    asyncio.run(comes_back(looking, watched=Watched(), headers=key))
    assert set(seen) == {"Bearer secret"}


def test_a_refused_subscription_is_told_once_and_counted_each_time() -> None:
    async def refusing(socket: ServerConnection) -> None:
        await socket.send(message("no", [["A", "no such symbol"]]).decode())
        await socket.send(DATA.decode())
        await socket.close()

    watched = Watched()
    asyncio.run(comes_back(refusing, watched=watched))
    assert [text for text in watched.told if "refused" in text] == [
        "toy-1: toy refused A: no such symbol"
    ]
    assert watched.lane.counters.refused == watched.opens


def test_a_subscription_that_nobody_confirms_is_told_and_the_data_go_on() -> None:
    async def careless(socket: ServerConnection) -> None:
        while True:
            await socket.send(DATA.decode())
            await asyncio.sleep(0.01)

    async def scenario() -> Watched:
        watched = Watched()
        async with venue(careless) as url, running(link(watched, plan(url, "A"), ToyFeed())):
            await until(lambda: watched.lane.counters.unacknowledged)
            before = data_count(watched)
            await until(lambda: data_count(watched) > before + 5)
        return watched

    watched = asyncio.run(scenario())
    assert watched.told == ["toy-1: toy has not confirmed 1 of 1 topics within 0.1 s: A"]
    assert watched.closes == [("stop", "")]


# -- stopping ----------------------------------------------------------------------------------


def test_it_stops_wherever_it_stands() -> None:
    async def scenario() -> list[tuple[State, list[tuple[str, str]]]]:
        found = []
        async with venue(talk) as good, plain(deaf) as dead:
            nobody = f"ws://127.0.0.1:{free_port()}/"
            patient = faster(open_s=60.0, backoff_least_s=60.0, backoff_most_s=60.0)
            for url, state in (
                (good, State.open),
                (f"ws://{dead}/", State.connecting),
                (nobody, State.waiting),
            ):
                watched = Watched()
                one = link(watched, plan(url, "A"), ToyFeed(), patient)
                counters = watched.lane.counters
                async with running(one):  # which lets it take 2 s to stop
                    await until(lambda c=counters, s=state: c.attempts and c.state == s)
                found.append((counters.state, watched.closes))
        return found

    assert asyncio.run(scenario()) == [
        (State.stopped, [("stop", "")]),
        (State.stopped, []),
        (State.stopped, []),
    ]


def test_stopped_before_it_began_it_does_not_begin() -> None:
    async def scenario() -> Watched:
        watched = Watched()
        one = link(watched, plan("ws://127.0.0.1:1/", "A"), ToyFeed())
        one.stop()
        await asyncio.wait_for(one.run(), 2)
        return watched

    watched = asyncio.run(scenario())
    assert (watched.lane.counters.attempts, watched.payloads) == (0, [])
