"""A venue's name gives its session; an unknown one gives advice."""

import pytest

from schemas.errors import UsageError
from schemas.instrument import VENUES as NAMES
from sources.registry import VENUES, feed_for, session_for
from tests.sources.talk import as_is


@pytest.mark.parametrize("venue", VENUES)
def test_a_session_for_each_venue(venue: str) -> None:
    first, second = session_for(venue, "c", as_is), session_for(venue, "c", as_is)
    assert (first.venue, second is first) == (venue, False)
    assert venue in NAMES


@pytest.mark.parametrize(
    ("venue", "advice"),
    [
        ("binance-usmd", 'unknown venue "binance-usmd": did you mean "binance-usdm"?'),
        (
            "",
            'unknown venue "": valid are binance-coinm, binance-spot, binance-usdm, bybit-linear, '
            "coinbase-advanced, deribit, hyperliquid, okx, pyth",
        ),
    ],
)
def test_an_unknown_venue(venue: str, advice: str) -> None:
    for asked in (lambda: session_for(venue, "c", as_is), lambda: feed_for(venue)):
        with pytest.raises(UsageError) as error:
            asked()
        assert str(error.value) == advice


@pytest.mark.parametrize("venue", VENUES)
def test_a_feed_for_each_venue(venue: str) -> None:
    first, second = feed_for(venue), feed_for(venue, ["0xa"])
    assert (first.venue, first.accounts, second.accounts) == (venue, (), ("0xa",))
