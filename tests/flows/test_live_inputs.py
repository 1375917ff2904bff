"""What a live run listens to: catalogues over HTTP, what is chosen, members, headers of spools."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from flows.live_inputs import header_of_plan, live_inputs, members_of
from flows.run_folders import spool_of
from schemas.errors import RunConflict, SeawallError, UsageError
from schemas.instrument import Instrument
from schemas.settings import LiveSettings, RegimeSettings, Settings, SourceSettings
from sources.instrument_cache import load
from sources.live.spool import Spool
from tests.flows.live_made import (
    BTC,
    ETH,
    OKX_BTC,
    OKX_SPOT,
    REST,
    USDM,
    WS,
    both,
    live_input,
    live_settings,
    perpetual,
)

NOW = 1_800_000_000 * 10**9
LISTED = {
    "symbols": [
        {"symbol": symbol, "baseAsset": symbol[:3], "quoteAsset": "USDT", "status": "TRADING",
         "contractType": "PERPETUAL", "pricePrecision": 1,
         "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.1"}]}
        for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    ]
}  # fmt: skip
TRADED = [
    {"symbol": "BTCUSDT", "quoteVolume": "300.5", "lastPrice": "1", "volume": "1"},
    {"symbol": "ETHUSDT", "quoteVolume": "100", "lastPrice": "1", "volume": "1"},
    {"symbol": "SOLUSDT", "quoteVolume": "200", "lastPrice": "1", "volume": "1"},
]
ANSWERS: dict[str, Any] = {
    "/fapi/v1/exchangeInfo": LISTED,
    "/fapi/v1/ticker/24hr": TRADED,
    "/fapi/v1/fundingInfo": [{"symbol": "ETHUSDT", "fundingIntervalHours": 4}],
}


class Venue:
    """Answers by path, and what was asked for."""

    def __init__(self) -> None:
        self.status = 200
        self.error: httpx.HTTPError | None = None
        self.asked: list[tuple[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, str(request.url)))
        if self.error is not None:
            raise self.error
        return httpx.Response(self.status, content=json.dumps(ANSWERS[request.url.path]))


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> Venue:
    made = Venue()
    client = httpx.Client

    def through(**options: Any) -> httpx.Client:
        return client(transport=httpx.MockTransport(made), **options)

    monkeypatch.setattr(httpx, "Client", through)
    return made


def source(**fields: Any) -> SourceSettings:
    return SourceSettings(venue=USDM, **fields)


def asked(folder: Path, *sources: SourceSettings, tell: Callable[[str], None] = pytest.fail) -> Any:
    return live_inputs(live_settings(folder, source=list(sources)), NOW, tell)


def listed(symbol: str, funding_h: float = 8.0) -> Instrument:
    return replace(perpetual(USDM, symbol, symbol[:3]), funding_interval_h=funding_h)


# -- catalogues -------------------------------------------------------------------------------


def test_a_source_becomes_instruments_and_plans(venue: Venue, tmp_path: Path) -> None:
    wanted = source(instruments=["ETH*"], top=1, ws_url=WS, rest_url=REST)
    (found,) = asked(tmp_path, wanted, SourceSettings(files=["a.gz"]))
    assert venue.asked == [("GET", f"{REST}{path}") for path in ANSWERS]
    assert found.source == wanted
    assert found.instruments == (listed("BTCUSDT"), listed("ETHUSDT", 4.0))
    assert found.turnover_usd == {
        "binance-usdm:BTCUSDT": 300.5, "binance-usdm:ETHUSDT": 100.0, "binance-usdm:SOLUSDT": 200.0,
    }  # fmt: skip
    assert [(plan.name, plan.url, plan.symbols) for plan in found.plans] == [
        ("binance-usdm-public", f"{WS}/public/stream", ("BTCUSDT", "ETHUSDT")),
        ("binance-usdm-market", f"{WS}/market/stream", ("BTCUSDT", "ETHUSDT")),
    ]
    kept = load(tmp_path / "main" / "catalogues", USDM, pytest.fail)
    assert kept is not None
    assert kept.at_ns == NOW


def test_without_other_hosts_the_venues_own_are_asked(venue: Venue, tmp_path: Path) -> None:
    (found,) = asked(tmp_path, source(instruments=["BTCUSDT"], streams=["mark"]))
    assert venue.asked == [("GET", f"https://fapi.binance.com{path}") for path in ANSWERS]
    assert [(p.url, p.streams) for p in found.plans] == [
        ("wss://fstream.binance.com/market/stream", ("mark",))
    ]


def test_an_unknown_instrument_is_a_sentence(venue: Venue, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told:
        asked(tmp_path, source(instruments=["BTCUSD", "BTCUSDT", "DOGE*"]))
    assert str(told.value) == (
        'binance-usdm: unknown instrument "BTCUSD", did you mean "BTCUSDT"?\n'
        'binance-usdm: no instrument is called "DOGE*", there are 3, such as '
        "BTCUSDT, SOLUSDT, ETHUSDT"
    )


def test_a_venue_that_does_not_answer(venue: Venue, tmp_path: Path) -> None:
    wanted = source(instruments=["BTCUSDT"], rest_url=REST)
    url = f"{REST}/fapi/v1/exchangeInfo"
    venue.error = httpx.ConnectTimeout("")
    none = f"{USDM}: no listing, and none is kept in {tmp_path / 'main' / 'catalogues'}: "
    with pytest.raises(SeawallError) as told:
        asked(tmp_path, wanted)
    assert str(told.value) == f"{none}{url} gave no answer: ConnectTimeout"
    venue.error, venue.status = None, 503
    with pytest.raises(SeawallError) as told:
        asked(tmp_path, wanted)
    assert str(told.value).startswith(f"{none}{url} gave no answer: Server error '503 Service")
    venue.status = 200
    (before,) = asked(tmp_path, wanted)
    venue.error = httpx.ConnectError("refused")
    said: list[str] = []
    (after,) = asked(tmp_path, wanted, tell=said.append)
    assert after.instruments == before.instruments
    assert said == [
        f"{USDM}: no listing ({url} gave no answer: refused); using the one of 0.0 h ago, "
        "which may lack what was listed since"
    ]


def test_nothing_live_is_refused(tmp_path: Path) -> None:
    for sources in ([], [SourceSettings(files=["a.gz"])]):
        with pytest.raises(UsageError) as told:
            asked(tmp_path, *sources)
        assert str(told.value) == (
            "nothing to run: no [[source]] of the settings is live (see infra/live.toml)"
        )


def test_every_run_has_a_spool_of_its_own() -> None:
    settings = Settings(run="night", live=LiveSettings(spool="some/where"))
    assert spool_of(settings) == Path("some/where/night")
    assert spool_of(Settings()) == Path("seawall-spool/main")


# -- members ----------------------------------------------------------------------------------


def test_members_are_the_busiest_perpetual_of_each_asset(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    assert members_of(settings, both(5.0, 6.0)) == (ETH.name, OKX_BTC.name)
    assert members_of(settings, both(6.0, 5.0)) == (BTC.name, ETH.name)
    assert members_of(settings, both(5.0, 5.0)) == (BTC.name, ETH.name)  # by name
    assert members_of(settings, [live_input(OKX_SPOT, SOL_USDT=1.0)]) == ()
    unknown = [live_input(OKX_BTC), live_input(BTC, BTCUSDT=0.5)]
    assert members_of(settings, unknown) == (BTC.name,)
    chosen = live_settings(tmp_path, regime=RegimeSettings(members=["v:Z", "v:A"]))
    assert members_of(chosen, both()) == ("v:Z", "v:A")


def begin_spool(folder: Path, connection: str, members: list[str]) -> None:
    header = {"version": 1, "venue": USDM, "instruments": [], "members": members}
    with Spool(folder / "main", connection, header=header) as spool:
        spool.append([b"5 {}\n"])


def test_members_stay_those_that_the_run_began_with(tmp_path: Path) -> None:
    settings = live_settings(tmp_path)
    begin_spool(tmp_path, "binance-usdm-public", [ETH.name, BTC.name])
    begin_spool(tmp_path, "another", ["v:X"])  # no connection of these inputs
    assert members_of(settings, both(5.0, 6.0)) == (BTC.name, ETH.name)
    assert members_of(replace(settings, run="new"), both(5.0, 6.0)) == (ETH.name, OKX_BTC.name)
    with pytest.raises(RunConflict) as told:
        members_of(settings, [live_input(BTC)])
    assert str(told.value) == (
        "run 'main' in this store has binance-usdm:ETHUSDT in its market regime, which is not "
        "listened to any more; choose another name with --run NAME"
    )


def test_a_spool_that_has_no_line_yet_began_with_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "main" / "binance-usdm-public"
    folder.mkdir(parents=True)
    assert members_of(live_settings(tmp_path), both(5.0, 6.0)) == (ETH.name, OKX_BTC.name)
    (folder / "binance-usdm-public__5.log").write_bytes(b'5 !{"k":"rec')  # it stopped in there
    assert members_of(live_settings(tmp_path), both(5.0, 6.0)) == (ETH.name, OKX_BTC.name)


# -- headers ----------------------------------------------------------------------------------


def test_a_header_has_the_instruments_of_its_plan() -> None:
    one = live_input(BTC, ETH)
    plan = replace(one.plans[0], symbols=("ETHUSDT",))
    assert header_of_plan(one, plan, (BTC.name, ETH.name)) == {
        "version": 1,
        "venue": USDM,
        "instruments": [
            {
                "symbol": "ETHUSDT", "name": "binance-usdm:ETHUSDT", "asset": "ETH",
                "quote": "USDT", "kind": "perpetual", "price_decimals": 2, "ratio_factor": 1.0,
                "inverse": False, "contract_size": 1.0, "funding_interval_h": 8.0,
                "expiry_ns": None, "strike": None, "option": None, "source": "listing",
            }
        ],
        "members": ["binance-usdm:BTCUSDT", "binance-usdm:ETHUSDT"],
        "assumed": {"other_flow_kinds": [], "trade_stream": "trade"},
    }  # fmt: skip
