"""Published rows of the volatility flow: estimates every tick, one regime row per step."""

from enum import IntEnum
from typing import Annotated

from schemas.column import (
    AnnualVariance,
    AnnualVol,
    Col,
    Flags,
    Name,
    Price,
    Probability,
    Row,
    Time,
)
from schemas.quality import Quality


class Volatility(Row, frozen=True, gc=False):
    """Realised variance and EWMA volatility of one instrument at a grid time (C7)."""

    ts: Time
    venue: Name
    instrument: Name
    asset: Name
    price: Price  # the microprice sampled
    realised_variance_1m: AnnualVariance
    realised_variance_5m: AnnualVariance
    realised_variance_30m: AnnualVariance
    realised_variance_4h: AnnualVariance
    realised_variance_1d: AnnualVariance
    ewma_vol_5m: AnnualVol
    ewma_vol_1h: AnnualVol
    ewma_vol_1d: AnnualVol
    forecast_vol: AnnualVol
    signature_ratio: Annotated[
        float | None, Col("ratio", "variance from 1 s returns over that from 5 min returns, 4 h")
    ]
    quality: Quality
    flags: Flags


class RegimeLabel(IntEnum):
    """What the market is doing. `unknown` until warm."""

    unknown = 1
    calm = 2
    normal = 3
    stress = 4


class Regime(Row, frozen=True, gc=False):
    """The regime after one filter step; `scope` is an instrument, or `market`."""

    ts: Time
    scope: Name
    venue: Name
    instrument: Name
    asset: Name
    regime: RegimeLabel
    changed: Annotated[bool, Col("", "the label differs from that of the previous step")]
    since: Annotated[int | None, Col("ns UTC", "start of this label", "DateTime64(6, 'UTC')")]
    p_calm: Probability
    p_normal: Probability
    p_stress: Probability
    reference_scale: Annotated[float | None, Col("per step", "scale of the anchored t5 returns")]
    filter_vol: Annotated[float | None, Col("1/√year", "volatility implied by the state mixture")]
    threshold_vol: Annotated[float | None, Col("1/√year", "EWMA of half-life 30 min")]
    threshold_stress: Annotated[bool | None, Col("", "EWMA threshold with hysteresis says stress")]
    members: Annotated[int, Col("", "instruments in the mean; 1 for an instrument")]
    quality: Quality
    flags: Flags
