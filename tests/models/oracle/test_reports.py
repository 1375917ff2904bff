"""Reports that wait: what makes them valid, who races with whom, what is kept."""

import pytest
from msgspec.structs import replace

from models.oracle.feed import FeedRule, Record, Round
from models.oracle.reports import (
    EPOCHS,
    LIFE_S,
    VARIANTS,
    PendingAnswer,
    PendingReports,
    Verdict,
    judge,
)
from schemas.chain_call import OracleReport

AGGREGATOR = "0xa1"
RULE = FeedRule("0xp", 3600, 0.005, faults=2, least_answer=10, most_answer=10**12)
PRIVATE = replace(RULE, private_auction=True)
RECORD = Record((Round(5, 100, 50),), 8, None, "0xd1", 0x123406)
# seven observations of 1953.10 … 1954.20 USD: the upper median is the fourth
SEVEN = tuple(n * 10**6 for n in (195310, 195342, 195355, 195361, 195380, 195394, 195420))
GOOD = OracleReport(AGGREGATOR, 2, False, SEVEN, 195361000000, "0xd1", 0x123407, 40, 3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Verdict(True)),
        ({"config_digest": "0xd2"}, Verdict(False, ("digest",))),
        ({"epoch_round": 0x123406}, Verdict(False, ("epoch",))),
        ({"signatures": 2}, Verdict(False, ("signatures",))),
        ({"signatures": 4}, Verdict(False, ("signatures",))),
        ({"observations": (1, 2)}, Verdict(False, ("observations",))),
        ({"observations": ()}, Verdict(False, ("observations",))),
        ({"observations": SEVEN[::-1]}, Verdict(False, ("observations",))),
        ({"answer": SEVEN[2]}, Verdict(False, ("median",))),
        ({"observations": SEVEN[:6]}, Verdict(True)),  # even: the upper one
        ({"observations": (1, 2, 3), "answer": 2}, Verdict(False, ("range",))),
        ({"observations": (10**13,) * 3, "answer": 10**13}, Verdict(False, ("range",))),
        ({"config_digest": "0x", "epoch_round": 1}, Verdict(False, ("digest", "epoch"))),
    ],
)
def test_validity(change: dict[str, object], expected: Verdict) -> None:
    assert judge(replace(GOOD, **change), RECORD, RULE) == expected


def test_what_is_not_known_is_not_proven() -> None:
    assert judge(GOOD, None, RULE) == Verdict(None, ("digest unknown", "epoch unknown"))
    assert judge(GOOD, replace(RECORD, epoch_round=None), RULE) == Verdict(None, ("epoch unknown",))
    free = FeedRule("0xp", 3600, 0.005)
    assert judge(replace(GOOD, signatures=9), RECORD, free) == Verdict(True)


def answer(reports: PendingReports, rule: FeedRule = RULE, now: float = 60.0) -> PendingAnswer:
    return reports.answer(AGGREGATOR, RECORD, rule, now)


def test_operators_race_with_one_report_and_the_highest_round_counts() -> None:
    reports = PendingReports()
    assert answer(reports) == PendingAnswer(None, reasons=("none waits",))
    reports.add(GOOD, 50.0)
    reports.add(GOOD, 51.0)
    assert answer(reports) == PendingAnswer(195361000000, 0x123407, True, False)
    reports.add(replace(GOOD, secondary=True), 52.0)
    reports.add(GOOD, 49.0)
    assert answer(reports) == PendingAnswer(195361000000, 0x123407, True, True)
    higher = replace(GOOD, epoch_round=0x123408, observations=(20, 30, 40), answer=30)
    reports.add(higher, 53.0)
    reports.add(replace(higher, epoch_round=0x999999, config_digest="0xd2"), 54.0)
    reports.add(replace(higher, to="0xother", epoch_round=0x888888), 54.0)
    assert answer(reports) == PendingAnswer(30, 0x123408, True, False)
    reports.forget(AGGREGATOR, 0x123408)
    assert answer(reports) == PendingAnswer(195361000000, 0x123407, True, True)
    assert answer(reports, now=52.0 + LIFE_S).answer == 195361000000
    assert answer(reports, now=53.0 + LIFE_S) == PendingAnswer(None, reasons=("digest",))


def test_once_it_is_mined_it_waits_no_more_and_a_reorg_brings_it_back() -> None:
    reports = PendingReports()
    reports.add(GOOD, 50.0)
    mined = replace(RECORD, epoch_round=0x123407)
    assert reports.answer(AGGREGATOR, mined, RULE, 60.0) == PendingAnswer(None, reasons=("epoch",))
    assert answer(reports).answer == 195361000000


def test_an_auction_may_bring_what_the_primary_proxy_has_already() -> None:
    mined = replace(RECORD, epoch_round=0x123407, secondary_round=4)
    again = replace(GOOD, secondary=True)
    assert judge(again, mined, PRIVATE) == Verdict(True)
    assert judge(again, mined, RULE) == Verdict(False, ("epoch",))
    assert judge(GOOD, mined, PRIVATE) == Verdict(False, ("epoch",))
    assert judge(again, replace(mined, secondary_round=5), PRIVATE) == Verdict(False, ("epoch",))
    assert judge(again, replace(mined, epoch_round=0x123408), PRIVATE).reasons == ("epoch",)
    for order in ((GOOD, again), (again, GOOD)):
        reports = PendingReports()
        for report in order:
            reports.add(report, 50.0)
        got = reports.answer(AGGREGATOR, mined, PRIVATE, 60.0)
        assert got == PendingAnswer(195361000000, 0x123407, True, True)


def test_reports_that_contradict_each_other_answer_nothing() -> None:
    reports = PendingReports()
    reports.add(GOOD, 50.0)
    reports.add(replace(GOOD, observations=(20, 30, 40), answer=30), 50.0)
    assert answer(reports) == PendingAnswer(
        None, 0x123407, reasons=("reports contradict each other",)
    )


def test_memory_is_bounded_and_restores() -> None:
    reports = PendingReports()
    for n in range(200):
        reports.add(replace(GOOD, epoch_round=0x123407 + n % 100), float(n))
    for n in range(50):
        reports.add(replace(GOOD, epoch_round=2**39, answer=n), 300.0 + n)
    state = reports.snapshot()
    assert len(state) == EPOCHS
    assert max(len(rows) for _, rows in state) == VARIANTS
    copy = PendingReports()
    copy.restore(state)
    assert copy.snapshot() == state
    assert answer(copy, now=400.0) == answer(reports, now=400.0)
    assert answer(reports, now=400.0).epoch_round == 0x123407 + 99
