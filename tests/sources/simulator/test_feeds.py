"""Our own feeds talk to each simulated venue: listing, subscriptions, acknowledgements, polls."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from sources.instruments import Catalogue, Gathering
from sources.live.feed import Request as Asked
from sources.registry import VENUES, feed_for
from sources.simulator.venues.hub import Request, Venue
from sources.simulator.venues.registry import venues_of
from tests.sources.simulator.hearing import EPOCH_MS, Ear, small_world

USUAL = {"book", "top", "trade", "mark"}
ORACLES = {"pyth"}  # they trade nothing: no volume, no book (see their own tests)


def asked(venue: Venue, request: Asked) -> bytes:
    parts = urlsplit(request.url)
    answer = venue.http(
        Request(request.method, parts.path, dict(parse_qsl(parts.query)), request.body, "test"), 0.0
    )
    assert answer.status == 200, request
    return answer.body


def catalogue(venue: Venue) -> Catalogue:
    feed = feed_for(venue.name)
    gathering = Gathering(feed)
    while (url := gathering.next()) is not None:
        gathering.take(asked(venue, feed.request(url)))
    return gathering.catalogue(EPOCH_MS * 1_000_000)


@pytest.mark.parametrize("name", [name for name in VENUES if name not in ORACLES])
def test_everything_listed_can_be_heard(name: str) -> None:
    world = small_world(name)
    (venue,) = venues_of(world, EPOCH_MS, [name])
    listed = catalogue(venue)
    symbols = [instrument.symbol for instrument in listed.instruments]
    assert set(venue.trading) <= set(symbols)
    assert listed.refused == ()
    assert all(listed.turnover_usd[symbol] > 1e6 for symbol in venue.trading)
    feed = feed_for(name, venue.accounts(2))
    ears = []
    for plan in feed.plans((), symbols, {"ws_url": "ws://127.0.0.1:1"}):
        parts = urlsplit(plan.url)
        ear = Ear(venue, parts.path, name, dict(parse_qsl(parts.query)))
        ear.session.list_instruments(listed.instruments)
        ear.say(*plan.messages)
        beat = feed.heartbeat()
        if beat is not None:
            ear.say(beat, wall_s=30.0)
        said = [answer for frame in ear.frames if (answer := feed.acknowledged(frame))]
        assert [refused for answer in said for refused in answer.refused] == []
        confirmed = {topic for answer in said for topic in answer.confirmed}
        assert confirmed == set(plan.expected)
        for poll in plan.every:  # type: ignore[attr-defined]
            body = asked(venue, feed.request(poll.url))
            ear._line(b"@%s %s" % (poll.url.encode(), body))
        ears.append(ear)
    world.run(5_000.0)
    for ear in ears:
        ear.hear()
        world.run(world.now_ms + 700.0)
        ear.hear()
        assert ear.bad() == []
    for symbol in venue.trading:
        heard = {kind for kind in USUAL for ear in ears if ear.rows(kind, symbol)}
        assert heard >= USUAL - ({"mark"} if venue.trading[symbol].prices is None else set())
        assert any(f"{name}:{symbol}" in ear.books for ear in ears)
