"""The forecast of the base fee: by hand, against the last value over many worlds, awkward heads."""

import math
from fractions import Fraction

import numpy as np
import pytest

from models.chain.base_fee import NOT_DERIVABLE, FeeRule, next_base_fee
from models.chain.fee_forecast import HORIZONS, WARM_BLOCKS, FeeForecast, Forecast
from models.chain.pending_gas import Bid, PendingGas
from tests.reference.chain_demand import LIMIT, Block, market

TARGET = LIMIT // 2
SEEDS = range(7)


def errors(blocks: list[Block]) -> dict[str, list[float]]:
    """Mean |ln(forecast / truth)| by horizon: of the last value, without and with what waits."""
    plain, aware = FeeForecast(), FeeForecast()
    found: dict[str, list[list[float]]] = {
        name: [[] for _ in HORIZONS] for name in ("last", "plain", "aware")
    }
    for n, block in enumerate(blocks[: -max(HORIZONS)]):
        base, used = block.base_fee_wei, block.gas_used
        waiting = PendingGas(Bid(*row) for row in block.waiting)
        demand = waiting.demand(next_base_fee(base, used, LIMIT) or 0)
        plain.update(n, base, used, LIMIT)
        aware.update(n, base, used, LIMIT, demand)
        for k, horizon in enumerate(HORIZONS if n > 2 * WARM_BLOCKS else ()):
            truth = blocks[n + horizon].base_fee_wei
            guesses = {"last": float(base)}
            for name, model in (("plain", plain), ("aware", aware)):
                forecast = model.value[k]
                assert forecast is not None
                guesses[name] = forecast.base_fee_wei
            for name, guess in guesses.items():
                found[name][k].append(abs(math.log(guess / truth)))
    return {name: [float(np.mean(row)) for row in rows] for name, rows in found.items()}


def test_beats_the_last_value_in_every_world() -> None:
    worlds = [errors(market(seed, 400)) for seed in SEEDS]
    for world in worlds:
        last, plain, aware = (world[name] for name in ("last", "plain", "aware"))
        assert plain[0] == aware[0] == pytest.approx(0.0, abs=1e-9)
        assert last[0] > 0.01
        assert plain[1] < 0.95 * last[1]
        assert aware[1] < 0.95 * plain[1]
        assert plain[2] < last[2]
    mean = {name: np.mean([w[name] for w in worlds], axis=0) for name in worlds[0]}
    assert mean["plain"][1] < 0.9 * mean["last"][1]
    assert mean["aware"][1] < 0.8 * mean["last"][1]
    assert mean["plain"][2] < 0.985 * mean["last"][2]
    assert mean["aware"][2] < 0.975 * mean["last"][2]


def test_beats_the_last_value_where_demand_only_flickers() -> None:
    for seed in range(4):
        world = errors(market(seed, 350, calm=True))
        assert world["plain"][1] < world["last"][1]
        assert world["plain"][2] < world["last"][2]
        assert world["aware"][1] < world["plain"][1]


def test_follows_the_definition() -> None:
    """φ, spread and path from sums over the whole history, in exact fractions where they are."""
    model, used = FeeForecast(), [int(TARGET * (1 + 0.8 * math.sin(n * n))) for n in range(60)]
    base = 10**9
    for n, gas in enumerate(used):
        model.update(n, base, gas, LIMIT)
    xs = [float(Fraction(gas, TARGET) - 1) for gas in used]
    weights = [2.0 ** (-(len(xs) - 1 - t) / 100) for t in range(len(xs))]
    cross = sum(w * xs[t] * xs[t - 1] for t, w in enumerate(weights) if t)
    square = sum(w * xs[t - 1] ** 2 for t, w in enumerate(weights) if t)
    phi = (cross + 1.25 * 0.3) / (square + 1.25)
    assert model.phi == pytest.approx(phi, rel=1e-12)
    fee = math.log(next_base_fee(base, used[-1], LIMIT) or 0)
    for k, horizon in enumerate(HORIZONS[1:], 1):
        path = [phi**step * xs[-1] for step in range(1, horizon)]
        shocks = [(1 - phi**j) / (1 - phi) for j in range(1, horizon)]
        spread = model.noise / 8 * math.sqrt(sum(s * s for s in shocks))
        got = model.value[k]
        assert got is not None
        assert got.blocks == horizon
        assert math.log(got.base_fee_wei) == pytest.approx(
            fee + sum(math.log(1 + x / 8) for x in path), rel=1e-12
        )
        assert got.spread_ln == pytest.approx(spread, rel=1e-12)


def test_the_fullness_is_clipped_and_the_next_fee_exact() -> None:
    model = FeeForecast()
    for n in range(WARM_BLOCKS + 1):
        model.update(n, 10**9, TARGET, LIMIT, TARGET)
    assert model.value[0] == Forecast(1, 1e9, 0.0)
    model.update(WARM_BLOCKS + 1, 10**9, LIMIT, LIMIT, 50 * LIMIT)
    five = model.value[1]
    assert five is not None
    assert model.value[0] == Forecast(1, 1.125e9, 0.0)
    phi = model.phi
    path = [1.0, phi, phi**2, phi**3]  # what waits fills one block, not more
    assert five.base_fee_wei == pytest.approx(
        1.125e9 * math.prod(1 + x / 8 for x in path), rel=1e-12
    )


def test_nothing_is_learnt_across_a_gap_or_a_reorg() -> None:
    model = FeeForecast()
    for n in range(WARM_BLOCKS):
        model.update(n, 10**9, LIMIT if n % 2 else 0, LIMIT)
    assert model.value[1] is None  # one pair fewer than blocks
    before = model.snapshot()
    model.update(WARM_BLOCKS + 5, 10**9, LIMIT, LIMIT)
    model.update(WARM_BLOCKS + 5, 10**9, 0, LIMIT)
    assert model.snapshot()[3:] == before[3:]
    model.update(WARM_BLOCKS + 6, 10**9, LIMIT, LIMIT)
    assert model.value[1] is not None
    assert model.phi < 0


@pytest.mark.parametrize("demand", [None, -1.0, math.nan, math.inf])
def test_a_demand_that_cannot_be_is_none(demand: float | None) -> None:
    model, other = FeeForecast(), FeeForecast()
    for n in range(50):
        model.update(n, 10**9, TARGET + n, LIMIT, demand)
        other.update(n, 10**9, TARGET + n, LIMIT)
    assert model.snapshot() == other.snapshot()
    assert model.value == other.value


def test_chains_and_heads_without_a_fee() -> None:
    arbitrum, model = FeeForecast(NOT_DERIVABLE), FeeForecast(FeeRule(6, 250))
    for n in range(50):
        arbitrum.update(n, 10**8, 1, 2**50)
        model.update(n, 10**6, 5_000_000, 60_000_000)
    assert arbitrum.value == (None, None, None)
    assert model.value[2] is not None
    for bad in ((None, 1, 60), (0, 0, 60), (10**9, 61, 60), (10**9, 1, 0)):
        model.update(50, *bad)
        assert model.value == (None, None, None)


def test_restores_anywhere() -> None:
    model, kept = FeeForecast(), FeeForecast()
    for n, block in enumerate(market(3, 150)):
        args = (n, block.base_fee_wei, block.gas_used, LIMIT, float(len(block.waiting) * 10**5))
        copy = FeeForecast()
        copy.restore(model.snapshot())
        model = copy
        model.update(*args)
        kept.update(*args)
        assert model.value == kept.value
    model.reset()
    assert model.snapshot() == FeeForecast().snapshot()
