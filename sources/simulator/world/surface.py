"""Options on an asset, quoted from a volatility surface that moves with the world.

    σ(K, T) = a(T) · (1 + s·x + c·x²),  x = ln(K/F) / (a·√T), held within ±2.5

a(T) lies between the latent volatility (near expiries) and its long level; skew s and curvature c
wander. Forwards carry a rate that wanders too. Quotes stand some vol points around the mark and
are rounded outwards to the tick; prices are in coin (inverse options), sizes in coin.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp, floor, log, sqrt
from random import Random
from typing import Final

from sources.simulator.world.black import Valued, implied, value
from sources.simulator.world.universe import Asset

EXPIRY_HOUR: Final = 8
LEAST_HOURS: Final = 6.0
STRIKES: Final = 4  # each side of the middle
YEAR_MS: Final = 365 * 86_400_000.0
LONG_VOL: Final = 0.55
MIX_YEARS: Final = 0.08
PREMIUM: Final = 0.04  # of implied over latent volatility
WIDTH: Final = 0.012  # vol points between mark and quote at the money
MOST_X: Final = 2.5
STEPS: Final = {"BTC": (1000.0, 2000.0, 4000.0), "ETH": (50.0, 100.0, 200.0)}


@dataclass(frozen=True, slots=True)
class Option:
    """An option of the listing."""

    asset: str
    expiry_ms: int  # Unix
    strike: float
    call: bool


@dataclass(frozen=True, slots=True)
class Quoted:
    """What is quoted. Prices in coin, sizes in coin; a price of 0 is an empty side."""

    option: Option
    forward: float
    index: float
    rate: float
    vol: float
    valued: Valued  # of the mark, in USD
    mark: float
    bid: float
    bid_size: float
    bid_vol: float
    ask: float
    ask_size: float
    ask_vol: float
    open_interest: float


def expiries(epoch_ms: int) -> list[int]:
    """The next daily, two Fridays, and the last Friday but three weeks on; Unix ms, rising."""
    now = datetime.fromtimestamp(epoch_ms / 1000.0, UTC)
    day = now.replace(hour=EXPIRY_HOUR, minute=0, second=0, microsecond=0)
    while (day - now).total_seconds() < LEAST_HOURS * 3600.0:
        day += timedelta(days=1)
    friday = day + timedelta(days=1)
    while friday.weekday() != 4:
        friday += timedelta(days=1)
    found = [day, friday, friday + timedelta(days=7), friday + timedelta(days=35)]
    return [int(at.timestamp() * 1000) for at in found]


def tick(price: float) -> float:
    """The tick of an option's price in coin."""
    return 0.0001 if price < 0.005 else 0.0005


class Surface:
    """The options of one asset. `epoch_ms` is the Unix time of the world's start."""

    def __init__(self, rng: Random, asset: Asset, epoch_ms: int) -> None:
        self._rng = rng
        self._epoch_ms = epoch_ms
        self._skew, self._curve, self.rate = -0.06, 0.05, 0.045
        self._vol = LONG_VOL
        self.options: list[Option] = []
        self._interest: dict[Option, float] = {}
        wide = len(expiries(epoch_ms))
        for place, expiry_ms in enumerate(expiries(epoch_ms)):
            step = STEPS[asset.name][min(2, place * 3 // wide)]
            middle = round(asset.start / step)
            for strike in range(middle - STRIKES, middle + STRIKES + 1):
                for call in (True, False):
                    option = Option(asset.name, expiry_ms, strike * step, call)
                    self.options.append(option)
                    self._interest[option] = round(60.0 * exp(rng.gauss(0.0, 1.0)), 1)

    def step(self, vol: float) -> None:
        """A second passes; `vol` is the latent volatility."""
        rng = self._rng
        self._vol += 0.02 * (vol + PREMIUM - self._vol)
        self._skew += 0.003 * (-0.06 - self._skew) + 0.001 * rng.gauss(0.0, 1.0)
        self._curve += 0.003 * (0.05 - self._curve) + 0.0005 * rng.gauss(0.0, 1.0)
        self.rate += 0.001 * (0.045 - self.rate) + 0.0002 * rng.gauss(0.0, 1.0)

    def forward(self, expiry_ms: int, at_ms: float, index: float) -> float:
        """The forward of an expiry, in USD; `at_ms` is market time."""
        return index * exp(self.rate * self.years(expiry_ms, at_ms))

    def years(self, expiry_ms: int, at_ms: float) -> float:
        """Time to an expiry; never quite nothing."""
        return max(expiry_ms - self._epoch_ms - at_ms, 1000.0) / YEAR_MS

    def vol(self, strike: float, forward: float, years: float) -> float:
        """The surface."""
        near = exp(-years / MIX_YEARS)
        level = near * self._vol + (1.0 - near) * LONG_VOL
        x = log(strike / forward) / (level * sqrt(years))
        x = min(MOST_X, max(-MOST_X, x))
        return level * (1.0 + self._skew * x + self._curve * x * x)

    def quote(self, option: Option, at_ms: float, index: float) -> Quoted:
        """What an option is quoted at now."""
        years = self.years(option.expiry_ms, at_ms)
        forward = self.forward(option.expiry_ms, at_ms, index)
        vol = self.vol(option.strike, forward, years)
        valued = value(forward, option.strike, years, vol, call=option.call)
        mark = valued.price / forward
        width = WIDTH * 100.0 * valued.vega / forward + 0.0001
        bid, ask = self._round(mark - width, up=False), self._round(mark + width, up=True)
        sizes = [round(0.5 + 12.0 * self._rng.random(), 1) for _ in range(2)]
        vols = [
            implied(px * forward, forward, option.strike, years, vol, call=option.call)
            if px > 0.0
            else 0.0
            for px in (bid, ask)
        ]
        return Quoted(
            option, forward, index, self.rate, vol, valued, mark,
            bid, sizes[0] if bid > 0.0 else 0.0, vols[0], ask, sizes[1], vols[1],
            self._interest[option],
        )  # fmt: skip

    @staticmethod
    def _round(price: float, *, up: bool) -> float:
        if price <= 0.0 and not up:
            return 0.0
        step = tick(price)
        ticks = floor(price / step) + (1 if up else 0)
        return round(max(ticks, 1 if up else 0) * step, 4)
