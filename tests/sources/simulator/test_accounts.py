"""Accounts: liquidation arithmetic, and that exactly those whose limit was reached are closed."""

from random import Random

import pytest

from sources.simulator.accounts import Account, Accounts
from sources.simulator.book import ASK, BID

START = 920_000


def accounts() -> Accounts:
    return Accounts(Random(5), start=START, open_lots=1_000_000, number=200, clip=5_000)


def test_liquidation_prices():
    long = Account(1, BID, 10, 20, 100_000.0)
    short = Account(2, ASK, 10, 20, 100_000.0)
    assert (long.bankrupt_at, long.closed_at) == (95_000.0, pytest.approx(95_500.0))
    assert (short.bankrupt_at, short.closed_at) == (105_000.0, pytest.approx(104_500.0))


def test_nobody_is_due_at_the_start_and_sizes_sum_to_the_open_interest():
    crowd = accounts()
    assert crowd.due(START) == []
    for side in (BID, ASK):
        total = sum(account.lots for account in crowd.opened if account.side == side)
        assert total == pytest.approx(1_000_000, rel=1e-3)


@pytest.mark.parametrize("path", [[0.97, 0.95, 0.96, 0.9], [1.02, 1.06, 1.01, 0.93]])
def test_exactly_those_are_closed_whose_limit_was_reached(path):
    crowd = accounts()
    orders = [order for share in path for order in crowd.due(START * share)]
    low, high = START * min(path), START * max(path)
    due = [
        account
        for account in crowd.opened
        if (account.side == BID and account.closed_at >= low)
        or (account.side == ASK and account.closed_at <= high)
    ]
    assert due
    assert sorted(a.number for a in crowd.closed) == sorted(a.number for a in due)
    for account in due:
        parts = [order for order in orders if order.account is account]
        assert {order.side for order in parts} == {-account.side}
        assert sum(order.lots for order in parts) == account.lots
        assert max(order.lots for order in parts) <= 5_000
    assert sum(order.lots for order in orders) == sum(account.lots for account in due)
