"""Black's formula against integration of the lognormal density, and its greeks by differences."""

from math import exp, log, pi, sqrt

import pytest
from scipy.integrate import quad

from sources.simulator.world.black import implied, value

CASES = [
    (100.0, 100.0, 0.5, 0.6, True), (100.0, 140.0, 0.1, 0.9, True),
    (100.0, 94.0, 0.02, 0.5, False), (92_000.0, 95_000.0, 0.003, 0.4, False),
]  # fmt: skip


@pytest.mark.parametrize(("forward", "strike", "years", "vol", "call"), CASES)
def test_the_price_is_the_mean_payoff(
    forward: float, strike: float, years: float, vol: float, call: bool
) -> None:
    spread = vol * sqrt(years)

    def payoff(z: float) -> float:
        end = forward * exp(spread * z - 0.5 * spread**2)
        pays = max(0.0, end - strike if call else strike - end)
        return pays * exp(-0.5 * z * z) / sqrt(2.0 * pi)

    kink = (log(strike / forward) + 0.5 * spread**2) / spread
    mean = sum(quad(payoff, a, b, epsabs=1e-12)[0] for a, b in ((-12.0, kink), (kink, 12.0)))
    assert value(forward, strike, years, vol, call=call).price == pytest.approx(mean, rel=1e-8)


@pytest.mark.parametrize(("forward", "strike", "years", "vol", "call"), CASES)
def test_greeks_are_differences(
    forward: float, strike: float, years: float, vol: float, call: bool
) -> None:
    def price(f: float = forward, y: float = years, v: float = vol) -> float:
        return value(f, strike, y, v, call=call).price

    found, h = value(forward, strike, years, vol, call=call), 1e-4 * forward
    assert found.delta == pytest.approx(
        (price(forward + h) - price(forward - h)) / (2 * h), abs=1e-5
    )
    bend = (price(forward + h) - 2.0 * price() + price(forward - h)) / h**2
    assert found.gamma == pytest.approx(bend, rel=1e-3)
    vega = (price(v=vol + 1e-5) - price(v=vol - 1e-5)) / 2e-5 / 100.0
    assert found.vega == pytest.approx(vega, rel=1e-4)
    day = 1.0 / 365.0
    theta = (price(y=years - 1e-4 * day) - price()) / 1e-4
    assert found.theta == pytest.approx(theta, rel=1e-3)


@pytest.mark.parametrize(("forward", "strike", "years", "vol", "call"), CASES)
def test_implied_is_the_inverse(
    forward: float, strike: float, years: float, vol: float, call: bool
) -> None:
    px = value(forward, strike, years, vol, call=call).price
    assert implied(px, forward, strike, years, 0.5, call=call) == pytest.approx(vol, rel=1e-3)
    assert implied(0.0, forward, strike, years, 0.5, call=call) == 0.0
