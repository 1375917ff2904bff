"""Volatility rows from ticks, one tick at a time, with deques: the plain streaming version.

Written from models/README.md, section Volatility. Every window is summed afresh (`fsum`), so that
nothing drifts. Also the estimators of the benchmark's rival.
"""

from collections import deque
from collections.abc import Iterable
from math import fsum, log, sqrt

from schemas.market import Tick
from schemas.quality import Quality, worst
from schemas.units import NS_PER_S, S_PER_DAY, YEAR_S
from schemas.volatility import Volatility

BASE_HORIZONS = (("1m", 60), ("5m", 300), ("30m", 1800))
MINUTE_HORIZONS = (("4h", 14_400), ("1d", S_PER_DAY))
HALF_LIVES = (("ewma_vol_5m", 300.0), ("ewma_vol_1h", 3600.0), ("ewma_vol_1d", float(S_PER_DAY)))
SIGNATURE_NS = 14_400 * NS_PER_S
FIVE_MINUTES_NS = 300 * NS_PER_S


class Sampler:
    """Log returns between samples at neighbouring multiples of `step_ns`."""

    def __init__(self, step_ns: int) -> None:
        self.step_ns = step_ns
        self.at: int | None = None  # of the last step
        self.price: float | None = None  # of the last step, None when missing
        self.first_ns: int | None = None  # of the first present sample
        self.broken = False  # a loss since the last step

    def update(self, tick: Tick) -> tuple[int, float | None] | None:
        """None between steps; at a step (steps skipped before it, the return or None)."""
        self.broken |= tick.quality == Quality.gap or "gap" in tick.flags
        if tick.ts % self.step_ns:
            return None
        missing = tick.quality in (Quality.gap, Quality.stale)
        price = None if missing else tick.microprice
        skipped = 0 if self.at is None else (tick.ts - self.at) // self.step_ns - 1
        value = None
        if price is not None:
            if self.price is not None and not skipped and not self.broken:
                value = log(price / self.price)
            if self.first_ns is None:
                self.first_ns = tick.ts
        self.at, self.price, self.broken = tick.ts, price, False
        return skipped, value

    def passed(self, at: int) -> tuple[int, int] | None:
        """(the step before `at` that went by without a tick, steps skipped before it)."""
        step = at - at % self.step_ns
        if self.at is None or step == at or step <= self.at:
            return None
        skipped = (step - self.at) // self.step_ns - 1
        self.at, self.price, self.broken = step, None, False
        return step, skipped


class Window:
    """Squared returns of the last `span_ns`; how many of the steps in it have one."""

    def __init__(self, span_ns: int, step_ns: int) -> None:
        self.span_ns, self.step_ns = span_ns, step_ns
        self.squares: deque[tuple[int, float]] = deque()

    def add(self, at: int, value: float | None) -> None:
        if value is not None:
            self.squares.append((at, value * value))

    def total(self, at: int) -> tuple[float, int, int]:
        """(Σ r², returns present, steps) over (at − span, at]."""
        while self.squares and self.squares[0][0] <= at - self.span_ns:
            self.squares.popleft()
        steps = at // self.step_ns - (at - self.span_ns) // self.step_ns
        return fsum(square for _, square in self.squares), len(self.squares), steps


class Ewma:
    """Debiased exponential average of squared returns per second."""

    def __init__(self, half_life_s: float, step_s: float, warm: int) -> None:
        self.decay, self.step_s, self.warm = 2.0 ** (-step_s / half_life_s), step_s, warm
        self.sum = self.weight = 0.0
        self.returns = 0

    def step(self, value: float | None, skipped: int = 0) -> None:
        self.sum *= self.decay ** (skipped + 1)
        self.weight *= self.decay ** (skipped + 1)
        if value is not None:
            self.sum += (1 - self.decay) * value * value / self.step_s
            self.weight += 1 - self.decay
            self.returns += 1

    def vol(self) -> float | None:
        """Annual volatility, None before it is warm."""
        return None if self.returns < self.warm else sqrt(self.sum / self.weight * YEAR_S)


class VolatilityStream:
    """All estimators of one instrument; `update` turns a tick into its row."""

    def __init__(self, grid_ns: int, forecast_half_life_s: float = 900.0) -> None:
        base_ns = max(NS_PER_S, grid_ns)
        base_s = base_ns / NS_PER_S
        self.base, self.minute = Sampler(base_ns), Sampler(60 * NS_PER_S)
        self.five_minutes = Sampler(FIVE_MINUTES_NS)
        self.windows = {name: Window(s * NS_PER_S, base_ns) for name, s in BASE_HORIZONS}
        self.windows |= {name: Window(s * NS_PER_S, 60 * NS_PER_S) for name, s in MINUTE_HORIZONS}
        self.fast = Window(SIGNATURE_NS, base_ns)
        self.slow = Window(SIGNATURE_NS, FIVE_MINUTES_NS)
        lives = (*HALF_LIVES, ("forecast_vol", forecast_half_life_s))
        self.ewmas = {name: Ewma(life_s, base_s, warm=60) for name, life_s in lives}
        self.realised: dict[str, float | None] = dict.fromkeys(self.windows)
        self.scaled = False  # a horizon is divided by its coverage
        self.signature: float | None = None
        self.signature_at: int | None = None

    def update(self, tick: Tick) -> Volatility:
        """The row of this tick; between base steps the last values hold."""
        at = tick.ts
        for sampler, windows in (
            (self.minute, [self.windows[name] for name, _ in MINUTE_HORIZONS]),
            (self.five_minutes, [self.slow]),
        ):
            step = sampler.update(tick)
            if step is not None:
                for window in windows:
                    window.add(at, step[1])
        missed = self.base.passed(at)
        if missed is not None:
            for ewma in self.ewmas.values():
                ewma.step(None, missed[1])
            self._realise(missed[0])
            self._sign(missed[0])
        step = self.base.update(tick)
        if step is not None:
            skipped, value = step
            for window in (*(self.windows[name] for name, _ in BASE_HORIZONS), self.fast):
                window.add(at, value)
            for ewma in self.ewmas.values():
                ewma.step(value, skipped)
            self._realise(at)
            self._sign(at)
        return self._row(tick)

    def _realise(self, at: int) -> None:
        self.scaled = False
        first_ns = self.base.first_ns
        for name, window in self.windows.items():
            self.realised[name] = None
            if first_ns is None or at - first_ns < window.span_ns:
                continue
            total, present, steps = window.total(at)
            missing = steps - present
            variance = total * YEAR_S / (window.span_ns / NS_PER_S)
            if 5 * missing < steps:
                self.realised[name] = variance
            elif 2 * missing <= steps:
                self.realised[name] = variance * steps / present
                self.scaled = True

    def _sign(self, at: int) -> None:
        at -= at % FIVE_MINUTES_NS
        if at == self.signature_at:
            return
        self.signature_at, self.signature = at, None
        if self.base.first_ns is None or at - self.base.first_ns < SIGNATURE_NS:
            return
        fast, fast_present, fast_steps = self.fast.total(at)
        slow, slow_present, slow_steps = self.slow.total(at)
        enough = 5 * fast_present >= 4 * fast_steps and 5 * slow_present >= 4 * slow_steps
        if enough and slow > 0:
            self.signature = fast / slow

    def _row(self, tick: Tick) -> Volatility:
        vols = {name: ewma.vol() for name, ewma in self.ewmas.items()}
        quality = [tick.quality]
        quality += [Quality.degraded] if self.scaled else []
        quality += [Quality.warming] if vols["ewma_vol_5m"] is None else []
        noisy = self.signature is not None and self.signature > 1.5
        return Volatility(
            ts=tick.ts,
            venue=tick.venue,
            instrument=tick.instrument,
            asset=tick.asset,
            price=None if tick.quality in (Quality.gap, Quality.stale) else tick.microprice,
            **{f"realised_variance_{name}": value for name, value in self.realised.items()},
            **vols,
            signature_ratio=self.signature,
            quality=worst(quality),
            flags=("noisy",) if noisy else (),
        )


def volatility_rows(
    ticks: Iterable[Tick], grid_ns: int, forecast_half_life_s: float = 900.0
) -> list[Volatility]:
    """One row per tick, instruments apart, in the order of the ticks."""
    streams: dict[str, VolatilityStream] = {}
    rows = []
    for tick in ticks:
        if tick.instrument not in streams:
            streams[tick.instrument] = VolatilityStream(grid_ns, forecast_half_life_s)
        rows.append(streams[tick.instrument].update(tick))
    return rows
