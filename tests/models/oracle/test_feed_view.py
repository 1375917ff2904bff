"""A feed at a block: three prices, marks, staleness, and a hazard that learns only in sequence."""

import math
from typing import Any

import pytest
from msgspec.structs import replace

from models.oracle.feed import FeedRule, Feeds
from models.oracle.feed_view import FeedView, FeedWatch, price
from models.oracle.reports import PendingReports
from schemas.chain import BlockAt
from schemas.chain_call import OracleReport
from schemas.chain_event import AnswerUpdated, FeedState, NewTransmission
from tests.reference.oracle_world import WORLDS, steps

PROXY, SECOND, AGGREGATOR = "0xp", "0xs", "0xa1"
RULE = FeedRule(PROXY, 3600.0, 0.005, faults=1)
PRIVATE = FeedRule(SECOND, 3600.0, 0.005, faults=1, private_auction=True)
REPORT = OracleReport(
    AGGREGATOR, 2, False, (1,) + (1890 * 10**8,) * 3, 1890 * 10**8, "0xd", 9, 1, 2
)


def at(number: int) -> BlockAt:
    return BlockAt(number, f"0x{number}", 12 * number)


def ready() -> tuple[Feeds, PendingReports]:
    feeds = Feeds((SECOND,))
    feeds.apply(at(90), PROXY, FeedState(AGGREGATOR, 1, 8, "", 6, 1980 * 10**8, 1080))
    feeds.apply(at(90), SECOND, FeedState(AGGREGATOR, 1, 8, "", 6, 1980 * 10**8, 1080))
    feeds.apply(at(100), AGGREGATOR, NewTransmission(7, 1990 * 10**8, "", (), 8, "0xd"))
    return feeds, PendingReports()


def test_three_prices() -> None:
    feeds, reports = ready()
    reports.add(REPORT, 1200.0)
    watch = FeedWatch(RULE)
    view = watch.update(at(101), feeds, reports, 1890.0)
    ratio: Any = pytest.approx((1 - 1890 / 1990) / 0.005)
    assert view == FeedView(
        PROXY, at(101), 1990.0, 1990.0, 1890.0, 1890.0, True, 12.0, 12 / 3600, False,
        ratio, True, 1, view.p_update, (),
    )  # fmt: skip
    assert view.p_update is not None
    assert 0.2 < view.p_update < 0.8


def test_a_public_report_announces_and_does_not_mark_a_private_feed() -> None:
    feeds, reports = ready()
    reports.add(REPORT, 1200.0)
    watch = FeedWatch(PRIVATE)
    view = watch.update(at(101), feeds, reports, 1890.0)
    assert (view.price_now, view.price_primary, view.price_pending) == (1980.0, 1990.0, 1890.0)
    assert (view.marks_accounts, view.age_s, view.staleness) == (False, 132.0, 132 / 3600)
    reports.add(replace(REPORT, secondary=True), 1201.0)
    assert watch.update(at(102), feeds, reports, 1890.0).marks_accounts is True
    only = PendingReports()
    only.add(replace(REPORT, secondary=True), 1201.0)
    assert FeedWatch(RULE).update(at(102), feeds, only, 1890.0).marks_accounts is False


def test_unknown_is_none_with_a_reason() -> None:
    feeds, reports = ready()
    watch = FeedWatch(RULE)
    view = watch.update(at(101), feeds, reports, None)
    assert (view.price_pending, view.marks_accounts, view.p_update, view.due) == (None,) * 4
    assert view.reasons == ("market unknown", "pending: none waits")
    for bad in (math.nan, -1.0, math.inf, 0.0):
        assert FeedWatch(RULE).update(at(101), feeds, reports, bad) == view
    blank = watch.update(at(102), Feeds(), reports, 5.0)
    assert (blank.price_now, blank.price_market, blank.reasons) == (
        None, 5.0, ("no reading of the feed",),
    )  # fmt: skip
    feeds.apply(at(102), AGGREGATOR, AnswerUpdated(-5, 8, 1224))
    view = watch.update(at(103), feeds, reports, 1890.0)
    assert (view.price_now, view.due, view.reasons[0]) == (None, None, "no price")
    late = watch.update(at(500), feeds, reports, None)
    assert (late.stale, late.staleness) == (True, (6000 - 1224) / 3600)
    unread = FeedWatch(replace(PRIVATE, proxy=PROXY))
    other = Feeds()
    other.apply(at(90), PROXY, FeedState(AGGREGATOR, 1, 8, "", 6, 1980 * 10**8, 1080))
    assert unread.update(at(101), other, reports, 1.0).reasons[0] == "secondary round unknown"


def test_prices() -> None:
    assert price(195361000000, 8) == 1953.61
    assert [price(*row) for row in ((None, 8), (1, None), (0, 8), (-1, 8), (1, -1), (1, 78))] == [
        None
    ] * 6
    assert price(10**400, 8) is None


def test_learns_in_sequence_and_restores_anywhere() -> None:
    world = WORLDS[3]
    rule = FeedRule(PROXY, world.heartbeat_s, world.deviation)
    feeds, reports, watch, kept = Feeds(), PendingReports(), FeedWatch(rule), FeedWatch(rule)
    last = None
    told = steps(world, 4, 1500)
    for step in told:
        block = BlockAt(step.number, f"0x{step.number}", step.timestamp_s)
        answer = round(step.answer * 10**8)
        if last is None:
            state = FeedState(AGGREGATOR, 1, 8, "", step.round_id, answer, step.updated_at_s)
            feeds.apply(block, PROXY, state)
        elif step.round_id != last:
            event = AnswerUpdated(answer, step.round_id, step.updated_at_s)
            feeds.apply(block, AGGREGATOR, event)
        last = step.round_id
        if step.number % 100 == 0:
            copy = FeedWatch(rule)
            copy.restore(watch.snapshot())
            watch = copy
        view = watch.update(block, feeds, reports, step.market)
        assert view == kept.update(block, feeds, reports, step.market)
    skill = kept.skill
    assert skill is not None
    assert (skill.blocks, skill.updates) == (len(told) - 1, told[-1].round_id - told[0].round_id)
    assert skill.brier < skill.base_brier
    for number in (5000, 4000, 4000):  # gaps, reorgs, repeats
        kept.update(at(number), feeds, reports, 2000.0)
    assert kept.skill == skill
