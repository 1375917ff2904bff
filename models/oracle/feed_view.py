"""A feed at a block: its price on chain, waiting and at the market, and when it will move.

Three prices, for the health of accounts under each: `price_now` is what the rule's proxy says,
`price_pending` what a valid report that waits will make the aggregator say, `price_market` what we
see. Only when `marks_accounts` is true does that report move the price that accounts are marked
at: on a feed with a private auction a public transmission announces the price and marks nothing.
There `price_primary` may be ahead of `price_now` too.

Due-ness and hazard are those of the primary answer, which the operators watch. The hazard learns
from block to next block; across a skipped block, a reorg or a change of aggregator it does not.
"""

import math
from typing import Any, Final

from msgspec import Struct

from models.oracle.due import Crossing, dueness
from models.oracle.feed import FeedRule, Feeds, Record, Round, said
from models.oracle.hazard import Skill, UpdateHazard
from models.oracle.reports import PendingReports
from schemas.chain import BlockAt

GRACE_S: Final = 300.0  # past the heartbeat an update may be on its way
MOST_DECIMALS: Final = 77  # of a uint256


class FeedView(Struct, frozen=True, gc=False):
    """A feed after a block. Prices in the feed's quote; None: not known, see `reasons`."""

    proxy: str
    at: BlockAt
    price_now: float | None
    price_primary: float | None
    price_pending: float | None
    price_market: float | None
    marks_accounts: bool | None  # None: nothing valid waits
    age_s: float | None  # of what the proxy says
    staleness: float | None  # age / heartbeat
    stale: bool | None  # older than heartbeat and GRACE_S
    deviation_ratio: float | None  # |market / primary − 1| / threshold
    due: bool | None
    due_blocks: int | None
    p_update: float | None  # in the next block
    reasons: tuple[str, ...]


def price(answer: int | None, decimals: int | None) -> float | None:
    """An answer in the feed's quote; None for one that is no price."""
    if answer is None or decimals is None or not 0 <= decimals <= MOST_DECIMALS:
        return None
    return answer / 10**decimals if 0 < answer < 1 << 255 else None


class FeedWatch:
    """One feed, seen block by block. `value` is None before the first."""

    def __init__(self, rule: FeedRule) -> None:
        self.rule = rule
        self._hazard = UpdateHazard()
        self._crossing = Crossing()
        self.value: FeedView | None = None
        self._last: tuple[int, str, int] | None = None  # block, aggregator, primary round

    @property
    def skill(self) -> Skill | None:
        """Of P(update)."""
        return self._hazard.skill

    def update(
        self, at: BlockAt, feeds: Feeds, reports: PendingReports, market: float | None
    ) -> FeedView:
        """Take a canonical block, after its logs were folded; `market` None: not known."""
        if market is not None and not 0.0 < market < math.inf:
            market = None
        aggregator = feeds.aggregator(self.rule.proxy)
        record = feeds.record(aggregator)
        if aggregator is None or record is None or not record.rounds:
            self._hazard.skip()
            self._last = None
            self.value = _blank(self.rule.proxy, at, market, "no reading of the feed")
            return self.value
        primary = record.rounds[-1]
        self._learn(at.number, aggregator, primary.id)
        self.value = self._view(at, aggregator, record, primary, reports, market)
        return self.value

    def snapshot(self) -> tuple[Any, ...]:
        """The state; `value` comes again with the next block."""
        return self._hazard.snapshot(), self._crossing.snapshot(), self._last

    def restore(self, state: tuple[Any, ...]) -> None:
        """Take the state of a snapshot."""
        hazard, crossing, self._last = state
        self._hazard.restore(hazard)
        self._crossing.restore(crossing)
        self.value = None

    def _learn(self, number: int, aggregator: str, round_id: int) -> None:
        last, self._last = self._last, (number, aggregator, round_id)
        if last is None or last[:2] != (number - 1, aggregator) or round_id < last[2]:
            self._hazard.skip()
        else:
            self._hazard.update(round_id > last[2])

    def _view(
        self,
        at: BlockAt,
        aggregator: str,
        record: Record,
        primary: Round,
        reports: PendingReports,
        market: float | None,
    ) -> FeedView:
        rule, now, reasons = self.rule, float(at.timestamp_s), []
        own = said(record, rule, now)
        price_now = None if own is None else price(own.answer, record.decimals)
        price_primary = price(primary.answer, record.decimals)
        if price_now is None:
            unread = "secondary round unknown" if own is None else "no price"
            reasons.append("decimals unknown" if record.decimals is None else unread)
        if market is None:
            reasons.append("market unknown")
        due = None
        if price_primary is not None:
            due = dueness(
                price_primary, primary.updated_at_s, market, now, rule.heartbeat_s, rule.deviation
            )
        blocks = p_update = None
        if due is not None:
            blocks = self._crossing.update(at.number, primary.id, due.due)
            p_update = self._hazard.forecast(due.deviation_ratio, due.age_ratio, blocks)
        pending = reports.answer(aggregator, record, rule, now)
        reasons += [f"pending: {reason}" for reason in pending.reasons]
        marks = pending.secondary if rule.private_auction else pending.public
        age = None if own is None else max(0.0, now - own.updated_at_s)
        return FeedView(
            rule.proxy,
            at,
            price_now,
            price_primary,
            price(pending.answer, record.decimals),
            market,
            None if pending.answer is None else marks,
            age,
            None if age is None else age / rule.heartbeat_s,
            None if age is None else age > rule.heartbeat_s + GRACE_S,
            None if due is None else due.deviation_ratio,
            None if due is None else due.due,
            blocks,
            p_update,
            tuple(reasons),
        )


def _blank(proxy: str, at: BlockAt, market: float | None, reason: str) -> FeedView:
    return FeedView(
        proxy, at, None, None, None, market, None, None, None, None, None, None, None, None,
        (reason,),
    )  # fmt: skip
