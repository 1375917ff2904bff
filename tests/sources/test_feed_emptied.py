"""Every venue: a connection that has lost all its symbols is no plan, and gets new ones first."""

import pytest

from sources.registry import VENUES
from tests.sources.test_placement import SYMBOLS, informed


@pytest.mark.parametrize("venue", VENUES)
def test_an_emptied_connection_has_no_plan_until_there_is_something_new(venue: str) -> None:
    feed = informed(venue)
    first, second, third = SYMBOLS[venue]
    feed.topics_per_connection = 1  # a symbol each
    streams = feed.default_streams[:1]
    before = feed.plans(streams, [first, second], {})
    placed = {plan.name: plan.symbols for plan in before}
    left = feed.plans(streams, [second], {}, placed)
    emptied = [plan.name for plan in before if plan.symbols == (first,)]
    assert emptied
    assert [plan.symbols for plan in left] == [(second,)] * len(left)
    assert {plan.name for plan in left} == placed.keys() - {*emptied}
    placed |= dict.fromkeys(emptied, ())
    after = feed.plans(streams, [second, third], {}, placed)
    assert {plan.name for plan in after if plan.symbols == (third,)} == {*emptied}
