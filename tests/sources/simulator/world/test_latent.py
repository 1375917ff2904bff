"""The latent path: reproducible, of the volatility it claims, known ahead to some."""

from math import sqrt

import pytest

from sources.simulator.world.latent import AHEAD_S, STEP_S, Latent
from sources.simulator.world.scenario import YEAR_S, scenario
from sources.simulator.world.universe import ASSETS

STEPS = 12_000


def walk(seed: int, name: str = "calm") -> tuple[list[list[float]], list[float], Latent]:
    latent = Latent(seed, ASSETS, scenario(name, 20.0))
    news, vols = [latent.news], [latent.vol]
    for _ in range(STEPS):
        latent.step()
        news.append(latent.news)
        vols.append(latent.vol)
    return news, vols, latent


def test_returns_have_the_latent_volatility() -> None:
    news, vols, latent = walk(4)
    jumps = {round(at / STEP_S) for at, _ in latent.jumps}
    calm = [k for k in range(1, STEPS) if not jumps & {k - 1, k, k + 1}]
    realised = sum((news[k][0] - news[k - 1][0]) ** 2 for k in calm)
    own = ASSETS[0].own_vol
    expected = sum((vols[k - 1] ** 2 + own**2) * STEP_S / YEAR_S for k in calm)
    assert realised == pytest.approx(expected, rel=4.0 * sqrt(2.0 / STEPS))
    assert max(vols) > 1.2 * min(vols) > 0.0  # it moves


def test_the_same_seed_is_the_same_path_and_crowded_is_calm() -> None:
    first = walk(4)[0]
    assert first == walk(4)[0] == walk(4, "crowded")[0]
    assert first != walk(5)[0]


def test_what_comes_is_what_comes() -> None:
    latent = Latent(1, ASSETS, scenario("calm", 1.0))
    now, coming = latent.news[1], latent.coming(1)
    for _ in range(round(AHEAD_S / STEP_S)):
        latent.step()
    assert latent.news[1] - now == pytest.approx(coming, abs=1e-15)
