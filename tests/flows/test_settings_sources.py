"""Mistakes of sources and live settings: all at once, with place and the nearest valid name."""

from pathlib import Path

import pytest
from msgspec import structs

from flows.settings import load
from flows.settings_sources import live_mistakes, source_mistakes
from schemas.errors import SettingsError
from schemas.settings import LiveSettings, SourceSettings

ROOT = Path(__file__).resolve().parents[2]


def told(*sources: SourceSettings) -> list[tuple[tuple[str | int, ...], str]]:
    return list(source_mistakes(list(enumerate(sources))))


def live(**changes: object) -> SourceSettings:
    good = SourceSettings(venue="binance-usdm", instruments=["BTCUSDT", "ETH*"], top=3)
    return structs.replace(good, **changes)


@pytest.mark.parametrize(
    "source",
    [
        live(),
        live(instruments=[], top=1),
        live(top=None),
        live(streams=["book", "top", "trade", "mark", "liquidation"]),
        live(ws_url="ws://127.0.0.1:9101", rest_url="http://[::1]:9101/"),
        live(ws_url="wss://proxy.example", rest_url="https://proxy.example:8443"),
        live(venue="hyperliquid", instruments=["xyz:NVDA", "PURR/USDC"],
             accounts=["0x" + "aB" * 20], streams=["account", "liquidation"]),
        live(venue="hyperliquid", instruments=[], top=None, accounts=["0x" + "0" * 40]),
        live(venue="deribit", streams=["quote", "index"], instruments=["BTC-*-[CP]", "btc_usd"]),
        live(venue="binance-coinm", instruments=["BTCUSD_PERP"]),
    ],
)  # fmt: skip
def test_what_is_right(source: SourceSettings) -> None:
    assert told(source) == []


NEEDS = 'source needs "files", or "venue" and "instruments", "top" or "accounts"'
WS = "source.ws_url must be ws://host:port or wss://host:port, not "
REST = "source.rest_url must be http://host:port or https://host:port, not "


@pytest.mark.parametrize(
    ("source", "where", "text"),
    [
        (SourceSettings(), (), NEEDS),
        (SourceSettings(venue="okx"), (), NEEDS),
        (SourceSettings(venue="okx", streams=["book"]), (), NEEDS),
        (live(venue=None), (), 'source needs "venue": a live one says where its instruments are'),
        (live(venue="binance-usmd"), ("venue",),
         'unknown venue "binance-usmd", did you mean "binance-usdm"?'),
        (live(venue="chainlink"), ("venue",),
         '"chainlink" cannot be read yet, only binance-usdm, binance-coinm, binance-spot, '
         "bybit-linear, okx, deribit, hyperliquid, coinbase-advanced, pyth"),
        (live(streams=["book", "trades"]), ("streams", 1),
         'binance-usdm has no stream "trades", did you mean "trade"?'),
        (live(venue="binance-spot", streams=["mark"]), ("streams", 0),
         'binance-spot has no stream "mark", valid are book, top, trade'),
        (live(streams=["book", "book"]), ("streams", 1), 'source.streams: "book" stands twice'),
        (live(instruments=["BTCUSDT", ""]), ("instruments", 1),
         'source.instruments: "" is no symbol and no pattern'),
        (live(instruments=[" BTC*"]), ("instruments", 0),
         'source.instruments: " BTC*" is no symbol and no pattern'),
        (live(instruments=["binance-usdm:BTCUSDT"]), ("instruments", 0),
         'source.instruments: write "BTCUSDT", the venue is said already'),
        (live(instruments=["A", "B", "A"]), ("instruments", 2),
         'source.instruments: "A" stands twice'),
        (live(accounts=["0x" + "0" * 40]), ("accounts",),
         "binance-usdm shows nobody's account to others"),
        (live(venue="hyperliquid", accounts=["0x12"]), ("accounts", 0),
         '"0x12" is no account of hyperliquid: it must be 0x and 40 hexadecimal digits'),
        (live(venue="hyperliquid", accounts=["0x" + "aB" * 20, "0x" + "Ab" * 20]), ("accounts", 1),
         f'source.accounts: "0x{"ab" * 20}" stands twice'),
        (live(venue="hyperliquid", accounts=[f"0x{k:040}" for k in range(11)]), ("accounts",),
         "hyperliquid lets 10 accounts be watched, not 11"),
        *((live(ws_url=url), ("ws_url",), f'{WS}"{url}"') for url in (
            "http://h:1", "h:1", "", "ws://", "ws://h:x", "ws://h:99999", "wss://h/path",
            "ws://h?x=1", "ws://user@h", "ws://[::1")),
        *((live(rest_url=url), ("rest_url",), f'{REST}"{url}"') for url in (
            "ws://h:1", "https//h", "http://h/api")),
    ],
)  # fmt: skip
def test_what_is_wrong(source: SourceSettings, where: tuple[str | int, ...], text: str) -> None:
    assert told(source) == [(("source", 0, *where), text)]


def test_recordings_and_live_settings_do_not_mix(tmp_path: Path) -> None:
    file = tmp_path / "a.gz"
    file.write_bytes(b"")
    mixed = live(files=[str(file)], streams=["book"], ws_url="ws://h:1", rest_url="http://h:1",
                 accounts=[])  # fmt: skip
    assert told(mixed) == [
        (("source", 0, name), f'source.{name} is for live sources: this one has "files"')
        for name in ("instruments", "top", "streams", "ws_url", "rest_url")
    ]
    recorded = SourceSettings(files=[str(file)], venue="okx")
    assert told(recorded) == []


def test_one_live_source_for_each_venue() -> None:
    assert told(live(), live(venue="okx"), live(instruments=["SOLUSDT"])) == [
        (("source", 2, "venue"),
         'a second live source of "binance-usdm": name its instruments in one')
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "where", "text"),
    [
        ({"spool": ""}, "spool",
         "live.spool must be a folder: every line is written there first"),
        ({"spool": __file__}, "spool", f"live.spool: {__file__} is a file, not a folder"),
        ({"backoff_least_s": 31.0}, "backoff_least_s",
         "live.backoff_least_s (31) must not be above live.backoff_most_s (30)"),
        ({"backoff_most_s": 0.1}, "backoff_most_s",
         "live.backoff_least_s (0.5) must not be above live.backoff_most_s (0.1)"),
        *(({"page": page}, "page",
           f'live.page must be host:port or "", as in "127.0.0.1:8099", not "{page}"')
          for page in ("127.0.0.1", ":80", "h:0", "h:65536", "http://h:1", "h:1/x", "h h:1")),
    ],
)  # fmt: skip
def test_live_settings(changes: dict[str, object], where: str, text: str) -> None:
    assert list(live_mistakes(structs.replace(LiveSettings(), **changes))) == [
        (("live", where), text)
    ]


def test_live_settings_that_are_right() -> None:
    for changes in ({}, {"page": ""}, {"page": "[::1]:80"}, {"page": "h.example:65535"},
                    {"backoff_least_s": 30.0}):  # fmt: skip
        assert list(live_mistakes(structs.replace(LiveSettings(), **changes))) == []


def test_a_file_with_many_mistakes_tells_each_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("live.toml").write_text(
        """[[source]]
venue = "binance-usmd"
top = 5
[[source]]
venue = "okx"
top = 0
streams = ["bok"]
[[source]]
venue = "okx"
instrument = ["BTC-USDT"]
[[source]]
venue = "deribit"
instruments = [
  "BTC-PERPETUAL",
  "",
]
ws_url = "http://127.0.0.1:9101"
[[source]]
venue = "deribit"
top = 2
files = ["no-such-file.gz"]
[[source]]
venue = "deribit"
top = 3
[live]
spol = "x"
queue_frames = 0
page = "8099"
""",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as caught:
        load(Path("live.toml"), {"SEAWALL_LIVE__BACKOFF_MOST_S": "0.1"}, {})
    assert str(caught.value).splitlines() == [
        'live.toml:2: unknown venue "binance-usmd", did you mean "binance-usdm"?',
        "live.toml:6: source.top must be at least 1, not 0",
        'live.toml:7: okx has no stream "bok", did you mean "book"?',
        'live.toml:10: unknown key "instrument", did you mean "instruments"?',
        'live.toml:15: source.instruments: "" is no symbol and no pattern',
        "live.toml:17: source.ws_url must be ws://host:port or wss://host:port, "
        'not "http://127.0.0.1:9101"',
        'live.toml:20: source.top is for live sources: this one has "files"',
        "live.toml:21: no-such-file.gz does not exist",
        'live.toml:23: a second live source of "deribit": name its instruments in one',
        'live.toml:26: unknown key "spol", did you mean "spool"?',
        "live.toml:27: live.queue_frames must be at least 1, not 0",
        'live.toml:28: live.page must be host:port or "", as in "127.0.0.1:8099", not "8099"',
        "SEAWALL_LIVE__BACKOFF_MOST_S: live.backoff_least_s (0.5) must not be above "
        "live.backoff_most_s (0.1)",
    ]


def shipped(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> object:
    monkeypatch.chdir(folder)
    return load(ROOT / "infra" / name, {}, {})


def test_the_example_shows_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = shipped("live.toml", monkeypatch, tmp_path)
    assert settings.live == LiveSettings()
    text = (ROOT / "infra" / "live.toml").read_text(encoding="utf-8")
    for name in (*LiveSettings.__struct_fields__, *SourceSettings.__struct_fields__):
        assert f"\n{name} = " in text or f"\n# {name} = " in text


@pytest.mark.parametrize(
    ("name", "venues"),
    [
        ("live.toml", ["binance-usdm"]),
        ("live-binance.toml", ["binance-usdm", "binance-coinm", "binance-spot"]),
        ("live-options.toml", ["deribit", "okx"]),
        ("record.toml", ["binance-usdm", "bybit-linear", "okx", "deribit", "hyperliquid",
                         "coinbase-advanced"]),
    ],
)  # fmt: skip
def test_the_files_we_ship(
    name: str, venues: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = shipped(name, monkeypatch, tmp_path)
    assert [source.venue for source in settings.source] == venues
    assert all(source.is_live for source in settings.source)
