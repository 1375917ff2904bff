r"""Regime of one instrument: an anchored three-state filter, and an EWMA threshold beside it.

States calm, normal, stress: Student-t5 returns with scales (0.5, 1.5, 4)·reference. Per step

    pred = ξP,   ln w_k = ln pred_k + tempering·ln t5(r; s_k),   ξ = w/Σw

and ξ ← ξP where a return is missing. Scales are anchored, not learned: freely learned ones follow
the week and their labels are useless. The tempering and the heavy tail keep one bad tick from
being a crisis. The likelihoods are `models.hamilton`'s, the labels `models.hysteresis`'s.

Hamilton 1989; the defaults were measured on minute bars of May 2022 (LUNA).
"""

import math
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
import numpy as np

from models.ewma import annual_vol, decay_rates, ewma
from models.hamilton import filter_step, predict
from models.hysteresis import LabelRule, ThresholdRule
from models.reference_scale import ReferenceScale
from models.return_chain import MISSING, new_links, sample
from models.student_t import VARIANCE, log_densities
from models.volatility import base_step_ns, refuse_tick
from schemas.settings import RegimeSettings
from schemas.units import NS_PER_S, S_PER_DAY, YEAR_S
from schemas.volatility import RegimeLabel

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION: Final = 1
SCALES: Final = (0.5, 1.5, 4.0)  # of calm, normal, stress, × reference
WARM_RETURNS: Final = 5
SETTINGS_STEP_S: Final = 60.0  # the step for which the settings are stated

Snapshot = tuple[Any, ...]  # version, settings, numbers, bytes


class RegimeValues(msgspec.Struct, frozen=True, gc=False):
    """One step, named and measured as in `schemas.volatility.Regime`.

    Probabilities and `filter_vol` are None until `warm` (five returns), `threshold_vol` and
    `threshold_stress` too. `reference_scale` is per step. `since` is None while unknown.
    """

    regime: RegimeLabel
    changed: bool
    since: int | None
    p_calm: float | None
    p_normal: float | None
    p_stress: float | None
    reference_scale: float | None
    filter_vol: float | None
    threshold_vol: float | None
    threshold_stress: bool | None
    warm: bool


def step_ns(settings: RegimeSettings, grid_ns: int) -> int:
    """The step in ns; ValueError unless it is whole seconds and a multiple of the grid."""
    base_step_ns(grid_ns)
    nanos = round(settings.step_s * NS_PER_S)
    if nanos <= 0 or nanos % NS_PER_S or nanos % grid_ns:
        text = f"regime.step_s must be whole seconds and a multiple of {grid_ns} ns, "
        text += f"not {settings.step_s}"
        raise ValueError(text)
    return nanos


def transition_matrix(settings: RegimeSettings) -> "NDArray[np.float64]":
    """P (3, 3) of one step: the expected stay is the same time at every step."""
    leave = (1.0 - settings.stay_probability) * settings.step_s / SETTINGS_STEP_S
    if leave > 2.0 / 3.0:
        text = f"regime.stay_probability {settings.stay_probability} is too low for steps of "
        text += f"{settings.step_s} s: a state would be left with probability {leave:.3g}"
        raise ValueError(text)
    matrix = np.full((3, 3), leave / 2.0)
    np.fill_diagonal(matrix, 1.0 - leave)
    return matrix


class RegimeEstimator:
    """The regime of one instrument; feed it every tick in order of time."""

    def __init__(self, asset: str, settings: RegimeSettings, grid_ns: int) -> None:
        self._settings = (asset, msgspec.json.encode(settings), grid_ns)
        self._step_ns = step_ns(settings, grid_ns)
        self._step_s = self._step_ns // NS_PER_S
        self._transition = transition_matrix(settings)
        self._tempering = settings.tempering
        self._enter, self._leave = settings.threshold_enter, settings.threshold_leave
        self._rates = decay_rates((settings.threshold_half_life_s,), self._step_s)
        self._most_predictions = max(1, S_PER_DAY // self._step_s)
        prior_vol = settings.prior_vol.get(asset, settings.prior_vol_other)
        self._reference = ReferenceScale(prior_vol, settings.prior_days, self._step_s)
        self._label = LabelRule(settings)
        self._threshold = ThresholdRule(settings)
        self._last_ns = -1
        self._broken = False  # a gap was seen after the last step
        self._returns = 0
        self._link = new_links(1)[0]
        self._before = np.zeros(1)
        self._state = np.full(3, 1.0 / 3.0)
        self._mean = np.zeros(1)
        self._weight = np.zeros(1)

    def update(self, ts_ns: int, price: float | None, broken: bool) -> RegimeValues | None:
        """Take the tick at `ts_ns`; the regime when it is a step time, else None.

        `price`, `broken` and the ValueErrors as in `VolatilityEstimator.update`.
        """
        if ts_ns <= self._last_ns or (price is not None and not 0.0 < price < math.inf):
            refuse_tick(ts_ns, self._last_ns, price)
        self._last_ns = ts_ns
        if ts_ns % self._step_ns:
            self._broken = self._broken or broken
            return None
        broken = self._broken or broken
        self._broken = False
        return self._move(ts_ns, MISSING if price is None else float(price), broken)

    def _move(self, ts_ns: int, price: float, broken: bool) -> RegimeValues:
        now_s = ts_ns // NS_PER_S
        steps, value = sample(now_s, self._step_s, price, broken, self._link, self._before)
        day = now_s // S_PER_DAY
        reference = self._reference.at_day(day)
        predict(self._state, self._transition, min(steps - 1, self._most_predictions))
        changed = False
        if math.isnan(value):
            predict(self._state, self._transition, 1)
            ewma(-1.0, steps, self._rates, self._mean, self._weight)
        else:
            self._learn(value, steps, reference)
            self._reference.add(day, value)
            if self._returns >= WARM_RETURNS:
                changed = self._label.update(ts_ns, *self._state.tolist())
                level = reference * math.sqrt(VARIANCE)
                vol = math.sqrt(float(self._mean[0]) * self._step_s)
                self._threshold.update(vol, self._enter * level, self._leave * level)
        return self._values(changed, reference)

    def _learn(self, value: float, steps: int, reference: float) -> None:
        density = np.empty(3)
        log_densities(value, reference * np.array(SCALES), density)
        filter_step(self._state, self._transition, self._tempering * density)
        ewma(value * value / self._step_s, steps, self._rates, self._mean, self._weight)
        self._returns += 1

    def _values(self, changed: bool, reference: float) -> RegimeValues:
        warm = self._returns >= WARM_RETURNS
        calm, normal, stress = self._state.tolist()
        ahead = self._state.copy()
        predict(ahead, self._transition, 1)
        shape = sum(p * s * s for p, s in zip(ahead.tolist(), SCALES, strict=True))
        variance = shape * reference * reference * VARIANCE
        return RegimeValues(
            regime=self._label.label,
            changed=changed,
            since=self._label.since,
            p_calm=calm if warm else None,
            p_normal=normal if warm else None,
            p_stress=stress if warm else None,
            reference_scale=reference,
            filter_vol=math.sqrt(variance * YEAR_S / self._step_s) if warm else None,
            threshold_vol=annual_vol(float(self._mean[0])) if warm else None,
            threshold_stress=self._threshold.on if warm else None,
            warm=warm,
        )

    def snapshot(self) -> Snapshot:
        """The whole state as (version, settings, numbers, bytes), at most 35 kB."""
        return (
            VERSION,
            *self._settings,
            self._last_ns,
            self._broken,
            self._returns,
            self._label.snapshot(),
            self._threshold.snapshot(),
            *self._reference.snapshot(),
            *(array.tobytes() for array in self._arrays()),
        )

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Self:
        """The estimator that gave `snapshot`; ValueError when it is of another version."""
        if snapshot[0] != VERSION:
            text = f"regime state has version {snapshot[0]!r}, this code reads {VERSION}"
            raise ValueError(text)
        asset, settings, grid_ns, last_ns, broken, returns, label, threshold = snapshot[1:9]
        estimator = cls(asset, msgspec.json.decode(settings, type=RegimeSettings), grid_ns)
        estimator._last_ns, estimator._broken, estimator._returns = last_ns, broken, returns
        estimator._label.load(label)
        estimator._threshold.load(threshold)
        estimator._reference.load(snapshot[9:11])
        for array, data in zip(estimator._arrays(), snapshot[11:], strict=True):
            array[:] = np.frombuffer(data, array.dtype)
        return estimator

    def _arrays(self) -> "tuple[NDArray[Any], ...]":
        return self._link, self._before, self._state, self._mean, self._weight
