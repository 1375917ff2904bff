"""Regime of the market: the mean over instruments, under the label rule of one instrument.

The mean of P(stress) beats the largest, the least and the mean log-likelihood: one bad tick, or an
event in one coin, triggers nothing.
"""

from collections.abc import Sequence
from typing import Any, Final, Self

import msgspec

from models.hysteresis import LabelRule
from models.regime import RegimeValues
from schemas.settings import RegimeSettings

VERSION: Final = 1

Snapshot = tuple[Any, ...]  # version, settings, numbers


class MarketRegime:
    """The market's regime, fed once a step with what its members say."""

    def __init__(self, settings: RegimeSettings) -> None:
        self._settings = msgspec.json.encode(settings)
        self._label = LabelRule(settings)
        self._last_ns = -1

    def update(
        self, ts_ns: int, members: Sequence[tuple[float, float, float] | None]
    ) -> RegimeValues | None:
        """The market at step `ts_ns`; None while no member is warm.

        `members`: (p_calm, p_normal, p_stress) of each, None for one that is not warm. The order
        of members is the order of summation. `warm` means that every member is. Raises ValueError
        when `ts_ns` is not after the last step or a probability is not within 0 … 1.
        """
        if ts_ns <= self._last_ns:
            text = f"market step at {ts_ns} is not after the last one at {self._last_ns}"
            raise ValueError(text)
        warm = [member for member in members if member is not None]
        for member in warm:
            if not all(0.0 <= p <= 1.0 for p in member):
                text = f"probabilities {member!r} at {ts_ns} are not within 0 … 1"
                raise ValueError(text)
        self._last_ns = ts_ns
        if not warm:
            return None
        calm, normal, stress = (sum(parts) / len(warm) for parts in zip(*warm, strict=True))
        changed = self._label.update(ts_ns, calm, normal, stress)
        return RegimeValues(
            regime=self._label.label,
            changed=changed,
            since=self._label.since,
            p_calm=calm,
            p_normal=normal,
            p_stress=stress,
            reference_scale=None,
            filter_vol=None,
            threshold_vol=None,
            threshold_stress=None,
            warm=len(warm) == len(members),
        )

    def snapshot(self) -> Snapshot:
        """The whole state as (version, settings, numbers)."""
        return (VERSION, self._settings, self._last_ns, self._label.snapshot())

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Self:
        """The estimator that gave `snapshot`; ValueError when it is of another version."""
        version, settings, last_ns, label = snapshot
        if version != VERSION:
            text = f"market regime state has version {version!r}, this code reads {VERSION}"
            raise ValueError(text)
        market = cls(msgspec.json.decode(settings, type=RegimeSettings))
        market._last_ns = last_ns
        market._label.load(label)
        return market
