"""The hour of the demo: how far it falls, jumps, recovers; volatility, spread, depth, bursts."""

from itertools import pairwise
from math import log, sqrt

import numpy as np
import pytest

from sources.simulator.book import ASK, BID
from sources.simulator.market import Market

YEAR_S = 31_536_000


class Silent:
    """A tape that keeps the forced orders and the number of fills, and forgets the rest."""

    def __init__(self):
        self.forced, self.seconds_of_fills, self.marks = [], [], []

    def fills(self, at_ms, taker, fills):
        self.seconds_of_fills.append(at_ms // 1000)

    def top(self, at_ms, update, top):
        pass

    def depth(self, at_ms, first, last, book):
        book.take_changes(BID)
        book.take_changes(ASK)

    def snapshot(self, at_ms, last, book):
        pass

    def mark(self, at_ms, mark):
        self.marks.append(mark)

    def liquidation(self, done):
        self.forced.append(done)


def usd_near(book, mid, bp):
    near = [
        price * lots
        for side in (BID, ASK)
        for price, lots in book.levels(side)
        if abs(price - mid) <= bp * 1e-4 * mid
    ]
    return sum(near)


@pytest.fixture(scope="module")
def hour():
    tapes = [Silent(), Silent()]
    market = Market(7, 60.0, tapes)
    micro, spread, depth = ([], []), ([], []), ([], [])
    for now_ms in market.steps():
        if now_ms % 1000:
            continue
        for place, pit in enumerate(market.pits):
            top = pit.book.top()
            share = top.bid_lots / (top.bid_lots + top.ask_lots)
            micro[place].append(share * top.ask + (1.0 - share) * top.bid)
            spread[place].append(top.ask - top.bid)
            if now_ms % 15_000 == 0:
                depth[place].append(usd_near(pit.book, 0.5 * (top.bid + top.ask), 25.0))
    return market, tapes, np.array(micro), np.array(spread), np.array(depth)


def annual(prices, step_s):
    returns = np.diff(np.log(prices[::step_s]))
    return sqrt(np.mean(returns**2) / step_s * YEAR_S)


def test_calm_sell_off_recovery(hour):
    _, _, (btc, eth), _, _ = hour
    fall, jump, regained = [], [], []
    for prices in (btc, eth):
        low = prices.argmin()
        assert 29 * 60 < low < 37 * 60
        fall.append(prices[low] / prices[0] - 1.0)
        jump.append(np.log(prices[8:] / prices[:-8]).min())
        regained.append((prices[-1] - prices[low]) / (prices[0] - prices[low]))
    assert fall == [pytest.approx(-0.07, abs=0.01), pytest.approx(-0.088, abs=0.015)]
    assert jump == [pytest.approx(-0.026, abs=0.006), pytest.approx(-0.036, abs=0.01)]
    assert regained == [pytest.approx(0.5, abs=0.12), pytest.approx(0.5, abs=0.15)]
    assert np.abs(btc[: 25 * 60] / btc[0] - 1.0).max() < 0.01


def test_calm_volatility_is_not_bounce(hour):
    _, _, (btc, eth), spread, _ = hour
    calm = slice(0, 25 * 60)
    for step_s in (1, 5):
        assert 0.4 < annual(btc[calm], step_s) < 0.6
        assert 0.55 < annual(eth[calm], step_s) < 0.85
    assert annual(btc[calm], 1) / annual(btc[calm], 5) == pytest.approx(1.0, abs=0.1)
    assert all(np.mean(side[calm] == 1) > 0.9 for side in spread)
    minutes = np.diff(np.log(btc[calm][::10])), np.diff(np.log(eth[calm][::10]))
    slope = np.cov(*minutes)[0, 1] / np.var(minutes[0], ddof=1)
    assert slope == pytest.approx(1.2, abs=0.15)


def test_spread_widens_and_depth_thins_in_the_sell_off_and_both_come_back(hour):
    _, _, _, spread, depth = hour
    for place in (0, 1):
        calm, low, end = (
            np.mean(depth[place][4 * start : 4 * stop])
            for start, stop in ((5, 25), (30, 34), (50, 60))
        )
        assert low < 0.5 * calm
        assert end > 0.75 * calm
        narrow = [
            np.mean(spread[place][60 * start : 60 * stop] == 1)
            for start, stop in ((5, 25), (27, 35), (50, 60))
        ]
        assert narrow[1] < 0.3
        assert narrow[2] > 0.85


def test_forced_orders_come_from_closed_accounts_and_hit_the_book(hour):
    market, tapes, _, _, _ = hour
    for pit, tape in zip(market.pits, tapes, strict=True):
        assert len(tape.forced) > 60
        closed = {account.number: account for account in pit.accounts.closed}
        done = {}
        for forced in tape.forced:
            account = closed[forced.order.account.number]
            assert forced.order.side == -account.side
            assert 0 < forced.filled <= forced.order.lots
            done[account.number] = done.get(account.number, 0) + forced.order.lots
        assert done == {number: account.lots for number, account in closed.items()}
        in_fall = [f for f in tape.forced if 25 * 60_000 < f.at_ms < 36.5 * 60_000]
        assert len(in_fall) > 0.9 * len(tape.forced)
        assert all(earlier.at_ms <= later.at_ms for earlier, later in pairwise(tape.forced))


def test_arrivals_are_clustered(hour):
    _, tapes, _, _, _ = hour
    for tape in tapes:
        calm = [second for second in tape.seconds_of_fills if second < 25 * 60]
        counts = np.bincount([second // 10 for second in calm], minlength=150)
        assert counts.var() / counts.mean() > 3.0  # 1 for a Poisson process


def test_the_mark_follows_index_and_premium(hour):
    _, tapes, (btc, _), _, _ = hour
    marks = tapes[0].marks
    assert len(marks) == 3599
    gaps = [abs(log(mark.mark / btc[second])) for second, mark in enumerate(marks)]
    assert np.median(gaps) < 1e-4
    premium = np.array([mark.mark / mark.index - 1.0 for mark in marks])
    assert np.abs(premium[: 25 * 60]).max() < 6e-4
    assert premium.min() < -1e-3
    assert marks[0].funding_rate == pytest.approx(1e-4, abs=1e-5)
    assert min(mark.funding_rate for mark in tapes[1].marks) < 1e-4
