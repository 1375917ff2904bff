"""What is wished for is asked for: over REST, over the connection, again, and when it is late."""

import asyncio
from time import monotonic
from typing import Any

from schemas.control import Wish
from tests.sources.live.faulty import DATA, QUICK, Asked, faster, reset, rest, until
from tests.sources.live.feeders import GOOD, LINE, URL, Listening, Question, Scene, scene

FETCH, AGAIN = Wish("toy:A", URL, "sequence"), Wish("toy:A", "", "sequence")


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
