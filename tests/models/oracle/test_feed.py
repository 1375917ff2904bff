"""Feeds folded from logs: any history taken back leaves what was; the secondary proxy lags."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chain.canon import Canon
from models.chain.fold import Fold
from models.oracle.feed import ROUNDS, FeedRule, Feeds, Record, Round, said
from schemas.chain import BlockAt, Head, Log
from schemas.chain_event import (
    AnswerUpdated,
    FeedState,
    NewTransmission,
    SecondaryRound,
    Transfer,
)

PROXY, SECOND, AGGREGATOR = "0xp", "0xs", "0xa1"


def at(second: int) -> BlockAt:
    return BlockAt(second // 12, f"0x{second}", second)


def reading(round_id: int, answer: int, aggregator: str = AGGREGATOR) -> FeedState:
    return FeedState(aggregator, 1, 8, "ETH / USD", round_id, answer, 100)


def sent(round_id: int, answer: int, epoch: int | None = 7) -> NewTransmission:
    return NewTransmission(round_id, answer, "0xt", (answer,), epoch, "0xd1")


def test_a_story() -> None:
    feeds = Feeds(private=(SECOND,))
    fold: Fold = feeds
    assert fold.apply(at(100), AGGREGATOR, Transfer("a", "b", 1)) is None
    assert (feeds.aggregator(PROXY), feeds.record(None)) == (None, None)
    feeds.apply(at(100), PROXY, reading(5, 1000))
    feeds.apply(at(100), SECOND, reading(4, 990))
    feeds.apply(at(120), AGGREGATOR, sent(6, 1010))
    feeds.apply(at(120), AGGREGATOR, AnswerUpdated(1010, 6, 120))
    record = Record((Round(4, 990, 100), Round(5, 1000, 100), Round(6, 1010, 120)), 8, 4, "0xd1", 7)
    assert feeds.record(feeds.aggregator(SECOND)) == record
    done = feeds.apply(at(132), AGGREGATOR, SecondaryRound(6))
    moved = feeds.apply(at(144), PROXY, reading(1, 1020, "0xa2"))
    assert feeds.aggregator(PROXY) == "0xa2"
    assert feeds.record("0xa2") == Record((Round(1, 1020, 100),), 8)
    assert moved is not None
    assert done is not None
    feeds.undo(moved)
    feeds.undo(done)
    assert (feeds.record("0xa2"), feeds.record(AGGREGATOR)) == (None, record)


def test_the_secondary_proxy_follows_its_auction_or_after_a_delay() -> None:
    record = Record((Round(4, 990, 100), Round(5, 1000, 200), Round(6, 1010, 300)), 8, 4)
    primary = FeedRule(PROXY, 3600, 0.005)
    never = FeedRule(SECOND, 3600, 0.005, private_auction=True)
    later = FeedRule(SECOND, 3600, 0.005, private_auction=True, fallback_s=60)
    assert said(record, primary, 301) == Round(6, 1010, 300)
    assert said(record, never, 9999) == Round(4, 990, 100)
    assert [said(record, later, now) for now in (199, 259, 260, 359, 360)] == [
        Round(4, 990, 100), Round(4, 990, 100), Round(5, 1000, 200), Round(5, 1000, 200),
        Round(6, 1010, 300),
    ]  # fmt: skip
    assert said(Record(record.rounds, 8), never, 9999) is None
    assert said(Record(), primary, 0) is None


def test_rules_must_make_sense() -> None:
    for heartbeat, deviation in ((0.0, 0.1), (3600.0, 0.0), (float("nan"), 0.1)):
        with pytest.raises(ValueError, match="above 0"):
            FeedRule(PROXY, heartbeat, deviation)


def random_event(dice: random.Random) -> tuple[str, Any]:
    n, answer = dice.randint(1, 30), dice.randint(-5, 3000)
    aggregator = dice.choice((AGGREGATOR, "0xa2"))
    return dice.choice((
        (aggregator, AnswerUpdated(answer, n, n)),
        (aggregator, sent(n, answer, dice.choice((None, n)))),
        (aggregator, SecondaryRound(n)),
        (dice.choice((PROXY, SECOND)), reading(n, answer, aggregator)),
        (aggregator, Transfer("a", "b", n)),
    ))  # fmt: skip


@given(st.integers(0, 2**32))
def test_what_is_taken_back_leaves_no_trace(seed: int) -> None:
    dice = random.Random(seed)
    feeds, history = Feeds((SECOND,)), []
    for n in range(60):
        state = feeds.snapshot()
        history.append((state, feeds.apply(at(n), *random_event(dice))))
        copy = Feeds((SECOND,))
        copy.restore(feeds.snapshot())
        feeds = copy
    for aggregator in (AGGREGATOR, "0xa2"):
        record = feeds.record(aggregator) or Record()
        assert len(record.rounds) <= ROUNDS
        assert list(record.rounds) == sorted(record.rounds, key=lambda r: r.id)
    for state, done in reversed(history):
        if done is not None:
            feeds.undo(done)
        before = Feeds()
        before.restore(state)
        assert vars(before)["_records"] == vars(feeds)["_records"]
        assert vars(before)["_aggregators"] == vars(feeds)["_aggregators"]


def test_on_a_chain_with_a_reorg() -> None:
    feeds = Feeds()
    canon = Canon([feeds])
    heads = [Head(BlockAt(n, f"0x{n}", 12 * n), f"0x{n - 1}", 1, 1, 2) for n in (1, 2)]
    for head in heads:
        canon.take(head)
    canon.take(Log(2, "0x2", "0xt", 0, AGGREGATOR, AnswerUpdated(5, 1, 24)))
    assert feeds.record(AGGREGATOR) == Record((Round(1, 5, 24),))
    canon.take(Head(BlockAt(2, "0xn", 24), "0x1", 1, 1, 2))
    assert feeds.record(AGGREGATOR) is None
