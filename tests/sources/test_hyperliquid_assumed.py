"""Repeats, words of forced fills, quotes of dexes, tickers, connections."""

from typing import Any

import pytest
from msgspec.structs import asdict

from sources.assumed import decided
from sources.hyperliquid_assumed import HyperliquidAssumed
from sources.registry import assumed_for, feed_for
from tests.sources.assuming import asked, only_column, said_by
from tests.sources.talk import wire
from tests.sources.test_hyperliquid_frames import (
    INFO,
    OTHER,
    START_MS,
    bbo,
    context,
    fill,
    frame,
    trade,
    trades,
)

VENUE = "hyperliquid"
BACKSTOP = {"liquidatedUser": OTHER, "method": "backstop"}


def forced_fill(word: str) -> str:
    return frame("user", {"fills": [fill(1, dir=word, liquidation=BACKSTOP)]})


def test_the_defaults() -> None:
    assert asdict(HyperliquidAssumed()) == {
        "old_fill_s": 2.0,
        "liquidated_words": ["Liquidated "],
        "deleveraged_words": ["Auto-Deleveraging"],
        "usde_token": 235,
        "usdh_token": 360,
        "tops_match_books": False,
        "connections_per_ip": 10,
    }


def test_old_fill_s() -> None:
    lines = (trades(trade(1, START_MS - 5_000), trade(2)),)
    takers = [0, 1], [1, 1]
    only_column(VENUE, lines, "old_fill_s", 6.0, ("trade", "taker"), takers, (1, 0))


def test_tops_match_books() -> None:
    lines = (bbo(7, ("1", "2"), ("3", "4")),)
    only_column(VENUE, lines, "tops_match_books", True, ("top", "id"), ([0], [7]), (0, 1))


@pytest.mark.parametrize(
    ("name", "own"), [("liquidated_words", True), ("deleveraged_words", False)]
)
def test_words_of_forced_fills(name: str, own: bool) -> None:
    usual = "Liquidated Long" if own else "Auto-Deleveraging"
    for word, assumed in ((usual, {}), ("Forced Out", {name: ["Forced Out"]})):
        items, counts = said_by(VENUE, forced_fill(word), **assumed)
        assert items[-1][-1]["position_side"] == ((1,) if own else (-1,))
        assert counts == {decided(name): 1}
    assert said_by(VENUE, forced_fill(usual), **{name: []}) == ([], {})


@pytest.mark.parametrize(("name", "quote"), [("usde_token", "USDE"), ("usdh_token", "USDH")])
def test_quotes_of_dexes(name: str, quote: str) -> None:
    meta = {"universe": [{"name": "xyz:A", "szDecimals": 1, "maxLeverage": 3}],
            "marginTables": [], "collateralToken": 7}  # fmt: skip
    answer = f"{INFO}metaAndAssetCtxs:xyz {wire([meta, [context()]])}"
    for assumed, expected in (({}, "USD"), ({name: 7}, quote)):
        (seen, _), counts = said_by(VENUE, answer, **assumed)
        assert seen.instrument.quote == expected
        assert counts == ({decided(name): 1} if assumed else {})
        feed = feed_for(VENUE, assumed=assumed_for(VENUE, assumed))
        url, _, body = answer[1:].partition(" ")
        assert [i.quote for i in feed.page(url, body.encode()).instruments] == [expected]


def test_connections_per_ip() -> None:
    symbols = [f"C{k}" for k in range(101)]

    def sizes(**assumed: Any) -> list[int]:
        return [n for _, n, _ in asked(VENUE, *symbols, streams=("trade",), **assumed)]

    assert sizes() == [100, 1]
    assert sizes(connections_per_ip=20) == [50, 50, 1]
