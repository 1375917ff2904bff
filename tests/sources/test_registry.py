"""A venue's name gives its session; an unknown one gives advice."""

import pytest

from schemas.errors import UsageError
from schemas.instrument import VENUES as NAMES
from sources.registry import VENUES, session_for
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
            'unknown venue "": valid are binance-spot, binance-usdm, bybit-linear, '
            "coinbase-advanced, deribit, hyperliquid, okx",
        ),
    ],
)
def test_an_unknown_venue(venue: str, advice: str) -> None:
    with pytest.raises(UsageError) as error:
        session_for(venue, "c", as_is)
    assert str(error.value) == advice
