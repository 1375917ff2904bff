"""One market with its accounts: opening, closing by force, impact."""

import pytest

from sources.simulator.world.flow import Order
from sources.simulator.world.scenario import scenario
from sources.simulator.world.trading import Trading
from sources.simulator.world.universe import MARKETS


def trading(place: int = 0) -> Trading:
    return Trading(1, MARKETS[place], scenario("calm", 1.0))


def test_an_opening_order_is_an_account_with_what_it_got() -> None:
    made = trading()
    assert made.accounts is not None
    told = []
    made.opened.append(told.append)
    before = made.accounts.open_lots
    moved = made.take(Order(1.0, 1, 0.5, True))
    assert moved > 0.0
    (account,) = told
    assert account.lots == 500
    assert account.entry == pytest.approx(920_000, rel=1e-4)
    assert made.engine.ledger.lots[account.party] == 500
    assert made.engine.ledger.lots["flow"] == 0
    assert made.accounts.open_lots == before + 500
    made.take(Order(2.0, -1, 0.5, False))
    assert len(told) == 1
    assert made.engine.ledger.lots["flow"] == -500


def test_a_forced_order_sells_a_long_and_moves_the_price() -> None:
    made = trading()
    assert made.accounts is not None
    done = []
    watcher = type("Watcher", (), {"liquidated": staticmethod(done.append)})
    made.watchers.append(watcher)
    account = max((a for a in made.accounts.opened if a.side > 0), key=lambda a: a.lots)
    made.accounts.due(account.closed_at)
    lots, depth = account.lots, made.engine.depth
    moved = made.force(5.0, account)
    (told,) = done
    assert moved < 0.0
    assert made.engine.depth < depth
    assert account.lots == lots - told.match.lots
    assert told.wanted in (3599, 3600)  # 60 median orders
    assert told.match.side == -1
    assert told.match.party == account.party


def test_spot_has_no_accounts_and_a_smaller_market_moves_less() -> None:
    spot = next(k for k, market in enumerate(MARKETS) if market.kind == "spot")
    assert trading(spot).accounts is None
    assert trading(spot).prices is None
    big, small = trading(0), trading(spot)
    order = Order(1.0, 1, 0.3, False)
    assert 0.0 < small.take(order) < big.take(order)
    assert big.take_part(2.0, -1, 0.2, "parent") < 0.0
    assert big.engine.ledger.lots["parent"] == -200
