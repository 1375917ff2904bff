"""Mark, premium and funding rate against what they are defined as."""

import pytest

from sources.simulator.world.funding import CLAMP, INTEREST, Prices


def settled(premium: float, funding_h: float = 8.0) -> Prices:
    prices = Prices(1000.0, funding_h, 0.1)
    for _ in range(60_000):
        prices.step(2000.0, 2000.0 * (1.0 + premium))
    return prices


@pytest.mark.parametrize("premium", [-0.002, -0.0003, 0.0, 0.0004, 0.001])
def test_the_rate_follows_the_premium(premium: float) -> None:
    prices = settled(premium)
    assert prices.premium == pytest.approx(premium, abs=1e-6)
    assert prices.mark == pytest.approx(2000.0 * (1.0 + premium))
    assert prices.settlement == pytest.approx(2000.0 - 1000.0 / 2**5)  # five half-lives
    inside = abs(INTEREST - premium) <= CLAMP
    expected = INTEREST if inside else premium + (CLAMP if premium < 0.0 else -CLAMP)
    assert prices.rate == pytest.approx(expected, abs=2e-6)
    assert settled(premium, 1.0).rate == pytest.approx(prices.rate / 8.0)


def test_the_mark_moves_half_way_in_its_half_life() -> None:
    prices = Prices(1000.0, 8.0, 0.1)
    for _ in range(60):  # 6 s
        prices.step(1000.0, 1001.0)
    assert prices.mark == pytest.approx(1000.5)
