"""The side of a liquidated maker, volatility indices, the size of a subscribe."""

from typing import Any

from msgspec.structs import asdict

from sources.deribit_assumed import DeribitAssumed
from sources.registry import assumed_for, feed_for
from tests.sources.assuming import asked, only_column
from tests.sources.deribit_frames import fill, trades
from tests.sources.talk import wire


def test_the_defaults() -> None:
    assert asdict(DeribitAssumed()) == {
        "forced_maker_opposes": True,
        "volatility_indices": ["BTC", "ETH"],
        "channels_per_subscribe": 500,
    }


def test_forced_maker_opposes() -> None:
    lines = (trades(fill(1, liquidation="T"), fill(2, liquidation="MT"), fill(3)),)
    sides = [-1, -1, 1], [-1, -1, -1]
    forced = "liquidation", "position_side"
    only_column("deribit", lines, "forced_maker_opposes", False, forced, sides, (1, 1))


def test_channels_per_subscribe() -> None:
    def messages(**assumed: Any) -> int:
        symbols = "BTC-PERPETUAL", "ETH-PERPETUAL", "btc_usd"
        ((_, count, topics),) = asked("deribit", *symbols, streams=("book", "index"), **assumed)
        assert len(topics) == 4
        return int(count)

    assert (messages(), messages(channels_per_subscribe=3)) == (1, 2)


def test_volatility_indices() -> None:
    contracts = [
        {"instrument_name": f"{coin}-PERPETUAL", "kind": "future", "base_currency": coin,
         "tick_size": 0.5, "contract_size": 10, "instrument_type": "reversed",
         "settlement_period": "perpetual"}
        for coin in ("BTC", "SOL")
    ]  # fmt: skip
    body = wire({"result": contracts}).encode()

    def indices(**assumed: Any) -> list[str]:
        feed = feed_for("deribit", assumed=assumed_for("deribit", assumed))
        found = feed.page(feed.listing_urls()[0], body).instruments
        return [i.symbol for i in found if i.kind == "index"]

    assert indices() == ["btc_usd", "sol_usd", "btc_usd.dvol"]
    assert indices(volatility_indices=["SOL"]) == ["btc_usd", "sol_usd", "sol_usd.dvol"]
