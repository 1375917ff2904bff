"""Regimes through the LUNA collapse with the shipped settings; `pytest -s` prints the table.

Minute bars of BTC and ETH from 7 to 14 May 2022; the first day is warm-up, the rest is scored. The
market regime is the mean of the two; the EWMA thresholds of the instruments stand beside it.

The 20 clock hours in which one wants to be warned are those whose high/low range exceeds 5 %: 7
of BTC and 13 of ETH. The table also has the 20 hours of the largest variance and range, which no
threshold chooses.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from models.market_regime import MarketRegime
from models.regime import RegimeEstimator
from schemas.settings import RegimeSettings
from schemas.units import NS_PER_S
from schemas.volatility import RegimeLabel
from tests.models.luna import MINUTE_NS, Bar, bars, episodes

HOUR_NS = 60 * MINUTE_NS
Flags = list[tuple[int, bool]]


def at(day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(2022, 5, day, hour, minute, tzinfo=UTC).timestamp()) * NS_PER_S


def clock(ts: int) -> str:
    return datetime.fromtimestamp(ts // NS_PER_S, UTC).strftime("%d May %H:%M")


@cache
def hours() -> dict[int, dict[str, list[Bar]]]:
    """The scored clock hours by their start: bars of each coin."""
    found: dict[int, dict[str, list[Bar]]] = {}
    for asset in ("BTC", "ETH"):
        for bar in bars(asset):
            start = (bar.ts - MINUTE_NS) // HOUR_NS * HOUR_NS
            if start >= at(8):
                found.setdefault(start, {}).setdefault(asset, []).append(bar)
    return found


def span(rows: list[Bar]) -> float:
    return max(row.high for row in rows) / min(row.low for row in rows) - 1.0


def variance(rows: list[Bar]) -> float:
    return math.fsum(math.log(row.close / row.open) ** 2 for row in rows)


def worst_hours(size: Callable[[list[Bar]], float], coins: tuple[str, ...]) -> list[int]:
    """The 20 hours in which `size` is largest, mean over coins."""
    scores = {start: sum(size(rows[coin]) for coin in coins) for start, rows in hours().items()}
    return sorted(scores, key=lambda start: scores[start], reverse=True)[:20]


def wide_hours() -> list[int]:
    """Starts of the clock hours whose high/low range exceeds 5 %, once for each such coin."""
    return [
        start for start, coins in hours().items() for rows in coins.values() if span(rows) > 0.05
    ]


class Score(NamedTuple):
    stress_on_8_may_min: int
    episodes: list[tuple[int, int]]
    share: float
    variance_both: int  # of the 20 hours of the largest variance, in stress 15 min after the end
    range_both: int
    range_btc: int
    range_over_5: int  # of the 20 hours of either coin whose range exceeds 5 %
    in_at_11_may: bool  # 13:03, the bar of the last fall
    out_at_13_may: bool  # 03:00
    stress_on_14_may_min: int


def score(flags: Flags) -> Score:
    when = dict(flags)
    scored = [(ts, flag) for ts, flag in flags if at(8) < ts <= at(15)]

    def warned(starts: list[int]) -> int:
        return sum(when[start + HOUR_NS + 15 * MINUTE_NS] for start in starts)

    return Score(
        stress_on_8_may_min=sum(flag for ts, flag in scored if ts <= at(9)),
        episodes=episodes(scored),
        share=sum(flag for _, flag in scored) / len(scored),
        variance_both=warned(worst_hours(variance, ("BTC", "ETH"))),
        range_both=warned(worst_hours(span, ("BTC", "ETH"))),
        range_btc=warned(worst_hours(span, ("BTC",))),
        range_over_5=warned(wide_hours()),
        in_at_11_may=when[at(11, 13, 3)],
        out_at_13_may=not any(flag for ts, flag in scored if at(13, 3) <= ts < at(13, 3) + HOUR_NS),
        stress_on_14_may_min=sum(flag for ts, flag in scored if ts > at(14)),
    )


@cache
def scores() -> dict[str, Score]:
    settings = RegimeSettings()
    estimators = {asset: RegimeEstimator(asset, settings, MINUTE_NS) for asset in ("BTC", "ETH")}
    market = MarketRegime(settings)
    flags: dict[str, Flags] = {}
    for btc, eth in zip(bars("BTC"), bars("ETH"), strict=True):
        rows = {
            "BTC": estimators["BTC"].update(btc.ts, btc.close, False),
            "ETH": estimators["ETH"].update(eth.ts, eth.close, False),
        }
        members = [(r.p_calm, r.p_normal, r.p_stress) if r.warm else None for r in rows.values()]
        whole = market.update(btc.ts, members)
        stress = whole is not None and whole.regime is RegimeLabel.stress
        flags.setdefault("market filter", []).append((btc.ts, stress))
        for asset, row in rows.items():
            one = row.regime is RegimeLabel.stress
            flags.setdefault(f"{asset} filter", []).append((btc.ts, one))
            flags.setdefault(f"{asset} EWMA", []).append((btc.ts, bool(row.threshold_stress)))
    return {name: score(rows) for name, rows in flags.items()}


def test_table() -> None:
    names = list(scores())
    lines = [f"{'':24}" + "".join(f"{name:>15}" for name in names)]
    for field in Score._fields:
        values = [getattr(scores()[name], field) for name in names]
        if field == "episodes":
            values = [len(value) for value in values]
        cells = [f"{v:.1%}" if isinstance(v, float) else str(v) for v in values]
        lines.append(f"{field:24}" + "".join(f"{cell:>15}" for cell in cells))
    for name in names:
        spans = ", ".join(f"{clock(a)} – {clock(b)}" for a, b in scores()[name].episodes)
        lines.append(f"{name}: {spans}")
    print("\n" + "\n".join(lines))
    assert len(wide_hours()) == 20


def test_quiet_before_and_after() -> None:
    market = scores()["market filter"]
    assert market.stress_on_8_may_min <= 60
    assert market.out_at_13_may
    assert market.stress_on_14_may_min == 0


def test_in_stress_before_the_collapse_of_11_may_but_not_for_days() -> None:
    market = scores()["market filter"]
    assert market.in_at_11_may
    (begun,) = [a for a, b in market.episodes if a <= at(11, 13, 3) < b]
    assert at(11, 13, 3) - begun <= 12 * HOUR_NS


def test_in_stress_after_the_worst_hours() -> None:
    market = scores()["market filter"]
    assert market.variance_both >= 18
    assert market.range_both >= 18
    assert market.range_over_5 >= 18


def test_few_episodes_and_a_sensible_share() -> None:
    market = scores()["market filter"]
    assert len(market.episodes) <= 6
    assert 0.15 <= market.share <= 0.40
