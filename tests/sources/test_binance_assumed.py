"""Which fills are flow, and by which stream they are asked for."""

from typing import Any

from msgspec.structs import asdict

from sources.binance_assumed import BinanceAssumed, CoinmAssumed, UsdmAssumed
from tests.sources.assuming import asked, only_column, said_by
from tests.sources.talk import SPOT, USDM, instrument, trade

COINM = "binance-coinm"
BTC = instrument(USDM, "BTCUSDT", 1)


def of_kind(number: int, kind: str) -> str:
    return trade(number)[:-1] + f',"X":"{kind}"}}'


def test_the_defaults() -> None:
    assert asdict(BinanceAssumed()) == {"other_flow_kinds": []}
    assert asdict(UsdmAssumed()) == {"other_flow_kinds": [], "trade_stream": "trade"}
    assert asdict(CoinmAssumed()) == {"other_flow_kinds": [], "trade_stream": "aggTrade"}


def test_other_flow_kinds() -> None:
    lines = of_kind(1, "NA"), of_kind(2, "ADL"), trade(3), of_kind(4, "MARKET")
    takers = [0, 0, -1, -1], [-1, 0, -1, -1]
    only_column(USDM, lines, "other_flow_kinds", ["NA"], ("trade", "taker"), takers, (2, 2), (BTC,))


def test_ordinary_fills_rest_on_nothing() -> None:
    assert said_by(USDM, trade(1), of_kind(2, "MARKET"), listed=(BTC,))[1] == {}


def test_trade_stream() -> None:
    def fills(venue: str, **assumed: Any) -> Any:
        return asked(venue, "BTC", streams=("top", "trade"), **assumed)

    assert fills(USDM) == [("public", 1, ["btc@bookTicker", "btc@trade"])]
    assert fills(USDM, trade_stream="aggTrade") == [
        ("public", 1, ["btc@bookTicker"]), ("market", 1, ["btc@aggTrade"]),
    ]  # fmt: skip
    assert fills(COINM) == [("1", 1, ["btc@aggTrade", "btc@bookTicker"])]
    assert fills(COINM, trade_stream="trade") == [("1", 1, ["btc@bookTicker", "btc@trade"])]
    assert fills(SPOT) == [("1", 1, ["btc@bookTicker", "btc@trade"])]
