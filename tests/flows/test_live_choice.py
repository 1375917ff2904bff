"""A run that starts again: what it listens to, where, and the line that tells the difference."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from flows.live_choice import chosen, entries, in_order, news, told_of
from flows.live_inputs import LiveInput
from flows.live_wiring import Live, wire_live
from flows.record import at_the_end
from schemas.errors import UsageError
from schemas.instrument import Instrument
from schemas.settings import SourceSettings
from sources.instrument_lines import Listings, entry_of
from sources.instruments import Catalogue
from sources.live.feed import Plan
from sources.live.reread import reread
from sources.live.told import Told, told_in
from sources.recording import open_recording
from sources.registry import feed_for
from tests.flows.live_made import BTC, ETH, OKX, USDM, WS, live_settings, perpetual

SOL, XRP, ADA = (perpetual(USDM, f"{coin}USDT", coin) for coin in ("SOL", "XRP", "ADA"))
ALL = (ADA, BTC, ETH, SOL, XRP)
TRADED = {"BTCUSDT": 9.0, "SOLUSDT": 8.0, "ETHUSDT": 7.0, "XRPUSDT": 6.0, "ADAUSDT": 0.0}
MARKET, PUBLIC = "binance-usdm-market", "binance-usdm-public"


def had(*instruments: Instrument, first: Sequence[Instrument] | None = None) -> dict[str, Told]:
    def by_symbol(some: Sequence[Instrument]) -> dict[str, dict[str, Any]]:
        return {i.symbol: entry_of(i) for i in some}

    told = Told(USDM, by_symbol(instruments if first is None else first), by_symbol(instruments))
    return {MARKET: told, PUBLIC: told}


def choice(
    told: Mapping[str, Told],
    wanted: Sequence[str] = (),
    top: int | None = None,
    listed: Sequence[Instrument] = ALL,
    said: list[str] | None = None,
) -> list[str]:
    catalogue = Catalogue(USDM, 0, tuple(listed), TRADED)
    source = SourceSettings(venue=USDM, instruments=list(wanted), top=top)
    tell = pytest.fail if said is None else said.append
    return [i.symbol.removesuffix("USDT") for i in chosen(catalogue, source, told, tell)]


# -- who ---------------------------------------------------------------------------------------


def test_at_the_first_start_the_most_traded_are_chosen() -> None:
    assert choice({}, ["ADAUSDT"], 2) == ["ADA", "BTC", "SOL"]


def test_later_those_stay_and_are_filled_up_only() -> None:
    assert choice(had(ETH, XRP), top=2) == ["ETH", "XRP"]
    assert choice(had(ETH, XRP), ["ADAUSDT"], top=2) == ["ADA", "ETH", "XRP"]
    assert choice(had(ETH, XRP), top=3) == ["BTC", "ETH", "XRP"]
    assert choice(had(ETH, XRP), top=99) == ["BTC", "ETH", "SOL", "XRP"]  # ADA was not traded
    assert choice(had(ETH, XRP), top=2, listed=[BTC, SOL, XRP]) == ["BTC", "XRP"]


def test_names_and_patterns_are_chosen_anew() -> None:
    assert choice(had(ETH, XRP), ["BTCUSDT", "[sx]*"]) == ["BTC", "SOL", "XRP"]


def test_a_name_that_was_listed_once_is_told_and_left_out() -> None:
    said: list[str] = []
    assert choice(had(ETH, BTC), ["BTCUSDT", "ETHUSDT"], listed=[BTC], said=said) == ["BTC"]
    gone = had(BTC, first=[ETH, BTC])
    assert choice(gone, ["BTCUSDT", "ETHUSDT"], listed=[BTC], said=said) == ["BTC"]
    assert said == ["binance-usdm: not listed any more: ETHUSDT"] * 2


def test_a_name_that_never_was_is_a_mistake_and_so_is_nothing_at_all() -> None:
    with pytest.raises(UsageError, match='unknown instrument "BTCUSD", did you mean "BTCUSDT"'):
        choice(had(BTC), ["BTCUSD"])
    with pytest.raises(UsageError, match="nothing of what the run listened to is listed any more"):
        choice(had(BTC), ["BTC*"], listed=[ETH])


# -- where -------------------------------------------------------------------------------------


def test_those_that_were_there_come_first() -> None:
    assert in_order(ALL, had(XRP, ETH)) == ["XRPUSDT", "ETHUSDT", "ADAUSDT", "BTCUSDT", "SOLUSDT"]


def test_the_difference_is_told_with_the_connections() -> None:
    finer = replace(ETH, price_decimals=4)
    plans = [Plan(name, "", (), (), ("ETHUSDT", "SOLUSDT")) for name in (PUBLIC, MARKET)]
    told = had(BTC, ETH)[PUBLIC]
    assert news(told, plans[0], plans, [finer, SOL]) == Listings(
        (entry_of(finer, [MARKET, PUBLIC]), entry_of(SOL, [MARKET, PUBLIC])), ("BTCUSDT",)
    )
    assert not news(told, plans[0], plans, [ETH, BTC]).listed
    assert entries(plans[0], [BTC, ETH, SOL]) == [entry_of(ETH), entry_of(SOL)]


# -- a run and its spool -----------------------------------------------------------------------


def source_of(folder: Path, *instruments: Instrument, most: int = 200) -> LiveInput:
    """A source as `live_inputs` makes it, without asking anybody."""
    feed = feed_for(USDM)
    feed.topics_per_connection = most
    told = told_of(USDM, folder / "main")
    source = SourceSettings(venue=USDM, instruments=[i.symbol for i in instruments], ws_url=WS)
    placed = {name: tuple(one.last) for name, one in told.items()}
    plans = feed.plans(("book", "mark"), in_order(instruments, told), {"ws_url": WS}, placed)
    return LiveInput(source, feed, instruments, tuple(plans), {}, told)


def begun(folder: Path, *instruments: Instrument, most: int = 200) -> Live:
    """Wired, and as far as the first line after `!start`."""
    settings = live_settings(folder)
    live = wire_live(settings, [source_of(folder, *instruments, most=most)], pytest.fail)
    for one in live.connections.values():
        again = one.feeding.spool.lines > 0
        for owner in live.owners:
            owner.start = lambda: None  # type: ignore[method-assign]
        one.feeding.start(again=again)
        one.feeding.lane.control("open")
    live.close()
    return live


def said(folder: Path, connection: str) -> list[Any]:
    data = b"".join(reread(folder / "main" / connection, 0))
    return [msgspec.json.decode(line.partition(b" !")[2]) for line in data.splitlines()]


def test_other_instruments_are_told_after_the_start_and_in_later_headers(tmp_path: Path) -> None:
    begun(tmp_path, BTC, ETH)
    begun(tmp_path, BTC, ETH)
    live = begun(tmp_path, BTC, SOL)
    having = [MARKET, PUBLIC]
    for name in having:
        words = said(tmp_path, name)
        assert [word["k"] for word in words] == [
            "open", "start", "open", "start", "instruments", "open",
        ]  # fmt: skip
        assert words[4]["listed"] == [entry_of(SOL, having)]
        assert words[4]["delisted"] == ["ETHUSDT"]
        told = told_in(tmp_path / "main" / name)
        assert told == Told(
            USDM,
            {i.symbol: entry_of(i) for i in (BTC, ETH)},
            {i.symbol: entry_of(i) for i in (BTC, SOL)},
        )
        assert live.connections[name].feeding.spool.header["instruments"] == [
            entry_of(BTC), entry_of(SOL),
        ]  # fmt: skip
    assert live.wiring.connections_of == {
        BTC.name: (MARKET, PUBLIC), ETH.name: (MARKET, PUBLIC),
    }  # fmt: skip
    first = live.connections[PUBLIC].connection.session.instruments()
    assert sorted(first) == [BTC.name, ETH.name]  # as a replay begins; lines change it


def test_what_sorts_early_pushes_nobody_and_a_full_run_gets_connections(tmp_path: Path) -> None:
    begun(tmp_path, BTC, ETH, most=2)
    live = begun(tmp_path, ADA, BTC, ETH, SOL, XRP, most=2)
    plans = {plan.name: plan.symbols for owner in live.owners for plan in owner.plans}
    assert plans == {
        PUBLIC: ("BTCUSDT", "ETHUSDT"), f"{PUBLIC}-2": ("ADAUSDT", "SOLUSDT"),
        f"{PUBLIC}-3": ("XRPUSDT",),
        MARKET: ("BTCUSDT", "ETHUSDT"), f"{MARKET}-2": ("ADAUSDT", "SOLUSDT"),
        f"{MARKET}-3": ("XRPUSDT",),
    }  # fmt: skip
    assert live.wiring.inputs == (USDM,)
    assert [word["k"] for word in said(tmp_path, PUBLIC)] == ["open", "start", "open"]
    assert [word["k"] for word in said(tmp_path, f"{PUBLIC}-2")] == ["open"]
    assert live.wiring.connections_of[ADA.name] == (f"{MARKET}-2", f"{PUBLIC}-2")


def test_a_recording_goes_on_with_what_it_had_last(tmp_path: Path) -> None:
    begun(tmp_path, BTC, ETH)
    begun(tmp_path, BTC, SOL)
    settings = live_settings(tmp_path)
    live = wire_live(settings, [source_of(tmp_path, BTC, SOL)], pytest.fail)
    part = at_the_end(live.connections[PUBLIC], lambda: False)
    known = part.connection.session.instruments()
    live.close()
    assert {BTC.name, SOL.name} <= set(known)
    recording = open_recording(tmp_path / "main" / PUBLIC)
    recording.close()
    assert recording.header is not None
    assert [i["symbol"] for i in recording.header.instruments] == ["BTCUSDT", "ETHUSDT"]


def test_told_of_a_venue_is_of_that_venue(tmp_path: Path) -> None:
    begun(tmp_path, BTC)
    assert sorted(told_of(USDM, tmp_path / "main")) == [MARKET, PUBLIC]
    assert told_of(OKX, tmp_path / "main") == {}
    assert told_of(USDM, tmp_path / "none") == {}
