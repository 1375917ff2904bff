"""Where symbols go: by the venue's own split at first, then never from where they are."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.placement import connection_name, connection_number, parts
from sources.registry import VENUES, feed_for
from sources.venue_feed import VenueFeed
from tests.sources.pyth_frames import taught

SYMBOLS = {
    "binance-usdm": ("BTCUSDT", "ETHUSDT", "AAAUSDT"),
    "binance-coinm": ("BTCUSD_PERP", "ETHUSD_PERP", "AAAUSD_PERP"),
    "binance-spot": ("BTCUSDT", "ETHUSDT", "AAAUSDT"),
    "bybit-linear": ("BTCUSDT", "ETHUSDT", "AAAUSDT"),
    "okx": ("BTC-USDT-SWAP", "ETH-USDT-SWAP", "AAA-USDT-SWAP"),
    "deribit": ("BTC-PERPETUAL", "ETH-PERPETUAL", "AAA_USDC-PERPETUAL"),
    "hyperliquid": ("BTC", "ETH", "AAA"),
    "coinbase-advanced": ("BTC-USD", "ETH-USD", "AAA-USD"),
    "pyth": ("Crypto.BTC/USD", "Crypto.ETH/USD", "Crypto.AAA/USD"),
}


def informed(venue: str) -> VenueFeed:
    """A venue's feed, which has read the listing where symbols mean nothing without it."""
    return taught() if venue == "pyth" else feed_for(venue)


def threes(symbols: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(symbols[k : k + 3]) for k in range(0, len(symbols), 3)]


def test_at_first_it_is_the_split() -> None:
    assert parts(threes, "abcd", {}) == {1: ("a", "b", "c"), 2: ("d",)}
    assert parts(threes, "", {}) == {}


def test_new_ones_go_where_there_is_room_and_push_nobody() -> None:
    before = {1: "bcd", 2: "ef"}
    assert parts(threes, "abcdef", before) == {1: ("b", "c", "d"), 2: ("e", "f", "a")}
    assert parts(threes, "abdef", before) == {1: ("b", "d", "a"), 2: ("e", "f")}
    assert parts(threes, "12345bcdef", before) == {
        1: ("b", "c", "d"), 2: ("e", "f", "1"), 3: ("2", "3", "4"), 4: ("5",),
    }  # fmt: skip
    assert parts(threes, "ef", before) == {1: (), 2: ("e", "f")}


@given(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
def test_who_stays_stays_and_all_have_one_place(first: set[int], then: set[int]) -> None:
    before = parts(threes, sorted(map(str, first)), {})
    after = parts(threes, sorted(map(str, then)), before)
    assert sorted(s for part in after.values() for s in part) == sorted(map(str, then))
    assert all(len(part) <= 3 for part in after.values())
    for number, part in before.items():
        assert {s for s in part if int(s) in then} <= set(after[number])


@pytest.mark.parametrize("tier", ["", "public"])
@pytest.mark.parametrize("number", [1, 2, 13])
def test_a_number_comes_back_from_its_name(tier: str, number: int) -> None:
    assert connection_number(connection_name("v-x", number, tier), "v-x", tier) == number
    assert connection_number(connection_name("v-y", number, tier), "v-x", tier) is None
    assert connection_number(connection_name("v-x", number, "market"), "v-x", tier) is None


@pytest.mark.parametrize("venue", VENUES)
def test_every_venue_keeps_its_connections(venue: str) -> None:
    feed = informed(venue)
    old, stays, new = SYMBOLS[venue]
    before = feed.plans([], [old, stays], {})
    placed = {plan.name: plan.symbols for plan in before}
    after = feed.plans([], [new, stays], {}, placed)
    assert [plan.name for plan in after] == [plan.name for plan in before]
    for one, other in zip(before, after, strict=True):
        assert (one.symbols, other.symbols) == ((old, stays), (stays, new))
        come = [topic for topic in other.expected if topic not in one.expected]
        gone = [topic for topic in one.expected if topic not in other.expected]
        assert come
        joined = feed.join(other, come)
        left = feed.leave(one, gone)
        assert len(joined) == len(come)
        assert len(left) == len(gone)
        assert all(b"aaa" in message.lower() for message in joined)
        for message in left:
            assert message.lower().count(b"unsubscribe") == 1
        for message in joined:
            assert b"unsubscribe" not in message.lower()
            assert b"subscribe" in message.lower()


@pytest.mark.parametrize("venue", VENUES)
def test_what_was_full_gets_another_connection(venue: str) -> None:
    feed = informed(venue)
    feed.topics_per_connection = 1
    old, other, new = SYMBOLS[venue]
    before = feed.plans([], [old, other], {})
    placed = {plan.name: plan.symbols for plan in before}
    after = feed.plans([], [new, old, other], {}, placed)
    stay = {plan.name: plan.symbols for plan in after if plan.name in placed}
    assert stay == placed
    assert {s for plan in after if plan.name not in placed for s in plan.symbols} == {new}
