"""Accounts: where they are closed, by their own equity; funding; both kinds of contract."""

from math import inf
from random import Random

import pytest

from sources.simulator.world.accounts import Account, Accounts

START = 10_000.0


def accounts(*, inverse: bool = False, leverage: float = 3.0) -> Accounts:
    return Accounts(
        Random(1), start=START, open_lots=50_000, share=0.5, inverse=inverse,
        leverage=leverage, nearest=0.004,
    )  # fmt: skip


@pytest.mark.parametrize("inverse", [False, True])
def test_equity_at_the_limits_is_what_it_must_be(inverse: bool) -> None:
    for account in accounts(inverse=inverse).opened:
        worth = (lambda px: 1.0 / px) if inverse else (lambda px: px)
        closed, bankrupt = account.closed_at, account.bankrupt_at
        if closed in (inf, 0.0) or closed < 0.0:
            continue
        assert account.equity(closed) == pytest.approx(account.maintenance * worth(closed))
        if 0.0 < bankrupt < inf:
            assert account.equity(bankrupt) == pytest.approx(0.0, abs=1e-9 * account.margin)
        assert account.equity(account.entry) == pytest.approx(account.margin)
        assert (START - closed) * account.side >= 0.004 * START - 1e-6


def test_longs_and_shorts_are_as_big() -> None:
    made = accounts()
    sides = {side: sum(a.lots for a in made.opened if a.side == side) for side in (1, -1)}
    assert sides == {1: 50_000, -1: 50_000}
    assert min(a.lots for a in made.opened) >= 1


@pytest.mark.parametrize("mark", [9_500.0, 10_600.0])
def test_due_are_those_whose_limit_the_mark_has_reached(mark: float) -> None:
    made = accounts()
    expected = {a.address for a in made.opened if (mark - a.closed_at) * a.side <= 0.0}
    found = made.due(mark)
    assert {a.address for a in found} == expected
    assert len(found) > 3
    assert made.due(mark) == []
    before = made.open_lots
    first = found[0]
    made.reduce(first, first.lots)
    assert first.lots == 0
    assert first not in made.closing
    assert made.open_lots < before


@pytest.mark.parametrize("inverse", [False, True])
def test_funding_goes_from_longs_to_shorts(inverse: bool) -> None:
    made = accounts(inverse=inverse)
    before = {a.address: (a.margin, a.closed_at) for a in made.opened}
    assert made.accrue(1e-4, START) == pytest.approx(0.0, abs=1e-9)
    worth = 1.0 / START if inverse else START
    for account in made.opened:
        margin, closed = before[account.address]
        assert account.margin - margin == pytest.approx(-account.side * 1e-4 * worth)
        assert account.closed_at != closed


def test_a_new_position_counts() -> None:
    made = accounts()
    account = made.open(1, 40, 9_990.0)
    assert (account.lots, account.entry, made.open_lots) == (40, 9_990.0, 50_040)
    assert account in made.alive()
    assert isinstance(account, Account)
