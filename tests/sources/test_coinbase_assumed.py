"""Whose side `side` is: the other answer flips every taker."""

from msgspec.structs import asdict

from sources.coinbase_assumed import CoinbaseAssumed
from tests.sources.assuming import only_column, said_by
from tests.sources.coinbase_frames import trade, trades

VENUE = "coinbase-advanced"


def test_the_default() -> None:
    assert asdict(CoinbaseAssumed()) == {"side_is_maker": True}


def test_side_is_maker() -> None:
    lines = (trades(0, trade(1), trade(2, "SELL")),)
    takers = [-1, 1], [1, -1]
    only_column(VENUE, lines, "side_is_maker", False, ("trade", "taker"), takers, (2, 2))


def test_a_trade_of_nothing_has_no_side() -> None:
    assert said_by(VENUE, trades(0, trade(1, size="0")))[1] == {}
