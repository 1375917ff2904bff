"""The market's regime: mean over members, warm members only, its manners as an estimator."""

import random

import pytest

from models.market_regime import MarketRegime
from schemas.settings import RegimeSettings
from schemas.volatility import RegimeLabel
from tests.models.checks import battery, run, same
from tests.reference.regime_batch import market_batch

MINUTE = 60 * 1_000_000_000
SETTINGS = RegimeSettings(leave_dwell_s=600.0)

Members = list[tuple[float, float, float] | None]


def steps(seed: int, count: int) -> list[tuple[int, Members]]:
    dice = random.Random(seed)
    levels = [0.1, 0.2, 0.3]
    feed: list[tuple[int, Members]] = []
    for k in range(count):
        levels = [min(0.99, max(0.0, x + dice.gauss(0.01, 0.12))) for x in levels]
        if k % 70 == 0:
            levels = [0.05] * 3
        members: Members = []
        for m, stress in enumerate(levels):
            calm = (1.0 - stress) * dice.random()
            members.append((calm, 1.0 - stress - calm, stress) if k > 10 * m + 3 else None)
        feed.append(((k + 1) * MINUTE, members))
    return feed


def test_equals_batch() -> None:
    feed = steps(1, 1500)
    got = run(MarketRegime(SETTINGS), feed)
    rows = []
    for (ts, _), row in zip(feed, got, strict=True):
        if row is not None:
            names = ("changed", "since", "p_calm", "p_normal", "p_stress", "warm")
            fields = {"regime": row.regime.name} | {name: getattr(row, name) for name in names}
            rows.append((ts, fields))
    assert {fields["regime"] for _, fields in rows} == {"calm", "normal", "stress"}
    same(rows, market_batch(feed, SETTINGS), relative=1e-12)


def test_nothing_while_no_member_is_warm() -> None:
    market = MarketRegime(SETTINGS)
    assert market.update(1 * MINUTE, [None, None]) is None
    assert market.update(2 * MINUTE, []) is None
    row = market.update(3 * MINUTE, [None, (0.2, 0.7, 0.1)])
    assert (row.regime, row.warm, row.since) == (RegimeLabel.normal, False, 3 * MINUTE)
    row = market.update(4 * MINUTE, [(0.4, 0.5, 0.1), (0.2, 0.7, 0.1)])
    assert (row.p_calm, row.p_normal, row.p_stress) == pytest.approx((0.3, 0.6, 0.1))
    assert row.warm


def test_one_coin_alone_is_no_market_stress() -> None:
    market = MarketRegime(SETTINGS)
    storm, calm = (0.0, 0.0, 1.0), (0.9, 0.1, 0.0)
    got = run(market, [(k * MINUTE, [storm, calm, calm]) for k in range(1, 100)])
    assert {row.regime for row in got} == {RegimeLabel.calm}


def test_battery() -> None:
    battery(lambda: MarketRegime(SETTINGS), steps(2, 400), most_bytes=2_000)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -0.1, 1.1])
def test_odd_probabilities_are_refused(bad: float) -> None:
    market = MarketRegime(SETTINGS)
    state = market.snapshot()
    with pytest.raises(ValueError, match="not within"):
        market.update(MINUTE, [(0.5, 0.5, bad)])
    assert market.snapshot() == state
