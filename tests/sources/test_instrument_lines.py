"""Instruments in lines and back: nothing is lost, what is wrong is told."""

import msgspec
import pytest
from msgspec.structs import replace

from schemas.errors import UsageError
from sources.instrument_lines import (
    Listings,
    connections_in,
    entry_of,
    listed_in,
    listings_in,
)
from tests.flows.live_made import BTC, OKX_SPOT, USDM


def test_an_entry_is_the_instrument() -> None:
    entry = entry_of(BTC)
    assert entry["symbol"] == "BTCUSDT"
    assert "connections" not in entry
    (found,) = listed_in([entry], USDM, lambda i: i)
    assert found == replace(BTC, source="recording")


def test_settings_lie_over_it() -> None:
    (found,) = listed_in([entry_of(BTC)], USDM, lambda i: replace(i, asset="X", source="settings"))
    assert (found.asset, found.source, found.price_decimals) == ("X", "settings", 1)


def test_connections_are_told_where_they_are() -> None:
    assert connections_in(entry_of(OKX_SPOT, ["okx-1", "okx-2"])) == ("okx-1", "okx-2")
    assert connections_in(entry_of(OKX_SPOT)) == ()
    assert connections_in({"connections": "okx-1"}) == ()


def test_a_line_is_read_as_it_was_written() -> None:
    said = Listings((entry_of(BTC, ["a"]),), ("ETHUSDT",))
    payload = msgspec.json.encode({"k": "instruments", **msgspec.to_builtins(said)})
    assert listings_in(payload) == said
    assert listings_in(b'{"k":"instruments"}') == Listings()
    assert [bool(said), bool(Listings())] == [True, False]


def test_what_is_no_instrument_is_told() -> None:
    with pytest.raises(UsageError, match="the recording's list of instruments is wrong"):
        listed_in([{"symbol": "X", "asset": 5}], USDM, lambda i: i)
