"""What may happen to the world, as numbers that change with market time.

calm     nothing in particular
crowded  calm in every respect but the leverage of the accounts
trend    the price goes up, parent orders mostly buy, the perpetuals are dear
crash    a fall in two halves with a jump between them, half of it regained afterwards
outage   calm for the market; the venues fail (`sources.simulator.outage`)
depeg    calm for the exchanges; on the chains the dollar coin USDX loses its peg within minutes
reorg    calm for the market; the chains often replace their last blocks
"""

from dataclasses import dataclass
from math import exp
from typing import Final

CALM: Final = "calm"
NAMES: Final = (CALM, "crowded", "trend", "crash", "outage", "depeg", "reorg")
YEAR_S: Final = 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """The script. Times are seconds of market time, moves are of the log price."""

    name: str = CALM
    vol: float = 0.42  # annual, around which the latent volatility wanders
    drift_per_h: float = 0.0
    lean: float = 0.0  # of the perpetuals against the index, as a fraction
    buying: float = 0.5  # share of parent orders that buy
    leverage: float = 1.0  # times that of calm
    nearest: float = 0.02  # nobody is closer than this to being closed at the start
    fall_at_s: float = 0.0
    fall_s: float = 0.0  # 0: no fall
    fall: float = 0.0
    jump: float = 0.0
    depeg_at_s: float = 0.0
    depeg_s: float = 0.0  # 0: the peg holds
    depeg: float = 0.0  # of the price of USDX, as a fraction
    reorgs: bool = False

    def stress(self, at_s: float) -> float:
        """How far the market is from calm: 0 … 1."""
        if not self.fall_s or at_s < self.fall_at_s:
            return 0.0
        since = (at_s - self.fall_at_s) / self.fall_s
        if since < 1.0:
            return 0.45 + 0.55 * min(1.0, 2.0 * since)
        return exp(-2.0 * (since - 1.0))

    def peg(self, at_s: float) -> float:
        """USD per USDX: falls in a straight line, then regains a third."""
        if not self.depeg_s or at_s < self.depeg_at_s:
            return 1.0
        since = (at_s - self.depeg_at_s) / self.depeg_s
        regained = 1.0 - exp(-(since - 1.0)) if since > 1.0 else 0.0
        return 1.0 + self.depeg * (min(1.0, since) - regained / 3.0)

    def news(self, at_s: float) -> float:
        """The scripted part of the log price."""
        level = self.drift_per_h * at_s / 3600.0
        if not self.fall_s or at_s < self.fall_at_s:
            return level
        since = (at_s - self.fall_at_s) / self.fall_s
        jump_share = min(0.02, 3.0 / self.fall_s)
        level += self.fall * min(1.0, since)
        level += self.jump * min(1.0, max(0.0, (since - 0.5) / jump_share))
        if since > 1.0:
            level -= 0.5 * (self.fall + self.jump) * (1.0 - exp(-(since - 1.0)))
        return level


def scenario(name: str, minutes: float) -> Scenario:
    """A script by its name; `minutes` is how long the world is meant to run (0: for ever).

    Raises KeyError for a name that is none of NAMES.
    """
    total_s = minutes * 60.0 or 3600.0
    scripts = {
        CALM: Scenario(),
        "crowded": Scenario("crowded", leverage=7.0, nearest=0.0003),
        "trend": Scenario(
            "trend", drift_per_h=0.03, lean=9e-4, buying=0.8, leverage=1.5, nearest=0.006
        ),
        "crash": Scenario(
            "crash", leverage=2.0, nearest=0.008,
            fall_at_s=0.3 * total_s, fall_s=0.17 * total_s, fall=-0.035, jump=-0.02,
        ),
        "outage": Scenario("outage"),
        "depeg": Scenario(
            "depeg", depeg_at_s=0.3 * total_s, depeg_s=min(240.0, 0.2 * total_s), depeg=-0.12
        ),
        "reorg": Scenario("reorg", reorgs=True),
    }  # fmt: skip
    return scripts[name]
