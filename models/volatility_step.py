"""One base step of all volatility estimates of an instrument, as one kernel over its arrays.

Three chains of returns feed the estimates: base steps (realised variance to 30 min, EWMAs, the
fine half of the signature ratio), whole minutes (4 h and 1 d), five minutes (the coarse half).
"""

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.ewma import annual_vol, decay_rates, ewma
from models.realised import (
    BASE_HORIZONS_S,
    MINUTE_HORIZONS_S,
    MINUTE_S,
    realised,
    window_lengths,
)
from models.return_chain import new_links, sample
from models.signature import (
    COARSE,
    COARSE_COUNT,
    COARSE_S,
    FINE,
    FINE_COUNT,
    new_buckets,
    open_bucket,
    signature,
)
from models.sliding_sum import ABSENT, new_ring, slide
from schemas.kernel import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

EWMA_HALF_LIVES_S: Final = (300.0, 3600.0, 86_400.0)
WARM_RETURNS: Final = 60

# Slots of `marks`.
STEP_S: Final = 0  # the base step
FIRST_S: Final = 1  # time of the first present sample, −1 before it
NOW_S: Final = 2  # time of the last base step, −1 before the first
RETURNS: Final = 3  # base returns ever seen
BASE_HEAD: Final = 4
MINUTE_HEAD: Final = 5
DEGRADED: Final = 6

# Slots of `out`: 0…4 realised variance, 5…8 EWMA volatility, 9 signature ratio; NaN is null.
EWMA_OUT: Final = 5
RATIO_OUT: Final = 9
OUT: Final = 10


class Arrays(NamedTuple):
    """The state of one instrument (27 kB of rings) and its last estimates."""

    marks: "NDArray[np.int64]"
    links: "NDArray[np.int64]"
    before: "NDArray[np.float64]"
    base_ring: "NDArray[np.float64]"
    minute_ring: "NDArray[np.float64]"
    totals: "NDArray[np.float64]"
    counts: "NDArray[np.int64]"
    means: "NDArray[np.float64]"
    weights: "NDArray[np.float64]"
    buckets: "NDArray[np.float64]"
    out: "NDArray[np.float64]"


class Parameters(NamedTuple):
    """What does not change: window lengths in steps, decay per step of each half-life."""

    base_lengths: "NDArray[np.int64]"
    minute_lengths: "NDArray[np.int64]"
    rates: "NDArray[np.float64]"


def new_parameters(step_s: int, forecast_half_life_s: float) -> Parameters:
    """Parameters for a base step of whole seconds."""
    return Parameters(
        window_lengths(BASE_HORIZONS_S, step_s),
        window_lengths(MINUTE_HORIZONS_S, MINUTE_S),
        decay_rates((*EWMA_HALF_LIVES_S, forecast_half_life_s), float(step_s)),
    )


def new_arrays(step_s: int, parameters: Parameters) -> Arrays:
    """The state of an instrument that has seen nothing."""
    marks = np.zeros(7, np.int64)
    marks[STEP_S], marks[FIRST_S], marks[NOW_S] = step_s, -1, -1
    windows = len(BASE_HORIZONS_S) + len(MINUTE_HORIZONS_S)
    return Arrays(
        marks=marks,
        links=new_links(3),
        before=np.zeros((3, 1)),
        base_ring=new_ring(max(1, int(parameters.base_lengths.max()))),
        minute_ring=new_ring(int(parameters.minute_lengths.max())),
        totals=np.zeros((windows, 2)),
        counts=np.zeros((windows, 2), np.int64),
        means=np.zeros(parameters.rates.size),
        weights=np.zeros(parameters.rates.size),
        buckets=new_buckets(),
        out=np.full(OUT, math.nan),
    )


def step_plain(
    now_s: int, price: float, broken: bool, state: Arrays, parameters: Parameters
) -> None:
    """Move the state to the base step at `now_s`; `price` 0 is a missing sample."""
    marks, links, before = state.marks, state.links, state.before
    buckets, out = state.buckets, state.out
    unit = marks[STEP_S]
    if price > 0.0 and marks[FIRST_S] < 0:
        marks[FIRST_S] = now_s

    slot = open_bucket(marks[NOW_S], now_s, buckets)
    steps, value = sample(now_s, unit, price, broken, links[0], before[0])
    square = ABSENT
    if not math.isnan(value):
        square = value * value
        marks[RETURNS] += 1
        buckets[slot, FINE] += square
        buckets[slot, FINE_COUNT] += 1.0
    marks[BASE_HEAD] = slide(
        square,
        steps,
        state.base_ring,
        marks[BASE_HEAD],
        parameters.base_lengths,
        state.totals[:3],
        state.counts[:3],
    )
    ewma(
        square / unit if square >= 0.0 else ABSENT,
        steps,
        parameters.rates,
        state.means,
        state.weights,
    )

    minutes, value = sample(now_s, MINUTE_S, price, broken, links[1], before[1])
    if minutes > 0:
        marks[MINUTE_HEAD] = slide(
            ABSENT if math.isnan(value) else value * value,
            minutes,
            state.minute_ring,
            marks[MINUTE_HEAD],
            parameters.minute_lengths,
            state.totals[3:],
            state.counts[3:],
        )

    coarse, value = sample(now_s, COARSE_S, price, broken, links[2], before[2])
    if coarse > 0:
        if not math.isnan(value):
            buckets[slot, COARSE] = value * value
            buckets[slot, COARSE_COUNT] = 1.0
        out[RATIO_OUT] = signature(now_s, marks[FIRST_S], unit, buckets)

    elapsed = now_s - marks[FIRST_S] if marks[FIRST_S] >= 0 else -1
    scaled = realised(
        elapsed, parameters.base_lengths, unit, state.totals[:3], state.counts[:3], out[:3]
    )
    scaled |= realised(
        elapsed, parameters.minute_lengths, MINUTE_S, state.totals[3:], state.counts[3:], out[3:5]
    )
    marks[DEGRADED] = 1 if scaled else 0
    if marks[RETURNS] >= WARM_RETURNS:
        for k in range(parameters.rates.size):
            out[EWMA_OUT + k] = annual_vol(state.means[k])
    marks[NOW_S] = now_s


step = compiled(step_plain)
