"""Volatility of one instrument, tick by tick: realised variance, EWMAs, signature ratio.

The estimates move at base steps (multiples of the base step b = max(1 s, grid)) and hold between
them: one compiled call a step, none between. What each number means: `models/README.md`.
"""

import math
from typing import Any, Final, Self

import msgspec
import numpy as np

from models.return_chain import MISSING
from models.volatility_step import (
    DEGRADED,
    Arrays,
    new_arrays,
    new_parameters,
    step,
)
from schemas.units import NS_PER_S

VERSION: Final = 1
NOISY_ABOVE: Final = 1.5

Snapshot = tuple[Any, ...]  # version, settings, numbers, bytes


class VolatilityValues(msgspec.Struct, frozen=True, gc=False):
    """Estimates at a grid time, named and measured as in `schemas.volatility.Volatility`.

    `degraded`: some realised variance was scaled for missing returns. `warming`: `ewma_vol_5m`
    does not exist yet. `noisy`: the signature ratio is above 1.5.
    """

    realised_variance_1m: float | None
    realised_variance_5m: float | None
    realised_variance_30m: float | None
    realised_variance_4h: float | None
    realised_variance_1d: float | None
    ewma_vol_5m: float | None
    ewma_vol_1h: float | None
    ewma_vol_1d: float | None
    forecast_vol: float | None
    signature_ratio: float | None
    degraded: bool
    warming: bool
    noisy: bool


_TEN_NULLS: Final = (None, None, None, None, None, None, None, None, None, None)
NOTHING: Final = VolatilityValues(*_TEN_NULLS, False, True, False)  # before the first base step


def base_step_ns(grid_ns: int) -> int:
    """max(1 s, grid); the grid must divide 1 s or be whole seconds, else ValueError."""
    if grid_ns <= 0 or (NS_PER_S % grid_ns and grid_ns % NS_PER_S):
        text = f"the grid must divide 1 s or be whole seconds, not {grid_ns} ns"
        raise ValueError(text)
    return max(NS_PER_S, grid_ns)


def refuse_tick(ts_ns: int, last_ns: int, price: float | None) -> None:
    """Raise ValueError when a tick is not after the last one or its price is not above 0."""
    if ts_ns <= last_ns:
        text = f"tick at {ts_ns} is not after the last one at {last_ns}"
        raise ValueError(text)
    if price is not None and not 0.0 < price < math.inf:
        text = f"price {price!r} at {ts_ns} is not a number above 0"
        raise ValueError(text)


class VolatilityEstimator:
    """All volatility estimates of one instrument; feed it every tick in order of time."""

    def __init__(self, grid_ns: int, forecast_half_life_s: float) -> None:
        self._step_ns = base_step_ns(grid_ns)
        if not 0.0 < forecast_half_life_s < math.inf:
            text = f"forecast_half_life_s must be above 0, not {forecast_half_life_s}"
            raise ValueError(text)
        step_s = self._step_ns // NS_PER_S
        self._settings = (grid_ns, forecast_half_life_s)
        self._parameters = new_parameters(step_s, forecast_half_life_s)
        self._state: Arrays = new_arrays(step_s, self._parameters)
        self._last_ns = -1
        self._step = -1  # index of the last base step, −1 before the first
        self._broken = False  # a gap was seen after it
        self._values = NOTHING

    def update(self, ts_ns: int, price: float | None, broken: bool) -> VolatilityValues:
        """Take the tick at `ts_ns` and return the estimates as of its last base step.

        `price`: the microprice, None when it must not be sampled (null, stale, gap). `broken`: a
        gap happened in the tick's interval: no return crosses it. Grid times that never come are
        missing samples. Raises ValueError, and changes nothing, when `ts_ns` is not after the
        last one or `price` is not a finite number above 0.
        """
        if ts_ns <= self._last_ns or (price is not None and not 0.0 < price < math.inf):
            refuse_tick(ts_ns, self._last_ns, price)
        self._last_ns = ts_ns
        index = ts_ns // self._step_ns
        if ts_ns == index * self._step_ns:
            self._move(index, MISSING if price is None else float(price), self._broken or broken)
            self._broken = False
        else:
            if index != self._step and self._step >= 0:  # steps went by without a tick
                self._move(index, MISSING, self._broken)
                self._broken = False
            self._broken = self._broken or broken
        return self._values

    def _move(self, index: int, price: float, broken: bool) -> None:
        now_s = index * self._step_ns // NS_PER_S
        step(now_s, price, broken, self._state, self._parameters)
        self._step = index
        self._publish()

    def _publish(self) -> None:
        out = [None if math.isnan(x) else x for x in self._state.out.tolist()]
        minute, five, half_hour, four_hours, day, fast, hourly, daily, forecast, ratio = out
        self._values = VolatilityValues(
            minute,
            five,
            half_hour,
            four_hours,
            day,
            fast,
            hourly,
            daily,
            forecast,
            ratio,
            bool(self._state.marks[DEGRADED]),
            fast is None,
            ratio is not None and ratio > NOISY_ABOVE,
        )

    def snapshot(self) -> Snapshot:
        """The whole state as (version, numbers, bytes), about 30 kB, not shared with the state."""
        head = (VERSION, *self._settings, self._last_ns, self._step, self._broken)
        return (*head, *(array.tobytes() for array in self._state))

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Self:
        """The estimator that gave `snapshot`; ValueError when it is of another version."""
        if snapshot[0] != VERSION:
            text = f"volatility state has version {snapshot[0]!r}, this code reads {VERSION}"
            raise ValueError(text)
        grid_ns, half_life_s, last_ns, index, broken = snapshot[1:6]
        estimator = cls(grid_ns, half_life_s)
        estimator._last_ns, estimator._step, estimator._broken = last_ns, index, broken
        for array, data in zip(estimator._state, snapshot[6:], strict=True):
            array.reshape(-1)[:] = np.frombuffer(data, array.dtype)
        if estimator._step >= 0:
            estimator._publish()
        return estimator
