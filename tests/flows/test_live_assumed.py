"""What a run has begun with stands in its spool: later starts and replays go by it."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from flows.assumptions import on_assumptions
from flows.live_assumed import assumed_of
from flows.live_inputs import LiveInput, header_of
from flows.live_wiring import wire_live
from flows.wiring import wire
from schemas.errors import RunConflict, UsageError
from schemas.settings import Settings, SourceSettings
from sources.assumed import Assumed
from sources.coinbase_assumed import CoinbaseAssumed
from sources.instrument_lines import entry_of
from sources.live.spool import Spool
from sources.recording import open_recording
from sources.registry import feed_for, session_for
from tests.flows.collected import Collected, collected
from tests.flows.live_made import BTC, USDM, live_settings, spot
from tests.sources.coinbase_frames import book_event, said, trade, trades
from tests.sources.talk import MS, START, as_is, hear, shown, text

VENUE, ONE = "coinbase-advanced", "coinbase-advanced-1"
COIN = spot(VENUE, "BTC-USD", "BTC")
TAKER = CoinbaseAssumed(side_is_maker=False)


def frames() -> list[str]:
    """A book, then for each of five seconds a trade that says BUY."""
    book = said("l2_data", 0, book_event("snapshot", ("bid", "99.5", "1"), ("offer", "100.5", "2")))
    return [book, *(trades(k, trade(k, size="0.5")) for k in range(1, 6))]


def spool(folder: Path, header: dict[str, Any]) -> Path:
    with Spool(folder, ONE, header=header) as one:
        for k, frame in enumerate(frames()):
            one.append([b"%d %s\n" % (START + k * 1000 * MS, frame.encode())])
        one.append([b'%d !{"k":"clock"}\n' % (START + 7000 * MS)])
    return folder / ONE


def header(assumed: Assumed | None) -> dict[str, Any]:
    return header_of(VENUE, [entry_of(COIN)], [], assumed)


def flow(rows: Collected) -> list[tuple[int, int]]:
    """Buys and sells of takers, over all ticks."""
    ticks = rows.of("ticks")
    return [(sum(t.buy_count or 0 for t in ticks), sum(t.sell_count or 0 for t in ticks))]


def test_a_spool_replays_as_it_was_recorded_without_the_setting(tmp_path: Path) -> None:
    recorded = collected([spool(tmp_path / "taker", header(TAKER))])
    plain = spool(tmp_path / "maker", header(None))
    by_setting = collected([plain], assumed={VENUE: {"side_is_maker": False}})
    assert recorded.rows["ticks"] == by_setting.rows["ticks"]
    assert flow(recorded) == [(5, 0)]
    assert flow(collected([plain])) == [(0, 5)]  # the maker bought
    over = {VENUE: {"side_is_maker": True}}
    assert flow(collected([tmp_path / "taker" / ONE], assumed=over)) == [(0, 5)]
    counted = on_assumptions(c.session for c in recorded.connections.values())
    assert counted == "5 times on an assumption: 5 coinbase-advanced.side_is_maker"


def test_a_recording_from_before_there_were_assumptions_goes_by_the_defaults(
    tmp_path: Path,
) -> None:
    old = {key: value for key, value in header(None).items() if key != "assumed"}
    assert flow(collected([spool(tmp_path, old)])) == [(0, 5)]


def test_headers_that_say_what_cannot_be(tmp_path: Path) -> None:
    def listings(**settings: Any) -> Any:
        source = [SourceSettings(files=[str(tmp_path / ONE)])]
        return wire(Settings(source=source, **settings)).listings

    told = header(None) | {"assumed": {"side_is_maker": "no", "settled_since": 1}}
    spool(tmp_path, told)
    with pytest.raises(UsageError) as wrong:
        listings()
    assert str(wrong.value) == (
        f"{tmp_path / ONE}: what is assumed of the venue is wrong: Expected `bool`, got `str` - "
        "at `$.side_is_maker`"
    )
    (listing,) = listings(assumed={VENUE: {"side_is_maker": False}})
    assert listing.assumed == TAKER


def live_input(assumed: Assumed | None) -> LiveInput:
    source = SourceSettings(venue=VENUE, instruments=["BTC-USD"])
    feed = feed_for(VENUE, (), assumed)
    plans = tuple(feed.plans([], ["BTC-USD"], {"ws_url": "ws://127.0.0.1:1"}))
    return LiveInput(source, feed, (COIN,), plans, {}, assumed=assumed)


def test_a_live_run_writes_what_it_assumes_and_decodes_by_it(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    said_last: list[str] = []
    live = wire_live(settings, [live_input(TAKER)], said_last.append)
    one = live.connections[ONE]
    for frame in frames():
        one.feeding.lane.frame(frame.encode())
    one.feeding.lane.control("clock")
    replayed = wire(Settings(source=[SourceSettings(files=[str(tmp_path / "main")])]))
    (listing,) = replayed.listings
    assert listing.assumed == TAKER
    data = text(*frames())
    again = session_for(VENUE, ONE, as_is, listing.assumed)
    again.list_instruments(listing.instruments)
    heard = [shown(item) for item in hear(one.connection.session, data)]
    assert heard == [shown(item) for item in hear(again, data)]
    live.close()
    assert said_last == ["5 times on an assumption: 5 coinbase-advanced.side_is_maker"]
    recording = open_recording(tmp_path / "main" / ONE)
    recording.close()
    assert recording.header is not None
    assert recording.header.assumed == {"side_is_maker": False}


def test_the_first_start_goes_by_the_settings_and_later_ones_by_the_spool(tmp_path: Path) -> None:
    plain = live_settings(tmp_path)
    other, usual = (
        replace(plain, assumed={VENUE: {"side_is_maker": side}}) for side in (False, True)
    )
    assert assumed_of(plain, VENUE) == CoinbaseAssumed()
    assert assumed_of(other, VENUE) == TAKER
    spool(tmp_path / "main", header(TAKER))
    assert assumed_of(plain, VENUE) == assumed_of(other, VENUE) == TAKER
    with pytest.raises(RunConflict) as wrong:
        assumed_of(usual, VENUE)
    assert str(wrong.value) == (
        "run 'main' in this store has begun with another side_is_maker of coinbase-advanced in "
        "[assumed]; choose another name with --run NAME"
    )
    other_venue = replace(plain, assumed={USDM: {"trade_stream": "aggTrade"}})
    assert assumed_of(other_venue, USDM).trade_stream == "aggTrade"  # type: ignore[attr-defined]


def test_a_spool_that_says_nothing_began_with_the_defaults(tmp_path: Path) -> None:
    old = {key: value for key, value in header(None).items() if key != "assumed"}
    spool(tmp_path / "main", old)
    (tmp_path / "main" / "catalogues").mkdir()
    settings = live_settings(tmp_path, assumed={VENUE: {"side_is_maker": False}})
    assert assumed_of(live_settings(tmp_path), VENUE) == CoinbaseAssumed()
    with pytest.raises(RunConflict):
        assumed_of(settings, VENUE)


def test_headers_have_the_defaults_too() -> None:
    usual = {"other_flow_kinds": [], "trade_stream": "trade"}
    assert header_of(USDM, [entry_of(BTC)], [])["assumed"] == usual
    assert header_of(VENUE, [], [], TAKER)["assumed"] == {"side_is_maker": False}
