"""Clients and topics: who gets what, limits, weights."""

from collections.abc import Mapping
from typing import Any

import pytest

from sources.simulator.venues.hub import (
    Answer,
    Client,
    Leave,
    Request,
    Send,
    Venue,
    Weights,
    cut,
    packed,
)
from tests.sources.simulator.hearing import EPOCH_MS, Mute, small_world


class Plain(Venue):
    name = "okx"

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        return Mute(self, send, wall_s)

    def http(self, request: Request, wall_s: float) -> Answer:
        return Answer(request.body)


def client(venue: Venue, out: list[Any]) -> Client:
    return Mute(venue, out.append, 0.0)


def test_frames_go_to_those_who_subscribed() -> None:
    venue = Plain(small_world("okx"), EPOCH_MS)
    assert list(venue.trading) == ["BTC-USDT-SWAP"]
    first: list[bytes] = []
    second: list[bytes] = []
    one, two = client(venue, first), client(venue, second)
    one.subscribe("a")
    two.subscribe("a")
    two.subscribe("b", {"kept": 1})
    venue.publish("a", b"1")
    assert one.unsubscribe("a")
    assert not one.unsubscribe("a")
    venue.publish("a", b"2")
    venue.publish("b", b"3")
    two.close()
    venue.publish("b", b"4")
    assert (first, second) == ([b"1"], [b"1", b"2", b"3"])
    assert (one.sent, two.sent, venue.wanted("a"), venue.wanted("b")) == (1, 3, False, False)
    venue.world.run(1234.5)
    assert venue.now == EPOCH_MS + 1234
    assert venue.accounts(3) == []
    assert venue.farewell() is None


def test_limits_are_over_a_sliding_time() -> None:
    one = client(Plain(small_world("okx"), EPOCH_MS), [])
    for at in (0.0, 0.1, 0.2, 1.05, 1.15):
        one.limit(at, 3, 1.0)
    with pytest.raises(Leave):
        for _ in range(3):
            one.limit(1.18, 3, 1.0)
    with pytest.raises(Leave, match="why"):
        cut("why")


def test_weights_are_per_minute_and_address() -> None:
    weights = Weights(100)
    assert [weights.use("a", 40, 0.0), weights.use("a", 40, 59.0)] == [40, 80]
    assert (weights.use("b", 5, 59.0), weights.use("a", 1, 60.0)) == (5, 1)


def test_packed_has_no_spaces() -> None:
    assert packed({"a": [1, "b"]}) == b'{"a":[1,"b"]}'
