"""Makers: a tight book whose depth grows as said, quotes that follow the fair price, thinning."""

from random import Random

import numpy as np
import pytest

from sources.simulator.book import ASK, BID, OrderBook
from sources.simulator.makers import REACH, SHAPE, Makers

START = 920_000
LOTS_1PCT = 480_000.0
QUOTE = 1600.0


def opened(seed: int = 1) -> tuple[OrderBook, Makers]:
    book = OrderBook()
    makers = Makers(Random(seed), book, start=START, lots_1pct=LOTS_1PCT, quote_lots=QUOTE)
    makers.open_book(float(START))
    return book, makers


def depth(book: OrderBook, side: int, share: float) -> int:
    """Lots within a share of the best price."""
    best = book.best(side)
    return sum(lots for price, lots in book.levels(side) if abs(price - best) <= share * best)


def test_the_opening_book_is_tight_and_deep():
    book, _ = opened()
    assert (book.best(BID), book.best(ASK)) == (START, START + 1)
    for side in (BID, ASK):
        away = [abs(price - book.best(side)) / START for price, _ in book.levels(side)]
        assert 0.12 < away[-1] <= REACH
        assert 200 < len(away) < 1000


def test_depth_grows_as_a_power_of_the_distance():
    shares = np.array((0.0005, 0.002, 0.005, 0.01, 0.02, 0.05, 0.12))
    sums = np.array(
        [
            [depth(book, side, share) for share in shares]
            for book, _ in map(opened, range(10))
            for side in (BID, ASK)
        ]
    ).mean(axis=0)
    ratio = sums / (LOTS_1PCT * (shares / 0.01) ** SHAPE)
    assert ratio[:4] == pytest.approx(1.05, abs=0.1)
    assert np.polyfit(np.log(shares[:4]), np.log(sums[:4]), 1)[0] == pytest.approx(SHAPE, abs=0.04)
    # Further out the lattice comes to the round prices, where crowds are three times as large.
    assert np.all(np.diff(ratio[3:]) > 0.0)
    assert ratio[-1] < 3.0


def test_far_prices_are_on_a_coarser_lattice():
    book, _ = opened()
    far = [p for p, _ in book.levels(BID) if book.best(BID) - p > 0.05 * START]
    assert far
    assert all(price % 1000 == 0 for price in far)  # a fortieth of 46,000 ticks, rounded down


@pytest.mark.parametrize(("fair", "spread"), [(START + 500.4, 1), (START - 700.0, 8), (START, 60)])
def test_quotes_follow_the_fair_price(fair: float, spread: int):
    book, makers = opened()
    makers.requote(fair, spread, 1.0)
    bid, ask = book.best(BID), book.best(ASK)
    assert ask - bid == spread
    assert abs(0.5 * (bid + ask) - fair) <= 1.0


def test_a_move_below_the_deadband_is_not_chased():
    book, makers = opened()
    middle = START + 0.5
    before = book.changes
    makers.requote(middle * (1.0 + 2.9e-6), 1, 1.0)
    assert book.changes == before
    makers.requote(middle * (1.0 + 3.1e-6), 1, 1.0)
    assert (book.best(BID), book.best(ASK)) == (START + 3, START + 4)


def test_a_touch_changes_only_the_size_at_one_best_price():
    book, makers = opened()
    for _ in range(50):
        before = {side: dict(book.levels(side)) for side in (BID, ASK)}
        makers.touch(1.0)
        changed = [
            (side, price)
            for side in (BID, ASK)
            for price, lots in dict(book.levels(side)).items()
            if before[side][price] != lots
        ]
        assert changed in ([], [(BID, START)], [(ASK, START + 1)])
        assert (book.best(BID), book.best(ASK)) == (START, START + 1)


def test_care_brings_the_deep_book_to_the_state_of_liquidity_and_back():
    book, makers = opened()
    calm = depth(book, BID, 0.05) + depth(book, ASK, 0.05)
    makers.tend(0.3, 20_000)
    thin = depth(book, BID, 0.05) + depth(book, ASK, 0.05)
    makers.tend(1.0, 20_000)
    again = depth(book, BID, 0.05) + depth(book, ASK, 0.05)
    assert thin / calm == pytest.approx(0.3, abs=0.08)
    assert again / calm == pytest.approx(1.0, abs=0.2)
    assert (book.best(BID), book.best(ASK)) == (START, START + 1)
