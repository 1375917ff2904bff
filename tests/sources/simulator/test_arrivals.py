"""Arrivals: mean rate, clustering and the compensator of a Hawkes process, over fixed seeds."""

from math import exp, sqrt
from random import Random

import numpy as np
import pytest

from sources.simulator.arrivals import SelfExciting

MEMORY_S = 0.8


def arrivals(branching: float, *, rate: float = 5.0, seconds: int = 20_000, seed: int = 3):
    stream = SelfExciting(Random(seed), branching=branching, memory_s=MEMORY_S)
    times: list[float] = []
    for second in range(seconds):
        times += stream.until(second + 1.0, rate)
    return np.array(times)


@pytest.mark.parametrize("branching", [0.0, 0.4, 0.65])
def test_rate_and_branching_ratio(branching):
    times = arrivals(branching)
    assert np.all(np.diff(times) > 0.0)
    assert len(times) / 20_000 == pytest.approx(5.0, rel=0.03)
    # Var N / E N over windows much longer than the memory tends to 1/(1 − n)².
    counts = np.bincount((times // 40.0).astype(int), minlength=500)[:500]
    inferred = 1.0 - 1.0 / sqrt(max(1.0, counts.var(ddof=1) / counts.mean()))
    assert inferred == pytest.approx(branching, abs=0.08)


def test_compensator_is_a_unit_poisson_process():
    branching, baseline = 0.65, 5.0 * 0.35
    times = arrivals(branching, seconds=4_000)
    steps, excess, before = [], 0.0, 0.0
    for at in times:  # ∫λ between events, exactly
        wait = at - before
        faded = excess * exp(-wait / MEMORY_S)
        steps.append(baseline * wait + (excess - faded) * MEMORY_S)
        excess, before = faded + branching / MEMORY_S, at
    steps = np.sort(steps)
    ecdf = np.arange(1, len(steps) + 1) / len(steps)
    distance = np.max(np.abs(1.0 - np.exp(-steps) - ecdf))
    assert distance < 1.63 / sqrt(len(steps))  # Kolmogorov–Smirnov, 1 %


def test_outside_events_beget_others():
    # With no baseline only the excitation speaks: n/(1 − n) events for each event from outside.
    born = 0
    for seed in range(2_000):
        stream = SelfExciting(Random(seed), branching=0.6, memory_s=MEMORY_S)
        stream.excite(2.0)
        born += len(stream.until(1_000.0, 0.0))
    assert born / 2_000 == pytest.approx(3.0, abs=0.25)


def test_an_explosive_process_is_refused():
    with pytest.raises(ValueError, match=r"branching ratio 1\.0"):
        SelfExciting(Random(1), branching=1.0, memory_s=1.0)


def test_a_quiet_window_has_no_arrivals():
    stream = SelfExciting(Random(1), branching=0.5, memory_s=1.0)
    assert stream.until(100.0, 0.0) == []
