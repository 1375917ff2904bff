"""The watch over what a venue lists, as the settings want it; what it tells reaches the spool."""

from pathlib import Path

import pytest

from flows.live_inputs import header_of
from flows.live_watch import watch_of
from flows.run_folders import spool_of
from schemas.settings import LiveSettings, Settings
from sources.binance_assumed import UsdmAssumed
from sources.instrument_cache import load
from sources.instrument_lines import entry_of
from sources.instruments import Catalogue
from sources.live.health import Counters
from sources.live.spool import Spool
from tests.flows.live_made import BTC, ETH, USDM, live_input, live_settings

NAMES = ("binance-usdm-public", "binance-usdm-market")


def test_the_settings_say_whether_anybody_watches(tmp_path: Path) -> None:
    one = live_input(BTC)
    off = Settings(live=LiveSettings(spool=str(tmp_path), listing_minutes=0.0))
    assert watch_of(off, one, {}, (), lambda: 0, pytest.fail) is None
    watch = watch_of(live_settings(tmp_path), one, {}, (), lambda: 0, pytest.fail)
    assert watch is not None
    assert watch.every_s == 15 * 60.0


def test_later_segments_and_the_next_start_know_what_has_changed(tmp_path: Path) -> None:
    settings, one, said = live_settings(tmp_path), live_input(BTC), list[str]()
    one.assumed = UsdmAssumed(trade_stream="aggTrade")
    one.source.instruments.append("*USDT")
    header = header_of(USDM, [entry_of(BTC)], [BTC.name])
    spools = {name: Spool(spool_of(settings), name, header=header) for name in NAMES}
    watch = watch_of(settings, one, spools, [BTC.name], lambda: 7, said.append)
    assert watch is not None
    later = Catalogue(USDM, 7, (BTC, ETH), {})
    assert [c.plan.name for c in watch.changes(later, Counters())] == list(NAMES)
    for spool in spools.values():
        known = [entry_of(BTC), entry_of(ETH)]
        assert spool.header == header_of(USDM, known, [BTC.name], one.assumed)
        spool.close()
    assert said == ["binance-usdm: listed ETHUSDT"]
    watch._keep(later)
    assert load(tmp_path / "main" / "catalogues", USDM, pytest.fail) == later
