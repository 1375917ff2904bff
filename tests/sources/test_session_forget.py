"""A book that a session forgets, in every venue: nobody waits for it, and it is wished for anew."""

import pytest

from sources.registry import VENUES, session_for
from tests.sources.talk import START, as_is


@pytest.mark.parametrize("venue", VENUES)
def test_nobody_waits_for_a_forgotten_book(venue: str) -> None:
    made = session_for(venue, "c", as_is)
    for symbol in ("ANY", "OTHER"):
        assert len(made.wished(symbol, START, 1)) == 1
    made.forget("ANY")
    made.forget("NEVER")
    assert made.awaiting() == {f"{venue}:OTHER"}
    again = session_for(venue, "c", as_is)
    again.restore(made.snapshot())
    assert again.awaiting() == {f"{venue}:OTHER"}
    assert len(made.wished("ANY", START, 2)) == 1


@pytest.mark.parametrize("venue", VENUES)
def test_a_session_says_how_it_refines(venue: str) -> None:
    assert session_for(venue, "c", as_is).refine is as_is
