"""Faults against real sockets, from trades to trades: back in time, and nothing lost unmarked.

"Back" is within two back-off steps and 5 s after the fault has ended, or can be noticed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.control import Reason, Rejected
from sources.live import socket as module
from sources.live.timing import Timing
from tests.sources.live.faulty import AGAIN_S, deaf, faster, message
from tests.sources.live.heard import GRID, Heard, heard
from tests.sources.live.market import Market, secured, trusting
from tests.sources.talk import trade

PING_S, STALE_S = 0.4, 0.6
Fault = Callable[[Market, Heard], Awaitable[None]]


async def survived(
    folder: Path, fault: Fault, *, within_s: float = AGAIN_S, scheme: str = "ws", **more: Any
) -> Heard:
    """Hear a market, let it have the fault, and hear later trades soon after it has returned."""
    market = Market()
    await market.open(ssl=secured("here") if scheme == "wss" else None)
    async with heard(folder, market, scheme=scheme, **more) as one:
        await fault(market, one)
        await one.beyond(market.number, within_s)
        await one.beyond(market.number + 100, 30.0)
    return one


def reasons(one: Heard) -> list[str]:
    """Why each connection was closed."""
    return [line["reason"] for line in one.said("close")]


# -- nobody there ------------------------------------------------------------------------------


async def refused(market: Market, one: Heard) -> None:
    await market.close()
    await one.tries(4)
    await market.open()


async def unanswered(market: Market, one: Heard) -> None:
    """Half-open from the start: who connects gets no handshake."""
    await market.close()
    await market.open_plain(deaf)
    await one.tries(2)
    await market.close()
    await market.open()


@pytest.mark.parametrize("fault", [refused, unanswered])
def test_while_nobody_is_there(tmp_path: Path, fault: Fault) -> None:
    one = asyncio.run(survived(tmp_path, fault))
    assert one.accounted() == ["reconnect"]
    assert reasons(one) == ["lost", "stop"]
    assert one.told == [
        "c: connection closed: lost no goodbye; trying again",
        "c: market data again",
    ]


def test_a_handshake_that_hangs_when_the_venue_is_back_ends_within_the_five_seconds() -> None:
    assert Timing(grid_ns=GRID).open_s <= 5.0


def test_a_dead_connection_is_noticed_within_the_five_seconds() -> None:
    assert 2 * Timing(grid_ns=GRID).ping_s <= 5.0


# -- TLS ---------------------------------------------------------------------------------------


async def somebody_else(market: Market, one: Heard) -> None:
    """Whoever answers has a certificate for another name."""
    await market.close()
    await market.open(ssl=secured("elsewhere"))


async def no_tls(market: Market, one: Heard) -> None:
    """Whoever answers does not speak TLS."""
    await market.close()
    await market.open()


async def cut_handshakes(market: Market, one: Heard) -> None:
    """TLS begins and is cut."""

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.transport.abort()

    await market.close()
    await market.open_plain(cut)


@pytest.mark.parametrize("fault", [somebody_else, no_tls, cut_handshakes])
def test_while_tls_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    async def passing(market: Market, one: Heard) -> None:
        await fault(market, one)
        await one.tries(4)
        await market.close()
        await market.open(ssl=secured("here"))

    monkeypatch.setattr(module, "_trust", trusting)
    timing = faster(open_s=2.0)
    one = asyncio.run(survived(tmp_path, passing, scheme="wss", timing=timing))
    assert one.accounted() == ["reconnect"]
    assert reasons(one) == ["lost", "stop"]


def test_a_certificate_that_nobody_vouches_for_is_no_connection(tmp_path: Path) -> None:
    async def scenario() -> Heard:
        market = Market()
        await market.open(ssl=secured("here"))
        one = Heard(tmp_path, market, scheme="wss", timing=faster(open_s=2.0))
        one.take()  # which starts it
        await one.tries(3)
        await one.end()
        await market.close()
        return one

    one = asyncio.run(scenario())
    assert (one.counters.opened, one.said("open")) == (0, [])
    assert "certificate verify failed" in one.told[0]


# -- open, and yet not -------------------------------------------------------------------------


async def half_open(market: Market, one: Heard) -> None:
    """The other side is gone without a word: it sends nothing and reads nothing."""
    market.halt(deaf=True)


def test_half_open(tmp_path: Path) -> None:
    within_s = 2 * PING_S + AGAIN_S  # until the next ping, and the time for its pong
    timing = faster(ping_s=PING_S)
    one = asyncio.run(survived(tmp_path, half_open, within_s=within_s, timing=timing))
    assert one.accounted() == ["reconnect"]
    assert reasons(one)[0] == "no_pong"


async def silent(market: Market, one: Heard) -> None:
    """The other side answers pings, and that is all."""
    market.halt(deaf=False)


async def only_pongs(market: Market, one: Heard) -> None:
    """The other side says that it is there, and nothing of the market."""
    (socket,) = market.sockets
    market.halt(deaf=False)

    async def pongs() -> None:
        while socket in market.sockets:
            await socket.send(message("pong").decode())
            await asyncio.sleep(0.02)

    market.beside(pongs())


@pytest.mark.parametrize("fault", [silent, half_open, only_pongs])
def test_silence_ends_at_the_staleness_limit(tmp_path: Path, fault: Fault) -> None:
    one = asyncio.run(survived(tmp_path, fault, within_s=STALE_S + 5.0, stale_s=STALE_S))
    assert one.accounted() == ["reconnect"]
    assert reasons(one)[0] == "stale"


# -- frames that are not whole -----------------------------------------------------------------


async def cut_within_a_frame(market: Market, one: Heard) -> None:
    (socket,) = market.sockets
    market.halt(deaf=False)
    text = trade(market.number + 1).encode()
    socket.transport.write(b"\x81\x7e" + len(text).to_bytes(2) + text[:-20])
    await asyncio.sleep(0.05)
    market.cut()


def test_a_connection_that_is_cut_within_a_frame(tmp_path: Path) -> None:
    one = asyncio.run(survived(tmp_path, cut_within_a_frame))
    assert one.accounted() == ["reconnect"]
    assert reasons(one) == ["lost", "stop"]


async def half_a_message(market: Market, one: Heard) -> None:
    (socket,) = market.sockets
    await socket.send(trade(market.number)[:-20])


def test_half_a_message_in_a_whole_frame_is_refused_and_costs_nothing_else(tmp_path: Path) -> None:
    one = asyncio.run(survived(tmp_path, half_a_message))
    assert one.accounted() == []
    assert reasons(one) == ["stop"]
    (found,) = [item for _, item in one.items if isinstance(item, Rejected)]
    assert found.reason == Reason.not_json
