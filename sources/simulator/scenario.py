"""What happens to the world in the recording: calm, a sell-off with a jump, a recovery.

It gives, for every step of 100 ms, the *news* (log price against the start that would be seen
without any order flow; for BTC, and for ETH as beta times that of BTC plus its own part), the
*stress* (0 calm … 1) that drives activity, spreads and missing depth, and the *panic* (1 at the
jump, gone within a minute). Phases scale with the length of the recording; returns do not, so a
short recording has the same fall in less time.
"""

from math import ceil, exp, sqrt
from random import Random
from typing import Final

YEAR_S: Final = 365 * 86_400.0
STEP_MS: Final = 100
STEP_S: Final = STEP_MS / 1000.0

# Shares of the recording: 25, 10 and 25 minutes of an hour; the jump is 45 % into the sell-off.
FALL_FROM: Final = 25 / 60
FALL_TO: Final = 35 / 60
JUMP_AT: Final = FALL_FROM + 0.45 * (FALL_TO - FALL_FROM)

FALL_BEFORE: Final = -0.0170  # news only; forced orders add to each of these
FALL_JUMP: Final = -0.0215
FALL_AFTER: Final = -0.0210
REGAIN: Final = 0.0240
CALM_VOL: Final = 0.38  # annual, of the news alone
STRESS_VOL: Final = 0.75  # added in full stress
BETA: Final = (1.0, 1.2)
OWN_VOL: Final = 0.30  # annual, of what ETH does alone


class Scenario:
    """The latent path of both assets; lists have one entry per step and one for the end."""

    def __init__(self, rng: Random, minutes: float) -> None:
        self.steps = round(minutes * 60.0 / STEP_S)
        self.scale = minutes / 60.0  # of every half-life of minutes
        total_s = self.steps * STEP_S
        self.jump_s = min(4.0, 0.1 * (FALL_TO - FALL_FROM) * total_s)
        self.jump_step = ceil(JUMP_AT * self.steps)
        self.stress: list[float] = []
        self.panic: list[float] = []
        self.news: tuple[list[float], list[float]] = ([], [])
        mood = 0.0
        mood_keep = 0.5 ** (STEP_S / 180.0)  # volatility of calm times wanders, half-life 3 min
        mood_draw = 0.25 * sqrt(1.0 - mood_keep * mood_keep)
        root = sqrt(STEP_S / YEAR_S)
        walks, owns = [0.0], [0.0]
        for step in range(self.steps + 1):
            share = step / self.steps
            self.stress.append(stress := _stress(share))
            self.panic.append(_panic(share * total_s, total_s))
            vol = CALM_VOL * exp(mood) + STRESS_VOL * stress
            walks.append(walks[-1] + vol * root * rng.gauss(0.0, 1.0))
            own = OWN_VOL * (1.0 + stress) * root * rng.gauss(0.0, 1.0)
            owns.append(owns[-1] + own)
            mood = mood_keep * mood + mood_draw * rng.gauss(0.0, 1.0)
        fall, low = round(FALL_FROM * self.steps), round(FALL_TO * self.steps)
        in_fall, in_rise = walks[low] - walks[fall], walks[self.steps] - walks[low]
        for step in range(self.steps + 1):
            share = step / self.steps
            common = walks[step] + _shape(share, self.jump_s / total_s)
            # Bridges: chance bends the path of a phase but does not change how far it goes.
            common -= in_fall * _ramp(share, FALL_FROM, FALL_TO)
            common -= in_rise * _ramp(share, FALL_TO, 1.0)
            self.news[0].append(BETA[0] * common)
            self.news[1].append(BETA[1] * common + owns[step])


def _shape(share: float, jump: float) -> float:
    """The prescribed part of the news at a share of the recording; `jump` is how long it lasts."""
    level = 0.0
    level += FALL_BEFORE * _ramp(share, FALL_FROM, JUMP_AT)
    level += FALL_JUMP * _ramp(share, JUMP_AT, JUMP_AT + jump)
    level += FALL_AFTER * _ramp(share, JUMP_AT + jump, FALL_TO)
    if share > FALL_TO:
        level += REGAIN * (1.0 - exp(-4.0 * (share - FALL_TO) / (1.0 - FALL_TO)))
    return level


def _ramp(share: float, start: float, end: float) -> float:
    return min(1.0, max(0.0, (share - start) / (end - start)))


def _stress(share: float) -> float:
    if share < FALL_FROM:
        return 0.0
    if share < FALL_TO:
        return 0.45 + 0.55 * _ramp(share, FALL_FROM, JUMP_AT)
    return exp(-5.0 * (share - FALL_TO) / (1.0 - FALL_TO))


def _panic(at_s: float, total_s: float) -> float:
    since = at_s - JUMP_AT * total_s
    return 0.0 if since < 0.0 else 0.5 ** (since / min(15.0, total_s / 240.0))
