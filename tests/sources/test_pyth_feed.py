"""Pyth's feed: a message per oracle feed, confirmed by its price; ids by the listing; the key."""

import json

import pytest

from schemas.errors import UsageError
from sources.instruments import Page
from sources.live.feed import Acknowledged, Request, RestLimits
from sources.pyth_feed import PythFeed
from sources.pyth_listing import URL
from sources.pyth_subscribe import MOST_FEEDS, subscription
from sources.venue_feed import PolledPlan
from sources.wire_numbers import Refused
from tests.sources.pyth_frames import IDS, answer, listed, metadata, row, taught, update
from tests.sources.talk import wire

BTC, SOL, AAA = "Crypto.BTC/USD", "Crypto.SOL/USD", "Crypto.AAA/USD"


def test_a_plan_has_a_message_for_each_feed() -> None:
    (plan,) = taught().plans((), [BTC, SOL], {"ws_url": "ws://127.0.0.1:9101"})
    assert plan == PolledPlan(
        "pyth-1", "ws://127.0.0.1:9101/ws", (subscription(IDS[BTC]), subscription(IDS[SOL])),
        (BTC, SOL), (BTC, SOL), ("oracle",), quiet=True,
    )  # fmt: skip
    assert PythFeed().plans((), [BTC], {})[0].url == "wss://hermes.pyth.network/ws"


def test_feeds_come_and_go() -> None:
    feed = taught()
    (before,) = feed.plans((), [BTC, SOL], {})
    (after,) = feed.plans((), [SOL, AAA], {}, {"pyth-1": (BTC, SOL)})
    assert after.symbols == (SOL, AAA)
    assert feed.join(after, [AAA]) == (subscription(IDS[AAA]),)
    (left,) = feed.leave(before, [BTC])
    assert json.loads(left) == json.loads(subscription(IDS[BTC])) | {"type": "unsubscribe"}


def test_many_are_shared_out_and_too_many_are_refused() -> None:
    feed = PythFeed()
    symbols = [f"Crypto.A{k}/USD" for k in range(MOST_FEEDS + 1)]
    feed.page(URL, wire([row(s, f"{k:064x}") for k, s in enumerate(symbols)]).encode())
    plans = feed.plans((), symbols[:MOST_FEEDS], {})
    assert [len(plan.symbols) for plan in plans] == [100, 100, MOST_FEEDS - 200]
    with pytest.raises(UsageError, match=f"sends one address {MOST_FEEDS} feeds, not"):
        feed.plans((), symbols, {})


def test_without_the_listing_only_two_can_be_asked_for() -> None:
    with pytest.raises(UsageError) as error:
        PythFeed().plans((), [SOL], {})
    assert str(error.value) == f'pyth has told no id of "{SOL}": its listing was not read'
    with pytest.raises(UsageError, match='pyth has no stream "book"'):
        PythFeed().plans(["book"], [BTC], {})


def test_a_price_confirms_and_answers_refuse() -> None:
    feed = taught()
    assert feed.acknowledged(update(1, symbol=SOL).encode()) == Acknowledged((SOL,))
    assert feed.acknowledged(update(1, feed_id="1" * 64).encode()) is None
    assert feed.acknowledged(answer().encode()) == Acknowledged()
    lost = f"Price feed(s) with id(s) [0x{IDS[SOL]}] not found"
    said = feed.acknowledged(answer("error", error=lost).encode())
    assert said == Acknowledged((), ((SOL, lost),))
    unknown = answer("error", error=lost.replace(IDS[SOL], "9" * 64))
    assert feed.acknowledged(unknown.encode()) == Acknowledged(
        (), (("9" * 64, lost.replace(IDS[SOL], "9" * 64)),)
    )


def test_silence_and_leaving() -> None:
    feed = PythFeed()
    over = answer("error", error="Connection timeout reached (24h)").encode()
    frames = [update(1).encode(), answer().encode(), over]
    assert [feed.idle(frame) for frame in frames] == [False, True, True]
    assert [feed.leaving(frame) for frame in frames] == [False, False, True]
    assert (feed.lifetime_s, feed.heartbeat(), feed.again(BTC)) == (86_400.0, None, [])
    assert feed.rest == RestLimits(30)


def test_the_listing_is_one_page() -> None:
    feed = PythFeed()
    assert feed.listing_urls() == (URL,)
    page = feed.page(URL, listed(BTC, SOL).encode())
    assert page == Page((metadata(BTC), metadata(SOL)))
    bad = feed.page(URL, wire([row(SOL, "e62d")]).encode())
    assert bad == Page(refused=("feed id 'e62d' is not of 32 bytes",))
    with pytest.raises(Refused):
        feed.page(URL, b'{"error":"no"}')


def test_a_key_is_a_header_of_everything() -> None:
    feed = taught()
    assert feed.headers == ()
    feed.authorise("secret")
    assert feed.headers == (("Authorization", "Bearer secret"),)
    (plan,) = feed.plans((), [BTC], {})
    assert plan.url == "wss://hermes.pyth.network/ws"
    assert feed.request(f"{URL}?query=x#y") == Request(f"{URL}?query=x")
