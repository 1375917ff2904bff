"""Ticks of one instrument → volatility every tick, a regime every step; members → market regime.

grid items ─▶ by instrument: estimators, filter ─▶ align members ─▶ market regime
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bytewax.operators import StatefulBatchLogic
from msgspec import Struct

from models.alignment import Alignment
from models.market_regime import MarketRegime
from models.regime import RegimeEstimator, RegimeValues
from models.volatility import VolatilityEstimator
from schemas.control import End
from schemas.errors import BrokenInvariant
from schemas.market import Tick
from schemas.quality import Quality, worst
from schemas.settings import RegimeSettings
from schemas.tables import Rows, rows_item
from schemas.volatility import Regime, Volatility

VERSION = 2
MARKET = "market"
Probabilities = tuple[float, float, float]


class Step(Struct, frozen=True, gc=False):
    """A member's regime at a step; `probabilities` None until warm."""

    instrument: str
    ts: int
    probabilities: Probabilities | None
    quality: Quality


VolatilityItem = Rows | Step | End


class VolatilityLogic(StatefulBatchLogic[Any, VolatilityItem, tuple[Any, ...]]):
    """The volatility step of one instrument."""

    def __init__(
        self,
        settings: RegimeSettings,
        forecast_half_life_s: float,
        grid_ns: int,
        resumed: tuple[Any, ...] | None,
    ) -> None:
        self.settings = settings
        self.forecast_half_life_s = forecast_half_life_s
        self.grid_ns = grid_ns
        self.step_ns = round(settings.step_s * 1e9)
        self.volatility: VolatilityEstimator | None = None
        self.regime: RegimeEstimator | None = None
        if resumed is not None:
            version, volatility, regime = resumed
            if version != VERSION:
                message = f"volatility step of version {version}, this program reads {VERSION}"
                raise BrokenInvariant(message)
            if volatility is not None:
                self.volatility = VolatilityEstimator.restore(volatility)
                self.regime = RegimeEstimator.restore(regime)

    def on_batch(self, values: list[Any]) -> tuple[list[VolatilityItem], bool]:
        """Take grid items in order."""
        out: list[VolatilityItem] = []
        for item in values:
            if isinstance(item, End):
                out.append(item)
            elif item.tick is not None:
                self._on_tick(item.tick, out)
            elif item.ts % self.step_ns == 0:
                out.append(Step(item.instrument, item.ts, None, Quality.warming))
        return out, False

    def on_eof(self) -> tuple[list[VolatilityItem], bool]:
        """Nothing is partial here."""
        return [], False

    def _on_tick(self, tick: Tick, out: list[VolatilityItem]) -> None:
        if self.volatility is None or self.regime is None:
            self.volatility = VolatilityEstimator(self.grid_ns, self.forecast_half_life_s)
            self.regime = RegimeEstimator(tick.asset, self.settings, self.grid_ns)
        unknown = tick.quality in (Quality.gap, Quality.stale)
        price = None if unknown else tick.microprice
        broken = tick.quality is Quality.gap or "gap" in tick.flags
        values = self.volatility.update(tick.ts, price, broken)
        quality = worst(
            (
                tick.quality,
                Quality.degraded if values.degraded else Quality.ok,
                Quality.warming if values.warming else Quality.ok,
            )
        )
        flags = ("noisy",) if values.noisy else ()
        out.append(rows_item(Volatility(
            tick.ts, tick.venue, tick.instrument, tick.asset, price,
            values.realised_variance_1m, values.realised_variance_5m,
            values.realised_variance_30m, values.realised_variance_4h,
            values.realised_variance_1d,
            values.ewma_vol_5m, values.ewma_vol_1h, values.ewma_vol_1d, values.forecast_vol,
            values.signature_ratio, quality, flags,
        )))  # fmt: skip
        regime = self.regime.update(tick.ts, price, broken)
        if regime is None:
            return
        quality = tick.quality if regime.warm else worst((tick.quality, Quality.warming))
        out.append(rows_item(regime_row(tick, regime, quality)))
        out.append(Step(tick.instrument, tick.ts, _probabilities(regime), quality))

    def snapshot(self) -> tuple[Any, ...]:
        """Both estimators."""
        if self.volatility is None or self.regime is None:
            return (VERSION, None, None)
        return (VERSION, self.volatility.snapshot(), self.regime.snapshot())


class MarketRegimeLogic(StatefulBatchLogic[Any, Rows, tuple[Any, ...]]):
    """The market regime over its members."""

    def __init__(
        self,
        members: Sequence[str],
        settings: RegimeSettings,
        resumed: tuple[Any, ...] | None,
    ) -> None:
        self.alignment = Alignment(members)
        self.regime = MarketRegime(settings)
        if resumed is not None:
            version, alignment, regime = resumed
            if version != VERSION:
                message = f"market regime of version {version}, this program reads {VERSION}"
                raise BrokenInvariant(message)
            self.alignment.restore(alignment)
            self.regime = MarketRegime.restore(regime)

    def on_batch(self, values: list[Any]) -> tuple[list[Rows], bool]:
        """Take the members' steps; give a row for each time that all have passed."""
        for item in values:
            if isinstance(item, End):
                self.alignment.end(item.connection, leaves=item.delisted)
            else:
                self.alignment.put(item.instrument, item.ts, item)
        out = []
        for at_ns, steps in self.alignment.release():
            row = self._row(at_ns, steps)
            if row is not None:
                out.append(rows_item(row))
        return out, False

    def on_eof(self) -> tuple[list[Rows], bool]:
        """What is queued waits for the next run."""
        return [], False

    def _row(self, at_ns: int, steps: Mapping[str, Step | None]) -> Regime | None:
        known = [step.probabilities if step else None for step in steps.values()]
        regime = self.regime.update(at_ns, known)
        if regime is None:
            return None
        quality = Quality.warming
        if None not in known:
            quality = worst(step.quality for step in steps.values() if step)
        return Regime(
            at_ns, MARKET, "", "", "", regime.regime, regime.changed, regime.since,
            regime.p_calm, regime.p_normal, regime.p_stress, None, None, None, None,
            len(known) - known.count(None), quality, (),
        )  # fmt: skip

    def snapshot(self) -> tuple[Any, ...]:
        """Queues and filter."""
        return (VERSION, self.alignment.snapshot(), self.regime.snapshot())


def volatility_logic(
    settings: RegimeSettings, forecast_half_life_s: float, grid_ns: int
) -> Callable[[tuple[Any, ...] | None], VolatilityLogic]:
    """A builder for `op.stateful_batch`."""
    return lambda resumed: VolatilityLogic(settings, forecast_half_life_s, grid_ns, resumed)


def market_regime_logic(
    members: Sequence[str], settings: RegimeSettings
) -> Callable[[tuple[Any, ...] | None], MarketRegimeLogic]:
    """A builder for `op.stateful_batch`."""
    return lambda resumed: MarketRegimeLogic(members, settings, resumed)


def regime_row(tick: Tick, regime: RegimeValues, quality: Quality) -> Regime:
    """The regime of one instrument as it is published."""
    return Regime(
        tick.ts, tick.instrument, tick.venue, tick.instrument, tick.asset,
        regime.regime, regime.changed, regime.since,
        regime.p_calm, regime.p_normal, regime.p_stress,
        regime.reference_scale, regime.filter_vol, regime.threshold_vol, regime.threshold_stress,
        1, quality, (),
    )  # fmt: skip


def _probabilities(regime: RegimeValues) -> Probabilities | None:
    if regime.p_calm is None or regime.p_normal is None or regime.p_stress is None:
        return None
    return regime.p_calm, regime.p_normal, regime.p_stress
