"""From plans to lanes: spools with headers, what waits for what, hashes as a replay has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from flows.live_inputs import LiveInput, header_of_plan
from flows.live_wiring import Live, LiveWiring, _first_line_hash, stepped, wire_live
from flows.settings import numbers_hash
from flows.wiring import wire
from schemas.errors import UsageError
from schemas.instrument import Instrument
from schemas.settings import (
    GridSettings,
    InstrumentSettings,
    LiveSettings,
    Settings,
    SourceSettings,
    StaleSettings,
)
from sources.lines import index_lines
from sources.live.reread import reread
from sources.recording import open_recording
from tests.flows.live_made import BTC, ETH, OKX_BTC, OKX_SPOT, both, live_input, live_settings

PUBLIC, MARKET, OKX_1 = "binance-usdm-public", "binance-usdm-market", "okx-1"
FAR_NS = 4_000_000_000 * 10**9  # a wall clock that was wrong once


@contextmanager
def wired(settings: Settings, inputs: list[LiveInput] | None = None) -> Iterator[Live]:
    live = wire_live(settings, both() if inputs is None else inputs, pytest.fail)
    try:
        yield live
    finally:
        live.close()


def write(live: Live, *words: str) -> None:
    """A control line or two into every connection, as its feeder does."""
    for one in live.connections.values():
        for word in words:
            one.feeding.lane.control(word)


def header_in(folder: Path) -> Any:
    recording = open_recording(folder)
    recording.close()
    return recording.header


def test_the_wiring_of_two_venues(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    with wired(settings) as live:
        assert live.wiring == LiveWiring(
            listings=(),
            connections_of={
                BTC.name: (MARKET, PUBLIC),
                ETH.name: (MARKET, PUBLIC),
                OKX_BTC.name: (OKX_1,),
                OKX_SPOT.name: (OKX_1,),
            },
            members=(ETH.name, OKX_BTC.name),
            settings_hash=numbers_hash(settings),
            code_version=version("seawall"),
            spools={name: tmp_path / "main" / name for name in (PUBLIC, MARKET, OKX_1)},
            venues=("binance-usdm", "okx"),
            chains={},
        )
        assert live.wiring.connections == [PUBLIC, MARKET, OKX_1]
        assert live.venues == {PUBLIC: "binance-usdm", MARKET: "binance-usdm", OKX_1: "okx"}
        assert list(live.connections) == live.wiring.connections
        assert [[p.name for p in owner.plans] for owner in live.owners] == [
            [PUBLIC, MARKET], [OKX_1],
        ]  # fmt: skip


def test_a_replay_of_the_spool_is_wired_alike(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    with wired(settings) as live:
        write(live, "open", "clock")
        replayed = wire(Settings(source=[SourceSettings(files=[str(tmp_path / "main")])]))
        assert sorted(replayed.connections) == sorted(live.wiring.connections)
        for name in replayed.connections:
            assert live.wiring.first_line_hash(name) == replayed.first_line_hash(name)
        hashes = {live.wiring.first_line_hash(name) for name in replayed.connections}
        assert len(hashes) == 3  # each has a stamp of its own
        assert replayed.connections_of == live.wiring.connections_of
        assert replayed.members == live.wiring.members
        assert replayed.settings_hash == live.wiring.settings_hash


def test_spools_begin_with_the_header_and_stay_the_same_over_a_restart(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    with wired(settings, both(5.0, 6.0)) as live:
        write(live, "open")
    first = live.wiring.first_line_hash(OKX_1)
    with wired(settings, both(6.0, 5.0)) as again:  # the turnover has changed, the members not
        write(again, "start")
        assert again.wiring == live.wiring
        assert again.wiring.first_line_hash(OKX_1) == first
        _first_line_hash.cache_clear()
        folder = tmp_path / "main" / OKX_1
        (gone,) = folder.glob("*.log")
        kept = gone.rename(tmp_path / gone.name)
        assert again.wiring.first_line_hash(OKX_1) == first  # also when the line is there no more
        kept.rename(gone)
    members = [ETH.name, OKX_BTC.name]
    for one in both():
        for plan in one.plans:
            folder = tmp_path / "main" / plan.name
            assert len(list(folder.glob("*.log"))) == 1
            told = msgspec.to_builtins(header_in(folder))
            assert told == {"k": "recording", **header_of_plan(one, plan, members)}


def test_a_connection_knows_what_is_listed_under_the_settings(tmp_path: Path) -> None:
    settings = live_settings(
        tmp_path,
        grid=GridSettings(interval="1s"),
        stale=StaleSettings(hole_s=7.0),
        instrument=[InstrumentSettings(name=ETH.name, price_decimals=4)],
    )
    with wired(settings) as live:
        known = live.connections[MARKET].connection.session.instruments()
    expected: dict[str, Instrument] = {
        BTC.name: msgspec.structs.replace(BTC, source="recording"),
        ETH.name: msgspec.structs.replace(ETH, price_decimals=4, source="settings"),
    }
    assert known == expected


def test_no_line_is_older_than_what_any_spool_of_the_run_has(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    with wired(settings) as live:
        live.connections[OKX_1].feeding.spool.append([b'%d !{"k":"open"}\n' % FAR_NS])
    with wired(settings) as again:
        write(again, "clock")
        for name, folder in again.wiring.spools.items():
            data = b"".join(reread(folder, 0))
            stamps = index_lines(np.frombuffer(data, np.uint8), 1).received_ns
            assert stamps[-1] >= FAR_NS, name


def test_the_limits_of_the_settings_reach_spool_and_lane(tmp_path: Path) -> None:
    settings = Settings(
        live=LiveSettings(
            spool=str(tmp_path), queue_frames=2, segment_mb=0.001, segment_minutes=1e9
        )
    )
    with wired(settings, [live_input(OKX_BTC)]) as live:
        feeding = live.connections[OKX_1].feeding
        for _ in range(5):
            feeding.lane.frame(b"x" * 100)
        assert (feeding.lane.waiting_frames, feeding.lane.counters.dropped) == (2, 3)
        feeding.drain(10)
        feeding.lane.frame(b"y" * 900)  # past the segment
    assert len(list((tmp_path / "main" / OKX_1).glob("okx-1__*"))) == 2


def test_a_closed_run_lets_go_and_an_open_one_keeps_others_away(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    with wired(settings) as live:
        with pytest.raises(UsageError) as told:
            wire_live(settings, both(), pytest.fail)
        folder = tmp_path / "main" / PUBLIC
        assert str(told.value) == (
            f"the spool {folder} is in use by another process: stop it first"
        )
        assert not any(owner.ended for owner in live.owners)
        live.stop()
        assert all(owner.ended for owner in live.owners)  # they had not begun
    with wired(settings):
        pass


def test_a_step_of_wall_time_is_told_with_its_direction() -> None:
    assert stepped(1.25) == "the system's clock was set 1.2 s ahead: so are the stamps from now on"
    assert stepped(-10.0) == (
        "the system's clock was set back by 10.0 s: the stamps go on and run slow by 0.05 % "
        "until it has caught up"
    )
