"""Reports that wait in the mempool: are they valid, and what will the feed answer.

Operators race with the same report, so reports are kept by (aggregator, epoch and round), each
with the ways it was seen to take: to the primary proxy (public) or the secondary one (auction). A
report is wrong when

    digest       its configuration is not the aggregator's latest
    epoch        its epoch and round are not above the latest on chain (or equal to it, where the
                 secondary proxy has not taken yet what the primary one has)
    signatures   there are not exactly f + 1 (unchecked when f is not known)
    observations there are not more than f of them, or they do not rise
    median       its answer is not the upper median of its observations
    range        its answer is outside the aggregator's bounds (unchecked when not known)

and unproven (None) while digest or epoch on chain are not known. Signatures themselves and the
transmitter are not verified: anyone can send a forgery that passes, and it fails on chain.
Nothing is dropped for being mined: that is asked anew each time, so that a reorg brings it back;
after LIFE_S it counts no more. Venue sheet 7.3, point 5.
"""

from itertools import pairwise
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from models.oracle.feed import FeedRule, Record
from schemas.chain_call import OracleReport

LIFE_S: Final = 300.0
EPOCHS: Final = 32  # kept of an aggregator
VARIANTS: Final = 8  # kept of an epoch and round


class Verdict(Struct, frozen=True, gc=False):
    """`valid` None: unproven. `reasons`: what is wrong, or else what is not known."""

    valid: bool | None
    reasons: tuple[str, ...] = ()


class PendingAnswer(Struct, frozen=True, gc=False):
    """What the aggregator will answer; None with reasons when nothing valid waits."""

    answer: int | None
    epoch_round: int | None = None
    public: bool = False  # on its way to the primary proxy
    secondary: bool = False  # on its way to the secondary one
    reasons: tuple[str, ...] = ()


class Seen(Struct, frozen=True, gc=False):
    """A report as seen, and by which ways."""

    report: OracleReport
    public: bool
    secondary: bool
    last_s: float


def judge(report: OracleReport, record: Record | None, rule: FeedRule) -> Verdict:
    """Whether the aggregator, as it stands on chain, would take this report."""
    digest = None if record is None else record.config_digest
    latest = None if record is None else record.epoch_round
    values, faults = report.observations, rule.faults
    wrong = []
    if digest is not None and report.config_digest != digest:
        wrong.append("digest")
    if latest is not None and report.epoch_round < latest + (
        0 if _again(report, record, rule) else 1
    ):
        wrong.append("epoch")
    if faults is not None and report.signatures != faults + 1:
        wrong.append("signatures")
    rises = all(low <= high for low, high in pairwise(values))
    if len(values) <= (faults or 0) or not rises:
        wrong.append("observations")
    elif report.answer != values[len(values) // 2]:
        wrong.append("median")
    least, most = rule.least_answer, rule.most_answer
    low = least is not None and report.answer < least
    if low or (most is not None and report.answer > most):
        wrong.append("range")
    if wrong:
        return Verdict(False, tuple(wrong))
    unknown = [name for name, known in (("digest", digest), ("epoch", latest)) if known is None]
    return Verdict(None if unknown else True, tuple(f"{name} unknown" for name in unknown))


class PendingReports:
    """The reports that wait on one chain."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], tuple[Seen, ...]] = {}

    def add(self, report: OracleReport, now_s: float) -> None:
        """Take a report that was seen waiting, perhaps again or by another way."""
        key = (report.to, report.epoch_round)
        new = Seen(report, not report.secondary, report.secondary, now_s)
        kept = []
        for seen in self._seen.get(key, ()):
            if _content(seen.report) == _content(report):
                last = max(seen.last_s, now_s)
                new = replace(
                    seen if seen.secondary else new,
                    public=new.public or seen.public,
                    secondary=new.secondary or seen.secondary,
                    last_s=last,
                )
            else:
                kept.append(seen)
        rows = sorted([*kept, new], key=lambda seen: (seen.last_s, _content(seen.report)))
        self._seen[key] = tuple(rows[-VARIANTS:])
        own = [key for key in self._seen if key[0] == report.to]
        if len(own) > EPOCHS:
            del self._seen[min(own, key=lambda key: (self._seen[key][-1].last_s, key[1]))]

    def forget(self, aggregator: str, epoch_round: int) -> None:
        """A report waits no more, and was not mined."""
        self._seen.pop((aggregator, epoch_round), None)

    def answer(
        self, aggregator: str, record: Record | None, rule: FeedRule, now_s: float
    ) -> PendingAnswer:
        """The answer of the highest valid epoch and round that still counts."""
        reasons: set[str] = set()
        for key in sorted((key for key in self._seen if key[0] == aggregator), reverse=True):
            valid = []
            for seen in self._seen[key]:
                if now_s - seen.last_s > LIFE_S:
                    continue
                verdict = judge(seen.report, record, rule)
                reasons.update(verdict.reasons)
                if verdict.valid:
                    valid.append(seen)
            if len({seen.report.answer for seen in valid}) > 1:
                return PendingAnswer(None, key[1], reasons=("reports contradict each other",))
            if valid:
                return PendingAnswer(
                    valid[0].report.answer,
                    key[1],
                    any(seen.public for seen in valid),
                    any(seen.secondary for seen in valid),
                )
        return PendingAnswer(None, reasons=tuple(sorted(reasons)) or ("none waits",))

    def snapshot(self) -> tuple[Any, ...]:
        """Everything."""
        return tuple(sorted(self._seen.items()))

    def restore(self, state: tuple[Any, ...]) -> None:
        """Take the state of a snapshot."""
        self._seen = dict(state)


def _again(report: OracleReport, record: Record | None, rule: FeedRule) -> bool:
    """Whether the report may bring to the secondary proxy what the primary one has already."""
    if record is None or not record.rounds or not (rule.private_auction and report.secondary):
        return False
    return record.secondary_round != record.rounds[-1].id


def _content(report: OracleReport) -> tuple[Any, ...]:
    """What makes two reports the same, whatever way they take."""
    return report.config_digest, report.observations, report.answer, report.signatures
