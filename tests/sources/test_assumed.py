"""Tables over defaults, and the names that decisions are counted under."""

import pytest

from schemas.errors import UsageError
from sources.assumed import Assumed, overlaid
from sources.binance_assumed import UsdmAssumed
from sources.hyperliquid_assumed import HyperliquidAssumed
from sources.registry import ASSUMED, VENUES, assumed_for

COINBASE, USDM = "coinbase-advanced", "binance-usdm"


def test_a_later_table_goes_over_an_earlier_one_key_by_key() -> None:
    first = {"old_fill_s": 3, "usde_token": 1, "settled_since": True}
    assert overlaid(HyperliquidAssumed, first, {"usde_token": 2}) == HyperliquidAssumed(
        old_fill_s=3.0, usde_token=2
    )
    assert overlaid(Assumed, first) == Assumed()


@pytest.mark.parametrize(
    ("venue", "table"),
    [
        (COINBASE, {"side_is_maker": 1}),
        (USDM, {"trade_stream": "trades"}),
        ("hyperliquid", {"old_fill_s": 0}),
        ("hyperliquid", {"connections_per_ip": 1001}),
        ("deribit", {"volatility_indices": "BTC"}),
    ],
)
def test_a_wrong_value_is_told(venue: str, table: dict[str, object]) -> None:
    (name,) = table
    with pytest.raises(UsageError, match=rf"what is assumed of the venue is wrong: .*{name}"):
        assumed_for(venue, table)


def test_every_venue_has_defaults_and_an_unknown_one_none() -> None:
    assert set(ASSUMED) <= set(VENUES)
    for venue in VENUES:
        assert assumed_for(venue) == ASSUMED.get(venue, Assumed)()
    assert assumed_for(USDM) == UsdmAssumed()
    with pytest.raises(UsageError, match=r'unknown venue "okxx": did you mean "okx"\?'):
        assumed_for("okxx")


def test_no_kind_takes_what_it_does_not_know() -> None:
    for kind in ASSUMED.values():
        with pytest.raises(TypeError):
            kind(unheard_of=True)
