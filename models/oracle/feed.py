"""What each oracle feed says on the canonical chain, folded from its aggregator's logs.

Logs come from the aggregator, readings (`FeedState`) from the proxy that consumers ask; a reading
names the aggregator, and with it a change of aggregator takes effect. The answer with the highest
round counts; the last ROUNDS rounds are kept, for feeds that lag.

A feed with a private auction has two proxies on one aggregator. The secondary one, which lending
markets read, follows only the round that its auction delivered, and otherwise a round that is
older than `fallback_s`: so it says the highest round r with

    r ≤ secondary round, or updated_at(r) + fallback_s ≤ now.

Fails where the aggregator was replaced and no reading has told. Venue sheet 7.2, 7.3.
"""

import pickle
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from schemas.chain import BlockAt
from schemas.chain_event import AnswerUpdated, FeedState, NewTransmission, SecondaryRound

ROUNDS: Final = 8


class Round(Struct, frozen=True, gc=False):
    """One answer, in units of 10^-decimals."""

    id: int
    answer: int
    updated_at_s: int


class FeedRule(Struct, frozen=True, gc=False):
    """What is configured of a feed. None: not known, and not checked.

    ValueError: heartbeat and deviation must be above 0.
    """

    proxy: str
    heartbeat_s: float
    deviation: float  # 0.005: half a per cent
    faults: int | None = None  # f: a report has f + 1 signatures
    least_answer: int | None = None
    most_answer: int | None = None
    private_auction: bool = False  # this proxy is the secondary one
    fallback_s: float | None = None  # … and follows the primary after so long; None: never

    def __post_init__(self) -> None:
        if not (self.heartbeat_s > 0.0 and self.deviation > 0.0):
            what = f"feed {self.proxy}: heartbeat and deviation must be above 0"
            raise ValueError(what)


class Record(Struct, frozen=True, gc=False):
    """What is known of an aggregator. Rounds rise."""

    rounds: tuple[Round, ...] = ()
    decimals: int | None = None
    secondary_round: int | None = None
    config_digest: str | None = None
    epoch_round: int | None = None


class _Done(NamedTuple):
    aggregator: str
    record: Record | None
    proxy: str
    pointed: str | None


class Feeds:
    """The feeds of one chain, as a fold. `private`: proxies that are secondary ones."""

    def __init__(self, private: tuple[str, ...] = ()) -> None:
        self._private = private
        self._records: dict[str, Record] = {}
        self._aggregators: dict[str, str] = {}

    def aggregator(self, proxy: str) -> str | None:
        """Whose logs the proxy's answers come from; None before its first reading."""
        return self._aggregators.get(proxy)

    def record(self, aggregator: str | None) -> Record | None:
        """What is known of an aggregator."""
        return None if aggregator is None else self._records.get(aggregator)

    def apply(self, at: BlockAt, address: str, event: Any) -> _Done | None:
        """Take a log or a reading; None when it is not an oracle's."""
        proxy, aggregator = "", address
        if isinstance(event, FeedState):
            proxy, aggregator = address, event.aggregator
        old = self._records.get(aggregator)
        new = self._next(old or Record(), at, proxy, event)
        if new is None:
            return None
        done = _Done(aggregator, old, proxy, self._aggregators.get(proxy))
        self._records[aggregator] = new
        if proxy:
            self._aggregators[proxy] = aggregator
        return done

    def undo(self, done: _Done) -> None:
        """Take back what `apply` returned."""
        if done.record is None:
            del self._records[done.aggregator]
        else:
            self._records[done.aggregator] = done.record
        if done.proxy and done.pointed is None:
            del self._aggregators[done.proxy]
        elif done.proxy and done.pointed is not None:
            self._aggregators[done.proxy] = done.pointed

    def snapshot(self) -> bytes:
        """Everything."""
        return pickle.dumps((self._records, self._aggregators))

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        self._records, self._aggregators = pickle.loads(state)

    def _next(self, old: Record, at: BlockAt, proxy: str, event: Any) -> Record | None:
        match event:
            case AnswerUpdated():
                round_ = Round(event.round_id, event.answer, event.updated_at_s)
                return replace(old, rounds=_with(old.rounds, round_))
            case NewTransmission():
                return replace(
                    old,
                    rounds=_with(old.rounds, Round(event.round_id, event.answer, at.timestamp_s)),
                    config_digest=event.config_digest,
                    epoch_round=event.epoch_round,
                )
            case SecondaryRound():
                return replace(old, secondary_round=event.round_id)
            case FeedState():
                round_ = Round(event.round_id, event.answer, event.updated_at_s)
                new = replace(old, rounds=_with(old.rounds, round_), decimals=event.decimals)
                if proxy in self._private:
                    return replace(new, secondary_round=event.round_id)
                return new
        return None


def said(record: Record, rule: FeedRule, now_s: float) -> Round | None:
    """The round that the rule's proxy says at a time; None when it is not known."""
    if not rule.private_auction:
        return record.rounds[-1] if record.rounds else None
    for round_ in reversed(record.rounds):
        fell_back = rule.fallback_s is not None and round_.updated_at_s + rule.fallback_s <= now_s
        if fell_back or round_.id == record.secondary_round:
            return round_
    return None


def _with(rounds: tuple[Round, ...], new: Round) -> tuple[Round, ...]:
    others = [round_ for round_ in rounds if round_.id != new.id]
    return tuple(sorted([*others, new], key=lambda round_: round_.id)[-ROUNDS:])
