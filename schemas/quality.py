"""How far a row can be trusted (C6): one quality, any number of flags.

On ticks the quality speaks of the order book only. A derived row takes the worst of its inputs.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final


class Quality(IntEnum):
    """Ordered from best to worst; 0 means "not set" and is refused by the sink."""

    ok = 1
    warming = 2
    stale = 3
    degraded = 4
    gap = 5


def worst(qualities: Iterable[Quality]) -> Quality:
    """The worst of some qualities; `warming` of none.

    >>> worst([Quality.ok, Quality.stale]).name
    'stale'
    """
    return max(qualities, default=Quality.warming)


FLAGS: Final = {
    "unsynchronised": "no snapshot has matched the book stream yet",
    "gap": "the order book was lost within this interval",
    "crossed": "best bid at or above best ask: no mid, no microprice",
    "partial": "some distances reach past the venue's snapshot: depth there is a lower bound",
    "extrapolated": "a cost reaches past the visible book and continues its last slope",
    "unlisted": "the instrument is not among those the run listens to",
    "noisy": "variance at 1 s exceeds 1.5 times that at 5 min: bid-ask bounce",
    "sampled": "taken from snapshots, not from every change",
    "thinned": "the venue publishes only a part of these events",
    "unidentified": "states of a model have merged; labels are held",
    "inferred": "metadata guessed from frames",
    "overflow": "the queue was full: frames were dropped, and the books with them",
    "refused": "the venue refused a subscription",
    "unconfirmed": "the venue has not confirmed a subscription",
    "no_room": "something was listed, and no connection has room for it",
    "rate_limited": "the venue asked us to be slower",
    "incomplete": "blocks are missing between those that are known",
    "unvalued": "some amounts have no price or no known token: the sums lack them",
    "unproved": "logs contradict what was read: a new reading is asked for",
    "stale": "older than its heartbeat allows",
    "liquidatable": "health is below 1: anyone may liquidate it now",
    "blocked": "its market lets nobody liquidate: paused, or in a grace period",
    "emode": "an e-mode category sets its thresholds",
    "isolated": "its collateral is of isolation mode",
    "zero_ltv": "some of its collateral supports no new debt",
    "removed": "its block is no longer canonical",
    "rest_failed": "a REST question got no answer",
}
