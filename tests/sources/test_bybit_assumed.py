"""Whether a jump of `u` in a book of N levels is a loss."""

from msgspec.structs import asdict

from sources.bybit_assumed import BybitAssumed
from tests.sources.assuming import said_by
from tests.sources.bybit_frames import book, gap, whole


def test_the_default() -> None:
    assert asdict(BybitAssumed()) == {"break_is_gap": True}


def test_break_is_gap() -> None:
    lines = whole(7), book(9)
    before, counted = said_by("bybit-linear", *lines)
    after, counts = said_by("bybit-linear", *lines, break_is_gap=False)
    assert counted == counts == {"assumed:break_is_gap": 1}
    assert [gap(2) in items for items in (before, after)] == [True, False]
    ids = [[i[-1]["last_id"] for i in items if isinstance(i, tuple)] for items in (before, after)]
    assert ids == [[(7, 7, 7)], [(7, 7, 7, 9)]]


def test_a_chain_that_holds_or_falls_back_rests_on_nothing() -> None:
    for second in (8, 7, 3):
        assert said_by("bybit-linear", whole(7), book(second))[1] == {}
