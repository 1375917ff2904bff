"""Why a swap ended, and that a trade is a plain value."""

import pickle

from models.pools.trade import Ended, Trade
from models.pools.v2 import Reserves


def test_a_trade_is_a_plain_value() -> None:
    trade = Trade(3, 2, 1, Reserves(5, 6), Ended.filled)
    assert pickle.loads(pickle.dumps(trade)) == trade
    assert [each.value for each in Ended] == ["filled", "limit", "dry", "unknown"]
