"""A venue that says that we ask too much, over real sockets: we wait as told, and lose nothing."""

import asyncio
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from tests.sources.live.faulty import AGAIN_S, Answer, Asked, faster, rest, until
from tests.sources.live.heard import BTC, Heard, heard
from tests.sources.live.market import EVERY_S, Market
from tests.sources.live.outages import busy
from tests.sources.talk import answer, book_rows, depth, trade

TOLD_S = 1.0


@pytest.mark.parametrize("status", [429, 503])
def test_handshakes_that_are_refused_for_a_while(tmp_path: Path, status: int) -> None:
    times: list[float] = []

    async def scenario() -> Heard:
        market = Market()
        await market.open()
        async with heard(tmp_path, market) as one:
            await market.close()
            await market.open(process_request=busy(times, HTTPStatus(status)))
            await until(lambda: times)
            await one.beyond(market.number, TOLD_S + AGAIN_S)
            await one.beyond(market.number + 100, 30.0)
        return one

    one = asyncio.run(scenario())
    assert one.accounted() == ["reconnect"]
    assert times[1] - times[0] >= 0.95 * TOLD_S
    assert one.counters.rate_limited == (status == 429)


async def books(market: Market, socket: ServerConnection) -> None:
    """A trade and a frame of the book, by turns."""
    last = 0
    while True:
        market.number += 1
        await socket.send(trade(market.number))
        await socket.send(depth(market.number, market.number, last))
        last = market.number
        await asyncio.sleep(EVERY_S)


def test_snapshots_that_are_refused_for_a_while(tmp_path: Path) -> None:
    market = Market(books)
    asked: list[Asked] = []
    wait = {"Retry-After": f"{TOLD_S:g}"}

    def snapshot(number: int) -> Answer:
        body = answer(market.number).partition(" ")[2].encode()
        refusals = [(429, wait, b"slow down"), (418, wait, b"you did not"), (503, {}, b"")]
        return [*refusals, (200, {}, body)][min(number, 3)]

    async def scenario() -> Heard:
        await market.open()
        async with (
            rest(snapshot, asked) as base,
            heard(tmp_path, market, rest_url=base, timing=faster(wish_repeat_s=10.0)) as one,
        ):
            await until(lambda: one.take() or book(one), 2 * TOLD_S + AGAIN_S)
            await one.beyond(market.number + 100, 30.0)
        return one

    one = asyncio.run(scenario())
    assert one.accounted() == []
    pauses = [b.at_s - a.at_s for a, b in pairwise(asked)]
    assert min(pauses[:2]) >= 0.95 * TOLD_S
    assert one.counters.rate_limited == 2
    assert [text.rpartition(": ")[2] for text in one.told if "HTTP" in text] == [
        f"no requests for {TOLD_S:g} s"
    ] * 2
    (first, *others) = [line for line, *_, snapshot in book(one) if snapshot]
    assert {*others} <= {first}
    changes = [last for _, last, *_, snapshot in book(one) if not snapshot]
    assert changes == list(range(changes[0], changes[-1] + 1))


def book(one: Heard) -> list[tuple[int, int, int, int, float, int]]:
    """Rows of the book that came out."""
    return book_rows(item for key, item in one.items if key == BTC)


def test_a_snapshot_that_never_matches_is_asked_for_thrice_and_then_slowly(tmp_path: Path) -> None:
    market = Market(books)
    asked: list[Asked] = []
    repeat_s, good = 1.5, 5  # here 1.5 s for the usual 30; the sixth answer is a good one

    def snapshot(number: int) -> Answer:
        update = market.number if number >= good else -1000  # long before the first frame
        return (200, {}, answer(update).partition(" ")[2].encode())

    async def scenario() -> Heard:
        await market.open()
        async with (
            rest(snapshot, asked) as base,
            heard(tmp_path, market, rest_url=base, timing=faster(wish_repeat_s=repeat_s)) as one,
        ):
            await until(lambda: one.take() or len(asked) >= 3, 30.0)
            await until(lambda: one.take() or any("no snapshot" in text for text in one.told), 30.0)
            assert not book(one)
            await until(lambda: one.take() or book(one), 30.0)
            await one.beyond(market.number + 50, 30.0)
        return one

    one = asyncio.run(scenario())
    assert one.accounted() == []
    assert [text for text in one.told if "no snapshot" in text] == [
        f"c: no snapshot after 3 tries: {BTC}"
    ]
    assert len(asked) == good + 1
    pauses = [b.at_s - a.at_s for a, b in pairwise(asked)]
    assert min(pauses[:2]) >= 0.95  # soon, but not faster than a second
    assert min(pauses[2:]) >= 0.95 * repeat_s
