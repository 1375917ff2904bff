"""One simulated oracle feed: price, confidence and average of each slot, and a closed one."""

from types import SimpleNamespace
from typing import Any

import pytest

from sources.pyth_listing import KEPT
from sources.simulator.venues.pyth_market import EMA_SLOTS, FIRST_SLOT, IDS, OracleFeed

NOW_MS = 1_767_614_400_000


def market(middle: float) -> Any:
    return SimpleNamespace(
        market=SimpleNamespace(price=float), engine=SimpleNamespace(mid=lambda: middle)
    )


def test_ids_are_those_of_the_venue() -> None:
    assert IDS == KEPT
    feed = OracleFeed("Crypto.SOL/USD", lambda: 1.0)
    assert (len(feed.id), feed.id) == (64, OracleFeed("Crypto.SOL/USD", lambda: 2.0).id)


def test_a_price_of_a_slot() -> None:
    prices = iter((100.0, 103.0, 103.0))
    feed = OracleFeed("Crypto.BTC/USD", lambda: next(prices), [market(99.0), market(103.0)])
    feed.publish(FIRST_SLOT + 1, NOW_MS + 1_299)
    first_s = NOW_MS // 1000
    assert (feed.publish_s, feed.previous_s) == (first_s, first_s)
    feed.publish(FIRST_SLOT + 2, NOW_MS + 1_300)
    ema = 100.0 + 3.0 * 2.0 / (EMA_SLOTS + 1)
    ema += (103.0 - ema) * 2.0 / (EMA_SLOTS + 1)
    assert feed.told({"more": 1}) == {
        "id": IDS["Crypto.BTC/USD"],
        "price": {"price": "10300000000", "conf": "200000000", "expo": -8,
                  "publish_time": first_s + 1},
        "ema_price": {"price": str(round(ema * 1e8)), "conf": "200000000", "expo": -8,
                      "publish_time": first_s + 1},
        "metadata": {"slot": FIRST_SLOT + 2, "prev_publish_time": first_s, "more": 1},
    }  # fmt: skip
    assert "metadata" not in feed.told(None)


@pytest.mark.parametrize("markets", [[], [market(100.0)], [market(100.0), market(100.01)]])
def test_nothing_is_surer_than_a_hundredth_of_a_percent(markets: list[Any]) -> None:
    feed = OracleFeed("Crypto.BTC/USD", lambda: 100.0, markets)
    feed.publish(FIRST_SLOT, NOW_MS)
    assert feed.conf == pytest.approx(0.01)


def test_a_closed_one_stands_still() -> None:
    prices = iter((5.0, 6.0))
    feed = OracleFeed("Equity.US.X/USD", lambda: next(prices), closed_ms=NOW_MS - 5_000)
    for slot in (1, 2):
        feed.publish(slot, NOW_MS + slot)
        assert (feed.price, feed.publish_s, feed.slot) == (5.0, NOW_MS // 1000 - 5, slot)


def test_a_row_of_the_listing() -> None:
    assert OracleFeed("Equity.US.COIN/USD", lambda: 1.0).listed()["attributes"] == {
        "asset_type": "Equity", "base": "COIN", "description": "COIN / USD",
        "display_symbol": "COIN/USD", "quote_currency": "USD", "symbol": "Equity.US.COIN/USD",
    }  # fmt: skip
