"""Regime rows from ticks, one at a time, in plain Python: anchored three-state t5 filter.

Written from models/README.md, section Regime, for comparison and for the benchmark's rival.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, floor, lgamma, log, pi, sqrt

from schemas.market import Tick
from schemas.quality import Quality, worst
from schemas.units import NS_PER_S, S_PER_DAY, YEAR_S
from schemas.volatility import Regime, RegimeLabel
from tests.reference.volatility_stream import Ewma, Sampler

STATES = (0.5, 1.5, 4.0)  # scales of calm, normal, stress over the reference
T5_MEDIAN = 0.7267  # of |t5|
T5_VARIANCE = 5 / 3
LOWEST, WIDTH, BINS = -14.0, 0.05, 280
WARM = 5
SWITCH_STEPS = 3
DAY_NS = S_PER_DAY * NS_PER_S


@dataclass(frozen=True)
class RegimeParameters:
    """The documented defaults; the section `[regime]` of the settings has the same names."""

    step_s: float = 60.0
    stay_probability: float = 0.999
    tempering: float = 1 / 3
    enter: float = 0.8
    enter_dwell_s: float = 180.0
    leave: float = 0.5
    leave_dwell_s: float = 3600.0
    prior_days: float = 3.0
    prior_vol: Mapping[str, float] = field(default_factory=lambda: {"BTC": 0.60, "ETH": 0.80})
    prior_vol_other: float = 1.00
    threshold_half_life_s: float = 1800.0
    threshold_enter: float = 3.0
    threshold_leave: float = 2.0


class Histogram:
    """Counts of ln|r| by UTC day, the last 30 days."""

    def __init__(self) -> None:
        self.days: dict[int, list[int]] = {}

    def forget(self, at: int) -> None:
        """Drop the days before the last 30, today among them."""
        today = at // DAY_NS
        self.days = {day: counts for day, counts in self.days.items() if day > today - 30}

    def add(self, at: int, value: float) -> None:
        counts = self.days.setdefault(at // DAY_NS, [0] * BINS)
        place = floor((log(abs(value)) - LOWEST) / WIDTH) if value else 0
        counts[min(max(place, 0), BINS - 1)] += 1

    def median(self) -> tuple[float | None, int]:
        """(median of |r|, returns counted); None when it falls into the lowest bin."""
        counts = [sum(column) for column in zip(*self.days.values(), strict=True)]
        total = sum(counts)
        below = 0
        for place, count in enumerate(counts):
            if count and below + count >= total / 2:
                share = (total / 2 - below) / count
                return (exp(LOWEST + WIDTH * (place + share)) if place else None), total
            below += count
        return None, total


class Label:
    """The label with its hysteresis; the same for instruments and the market."""

    def __init__(self, settings: RegimeParameters) -> None:
        self.settings = settings
        self.enter_bars = bars(settings.enter_dwell_s, settings.step_s)
        self.leave_bars = bars(settings.leave_dwell_s, settings.step_s)
        self.label = RegimeLabel.unknown
        self.since: int | None = None
        self.above = self.below = self.other = 0  # consecutive steps

    def step(self, at: int, p: Sequence[float]) -> bool:
        """Take in (P(calm), P(normal), P(stress)); says whether the label changed."""
        before = self.label
        self.above = self.above + 1 if p[2] >= self.settings.enter else 0
        self.below = self.below + 1 if p[2] < self.settings.leave else 0
        self.label = self._next(p)
        if self.label != before:
            self.since, self.other = at, 0
        return before not in (RegimeLabel.unknown, self.label)

    def _next(self, p: Sequence[float]) -> RegimeLabel:
        likelier = RegimeLabel.calm if p[0] > p[1] else RegimeLabel.normal
        if self.label == RegimeLabel.stress:
            return likelier if self.below >= self.leave_bars else RegimeLabel.stress
        if self.above >= self.enter_bars:
            return RegimeLabel.stress
        if self.label == RegimeLabel.unknown:
            return likelier
        self.other = self.other + 1 if likelier != self.label else 0
        return likelier if self.other >= SWITCH_STEPS else self.label


def bars(dwell_s: float, step_s: float) -> int:
    """Dwell in steps, at least one."""
    return max(1, round(dwell_s / step_s))


class RegimeStream:
    """The filter of one instrument."""

    def __init__(self, settings: RegimeParameters, asset: str) -> None:
        self.settings = settings
        step_s = settings.step_s
        self.sampler = Sampler(round(step_s * NS_PER_S))
        self.histogram = Histogram()
        annual = settings.prior_vol.get(asset, settings.prior_vol_other)
        self.prior = annual * sqrt(step_s / YEAR_S) / sqrt(T5_VARIANCE)
        self.stay = 1 - (1 - settings.stay_probability) * step_s / 60
        self.p = [1 / 3] * 3
        self.returns = 0
        self.label = Label(settings)
        self.ewma = Ewma(settings.threshold_half_life_s, step_s, WARM)
        self.on: bool | None = None
        self.under = 0

    @property
    def warm(self) -> bool:
        """Five returns have been seen."""
        return self.returns >= WARM

    def update(self, tick: Tick) -> Regime | None:
        """The row of a step, None between steps."""
        step = self.sampler.update(tick)
        if step is None:
            return None
        skipped, value = step
        reference = self._reference(tick.ts)
        for _ in range(min(skipped, floor(S_PER_DAY / self.settings.step_s))):
            self.p = self._predict()
        self.p = self._predict()
        self.ewma.step(value, skipped)
        changed = False
        if value is not None:
            self._weigh(value, reference)
            self.histogram.add(tick.ts, value)
            self.returns += 1
            if self.warm:
                self._threshold(reference)
                changed = self.label.step(tick.ts, self.p)
        ahead = self._predict()
        variance = sum(p * (k * reference) ** 2 for p, k in zip(ahead, STATES, strict=True))
        filter_vol = sqrt(variance * T5_VARIANCE * YEAR_S / self.settings.step_s)
        return Regime(
            ts=tick.ts,
            scope=tick.instrument,
            venue=tick.venue,
            instrument=tick.instrument,
            asset=tick.asset,
            regime=self.label.label,
            changed=changed,
            since=self.label.since,
            p_calm=self.p[0] if self.warm else None,
            p_normal=self.p[1] if self.warm else None,
            p_stress=self.p[2] if self.warm else None,
            reference_scale=reference,
            filter_vol=filter_vol if self.warm else None,
            threshold_vol=self.ewma.vol(),
            threshold_stress=self.on,
            members=1,
            quality=worst([tick.quality, *([] if self.warm else [Quality.warming])]),
            flags=(),
        )

    def _reference(self, at: int) -> float:
        self.histogram.forget(at)
        median, total = self.histogram.median()
        if median is None:
            return self.prior
        days = min(30.0, total * self.settings.step_s / S_PER_DAY)
        weight = self.settings.prior_days
        blend = days * log(median / T5_MEDIAN) + weight * log(self.prior)
        return exp(blend / (days + weight))

    def _predict(self) -> list[float]:
        move = (1 - self.stay) / 2
        total = sum(self.p)
        return [p * self.stay + (total - p) * move for p in self.p]

    def _weigh(self, value: float, reference: float) -> None:
        logs = [
            log(p) + self.settings.tempering * ln_t5(value, k * reference)
            for p, k in zip(self.p, STATES, strict=True)
        ]
        top = max(logs)
        weights = [exp(x - top) for x in logs]
        self.p = [w / sum(weights) for w in weights]

    def _threshold(self, reference: float) -> None:
        vol = self.ewma.vol() or 0.0
        usual = reference * sqrt(T5_VARIANCE * YEAR_S / self.settings.step_s)
        self.under = self.under + 1 if vol < self.settings.threshold_leave * usual else 0
        if not self.on:
            self.on = vol >= self.settings.threshold_enter * usual
        elif self.under >= self.label.leave_bars:
            self.on = False


def ln_t5(value: float, scale: float) -> float:
    """Log density of scale · t5 at `value`."""
    constant = lgamma(3.0) - lgamma(2.5) - 0.5 * log(5 * pi * scale * scale)
    return constant - 3.0 * log(1 + (value / scale) ** 2 / 5)


class MarketStream:
    """Mean of the members that are warm, with the same label rule."""

    def __init__(self, settings: RegimeParameters, members: Sequence[str]) -> None:
        self.members = members
        self.label = Label(settings)
        self.last: dict[str, Regime] = {}

    def update(self, at: int, rows: Mapping[str, Regime]) -> Regime | None:
        """`rows` of this step by member."""
        self.last |= rows
        warm = [row for row in self.last.values() if row.regime != RegimeLabel.unknown]
        if not warm:
            return None
        p = [
            sum(row.p_calm or 0.0 for row in warm) / len(warm),
            sum(row.p_normal or 0.0 for row in warm) / len(warm),
            sum(row.p_stress or 0.0 for row in warm) / len(warm),
        ]
        changed = self.label.step(at, p)
        cold = len(warm) < len(self.members)
        return Regime(
            ts=at,
            scope="market",
            venue="",
            instrument="",
            asset="",
            regime=self.label.label,
            changed=changed,
            since=self.label.since,
            p_calm=p[0],
            p_normal=p[1],
            p_stress=p[2],
            reference_scale=None,
            filter_vol=None,
            threshold_vol=None,
            threshold_stress=None,
            members=len(warm),
            quality=Quality.warming if cold else worst(row.quality for row in warm),
            flags=(),
        )


def regime_rows(
    ticks: Iterable[Tick], settings: RegimeParameters, members: Sequence[str] = ()
) -> list[Regime]:
    """Rows of every instrument and step; after each step the market's, if it has members.

    `ticks` in order of ts over all instruments.
    """
    streams: dict[str, RegimeStream] = {}
    market = MarketStream(settings, members)
    rows: list[Regime] = []
    step: list[Regime] = []

    def close() -> None:
        inside = {row.scope: row for row in step if row.scope in members}
        row = market.update(step[0].ts, inside) if inside else None
        rows.extend(step if row is None else [*step, row])
        step.clear()

    for tick in ticks:
        if step and tick.ts > step[0].ts:
            close()
        if tick.instrument not in streams:
            streams[tick.instrument] = RegimeStream(settings, tick.asset)
        row = streams[tick.instrument].update(tick)
        if row is not None:
            step.append(row)
    if step:
        close()
    return rows
