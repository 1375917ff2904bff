"""Instruments that no venue lists are mistakes of the settings, told beside all others."""

from pathlib import Path

import pytest

from flows.catalogues import CATALOGUES, unlisted
from flows.live_inputs import header_of
from flows.settings import load
from flows.simulated import simulated_venues
from schemas.errors import SettingsError
from schemas.settings import LiveSettings, Settings, SourceSettings
from sources.instrument_cache import save
from sources.instruments import Catalogue
from sources.live.spool import Spool
from tests.flows.live_made import BTC, ETH, REST, USDM, live_settings

WRONG = """
[[source]]
venue = "{okx}"
instruments = ["BTC-USDT-SWAP", "ETH-USD-SWAPP"]
streams = ["bok"]
rest_url = "{okx_url}"

[[source]]
venue = "binance-usdm"
instruments = ["DOGE*", "SOLUST"]
rest_url = "{usdm_url}"

[[source]]
venue = "okxx"
instruments = ["A"]
"""


def told(settings: Settings) -> tuple[list[tuple[object, str]], list[str]]:
    notes: list[str] = []
    return list(unlisted(settings, 5, notes.append)), notes


def test_every_mistake_of_a_file_at_once_with_its_line(tmp_path: Path) -> None:
    path, notes = tmp_path / "s.toml", list[str]()
    with simulated_venues("--port", "0", "--venues", "okx,binance-usdm") as text:
        path.write_text(text, encoding="utf-8")
        okx, usdm = (source.rest_url for source in load(path, {}, {}).source)
        path.write_text(WRONG.format(okx="okx", okx_url=okx, usdm_url=usdm), encoding="utf-8")
        with pytest.raises(SettingsError) as raised:
            load(path, {}, {}, lambda settings: unlisted(settings, 5, notes.append))
    assert notes == []
    assert str(raised.value).splitlines() == [
        f'{path}:4: okx: unknown instrument "ETH-USD-SWAPP", did you mean "ETH-USDT-SWAP"?',
        f'{path}:5: okx has no stream "bok", did you mean "book"?',
        f'{path}:10: binance-usdm: no instrument is called "DOGE*", there are 3, such as '
        "BTCUSDT, ETHUSDT, SOLUSDT",
        f'{path}:10: binance-usdm: unknown instrument "SOLUST", did you mean "SOLUSDT"?',
        f'{path}:14: unknown venue "okxx", did you mean "okx"?',
    ]


def settings_of(folder: Path, *names: str) -> Settings:
    source = SourceSettings(venue=USDM, instruments=list(names), rest_url=REST)
    return Settings(live=LiveSettings(spool=str(folder)), source=[source])


def test_a_venue_that_does_not_answer_is_told_and_nothing_is_a_mistake(tmp_path: Path) -> None:
    found, (note,) = told(settings_of(tmp_path, "NOSUCH"))
    assert found == []
    assert note.startswith(
        f"{USDM}: no listing of its instruments, they are not checked: {REST}/fapi/v1/"
    )
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_run_kept_is_used_instead(tmp_path: Path) -> None:
    kept = Catalogue(USDM, 1, (BTC, ETH), {"BTCUSDT": 2.0, "ETHUSDT": 1.0})
    save(tmp_path / "main" / CATALOGUES, kept)
    found, (note,) = told(settings_of(tmp_path, "BTC*", "ETHUSTD"))
    assert found == [
        (("source", 0, "instruments", 1),
         f'{USDM}: unknown instrument "ETHUSTD", did you mean "ETHUSDT"?'),
    ]  # fmt: skip
    assert "an older listing is used" in note


def test_another_assumption_than_the_run_has_begun_with_is_a_mistake(tmp_path: Path) -> None:
    with Spool(tmp_path / "main", "binance-usdm-public", header=header_of(USDM, [], [])) as spool:
        spool.append([b'5 !{"k":"open"}\n'])
    source = SourceSettings(venue=USDM, instruments=["BTCUSDT"], rest_url=REST)
    settings = live_settings(
        tmp_path, source=[source], assumed={USDM: {"trade_stream": "aggTrade"}}
    )
    text = (
        "run 'main' in this store has begun with another trade_stream of binance-usdm in "
        "[assumed]; choose another name with --run NAME"
    )
    assert told(settings) == ([(("assumed", USDM), text)], [])


def test_recordings_and_the_most_traded_are_not_asked_for(tmp_path: Path) -> None:
    settings = Settings(source=[SourceSettings(files=["a"]), SourceSettings(venue=USDM, top=3)])
    assert told(settings) == ([], [])
