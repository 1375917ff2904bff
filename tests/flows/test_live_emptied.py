"""A run that starts again, and a connection of it has nothing left, or its venue is full."""

from pathlib import Path

import pytest

from flows.live_choice import chosen, planned
from flows.live_inputs import header_of, live_inputs
from flows.live_wiring import wire_live
from schemas.errors import RunConflict, UsageError
from schemas.settings import Settings, SourceSettings
from sources.instrument_lines import Listings, entry_of
from sources.instruments import Catalogue
from sources.live.feed import Plan
from sources.live.spool import Spool
from sources.live.told import Told, told_in
from sources.registry import feed_for
from tests.flows.live_made import BTC, ETH, USDM, WS, live_settings, perpetual
from tests.flows.test_live_inputs import NOW, Venue, listed, source, venue

assert callable(venue)  # a fixture

PUBLIC, SECOND, MARKET = "binance-usdm-public", "binance-usdm-public-2", "binance-usdm-market"
GONE = perpetual(USDM, "GONEUSDT", "GONE")


def begin(folder: Path, **symbols: list[str]) -> None:
    """Spools of connections, by the name behind the venue's, with `_` for `-`."""
    for name, had in symbols.items():
        known = [entry_of(listed(symbol)) for symbol in had]
        header = header_of(USDM, known, ["binance-usdm:BTCUSDT"])
        with Spool(folder / "main", f"{USDM}-{name.replace('_', '-')}", header=header) as spool:
            spool.append([b'5 !{"k":"open"}\n'])


def settings_of(folder: Path, *streams: str) -> Settings:
    one = source(instruments=["BTCUSDT"], streams=[*streams], ws_url=WS)
    return live_settings(folder, source=[one])


def test_a_connection_without_symbols_stays_and_says_so(venue: Venue, tmp_path: Path) -> None:
    begin(tmp_path, public=["BTCUSDT"], public_2=["GONEUSDT"])
    settings = settings_of(tmp_path, "book")
    (one,) = inputs = live_inputs(settings, NOW, pytest.fail)
    assert [(p.name, p.symbols) for p in one.plans] == [(PUBLIC, ("BTCUSDT",)), (SECOND, ())]
    assert one.plans[1].messages == ()
    assert [one.news_of(plan) for plan in one.plans] == [Listings(), Listings((), ("GONEUSDT",))]
    live = wire_live(settings, inputs, pytest.fail)
    for owner in live.owners:
        owner.start = lambda: None  # type: ignore[method-assign]
    for connection in live.connections.values():
        connection.feeding.start(again=True)
    live.close()
    assert live.wiring.connections_of == {
        "binance-usdm:BTCUSDT": (PUBLIC,), "binance-usdm:GONEUSDT": (SECOND,),
    }  # fmt: skip
    told = told_in(tmp_path / "main" / SECOND)
    assert told is not None
    assert (list(told.first), list(told.last)) == (["GONEUSDT"], [])
    (again,) = live_inputs(settings, NOW, pytest.fail)  # and once more
    assert [plan.name for plan in again.plans] == [PUBLIC, SECOND]
    assert again.news_of(again.plans[1]) == Listings()


def test_a_connection_of_streams_that_are_not_wanted_any_more_is_a_conflict(
    venue: Venue, tmp_path: Path
) -> None:
    begin(tmp_path, public=["BTCUSDT"], market=["BTCUSDT"])
    with pytest.raises(RunConflict, match=f"has {MARKET}, and nothing that is chosen now belongs"):
        live_inputs(settings_of(tmp_path, "book"), NOW, pytest.fail)


def test_when_all_connections_were_emptied_patterns_choose_anew() -> None:
    told = {PUBLIC: Told(USDM, {"GONEUSDT": entry_of(GONE)}, {})}
    wanted = SourceSettings(venue=USDM, instruments=["GONEUSDT", "BTC*"])
    said: list[str] = []
    assert chosen(Catalogue(USDM, 0, (BTC, ETH), {}), wanted, told, said.append) == (BTC,)
    assert said == ["binance-usdm: not listed any more: GONEUSDT"]


# -- a venue that is full ----------------------------------------------------------------------

COINS = [f"C{k:03}" for k in range(249)]


def full(told: dict[str, Told], *symbols: str) -> tuple[list[Plan], list[str]]:
    feed, said = feed_for("hyperliquid"), list[str]()
    placed = {name: tuple(one.last) for name, one in told.items()}
    streams = ("book", "top", "trade", "mark")  # of 1000 topics: 250 coins

    def plans_of(some: object) -> list[Plan]:
        return [*feed.plans(streams, some, {}, placed)]  # type: ignore[arg-type]

    return planned([*COINS, *symbols], told, plans_of, said.append), said


def test_what_the_venue_does_not_take_is_left_out_of_a_run_that_has_begun() -> None:
    before, _ = full({})
    told = {p.name: Told("hyperliquid", {}, {s: {"symbol": s} for s in p.symbols}) for p in before}
    plans, said = full(told, "AAA", "BBB", "CCC")
    assert {s for plan in plans for s in plan.symbols} == {*COINS, "AAA"}
    assert [plan.name for plan in plans] == [plan.name for plan in before]
    assert said == ["hyperliquid: the venue takes no more, left out: BBB, CCC"]


def test_a_run_that_begins_is_refused_what_the_venue_does_not_take() -> None:
    with pytest.raises(UsageError, match="takes 1000 subscriptions, not 1004"):
        full({}, "AAA", "BBB")
