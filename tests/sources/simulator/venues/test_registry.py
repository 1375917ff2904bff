"""Names of simulated venues."""

import pytest

from schemas.errors import UsageError
from sources.registry import VENUES
from sources.simulator.venues.binance import Binance
from sources.simulator.venues.registry import NAMES, venues_of
from tests.sources.simulator.hearing import EPOCH_MS, small_world


def test_all_venues_of_ours_are_simulated() -> None:
    assert set(VENUES) <= set(NAMES)
    made = venues_of(small_world("binance-usdm", "binance-coinm"), EPOCH_MS)
    assert [venue.name for venue in made] == list(NAMES)
    futures = [v for v in made if isinstance(v, Binance) and v.form.product]
    assert [venue.family for venue in futures] == [futures, futures]


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match='did you mean "deribit"'):
        venues_of(small_world(), EPOCH_MS, ["deribti"])
