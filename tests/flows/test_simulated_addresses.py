"""The settings of simulated venues: TOML that names each of them once."""

import tomllib

from flows.simulated_addresses import LISTENING, flood_text, settings_text
from sources.registry import VENUES
from sources.simulator.venues.registry import NAMES, venues_of
from sources.simulator.world.world import World


def test_every_venue_that_we_know_is_a_source() -> None:
    venues = venues_of(World(1), 1_767_614_400_000)
    text = settings_text(venues, "127.0.0.1", {name: 9000 + k for k, name in enumerate(NAMES)})
    assert text.splitlines()[-1] == LISTENING
    sources = tomllib.loads(text)["source"]
    known = [name for name in NAMES if name in VENUES]
    assert [source["venue"] for source in sources] == [*known, "evm-1", "evm-8453"]
    for venue, source in zip((v for v in venues if v.name in VENUES), sources, strict=False):
        assert source["instruments"] == list(venue.trading)
        port = 9000 + NAMES.index(venue.name)
        assert source["ws_url"] == f"ws://127.0.0.1:{port}"
        assert source["rest_url"] == f"http://127.0.0.1:{port}"
        assert f"# {venue.name} {port}\n" in text
        assert ("accounts" in source) == (venue.name == "hyperliquid")


def test_a_flood_is_one_source() -> None:
    text = flood_text("h", 7, ["AUSDT"])
    assert text.splitlines()[-1] == LISTENING
    source = tomllib.loads(text)["source"]
    assert source == [
        {
            "venue": "binance-usdm", "instruments": ["AUSDT"], "ws_url": "ws://h:7",
            "rest_url": "http://h:7", "streams": ["book", "top", "trade"],
        }
    ]  # fmt: skip
